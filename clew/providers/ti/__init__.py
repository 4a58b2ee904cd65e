"""Threat intelligence: one vendor, one file."""
