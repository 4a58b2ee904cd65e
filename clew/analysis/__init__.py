"""What follows from a case: over its nodes, claims and answers, and asking nobody."""
