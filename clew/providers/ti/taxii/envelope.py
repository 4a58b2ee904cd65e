"""An envelope, which is a page of objects, with each object as it came."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from clew.providers.ti.feeds.documents import Object, as_text
from clew.providers.ti.feeds.model import words

MAX_NEXT = 8_192
MAX_ID = 512
_SPACE = re.compile(r"[ \t\n\r]*")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{2,249}--[0-9A-Za-z.:_-]{1,255}")
_DECODER = json.JSONDecoder(parse_constant=lambda _: None)


@dataclass(slots=True)
class Envelope:
    """What a page holds.

    Attributes:
        objects: each as its own text, and as JSON values.
        odd: the places of what is no object of STIX, and why.
        more: there are further pages; `next` names the following one, if the server names pages.
    """

    objects: list[tuple[str, Object]] = field(default_factory=list[tuple[str, Object]])
    odd: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    more: bool = False
    next: str = ""


def read_envelope(text: str) -> Envelope:
    """The envelope in a text.

    >>> read_envelope('{"objects": [{"type": "tool", "id": "tool--1"}, 5], "more": true, "next": "2"}').next
    '2'

    Raises:
        ValueError: it is no JSON, cut off, or no envelope; says what.
    """
    envelope = Envelope()
    try:
        for name, at in _members(text):
            if name == "objects":
                yielded = _elements(text, at)
                envelope.objects.clear()
                for number, (raw, value) in enumerate(yielded):
                    _sort_in(envelope, number, raw, value)
            elif name in ("more", "next"):
                value = _DECODER.raw_decode(text, at)[0]
                _told(envelope, name, value)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return envelope


def _sort_in(envelope: Envelope, number: int, raw: str, value: Any) -> None:
    why = _why_odd(value)
    if why:
        envelope.odd.append((number, why))
    else:
        envelope.objects.append((raw, value))


def _why_odd(value: Any) -> str:
    if not isinstance(value, dict):
        return f"it is no object of STIX, but {_named(value)}"
    given = cast("Object", value)
    kind, name = as_text(given.get("type")), as_text(given.get("id"))
    if not kind or not name:
        return f"it is no object of STIX: it has no {'identifier' if kind else 'type'}"
    if not _ID.fullmatch(name) or not name.startswith(f"{kind}--"):
        return f"it is no object of STIX: {words(name)[:100]} cannot be the identifier of {words(kind)[:100]}"
    return ""


def _named(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    return "a text" if isinstance(value, str) else "nothing" if value is None else "a list"


def _told(envelope: Envelope, name: str, value: Any) -> None:
    if name == "more":
        envelope.more = value is True
    elif isinstance(value, str):
        if len(value) > MAX_NEXT:
            raise ValueError(f"the name of its next page has more than {MAX_NEXT:,} characters")
        envelope.next = value
    elif value is not None:
        raise ValueError("the name of its next page is no text")


def _members(text: str) -> Iterator[tuple[str, int]]:
    """The names of the members of an object, and where their values begin."""
    at = _after(text, _skip(text, 0), "{")
    if text[at : at + 1] == "}":
        _end(text, at + 1)
        return
    while True:
        name, at = _DECODER.raw_decode(text, at)
        at = _after(text, _skip(text, at), ":")
        yield str(name), at
        at = _skip(text, _DECODER.raw_decode(text, at)[1])
        if text[at : at + 1] == "}":
            _end(text, at + 1)
            return
        at = _after(text, at, ",")


def _elements(text: str, at: int) -> Iterator[tuple[str, Any]]:
    """The elements of a list, each as its text and as values."""
    at = _after(text, at, "[")
    if text[at : at + 1] == "]":
        return
    while True:
        value, end = _DECODER.raw_decode(text, at)
        yield text[at:end], value
        at = _skip(text, end)
        if text[at : at + 1] == "]":
            return
        at = _after(text, at, ",")


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _after(text: str, at: int, sign: str) -> int:
    """Where what follows a sign begins. Raises ValueError where the sign is not."""
    if not text.startswith(sign, at):
        what = "it is cut off" if at >= len(text) else f"{sign!r} is missing at character {at:,}"
        raise ValueError(f"it is no envelope: {what}")
    return _skip(text, at + 1)


def _end(text: str, at: int) -> None:
    if _skip(text, at) != len(text):
        raise ValueError("it is no envelope: something stands behind it")
