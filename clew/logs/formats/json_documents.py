"""JSON: one event a line, a list of events, an object with a list of events, or documents one behind another."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from clew.logs.formats.json_codec import json_bytes, parse_json
from clew.logs.formats.json_stream import iterate_values
from clew.logs.formats.log_format import FileHead, LogEvent, LogFile, Match, whole_lines
from clew.logs.formats.osquery_batches import batch_rows

_LINE_ENDINGS = (".ndjson", ".jsonl")
_ENDINGS = (".json", *_LINE_ENDINGS)
#: Where the events stand in an object that is around them; a list of other objects is a field of one event.
_ENVELOPES = frozenset(
    {"Records", "records", "value", "Events", "events", "results", "items", "entries", "hits", "data", "Findings"}
)
_MAX_ENVELOPE_KEYS = 8
_OBJECT = re.compile(r'\s*(?:\[\s*)*\{\s*(?:"|\})')


@dataclass(frozen=True, slots=True)
class JsonFormat:
    """Objects, whichever way they stand in a file."""

    name: str = "json"
    title: str = "JSON and NDJSON: lines, a list, an object around a list, or one document behind another"

    def recognises(self, head: FileHead) -> Match:
        """By an object, or a list of them, at the beginning."""
        if _OBJECT.match(head.text):
            return Match.SIGNATURE if head.name.endswith(_ENDINGS) else Match.SHAPE
        return Match.NAME if head.name.endswith(_ENDINGS) else Match.NONE

    def events(self, file: LogFile) -> Iterator[LogEvent]:
        """The events of the lines, where one of the first two is a document; else those of documents over many lines.

        Raises:
            ConnectError: documents over many lines, damaged from some place on.
        """
        pieces = file.pieces()
        beginning = [*_first_lines(pieces)]
        contents = [line.strip() for line in beginning if line.strip()]
        pieces = itertools.chain(beginning, pieces)
        is_document = bool(contents) and contents[0].startswith((b"{", b"[")) and not any(map(_is_json, contents))
        if is_document and not file.name.lower().endswith(_LINE_ENDINGS):
            return _document_events(pieces)
        return _line_events(whole_lines(pieces))


def _first_lines(lines: Iterator[bytes]) -> Iterator[bytes]:
    """The lines up to the second one that is not blank."""
    filled_count = 0
    for line in lines:
        yield line
        filled_count += bool(line.strip())
        if filled_count == 2:
            return


def _is_json(line: bytes) -> bool:
    try:
        return isinstance(parse_json(line), dict | list)
    except ValueError:
        return False


def _line_events(lines: Iterable[bytes]) -> Iterator[LogEvent]:
    for line in lines:
        raw = line.strip()
        if not raw:
            continue
        try:
            document = parse_json(raw)
        except ValueError:
            yield LogEvent(raw, None)
            continue
        if type(document) is dict and not _may_be_envelope(cast("dict[str, Any]", document)):
            yield LogEvent(raw, cast("dict[str, Any]", document))
        else:
            yield from expand(document)


def _may_be_envelope(document: dict[str, Any]) -> bool:
    if "snapshot" in document or "diffResults" in document:
        return True
    is_small = len(document) <= _MAX_ENVELOPE_KEYS
    # What somebody did is one event, of several parts: activities of Google Workspace have `events` of their own.
    return is_small and not _ENVELOPES.isdisjoint(document) and "actor" not in document


def _document_events(lines: Iterable[bytes]) -> Iterator[LogEvent]:
    text = io.TextIOWrapper(io.BufferedReader(_LineStream(iter(lines))), "utf-8")
    for value in iterate_values(text):
        yield from expand(value)


class _LineStream(io.RawIOBase):
    """Lines as a stream."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._line = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._line = self._line or next(self._lines, b"")
        size = min(len(buffer), len(self._line))
        buffer[:size] = self._line[:size]
        self._line = self._line[size:]
        return size


def expand(document: Any) -> Iterator[LogEvent]:
    """The events of a document: its own, or those that it is around."""
    items: list[Any] = cast("Any", document) if isinstance(document, list) else []
    if any(isinstance(item, dict) for item in items):
        yield from map(_event, items)
        return
    if isinstance(document, dict) and (events := _envelope_content(cast("dict[str, Any]", document))) is not None:
        yield from map(_event, events)
        return
    yield _event(document)


def _event(item: Any) -> LogEvent:
    fields: Mapping[str, Any] | None = cast("dict[str, Any]", item) if isinstance(item, dict) else None
    return LogEvent(json_bytes(item), fields)


def _envelope_content(document: dict[str, Any]) -> list[Any] | None:
    """The events that an object is around; None where it is one itself."""
    if (rows := batch_rows(document)) is not None:
        return rows
    tables = document.get("tables")
    if isinstance(tables, list) and (rows := _table_rows(cast("Any", tables))) is not None:
        return rows
    if not _may_be_envelope(document):
        return None
    for key, value in document.items():
        content: Any = value
        if key not in _ENVELOPES:
            continue
        if isinstance(content, dict):  # {"hits": {"hits": [..]}}
            content = cast("dict[str, Any]", content).get(key)
        if isinstance(content, list):
            items: list[Any] = cast("Any", content)
            if items and all(isinstance(item, dict) for item in items):
                return items
    return None


def _table_rows(tables: list[Any]) -> list[Any] | None:
    """The rows of the tables of a Log Analytics reply; None where they are no such tables."""
    rows: list[Any] = []
    for table in tables:
        columns: Any = cast("dict[str, Any]", table).get("columns") if isinstance(table, dict) else None
        if not isinstance(columns, list):
            return None
        names = [str(cast("dict[str, Any]", column).get("name")) for column in cast("Any", columns)]
        table_rows: list[list[Any]] = cast("dict[str, Any]", table).get("rows") or []
        rows += [dict(zip(names, row, strict=False)) for row in table_rows]
    return rows


FORMAT = JsonFormat()
