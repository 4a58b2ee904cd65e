"""YAML as data: no objects, no aliases, no duplicate keys, every scalar where it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from clew.errors import SettingsError

MAX_DEPTH = 24
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(?:[0-9]{1,18}\.[0-9]{0,18}|\.[0-9]{1,18})")

#: The way to a value: keys, and places in lists.
ValuePath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """What a YAML text says, and where.

    Attributes:
        value: plain values.
        locations: `file:line:column` of each value, by its path; `key_locations` of the key before it.
    """

    value: Any
    locations: dict[ValuePath, str] = field(default_factory=dict[ValuePath, str])
    key_locations: dict[ValuePath, str] = field(default_factory=dict[ValuePath, str])


def read_yaml(text: str, source: str) -> Any:
    """Plain values from YAML text. Words are text unless they are plainly numbers, `true`, `false` or `null`.

    Raises:
        SettingsError: not YAML, an alias, a duplicate key, a tag, or nested past `MAX_DEPTH`; says line and column.
    """
    return read_document(text, source).value


def read_document(text: str, source: str) -> YamlDocument:
    """The same, for readers that say where in the text something is wrong."""
    loader = yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader
    try:
        _check_depth(text, loader, source)
        node = yaml.compose(text, Loader=loader)
    except (yaml.YAMLError, UnicodeEncodeError) as error:  # a lone surrogate is text to Python, and no UTF-8
        raise SettingsError(f"not usable YAML: {error}", location=source) from None
    reader = _DocumentReader(source)
    value = None if node is None else reader.value(node, ())
    return YamlDocument(value, reader.locations, reader.key_locations)


def write_yaml(data: Any) -> str:
    """YAML text that `read_yaml` reads as the same plain values.

    >>> write_yaml({"name": "no", "rows": 5})
    "name: 'no'\\nrows: 5\\n"

    Raises:
        SettingsError: something that is no plain value, or a number that YAML of this kind does not write.
    """

    class Plain(yaml.SafeDumper):
        def ignore_aliases(self, data: object) -> bool:
            return True

    Plain.add_representer(float, _float)
    Plain.add_representer(str, _text)
    try:
        text = str(yaml.dump(data, Dumper=Plain, allow_unicode=True, sort_keys=False, width=100))
    except yaml.YAMLError as error:
        raise SettingsError(f"cannot be written as YAML: {error}") from None
    # Read again rather than trusted: a number may be longer than those that are read.
    if read_yaml(text, "what was written") != data:
        raise SettingsError("cannot be written as YAML without loss")
    return text


def _text(dumper: Any, text: str) -> yaml.ScalarNode:
    # In quotes that have escapes, where a line break of some kind could be folded away.
    node: yaml.ScalarNode = dumper.represent_scalar("tag:yaml.org,2002:str", text, None if text.isprintable() else '"')
    return node


def _float(dumper: Any, number: float) -> yaml.ScalarNode:
    plain = repr(number) if _DECIMAL.fullmatch(repr(number)) else f"{number:.18f}"
    node: yaml.ScalarNode = dumper.represent_scalar("tag:yaml.org,2002:float", plain)
    return node


def _check_depth(text: str, loader: Any, source: str) -> None:
    # Before composing, which is recursive in C: nesting deep enough would end the process.
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise SettingsError("nested too deeply", location=_location(event, source))


def _location(node: yaml.Node | yaml.Event, source: str) -> str:
    mark = node.start_mark
    return f"{source}:{mark.line + 1}:{mark.column + 1}" if mark else source


class _DocumentReader:
    """One text being read: where its values are, and which nodes were met."""

    def __init__(self, source: str) -> None:
        self.locations: dict[ValuePath, str] = {}
        self.key_locations: dict[ValuePath, str] = {}
        self._source = source
        self._seen_nodes: set[int] = set()

    def value(self, node: yaml.Node, path: ValuePath) -> Any:
        location = self.locations[path] = _location(node, self._source)
        if id(node) in self._seen_nodes:
            raise SettingsError("aliases are not allowed", location=location, next_step="write the value again")
        self._seen_nodes.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node, location)
        plain = "seq" if isinstance(node, yaml.SequenceNode) else "map"
        if _tag(node) != plain:
            raise SettingsError(f"the tag {_tag(node)!r} is not allowed", location=location)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, values)
            self.key_locations[*path, key] = _location(key_node, self._source)
            values[key] = self.value(value_node, (*path, key))
        return values

    def _key(self, node: yaml.Node, mapping: dict[str, Any]) -> str:
        location = _location(node, self._source)
        if not isinstance(node, yaml.ScalarNode) or id(node) in self._seen_nodes:
            raise SettingsError("a key is text, written where it stands", location=location)
        key: str = node.value
        if key in mapping:
            raise SettingsError(f"the key {key!r} stands twice", location=location)
        self._seen_nodes.add(id(node))
        return key


def _tag(node: yaml.Node) -> str:
    tag: str = node.tag
    return tag.removeprefix("tag:yaml.org,2002:")


def _scalar(node: yaml.ScalarNode, location: str) -> Any:
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
            raise SettingsError(f"the tag {tag!r} is not allowed", location=location)
