"""Who signed a case, and whether it is what was written."""
