"""Where fields stand in events: dotted paths, and what exporters wrap around an event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from clew.logs.formats.event_xml import read_element, read_event
from clew.logs.formats.json_codec import text_value

Fields = Mapping[str, Any]
#: Under which key an exporter keeps the event: Elasticsearch, Splunk.
_WRAPPERS = ("_source", "result", "fields")
#: Under which key an exporter keeps the event as it was logged, as text: Splunk, Plaso and Timesketch.
_RAW_TEXTS = ("_raw", "xml_string")


def split_path(path: str) -> tuple[str, ...]:
    """The keys of a dotted path."""
    return tuple(path.split("."))


def value_at(fields: Fields, path: str, keys: tuple[str, ...]) -> Any:
    """The value at a path, or under the path as one key; None where nothing stands. A number is a place in a list.

    Args:
        keys: those of the path, one below the other.
    """
    value = fields.get(path)
    if value is not None or len(keys) == 1:
        return value
    node: Any = fields
    for key in keys:
        if isinstance(node, dict):
            node = cast("dict[str, Any]", node).get(key)
        elif isinstance(node, list) and key.isdecimal():
            items: list[Any] = cast("Any", node)
            node = items[int(key)] if len(key) < 6 and int(key) < len(items) else None
        else:
            return None
    return node


def unwrap(fields: Fields) -> Fields:
    """The event that an exporter wrapped; the fields themselves where none did."""
    for key in _WRAPPERS:
        inner = fields.get(key)
        if isinstance(inner, dict) and inner:
            content = cast("dict[str, Any]", inner)
            fields = {name: _single(value) for name, value in content.items()} if key == "fields" else content
            break
    for key in _RAW_TEXTS:
        raw = fields.get(key)
        if isinstance(raw, str) and (event := _raw_event(raw)):
            return {**fields, **event}
    return fields


def _raw_event(text: str) -> Fields | None:
    """What a Windows event says as it was logged: as XML, or as Splunk's lines of `Name=value`, the message last."""
    if text.lstrip()[:6] == "<Event":
        return read_event(text.strip().encode("utf-8", "replace"))
    if "\nEventCode=" not in text:
        return None
    head, mark, message = text.partition("\nMessage=")
    pairs = (line.partition("=") for line in head.splitlines())
    values = {name: value.strip() for name, equals, value in pairs if equals}
    return {**values, "Message": message} if mark else values


def _single(value: Any) -> Any:
    """What Elasticsearch's `fields` hold: each a list, of one item mostly."""
    items: list[Any] = cast("Any", value) if isinstance(value, list) else [value]
    return items[0] if len(items) == 1 else items


def nest(fields: Fields) -> Fields:
    """`{"a.b": 1}` as `{"a": {"b": 1}}`; a name that stands in the way of another stays as it is."""
    tree: dict[str, Any] = {}
    for name, value in fields.items():
        *parents, last = name.split(".")
        node: dict[str, Any] | None = tree
        for parent in parents:
            child: Any = node.setdefault(parent, {}) if node is not None else None
            node = cast("dict[str, Any]", child) if isinstance(child, dict) else None
        if node is None:
            tree[name] = value
        else:
            node.setdefault(last, value)
    return tree


def named_values(node: Any) -> Fields | None:
    """The data of an event as an object: also where XML became a list of names and texts; None for anything else."""
    if not isinstance(node, dict):
        return None
    content = cast("dict[str, Any]", node)
    data = content.get("Data")
    if data is None or len(content) > 3:
        return _only_child(content) if len(content) == 1 else content
    items: list[Any] = cast("Any", data) if isinstance(data, list) else [data]
    values: dict[str, Any] = {}
    for item in items:
        entry = cast("dict[str, Any]", item) if isinstance(item, dict) else {}
        name: Any = entry.get("@Name", entry.get("Name"))
        if not isinstance(name, str):
            return content
        values[name] = entry.get("#text", entry.get("Value", entry.get("text")))
    return values


def _only_child(content: dict[str, Any]) -> Fields:
    """What stands below the one name there: `{"LogFileCleared": {"SubjectUserName": ..}}`."""
    (child,) = content.values()
    return cast("dict[str, Any]", child) if isinstance(child, dict) and "#text" not in child else content


def text_object(value: Any) -> Any:
    """The object that a text holds as JSON or as the XML of event data; the value itself where it holds none."""
    if not isinstance(value, str) or not value.lstrip().startswith("<"):
        return text_value(value)
    element: dict[str, Any] = read_element(value.strip().encode("utf-8", "replace")) or {}
    return _child(_child(element, "DataItem"), "EventData") or value


def _child(node: dict[str, Any], name: str) -> dict[str, Any]:
    """The child of that name; the node itself where there is none."""
    child = node.get(name)
    return cast("dict[str, Any]", child) if isinstance(child, dict) else node


def message_fields(value: Any) -> Fields:
    """What a message says in lines of `Name: value`, as Windows writes it: names without blanks, the first counts."""
    fields: dict[str, str] = {}
    for line in value.splitlines() if isinstance(value, str) else ():
        name, mark, text = line.partition(":")
        if mark and text.strip():
            fields.setdefault(name.strip().replace(" ", ""), text.strip())
    return fields
