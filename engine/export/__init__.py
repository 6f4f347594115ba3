"""Takes as files for other programs: formats, loudness, metadata and names."""
