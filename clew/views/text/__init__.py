"""A case as text: its story and its history."""
