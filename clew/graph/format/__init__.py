"""The case file: its events, its tables, its older formats."""
