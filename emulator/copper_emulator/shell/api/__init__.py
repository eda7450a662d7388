"""The emulated API: its application, and one module for each part of it."""
