"""IBM X-Force Exchange."""
