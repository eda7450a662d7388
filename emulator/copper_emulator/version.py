"""The version. The package's metadata is made from it; reading it back would scan all installed packages."""

__version__ = "0.1.0"
