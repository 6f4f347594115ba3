"""Readers of public checkpoints."""
