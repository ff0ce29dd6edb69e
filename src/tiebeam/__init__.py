"""Tiebeam: the operating layer under an enterprise's AI work."""

__version__ = "0.1.0"
