"""A case run again, and two graphs compared."""
