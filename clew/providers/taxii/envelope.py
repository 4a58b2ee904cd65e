"""An envelope, which is a page of objects, with each object as it came."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from clew.feeds.formats.json_documents import Object, as_text
from clew.feeds.listing import short_text

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
        invalid_objects: the places of what is no object of STIX, and why.
        has_more: there are further pages; `next` names the following one, if the server names pages.
    """

    objects: list[tuple[str, Object]] = field(default_factory=list[tuple[str, Object]])
    invalid_objects: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    has_more: bool = False
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
        for name, index in _members(text):
            if name == "objects":
                elements = _elements(text, index)
                envelope.objects.clear()
                for number, (raw, value) in enumerate(elements):
                    _add_object(envelope, number, raw, value)
            elif name in ("more", "next"):
                value = _DECODER.raw_decode(text, index)[0]
                _set_paging(envelope, name, value)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return envelope


def _add_object(envelope: Envelope, number: int, raw: str, value: Any) -> None:
    reason = _invalid_reason(value)
    if reason:
        envelope.invalid_objects.append((number, reason))
    else:
        envelope.objects.append((raw, value))


def _invalid_reason(value: Any) -> str:
    if not isinstance(value, dict):
        return f"it is no object of STIX, but {_json_kind(value)}"
    document = cast("Object", value)
    kind, name = as_text(document.get("type")), as_text(document.get("id"))
    if not kind or not name:
        return f"it is no object of STIX: it has no {'identifier' if kind else 'type'}"
    if not _ID.fullmatch(name) or not name.startswith(f"{kind}--"):
        return f"it is no object of STIX: {short_text(name)[:100]} cannot be the identifier of {short_text(kind)[:100]}"
    return ""


def _json_kind(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    return "a text" if isinstance(value, str) else "nothing" if value is None else "a list"


def _set_paging(envelope: Envelope, name: str, value: Any) -> None:
    if name == "more":
        envelope.has_more = value is True
    elif isinstance(value, str):
        if len(value) > MAX_NEXT:
            raise ValueError(f"the name of its next page has more than {MAX_NEXT:,} characters")
        envelope.next = value
    elif value is not None:
        raise ValueError("the name of its next page is no text")


def _members(text: str) -> Iterator[tuple[str, int]]:
    """The names of the members of an object, and where their values begin."""
    index = _expect(text, _skip_space(text, 0), "{")
    if text[index : index + 1] == "}":
        _expect_end(text, index + 1)
        return
    while True:
        name, index = _DECODER.raw_decode(text, index)
        index = _expect(text, _skip_space(text, index), ":")
        yield str(name), index
        index = _skip_space(text, _DECODER.raw_decode(text, index)[1])
        if text[index : index + 1] == "}":
            _expect_end(text, index + 1)
            return
        index = _expect(text, index, ",")


def _elements(text: str, index: int) -> Iterator[tuple[str, Any]]:
    """The elements of a list, each as its text and as values."""
    index = _expect(text, index, "[")
    if text[index : index + 1] == "]":
        return
    while True:
        value, end = _DECODER.raw_decode(text, index)
        yield text[index:end], value
        index = _skip_space(text, end)
        if text[index : index + 1] == "]":
            return
        index = _expect(text, index, ",")


def _skip_space(text: str, index: int) -> int:
    match = _SPACE.match(text, index)
    return match.end() if match else index


def _expect(text: str, index: int, sign: str) -> int:
    """Where what follows a sign begins. Raises ValueError where the sign is not."""
    if not text.startswith(sign, index):
        problem = "it is cut off" if index >= len(text) else f"{sign!r} is missing at character {index:,}"
        raise ValueError(f"it is no envelope: {problem}")
    return _skip_space(text, index + 1)


def _expect_end(text: str, index: int) -> None:
    if _skip_space(text, index) != len(text):
        raise ValueError("it is no envelope: something stands behind it")
