"""Charts of a case."""
