"""Texts that programs write, as patterns in a file: what a text has to contain, and which parts of it are fields.

A pattern has to fit all of the text, and the name of a user ends at the last place that fits: who logs on as
`x from 192.0.2.1 port 22` is not believed.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from clew.yaml_files import read_yaml

_FILE = "patterns.yaml"
#: The key of patterns for every program.
_ANY = "*"
#: Longer texts are not read: what programs log is cut far below, and a pattern may look at a text several times.
_MAX_TEXT = 32_768


@dataclass(frozen=True, slots=True)
class TextPattern:
    """One text of a program.

    Attributes:
        contains: what the text has to contain, looked for first.
        fields: what is said of every such text.
    """

    contains: str
    pattern: re.Pattern[str]
    fields: Mapping[str, str]

    def read(self, text: str) -> dict[str, Any] | None:
        """The fields of a text; None for another one."""
        if self.contains not in text or len(text) > _MAX_TEXT:
            return None
        match = self.pattern.fullmatch(text)
        if match is None:
            return None
        return {**self.fields, **{name: value for name, value in match.groupdict().items() if value}}


def pattern_fields(program: str, text: str) -> dict[str, Any]:
    """The fields of the first pattern that a text of a program fits; nothing where none does."""
    for pattern in _patterns_of(program):
        fields = pattern.read(text)
        if fields is not None:
            return fields
    return {}


@functools.lru_cache(4_096)
def _patterns_of(program: str) -> tuple[TextPattern, ...]:
    name = program.rpartition("/")[2].partition("(")[0].lower()
    table = pattern_table()
    return (*table.get(name, ()), *table[_ANY])


@functools.cache
def pattern_table() -> Mapping[str, tuple[TextPattern, ...]]:
    """The patterns of each program, by its name in lower case. Raises SettingsError for a file that is wrong."""
    text = files(__package__ or "").joinpath(_FILE).read_text("utf-8")
    table: dict[str, tuple[TextPattern, ...]] = {}
    for entry in read_yaml(text, _FILE)["programs"]:
        patterns = tuple(map(_text_pattern, entry["texts"]))
        for name in entry["names"]:
            table[name] = (*table.get(name, ()), *patterns)
    return table


def _text_pattern(entry: Mapping[str, str]) -> TextPattern:
    fields = {name: value for name, value in entry.items() if name not in ("contains", "pattern")}
    return TextPattern(entry["contains"], re.compile(entry["pattern"], re.DOTALL), fields)
