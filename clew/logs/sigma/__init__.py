"""Sigma rules over the events of connected logs: pySigma reads the rules, this room evaluates them."""
