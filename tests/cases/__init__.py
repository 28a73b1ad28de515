"""Field cases: environments reported in public threads, as environment documents with the verdicts an expert accepts."""
