"""The version of TinyNet."""

__version__ = "1.0.0.dev0"
