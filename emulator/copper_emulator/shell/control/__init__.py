"""The control API: one module for each part of it, and what they share."""
