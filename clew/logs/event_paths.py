"""Where fields stand in events: dotted paths, and what exporters wrap around an event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

Fields = Mapping[str, Any]
#: Under which key an exporter keeps the event: Elasticsearch, Splunk.
_WRAPPERS = ("_source", "result", "fields")


def split_path(path: str) -> tuple[str, ...]:
    """The keys of a dotted path."""
    return tuple(path.split("."))


def value_at(fields: Fields, path: str, keys: tuple[str, ...]) -> Any:
    """The value at a path, or under the path as one key; None where nothing stands.

    Args:
        keys: those of the path, one below the other.
    """
    value = fields.get(path)
    if value is not None or len(keys) == 1:
        return value
    node: Any = fields
    for key in keys:
        if not isinstance(node, dict):
            return None
        node = cast("dict[str, Any]", node).get(key)
    return node


def unwrap(fields: Fields) -> Fields:
    """The event that an exporter wrapped; the fields themselves where none did."""
    for key in _WRAPPERS:
        inner = fields.get(key)
        if isinstance(inner, dict) and inner:
            content = cast("dict[str, Any]", inner)
            return {name: _single(value) for name, value in content.items()} if key == "fields" else content
    return fields


def _single(value: Any) -> Any:
    """What Elasticsearch's `fields` hold: each a list, of one item mostly."""
    if isinstance(value, list) and len(items := cast("list[Any]", value)) == 1:
        return items[0]
    return value


def nest(fields: Fields) -> Fields:
    """`{"a.b": 1}` as `{"a": {"b": 1}}`; a name that stands in the way of another stays as it is."""
    nested: dict[str, Any] = {}
    for name, value in fields.items():
        *parents, last = name.split(".")
        node: Any = nested
        for parent in parents:
            node = node.setdefault(parent, {}) if isinstance(node, dict) else None
        if isinstance(node, dict):
            cast("dict[str, Any]", node).setdefault(last, value)
        else:
            nested[name] = value
    return nested


def named_values(node: Any) -> Fields | None:
    """The data of an event as an object: also where XML became a list of names and texts; None for anything else."""
    if not isinstance(node, dict):
        return None
    content = cast("dict[str, Any]", node)
    data = content.get("Data")
    if data is None or len(content) > 3:
        return content
    items: list[Any] = cast("list[Any]", data) if isinstance(data, list) else [data]
    named: dict[str, Any] = {}
    for item in items:
        entry: Any = item
        name = entry.get("@Name", entry.get("Name")) if isinstance(entry, dict) else None
        if not isinstance(name, str):
            return content
        named[name] = entry.get("#text", entry.get("Value", entry.get("text")))
    return named
