"""The emulated API: its routes, one module for each part of it."""
