"""The studio: a window on the engine."""
