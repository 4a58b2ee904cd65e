"""What can be read out of a value itself, with nobody asked."""
