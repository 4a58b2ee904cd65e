"""Zeek's own logs: tab-separated values under a header that says the names and types of the columns.

The header is described at docs.zeek.org/en/current/log-formats.html; rotated files may lack its last line (`#close`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from clew.logs.formats.json_codec import json_bytes
from clew.logs.formats.log_format import FileHead, LogEvent, LogFile, Match

_MARK = "#separator "
_ESCAPES = re.compile(r"(?:\\x[0-9A-Fa-f]{2})+")


@dataclass(frozen=True, slots=True)
class ZeekTsvFormat:
    """A row is one event; `_path` is the log that it is of, as in Zeek's JSON."""

    name: str = "zeek"
    title: str = "Zeek's tab-separated logs"

    def recognises(self, head: FileHead) -> Match:
        """By the first line of its header."""
        return Match.SIGNATURE if head.text.startswith(_MARK) else Match.NONE

    def events(self, file: LogFile) -> Iterator[LogEvent]:
        """Row by row, under the header that stands last before it. A row of another width is damaged."""
        header = _Header()
        for line in file.lines():
            raw = line.rstrip(b"\r\n")
            if not raw:
                continue
            text = raw.decode("utf-8", "replace")
            if text.startswith("#"):
                header.read(text)
                continue
            fields = header.row_fields(text)
            yield LogEvent(raw if fields is None else json_bytes(fields), fields)


@dataclass(slots=True)
class _Header:
    """What the lines before the rows say."""

    separator: str = "\t"
    set_separator: str = ","
    empty: str = "(empty)"
    unset: str = "-"
    path: str = ""
    names: list[str] = field(default_factory=list[str])
    types: list[str] = field(default_factory=list[str])

    def read(self, line: str) -> None:
        """Take in a line of the header; what it says besides is left alone."""
        if line.startswith(_MARK):
            self.separator = _unescape(line[len(_MARK) :].strip()) or "\t"
            self.names, self.types = [], []
            return
        name, _, value = line[1:].partition(self.separator)
        match name:
            case "set_separator":
                self.set_separator = _unescape(value) or ","
            case "empty_field":
                self.empty = value
            case "unset_field":
                self.unset = value
            case "path":
                self.path = value
            case "fields":
                self.names = value.split(self.separator)
            case "types":
                self.types = value.split(self.separator)
            case _:
                pass  # when it was opened and closed

    def row_fields(self, line: str) -> dict[str, Any] | None:
        """The fields that a row has; None for a row of another width than the header, or before one."""
        cells = line.split(self.separator)
        if not self.names or len(cells) != len(self.names):
            return None
        types = self.types if len(self.types) == len(cells) else ["string"] * len(cells)
        fields: dict[str, Any] = {"_path": self.path} if self.path else {}
        for name, cell, kind in zip(self.names, cells, types, strict=True):
            if cell != self.unset:
                fields[name] = self._value(cell, kind)
        return fields

    def _value(self, cell: str, kind: str) -> Any:
        if kind.startswith(("set[", "vector[")):
            items = [] if cell == self.empty else cell.split(self.set_separator)
            return [_unescape(item) for item in items if item != self.unset]
        if kind == "bool":
            return cell == "T"
        return "" if cell == self.empty else _unescape(cell)


def _unescape(text: str) -> str:
    r"""Undo `\x09`: how Zeek writes what would part columns, and bytes beyond ASCII, which are UTF-8 together.

    >>> _unescape(r"caf\xc3\xa9\x09")
    'caf\xe9\t'
    """
    return _ESCAPES.sub(_escaped_text, text) if "\\x" in text else text


def _escaped_text(match: re.Match[str]) -> str:
    return bytes.fromhex(match[0].replace("\\x", "")).decode("utf-8", "replace")


FORMAT = ZeekTsvFormat()
