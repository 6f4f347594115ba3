"""The procedural corpus: sound classes, scenes, captions, proofs."""
