"""What a pack can do, measured."""
