"""Tests as a user of the plugin would write them; they run in a separate pytest that has the plugin."""
