"""What follows from the events of a case: nodes, edges, verdicts, layout."""
