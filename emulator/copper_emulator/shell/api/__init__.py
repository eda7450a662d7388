"""The HTTP routes of the emulated API and the control API, one module for each part."""
