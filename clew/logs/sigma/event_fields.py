"""The fields of one event as rules name them: by the names of their log source, of the event, and of its header."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, cast

from clew.logs.event_mapper import LocatedEvent
from clew.logs.event_paths import Fields, split_path, value_at

#: What a field gives that the event lacks. None is a field that is there and has no value.
ABSENT: Final = object()
_HEADER_NAMES = {
    "eventid": "code",
    "event_id": "code",
    "channel": "channel",
    "computer": "host",
    "computername": "host",
    "hostname": "host",
    "provider_name": "provider",
    "providername": "provider",
}
_INTEGRITY = {
    "s-1-16-0": "Untrusted",
    "s-1-16-4096": "Low",
    "s-1-16-8192": "Medium",
    "s-1-16-8448": "MediumPlus",
    "s-1-16-12288": "High",
    "s-1-16-16384": "System",
}
_HASH = re.compile(r"([A-Za-z0-9]+)=([0-9A-Fa-f]+)")
_MAX_DEPTH = 32

Lookup = Callable[[str], Any]
FieldFunction = Callable[[Lookup, tuple[str, ...]], Any]


def _first(lookup: Lookup, names: tuple[str, ...]) -> Any:
    values = (lookup(name) for name in names)
    return next((value for value in values if value is not ABSENT and value not in ("", "-")), ABSENT)


def _decimal(lookup: Lookup, names: tuple[str, ...]) -> Any:
    value = _first(lookup, names)
    if isinstance(value, str) and value[:2] in ("0x", "0X"):
        try:
            return int(value, 16)
        except ValueError:
            return value
    return value


def _account(lookup: Lookup, names: tuple[str, ...]) -> Any:
    domain, name = (lookup(field) for field in names)
    if name is ABSENT:
        return ABSENT
    return f"{domain}\\{name}" if domain is not ABSENT and domain not in ("", "-") else name


def _integrity(lookup: Lookup, names: tuple[str, ...]) -> Any:
    value = _first(lookup, names)
    return _INTEGRITY.get(value.lower(), value) if isinstance(value, str) else value


def _hash(lookup: Lookup, names: tuple[str, ...]) -> Any:
    kind, field = names
    value = lookup(field)
    pairs = _HASH.findall(value) if isinstance(value, str) else []
    return next((digest for name, digest in pairs if name.lower() == kind), ABSENT)


#: How a field is made from others; those that give something else than stands in the event are `TRANSLATING`.
FIELD_FUNCTIONS: Mapping[str, FieldFunction] = {
    "first": _first,
    "decimal": _decimal,
    "account": _account,
    "integrity": _integrity,
    "hash": _hash,
}
TRANSLATING = frozenset({"decimal", "integrity"})
FieldNames = Mapping[str, tuple[str, tuple[str, ...]]]


class EventFields:
    """One event, for the conditions of rules.

    Args:
        names: for a name that rules use, the function and the fields of the event that it is made from.
    """

    __slots__ = ("_event", "_inner", "_lower_texts", "_names", "_texts", "_values")

    def __init__(self, event: LocatedEvent, names: FieldNames) -> None:
        self._event = event
        self._names = names
        self._texts: dict[str, tuple[str, ...]] = {}
        self._lower_texts: dict[str, tuple[str, ...]] = {}
        self._values: dict[str, Any] = {}
        self._inner: list[Fields] | None = None

    def value(self, name: str) -> Any:
        """The value of a field; `ABSENT` where the event has no such field."""
        value = self._values.get(name, self)
        if value is self:
            value = self._values[name] = self._find(name)
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of a field: one, or one for each item of a list; none where there is no value."""
        texts = self._texts.get(name)
        if texts is None:
            texts = self._texts[name] = value_texts(self.value(name))
        return texts

    def lower_texts(self, name: str) -> tuple[str, ...]:
        """The same in lower case."""
        texts = self._lower_texts.get(name)
        if texts is None:
            texts = self._lower_texts[name] = tuple([text.lower() for text in self.texts(name)])
        return texts

    def all_texts(self) -> tuple[str, ...]:
        """The texts of all values, for rules that look for words anywhere."""
        texts = self._texts.get("")
        if texts is None:
            texts = self._texts[""] = tuple(_leaf_texts(self._event.fields, 0))
        return texts

    def _find(self, name: str) -> Any:
        rule = self._names.get(name)
        if rule is not None:
            function, fields = rule
            value = FIELD_FUNCTIONS[function](self._own_value, fields)
            if value is not ABSENT:
                return value
        return self._own_value(name)

    def _own_value(self, name: str) -> Any:
        data = self._event.data
        value = data.get(name, ABSENT)
        if value is not ABSENT:
            return value
        header_name = _HEADER_NAMES.get(name.lower(), name)
        value = self._event.header.get(header_name)
        if value is not None:
            return _name_text(value)
        if self._inner is None:
            # What XML wraps once more, as the data of a provider of its own (`UserData`), is looked into.
            self._inner = [item for item in data.values() if isinstance(item, dict)]
        for fields in (data, *self._inner, self._event.fields):
            value = value_at(fields, name, split_path(name))
            if value is not None:
                return value
        own_name = _plain_names(tuple(data)).get(_plain(name))
        return ABSENT if own_name is None else data[own_name]


@functools.lru_cache(maxsize=10_000)
def _plain_names(names: tuple[str, ...]) -> Mapping[str, str]:
    """The names of the fields of an event, by how they are spelled plainly."""
    return {_plain(name): name for name in names}


@functools.lru_cache(maxsize=10_000)
def _plain(name: str) -> str:
    """Names that differ in case, blanks and strokes alone are one: `Threat Name` and `ThreatName`."""
    return name.lower().replace(" ", "").replace("_", "").replace("-", "")


def _name_text(value: Any) -> Any:
    """The name in what XML became an object: `{"#attributes": {"Name": ..}}`."""
    if isinstance(value, dict):
        content = cast("dict[str, Any]", value)
        inner: Any = content.get("#attributes", content)
        if isinstance(inner, dict):
            attributes = cast("dict[str, Any]", inner)
            name: Any = attributes.get("Name", attributes.get("@Name"))
            return cast("Any", value) if name is None else name
    return cast("Any", value)


def value_texts(value: Any) -> tuple[str, ...]:
    """A value as texts: none for what is not there."""
    if isinstance(value, str):
        return (value,)
    if value is None or value is ABSENT:
        return ()
    if isinstance(value, list):
        items: list[Any] = cast("Any", value)
        return tuple(text for item in items for text in ((item,) if isinstance(item, str) else _flat(item)))
    return _flat(value)


def _flat(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, bool):
        return ("true" if value else "false",)
    if isinstance(value, (dict, list)):
        content: Any = cast("dict[str, Any]", value).get("#text") if isinstance(value, dict) else None
        return (content,) if isinstance(content, str) else (json.dumps(value, ensure_ascii=False, default=str),)
    return (str(value),)


def _leaf_texts(value: Any, depth: int) -> Iterator[str]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, Mapping):
        for item in cast("Mapping[str, Any]", value).values():
            yield from _leaf_texts(item, depth + 1)
    elif isinstance(value, list):
        items: list[Any] = cast("Any", value)
        for item in items:
            yield from _leaf_texts(item, depth + 1)
    else:
        yield from value_texts(value)
