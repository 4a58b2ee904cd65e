"""Identifiers that mean something with the name of who gave them only."""

from __future__ import annotations

from typing import Any

from clew.entities.checked_text import given_text
from clew.errors import EntityError


def canonical_provider_id(value: Any, noun: str) -> str:
    """`provider:identifier`, the provider in lower case. Raises EntityError where either is missing.

    >>> canonical_provider_id("Sentinel: 42", "incident")
    'sentinel:42'
    """
    provider, _, identifier = given_text(value, f"the identifier of an {noun}").partition(":")
    provider, identifier = provider.strip().lower(), identifier.strip()
    if not provider or not identifier:
        raise EntityError(f"an {noun} needs its provider and its identifier", next_step="write them as provider:42")
    return f"{provider}:{identifier}"
