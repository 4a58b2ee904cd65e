"""Tables as text: CSV with commas, semicolons, tabs or bars, with or without a header."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain, islice
from types import MappingProxyType
from typing import Any

from clew.entities import Severity, Verdict
from clew.entities.timestamps import iso_time
from clew.errors import EntityError
from clew.feeds.formats.csv_columns import SAMPLE_ROWS, Columns
from clew.feeds.formats.feed_format import FeedFormat, Shape
from clew.feeds.formats.json_documents import merge_hashes, relate_groups, tags_of, tlp_of
from clew.feeds.listing import MAX_RAW, FeedEntry, FeedRow, IndicatorDetails, RejectedRow, short_text
from clew.feeds.recognition import keys_of

DELIMITERS = (",", ";", "\t", "|")
#: How many lines one quoted cell may go over; more is a quote that somebody forgot to close.
MAX_CELL_LINES = 20
# What rows say beside their values is said alike by many.
_MAX_CACHED = 1_000
_COMMENTS = ("#", "//")
_CONFIDENCES = {"low": 25, "medium": 50, "high": 75}
_VERDICTS = frozenset(verdict.value for verdict in Verdict)
_SEVERITIES = {severity.value: severity.value for severity in Severity} | {
    "critical": Severity.HIGH.value,
    "info": Severity.INFORMATIONAL.value,
    "moderate": Severity.MEDIUM.value,
}
_VALUE_SEPARATORS = re.compile(r"[,;\s]+")
# Types that say how far a name reaches.
_NAME_TYPES = frozenset({"domain", "fqdn", "host", "hostname"})

Cells = tuple[str, list[str], str]


def read_table(lines: Iterator[str], defaults: IndicatorDetails, delimiter: str) -> Iterator[FeedRow]:
    """Every row of a table that lists something."""
    rows = _rows(lines, delimiter)
    columns, first = _columns(rows, delimiter)
    detail_reader = _DetailReader(columns, defaults) if columns is not None else None
    width = columns.width if columns is not None else 0
    for location, cells, raw in chain(first, rows):
        row = [*map(str.strip, cells)]
        if not any(row) or raw.lstrip().startswith(_COMMENTS):
            continue
        if columns is None or detail_reader is None:
            yield RejectedRow(location, "no column is known to list anything")
            continue
        if len(row) < width:
            row += [""] * (width - len(row))
        groups, problem = _key_groups(row, columns)
        if len(groups) == 1:  # nearly all rows
            yield FeedEntry(groups[0], location, raw[:MAX_RAW], detail_reader.details(row))
        elif groups:
            groups = merge_hashes(groups)
            for keys, siblings in zip(groups, relate_groups(groups), strict=True):
                yield FeedEntry(keys, location, raw[:MAX_RAW], detail_reader.details(row), related_keys=siblings)
        else:
            yield RejectedRow(location, problem or "nothing is in the columns that list something")


def header_of(lines: Iterable[str], delimiter: str) -> Columns | None:
    """The columns that the head of a file names, in its first line or in the last comment before it."""
    for _, columns, _ in _heads(_rows(iter(lines), delimiter), delimiter):
        return columns
    return None


def _columns(rows: Iterator[Cells], delimiter: str) -> tuple[Columns | None, list[Cells]]:
    """The columns, and the rows that had to be read to know them."""
    for row, header_columns, is_header in _heads(rows, delimiter):
        first = [] if is_header else [row]
        if header_columns is not None:
            return header_columns, first
        first += islice(rows, SAMPLE_ROWS)
        return Columns.from_rows([cells for _, cells, _ in first]), first
    return None, []


def _heads(rows: Iterator[Cells], delimiter: str) -> Iterator[tuple[Cells, Columns | None, bool]]:
    """The first row that is no comment, the columns that are named there or before it, and whether it names them."""
    comment: list[str] = []
    for row in rows:
        _, cells, raw = row
        if not raw.strip():
            continue
        if raw.lstrip().startswith(_COMMENTS):
            comment = _split(raw.lstrip("#/ "), delimiter) or comment
            continue
        header_columns = Columns.from_header(cells)
        # A comment of one word is more likely a heading for people.
        comment_columns = Columns.from_header(comment) if header_columns is None and len(comment) > 1 else None
        yield row, header_columns or comment_columns, header_columns is not None


def _rows(lines: Iterator[str], delimiter: str) -> Iterator[Cells]:
    """The cells of each row with its place. A quote that is not closed costs its own line alone."""
    numbered_lines = enumerate(lines, start=1)
    pending: deque[tuple[int, str]] = deque()
    while True:
        numbered_line = pending.popleft() if pending else next(numbered_lines, None)
        if numbered_line is None:
            return
        bare = numbered_line[1].rstrip("\r\n")
        if '"' not in bare:
            yield str(numbered_line[0]), bare.split(delimiter), bare
            continue
        text, extra_lines = _quoted_row(bare, chain(tuple(pending), numbered_lines))
        if text:
            for _ in range(min(len(extra_lines), len(pending))):
                pending.popleft()
            yield str(numbered_line[0]), _split(text, delimiter), text
        else:
            pending.extend(extra_lines[len(pending) :])
            yield str(numbered_line[0]), bare.replace('"', "").split(delimiter), bare


def _quoted_row(bare: str, following_lines: Iterator[tuple[int, str]]) -> tuple[str, list[tuple[int, str]]]:
    """The row that begins with a line, and the lines that had to be read for it; empty if its quote is never closed."""
    text, extra_lines = bare, list[tuple[int, str]]()
    while text.count('"') % 2:
        following = next(following_lines, None) if len(extra_lines) < MAX_CELL_LINES else None
        if following is None:
            return "", extra_lines
        extra_lines.append(following)
        text = f"{text}\n{following[1].rstrip()}"
    return text, extra_lines


def _split(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), list[str]())
    except csv.Error:
        return line.split(delimiter)


def _key_groups(row: list[str], columns: Columns) -> tuple[list[tuple[str, ...]], str]:
    """The keys of each value of a row, and what is wrong with the first that has none."""
    kind = row[columns.details["type"]].lower() if "type" in columns.details else ""
    groups: list[tuple[str, ...]] = []
    problem = ""
    for column, column_kind in columns.values:
        for text in _values(row[column], kind):
            try:
                groups.append(keys_of(text, column_kind or (kind if kind in _NAME_TYPES else "")))
            except EntityError as error:
                problem = problem or error.message
    return groups, problem


def _values(cell: str, kind: str) -> list[str]:
    """The values of a cell: several hashes of one file are written into one cell."""
    if not cell:
        return []
    if kind in ("", "file", "hash", "hashes") and ("," in cell or " " in cell) and "/" not in cell:
        return [part for part in _VALUE_SEPARATORS.split(cell) if part]
    return [cell]


class _DetailReader:
    """What rows say, by what their columns mean; where a row says nothing, what is given counts."""

    def __init__(self, columns: Columns, defaults: IndicatorDetails) -> None:
        fields = [(name, column) for name, column in columns.details.items() if name in _PARSERS]
        self._columns = [column for _, column in fields]
        self._parsers = [(IndicatorDetails._fields.index(name), _PARSERS[name]) for name, _ in fields]
        self._defaults = defaults
        self._cache: dict[tuple[str, ...], IndicatorDetails] = {}

    def details(self, row: list[str]) -> IndicatorDetails:
        """What a row says, whose cells are stripped. Rows that say the same get one and the same."""
        cells = tuple([row[column] for column in self._columns])
        details = self._cache.get(cells)
        if details is None:
            if len(self._cache) >= _MAX_CACHED:
                self._cache.clear()
            details = self._cache[cells] = self._parse(cells)
        return details

    def _parse(self, cells: tuple[str, ...]) -> IndicatorDetails:
        values = [*self._defaults]
        for text, (index, parse) in zip(cells, self._parsers, strict=True):
            value = parse(text) if text else ""
            if value or value == 0:
                values[index] = value
        return IndicatorDetails._make(values)


def _verdict(text: str) -> str:
    """A verdict of clew in any case; another word is a listing like any other."""
    return text.lower() if text.lower() in _VERDICTS else ""


def _severity(text: str) -> str:
    return _SEVERITIES.get(text.lower(), "")


def _confidence(text: str) -> int | None:
    plain = text.rstrip("% ").lower()
    if plain in _CONFIDENCES:
        return _CONFIDENCES[plain]
    return int(plain) if plain.isascii() and plain.isdigit() and int(plain) <= 100 else None


def _tlp(text: str) -> str:
    return tlp_of(text if text.lower().startswith("tlp:") else f"tlp:{text}") if text else ""


def _reports(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None


def _reference(text: str) -> str:
    return text[:2_000]


def _tags(text: str) -> tuple[str, ...]:
    return tags_of(_VALUE_SEPARATORS.split(text))


#: How what stands in a column is read, by what the column means. The type of a value is looked at beside the value.
_PARSERS: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {
        "name": short_text,
        "description": short_text,
        "tags": _tags,
        "verdict": _verdict,
        "severity": _severity,
        "confidence": _confidence,
        "first": iso_time,
        "last": iso_time,
        "until": iso_time,
        "reference": _reference,
        "tlp": _tlp,
        "reports": _reports,
    }
)


@lru_cache(maxsize=1)  # to recognise a table, and to read it
def _delimiter(start: str) -> str:
    """What parts the cells of a table; empty for a list."""
    head = start.splitlines()[:1_000]
    for delimiter in DELIMITERS:
        if header_of(head, delimiter) is not None:
            return delimiter
    rows = [line for line in head if line.strip() and not line.lstrip().startswith(("#", ";", "//"))][:SAMPLE_ROWS]
    for delimiter in DELIMITERS:
        cells = [line.split(delimiter) for line in rows]
        wide_rows = sum(len(row) > (2 if delimiter == "\t" else 1) for row in cells)
        if cells and wide_rows * 10 >= len(cells) * 9 and Columns.from_rows([[*map(str.strip, row)] for row in cells]):
            return delimiter
    return ""


CSV = FeedFormat(
    "CSV",
    Shape.TEXT,
    recognise=lambda content: bool(_delimiter(content.start)),
    read=lambda content, defaults: read_table(
        content.lines(), content.defaults_with_threat(defaults), _delimiter(content.start)
    ),
    example="indicator,family,first_seen\nevil.example,Emotet,2026-01-02\n198.51.100[.]7,Emotet,\n",
)
