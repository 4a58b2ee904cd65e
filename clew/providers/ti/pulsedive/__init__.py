"""Pulsedive."""
