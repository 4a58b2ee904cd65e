"""CSV and its relatives: one event a row, with a header."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from clew.logs.formats.json_codec import json_bytes
from clew.logs.formats.log_format import MAX_LINE, FileHead, LogEvent, LogFile, Match, unreadable

_DELIMITERS = ",;\t|"
_ENDINGS = (".csv", ".tsv")
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_COLUMN = re.compile(r"[\w@#$%&()\[\]{}:./\\ \u00b5*-]{1,120}")


@dataclass(frozen=True, slots=True)
class CsvFormat:
    """Rows of text under a header, separated by what stands there most often, or by what a line `sep=` says."""

    name: str = "csv"
    title: str = "CSV and TSV with a header, separated by comma, semicolon, tab or bar"

    def recognises(self, head: FileHead) -> Match:
        """By its ending, or by a header of names over rows that are as wide."""
        if head.name.endswith(_ENDINGS):
            return Match.SIGNATURE if head.content else Match.NAME
        lines = head.text.splitlines()[:3]
        if len(lines) < 2:
            return Match.NONE
        try:
            header, row, *_ = csv.reader(lines, delimiter=_delimiter(lines[0]))
        except (csv.Error, ValueError):  # one cell may hold all of these lines
            return Match.NONE
        is_table = len(header) > 1 and len(header) == len(row) and all(map(_COLUMN.fullmatch, filter(None, header)))
        return Match.SHAPE if is_table and len({*header}) == len(header) else Match.NONE

    def events(self, file: LogFile) -> Iterator[LogEvent]:
        """Row by row. A row of another width is damaged, but for empty cells at its end.

        Raises:
            ConnectError: there is no header.
        """
        csv.field_size_limit(MAX_LINE)
        lines = (line for line in file.lines())
        first = next(lines, b"")
        separator = _SEPARATOR_LINE.fullmatch(first.decode("utf-8", "replace"))
        if separator:
            first = next(lines, b"")
        text = first.decode("utf-8", "replace")
        if not text.strip():
            raise unreadable("the file is empty")
        delimiter = separator[1] if separator else _delimiter(text)
        return _events(itertools.chain([first], lines), delimiter)


def _delimiter(header: str) -> str:
    return max(_DELIMITERS, key=header.count)


def _events(lines: Iterable[bytes], delimiter: str) -> Iterator[LogEvent]:
    rows = csv.reader((line.decode("utf-8", "surrogateescape") for line in lines), delimiter=delimiter)
    try:
        header = next(rows)
        yield from (_event(header, row) for row in rows if row and row != [""])
    except csv.Error as error:
        raise unreadable(f"not usable CSV: {error} in line {rows.line_num:,}") from None


def _event(header: list[str], row: list[str]) -> LogEvent:
    width = len(header)
    is_whole = len(row) == width or (len(row) > width and not any(row[width:]))
    try:
        "".join(row).encode()
    except UnicodeEncodeError:  # bytes that are no UTF-8
        is_whole = False
    if not is_whole:
        texts = [cell.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for cell in row]
        return LogEvent(json_bytes(texts), None)
    fields: dict[str, Any] = {name: cell for name, cell in zip(header, row, strict=False) if name}
    return LogEvent(json_bytes(fields), fields)


FORMAT = CsvFormat()
