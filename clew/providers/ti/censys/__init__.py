"""Censys."""
