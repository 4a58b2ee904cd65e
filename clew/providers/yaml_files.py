"""YAML as data: no objects, no aliases, no duplicate keys, every scalar where it stands."""

from __future__ import annotations

from typing import Any

import yaml

from clew.errors import SettingsError

MAX_DEPTH = 24


def read_yaml(text: str, where: str) -> Any:
    """Plain values from YAML text. Words are text unless they are plainly numbers, `true`, `false` or `null`.

    Raises:
        SettingsError: not YAML, an alias, a duplicate key, a tag, or nested past `MAX_DEPTH`; says line and column.
    """
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        raise SettingsError(f"not usable YAML: {error}", where=where) from None
    return None if node is None else _value(node, where, 0, set())


def _value(node: yaml.Node, where: str, depth: int, seen: set[int]) -> Any:
    place = f"{where}:{node.start_mark.line + 1}:{node.start_mark.column + 1}"
    if depth > MAX_DEPTH:
        raise SettingsError("nested too deeply", where=place)
    if id(node) in seen:
        raise SettingsError("aliases are not allowed", where=place, next_step="write the value again")
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node, place)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, where, depth + 1, seen) for item in node.value]
    values: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        if key in values:
            raise SettingsError(f"the key {key!r} stands twice", where=place)
        values[key] = _value(value_node, where, depth + 1, seen)
    return values


def _scalar(node: yaml.ScalarNode, place: str) -> Any:
    text: str = node.value
    match node.tag.removeprefix("tag:yaml.org,2002:"):
        case "null":
            return None
        # YAML 1.1 reads `no` and `on` as booleans and `12:30` as a number: here they are the text they look like.
        case "bool" if text.lower() in ("true", "false"):
            return text.lower() == "true"
        case "int" if text.removeprefix("-").isdigit():
            return int(text)
        case "float" if text.replace(".", "", 1).removeprefix("-").isdigit():
            return float(text)
        case "str" | "bool" | "int" | "float" | "timestamp" | "value" | "merge":
            return text
        case tag:
            raise SettingsError(f"the tag {tag!r} is not allowed", where=place)
