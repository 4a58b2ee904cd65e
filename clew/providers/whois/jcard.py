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
class ContactCard:
    """What a card says; None, or empty, is what it does not say, or says that it withholds.

    Attributes:
        country: as a code, if it is one.
        is_withheld: whether something on it is a notice instead of a value.
    """

    name: str | None = None
    organization: str | None = None
    mails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    country: str | None = None
    kind: str | None = None
    is_withheld: bool = False

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
        parts = _as_list(self.value)
        first = parts[0] if parts else self.value
        text = first.strip() if isinstance(first, str) else ""
        return None if not text or _WITHHELD.search(text) else text

    @property
    def is_withheld(self) -> bool:
        """Whether the value is such a notice."""
        return isinstance(self.value, str) and _WITHHELD.search(self.value) is not None


def card_of(card: object) -> ContactCard:
    """Read a `vcardArray`; what is none of it is an empty card."""
    properties = [*_properties(card)]
    return ContactCard(
        _first_text(properties, "fn"),
        _first_text(properties, "org"),
        _all_texts(properties, "email"),
        tuple(map(_phone, _all_texts(properties, "tel", excluded_type="fax"))),
        next(filter(None, (_country(entry) for entry in properties if entry.name == "adr")), None),
        _first_text(properties, "kind"),
        any(entry.is_withheld for entry in properties),
    )


def _properties(card: object) -> Iterator[_Property]:
    array = _as_list(card)
    for item in _as_list(array[1]) if len(array) > 1 else []:
        parts = _as_list(item)
        if len(parts) >= 4 and isinstance(parts[0], str):
            parameters = cast("dict[str, object]", parts[1]) if isinstance(parts[1], dict) else {}
            yield _Property(parts[0].lower(), parameters, parts[3])


def _as_list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _first_text(properties: list[_Property], name: str) -> str | None:
    return next((entry.text for entry in properties if entry.name == name and entry.text), None)


def _all_texts(properties: list[_Property], name: str, *, excluded_type: str = "") -> tuple[str, ...]:
    entries = (
        entry
        for entry in properties
        if entry.name == name and not (excluded_type and excluded_type in str(entry.parameters.get("type", "")))
    )
    return tuple(dict.fromkeys(entry.text for entry in entries if entry.text))


def _phone(text: str) -> str:
    return text.removeprefix("tel:").replace(";ext=", " ext. ")


def _country(address: _Property) -> str | None:
    code = address.parameters.get("cc")  # RFC 8605
    parts = _as_list(address.value)
    country = code if isinstance(code, str) and code else parts[-1] if len(parts) >= 7 else None
    return country.upper() if isinstance(country, str) and _CODE.fullmatch(country) else None
