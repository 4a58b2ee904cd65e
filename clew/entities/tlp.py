"""The Traffic Light Protocol (TLP 2.0, FIRST): how far something may be passed on."""

from __future__ import annotations

from enum import Enum

from clew.entities.display import visible
from clew.errors import EntityError

_OLD = {"white": "clear"}


class Tlp(Enum):
    """A marking; the later ones are stricter. `RED` is for the people who have it, and for nobody else.

    >>> Tlp.read("TLP:AMBER+STRICT") > Tlp.read("green")
    True
    """

    CLEAR = "clear"
    GREEN = "green"
    AMBER = "amber"
    AMBER_STRICT = "amber+strict"
    RED = "red"

    @classmethod
    def read(cls, text: str) -> Tlp:
        """The marking in a text such as `TLP:AMBER`, `tlp:white` or `red`.

        Raises:
            EntityError: there is no such marking.
        """
        name = text.strip().lower().removeprefix("tlp:").strip()
        try:
            return cls(_OLD.get(name, name))
        except ValueError:
            names = ", ".join(marking.value for marking in cls)
            raise EntityError(f"there is no marking {visible(text, 40)!r}", next_step=f"give one of {names}") from None

    @classmethod
    def of_tag(cls, tag: str) -> Tlp | None:
        """The marking that a tag gives; None for a tag about something else. One that cannot be read counts as `RED`.

        >>> Tlp.of_tag("tlp:green"), Tlp.of_tag("c2"), Tlp.of_tag("tlp:purple")
        (<Tlp.GREEN: 'green'>, None, <Tlp.RED: 'red'>)
        """
        if not tag.strip().lower().startswith("tlp:"):
            return None
        try:
            return cls.read(tag)
        except EntityError:
            return cls.RED

    @property
    def rank(self) -> int:
        """0 for the freest."""
        return list(Tlp).index(self)

    def __gt__(self, other: Tlp) -> bool:
        return self.rank > other.rank

    def __str__(self) -> str:
        return f"TLP:{self.value.upper()}"
