"""Domain names."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic.dataclasses import dataclass

from clew.entities.checked_text import given_text, refang
from clew.entities.entity import STRICT, Entity
from clew.entities.host_names import canonical_name
from clew.entities.key import Key
from clew.entities.static_menus import DomainMenus
from clew.errors import EntityError


@dataclass(frozen=True, slots=True, eq=False, repr=False, config=STRICT)
class Domain(Entity, DomainMenus):
    """A name in the DNS, in punycode and lower case.

    >>> Domain("CDN[.]Update-Check.example.")
    Domain('cdn.update-check.example')

    Raises:
        EntityError: an address, a URL, a single label, or a character that no name has.
    """

    kind: ClassVar[str] = "domain"
    value: str

    @classmethod
    def identify(cls, arguments: dict[str, Any]) -> dict[str, Any]:
        if "value" not in arguments:
            return arguments
        text = refang(given_text(arguments["value"], "a domain name"))
        if "/" in text or "@" in text:
            raise EntityError(f"{text!r} is more than a domain name", next_step="use Url, or clew.parse")
        name = canonical_name(text, "a domain name")
        if "." not in name:
            raise EntityError(f"{text!r} has one label only", next_step="use Host for the name of a machine")
        return {**arguments, "value": name}

    @property
    def key(self) -> Key:
        return Key("domain", self.value)
