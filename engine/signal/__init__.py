"""Sound as numbers: mel, loudness, reading, writing."""
