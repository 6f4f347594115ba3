"""Trainers of all parts, and the recipe of the embedded pack."""
