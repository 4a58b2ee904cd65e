"""Techniques of MITRE ATT&CK."""

from __future__ import annotations

import re
from dataclasses import KW_ONLY
from typing import Any, ClassVar

from pydantic.dataclasses import dataclass

from clew.entities.checked_text import given_text
from clew.entities.entity import STRICT, Entity
from clew.entities.key import Key
from clew.errors import EntityError

#: How ATT&CK writes the identifier of a technique or sub-technique.
TECHNIQUE_ID = re.compile(r"T[0-9]{4}(?:\.[0-9]{3})?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, eq=False, repr=False, config=STRICT)
class AttackTechnique(Entity):
    """A technique or sub-technique of MITRE ATT&CK, by its identifier.

    >>> AttackTechnique("t1059.001").key
    Key(kind='technique', value='T1059.001', scope='')

    Args:
        value: the identifier, as `T1059` or, for a sub-technique, `T1059.001`.
        name: what ATT&CK calls it, as told.

    Raises:
        EntityError: not such an identifier; those of tactics (`TA0002`) are none.
    """

    kind: ClassVar[str] = "technique"
    exclusive: ClassVar[tuple[str, ...]] = ("technique",)
    value: str
    _: KW_ONLY
    name: str | None = None

    @classmethod
    def identify(cls, arguments: dict[str, Any]) -> dict[str, Any]:
        if "value" not in arguments:
            return arguments
        text = given_text(arguments["value"], "the identifier of an ATT&CK technique")
        if not TECHNIQUE_ID.fullmatch(text):
            raise EntityError(f"{text!r} is no ATT&CK technique", next_step="write it as T1059 or T1059.001")
        return {**arguments, "value": text.upper()}

    @property
    def key(self) -> Key:
        return Key("technique", self.value)
