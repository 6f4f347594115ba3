"""The headless engine of Melbrush."""

__version__ = "0.1.0"
