"""Which version is this? The package's metadata is made from it: to ask for that would read all that is installed."""

__version__ = "0.1.0"
