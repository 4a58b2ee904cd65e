"""Autonomous systems."""

from __future__ import annotations

import re
from dataclasses import KW_ONLY
from typing import Any, ClassVar

from pydantic.dataclasses import dataclass

from clew.entities.checked_text import given_text
from clew.entities.entity import STRICT, Entity
from clew.entities.key import Key
from clew.entities.static_menus import AutonomousSystemMenus
from clew.errors import EntityError

_NUMBER = re.compile(r"(?:ASN?[ :]?)?([0-9]{1,10})(?:\.([0-9]{1,5}))?", re.IGNORECASE)
_HIGHEST, _HALF = 2**32 - 1, 2**16


@dataclass(frozen=True, slots=True, eq=False, repr=False, config=STRICT)
class AutonomousSystem(Entity, AutonomousSystemMenus):
    """A network of networks under one administration, by its number; RFC 5396 says how that is written.

    >>> AutonomousSystem("AS64500").key
    Key(kind='asn', value='64500', scope='')
    >>> AutonomousSystem("1.10").label
    'AS65546'

    Args:
        value: the number, with or without `AS` before it, or in two parts with a dot between them.
        name: who runs it, as told.

    Raises:
        EntityError: no such number, or one above 4294967295.
    """

    kind: ClassVar[str] = "asn"
    exclusive: ClassVar[tuple[str, ...]] = ("asn",)
    value: str
    _: KW_ONLY
    name: str | None = None

    @classmethod
    def identify(cls, arguments: dict[str, Any]) -> dict[str, Any]:
        if "value" not in arguments:
            return arguments
        return {
            **arguments,
            "value": _canonical_number(given_text(arguments["value"], "the number of an autonomous system")),
        }

    @property
    def key(self) -> Key:
        return Key("asn", self.value)

    @property
    def number(self) -> int:
        """The number itself."""
        return int(self.value)

    @property
    def label(self) -> str:
        return f"AS{self.value}"


def _canonical_number(text: str) -> str:
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise EntityError(f"{text!r} is not the number of an autonomous system", next_step="write it as AS64500")
    high, low = (0, int(match[1])) if match[2] is None else (int(match[1]), int(match[2]))
    if (match[2] is not None and max(high, low) >= _HALF) or low > _HIGHEST:
        raise EntityError(f"{text!r} is above AS{_HIGHEST}, the highest number of an autonomous system")
    return str(high * _HALF + low)
