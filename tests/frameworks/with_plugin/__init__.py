"""Tests as a user of the plugin would write them; they run in a pytest of their own that has the plugin."""
