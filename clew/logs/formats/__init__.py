"""Formats of log files, one module each: what it is called, how it is recognised, and how its rows become documents."""
