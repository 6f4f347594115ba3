"""The document that the user edits."""
