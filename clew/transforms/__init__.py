"""Text and rows in, values out: pure functions that ask nobody."""
