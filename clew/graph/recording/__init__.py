"""How a step becomes part of a case: recordings, gate, limits of evidence."""
