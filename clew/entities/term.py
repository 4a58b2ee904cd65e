"""What a name of a fact or a column means."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """The meaning of a name.

    Attributes:
        type: str, int, float, bool or datetime (UTC).
        about: what it is, with its unit, as a phrase.
    """

    type: type
    about: str
