"""The case graph as a page and as a picture."""
