"""YAML as data: no objects, no aliases, no duplicate keys, every scalar where it stands."""

from __future__ import annotations

import re
from typing import Any

import yaml

from clew.errors import SettingsError

MAX_DEPTH = 24
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(?:[0-9]{1,18}\.[0-9]{0,18}|\.[0-9]{1,18})")


def read_yaml(text: str, where: str) -> Any:
    """Plain values from YAML text. Words are text unless they are plainly numbers, `true`, `false` or `null`.

    Raises:
        SettingsError: not YAML, an alias, a duplicate key, a tag, or nested past `MAX_DEPTH`; says line and column.
    """
    loader = yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader
    try:
        _check_depth(text, loader, where)
        node = yaml.compose(text, Loader=loader)
    except yaml.YAMLError as error:
        raise SettingsError(f"not usable YAML: {error}", where=where) from None
    return None if node is None else _value(node, where, set())


def _check_depth(text: str, loader: Any, where: str) -> None:
    # Before composing, which is recursive in C: nesting deep enough would end the process.
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise SettingsError("nested too deeply", where=_place(event, where))


def _place(at: yaml.Node | yaml.Event, where: str) -> str:
    mark = at.start_mark
    return f"{where}:{mark.line + 1}:{mark.column + 1}" if mark else where


def _value(node: yaml.Node, where: str, seen: set[int]) -> Any:
    place = _place(node, where)
    if id(node) in seen:
        raise SettingsError("aliases are not allowed", where=place, next_step="write the value again")
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node, place)
    plain = "seq" if isinstance(node, yaml.SequenceNode) else "map"
    if _tag(node) != plain:
        raise SettingsError(f"the tag {_tag(node)!r} is not allowed", where=place)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, where, seen) for item in node.value]
    values: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = key_node.value
        if not isinstance(key_node, yaml.ScalarNode) or id(key_node) in seen:
            raise SettingsError("a key is text, written where it stands", where=_place(key_node, where))
        if key in values:
            raise SettingsError(f"the key {key!r} stands twice", where=_place(key_node, where))
        seen.add(id(key_node))
        values[key] = _value(value_node, where, seen)
    return values


def _tag(node: yaml.Node) -> str:
    tag: str = node.tag
    return tag.removeprefix("tag:yaml.org,2002:")


def _scalar(node: yaml.ScalarNode, place: str) -> Any:
    text: str = node.value
    match _tag(node):
        case "null":
            return None
        # YAML 1.1 reads `no` and `on` as booleans and `12:30` as a number: here they are the text they look like.
        case "bool" if text.lower() in ("true", "false"):
            return text.lower() == "true"
        case "int" if _INTEGER.fullmatch(text):
            return int(text)
        case "float" if _DECIMAL.fullmatch(text):
            return float(text)
        case "str" | "bool" | "int" | "float" | "timestamp" | "value" | "merge":
            return text
        case tag:
            raise SettingsError(f"the tag {tag!r} is not allowed", where=place)
