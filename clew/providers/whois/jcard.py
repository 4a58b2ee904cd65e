"""Cards of people and organizations, as RDAP writes them (RFC 7095)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

_WITHHELD = re.compile(
    r"redacted|not disclosed|non-?public data|data protected|statutory masking|withheld for privacy", re.IGNORECASE
)
_CODE = re.compile(r"[A-Za-z]{2}")


@dataclass(frozen=True, slots=True)
class Card:
    """What a card says; None, or empty, is what it does not say, or says that it withholds.

    Attributes:
        country: as a code, if it is one.
        withheld: whether something on it is a notice instead of a value.
    """

    name: str | None = None
    organization: str | None = None
    mails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    country: str | None = None
    kind: str | None = None
    withheld: bool = False

    @property
    def title(self) -> str | None:
        """The organization, else the name."""
        return self.organization or self.name


@dataclass(frozen=True, slots=True)
class _Property:
    name: str
    parameters: dict[str, object]
    value: object

    @property
    def text(self) -> str | None:
        """The value, if it is one text, or the first of several parts; None for a notice that it is withheld."""
        parts = _list(self.value)
        first = parts[0] if parts else self.value
        text = first.strip() if isinstance(first, str) else ""
        return None if not text or _WITHHELD.search(text) else text

    @property
    def is_withheld(self) -> bool:
        """Whether the value is such a notice."""
        return isinstance(self.value, str) and _WITHHELD.search(self.value) is not None


def card_of(card: object) -> Card:
    """Read a `vcardArray`; what is none of it is an empty card."""
    said = [*_properties(card)]
    return Card(
        _first(said, "fn"),
        _first(said, "org"),
        _all(said, "email"),
        tuple(map(_phone, _all(said, "tel", but="fax"))),
        next(filter(None, (_country(each) for each in said if each.name == "adr")), None),
        _first(said, "kind"),
        any(each.is_withheld for each in said),
    )


def _properties(card: object) -> Iterator[_Property]:
    many = _list(card)
    for each in _list(many[1]) if len(many) > 1 else []:
        parts = _list(each)
        if len(parts) >= 4 and isinstance(parts[0], str):
            parameters = cast("dict[str, object]", parts[1]) if isinstance(parts[1], dict) else {}
            yield _Property(parts[0].lower(), parameters, parts[3])


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _first(said: list[_Property], name: str) -> str | None:
    return next((each.text for each in said if each.name == name and each.text), None)


def _all(said: list[_Property], name: str, *, but: str = "") -> tuple[str, ...]:
    fitting = (each for each in said if each.name == name and not (but and but in str(each.parameters.get("type", ""))))
    return tuple(dict.fromkeys(each.text for each in fitting if each.text))


def _phone(text: str) -> str:
    return text.removeprefix("tel:").replace(";ext=", " ext. ")


def _country(address: _Property) -> str | None:
    code = address.parameters.get("cc")  # RFC 8605
    parts = _list(address.value)
    said = code if isinstance(code, str) and code else parts[-1] if len(parts) >= 7 else None
    return said.upper() if isinstance(said, str) and _CODE.fullmatch(said) else None
