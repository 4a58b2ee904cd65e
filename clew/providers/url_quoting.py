"""Values inside URLs."""

from __future__ import annotations

from urllib.parse import quote


def percent_encode(value: str) -> str:
    """A value as one segment of a path, or as the value of a parameter."""
    return quote(value, safe="")
