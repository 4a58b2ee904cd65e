"""Incidents."""

from __future__ import annotations

from dataclasses import KW_ONLY
from typing import Any, ClassVar

from pydantic.dataclasses import dataclass

from clew.entities.entity import STRICT, Entity
from clew.entities.key import Key
from clew.entities.provider_id import canonical_provider_id


@dataclass(frozen=True, slots=True, eq=False, repr=False, config=STRICT)
class Incident(Entity):
    """A case that a product or a team opened, by who numbers it and the number.

    >>> Incident("Defender:42").key
    Key(kind='incident', value='defender:42', scope='')

    Args:
        value: the provider, a colon, and the identifier that the provider gave, which keeps its case.
        title: what it says in a line, as told.

    Raises:
        EntityError: no provider or no identifier.
    """

    kind: ClassVar[str] = "incident"
    value: str
    _: KW_ONLY
    title: str | None = None

    @classmethod
    def identify(cls, arguments: dict[str, Any]) -> dict[str, Any]:
        if "value" not in arguments:
            return arguments
        return {**arguments, "value": canonical_provider_id(arguments["value"], "incident")}

    @property
    def key(self) -> Key:
        return Key("incident", self.value)

    @property
    def label(self) -> str:
        return self.title or self.value
