"""Tables as text: CSV with commas, semicolons, tabs or bars, with or without a header."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, islice
from types import MappingProxyType
from typing import Any

from clew.entities import Severity, Verdict
from clew.errors import EntityError
from clew.providers.ti.feeds.columns import LOOKED_AT, Columns
from clew.providers.ti.feeds.documents import beside, one_file, tags_of, tlp_of
from clew.providers.ti.feeds.model import MAX_RAW, Entry, Refused, Row, Says, words
from clew.providers.ti.feeds.recognising import keys_of
from clew.providers.ti.feeds.times import moment

DELIMITERS = (",", ";", "\t", "|")
#: How many lines one quoted cell may go over; more is a quote that somebody forgot to close.
MAX_CELL_LINES = 20
# What rows say beside their values is said alike by many.
_REMEMBERED = 1_000
_COMMENTS = ("#", "//")
_CONFIDENCES = {"low": 25, "medium": 50, "high": 75}
_VERDICTS = frozenset(each.value for each in Verdict)
_SEVERITIES = {each.value: each.value for each in Severity} | {
    "critical": Severity.HIGH.value,
    "info": Severity.INFORMATIONAL.value,
    "moderate": Severity.MEDIUM.value,
}
_MANY = re.compile(r"[,;\s]+")
# Types that say how far a name reaches.
_NAMES = frozenset({"domain", "fqdn", "host", "hostname"})

Cells = tuple[str, list[str], str]


def read_table(lines: Iterator[str], given: Says, delimiter: str) -> Iterator[Row]:
    """Every row of a table that lists something."""
    rows = _rows(lines, delimiter)
    columns, first = _columns(rows, delimiter)
    telling = _Telling(columns, given) if columns is not None else None
    width = columns.width if columns is not None else 0
    for place, cells, raw in chain(first, rows):
        row = [*map(str.strip, cells)]
        if not any(row) or raw.lstrip().startswith(_COMMENTS):
            continue
        if columns is None or telling is None:
            yield Refused(place, "no column is known to list anything")
            continue
        if len(row) < width:
            row += [""] * (width - len(row))
        groups, problem = _groups(row, columns)
        if len(groups) == 1:  # nearly all rows
            yield Entry(groups[0], place, raw[:MAX_RAW], telling.says(row))
        elif groups:
            groups = one_file(groups)
            for keys, others in zip(groups, beside(groups), strict=True):
                yield Entry(keys, place, raw[:MAX_RAW], telling.says(row), related=others)
        else:
            yield Refused(place, problem or "nothing is in the columns that list something")


def header_of(lines: Iterable[str], delimiter: str) -> Columns | None:
    """The columns that the head of a file names, in its first line or in the last comment before it."""
    for _, columns, _ in _heads(_rows(iter(lines), delimiter), delimiter):
        return columns
    return None


def _columns(rows: Iterator[Cells], delimiter: str) -> tuple[Columns | None, list[Cells]]:
    """The columns, and the rows that had to be read to know them."""
    for row, named, is_header in _heads(rows, delimiter):
        first = [] if is_header else [row]
        if named is not None:
            return named, first
        first += islice(rows, LOOKED_AT)
        return Columns.guessed([cells for _, cells, _ in first]), first
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
        named = Columns.named(cells)
        # A comment of one word is more likely a heading for people.
        before = Columns.named(comment) if named is None and len(comment) > 1 else None
        yield row, named or before, named is not None


def _rows(lines: Iterator[str], delimiter: str) -> Iterator[Cells]:
    """The cells of each row with its place. A quote that is not closed costs its own line alone."""
    numbered = enumerate(lines, start=1)
    waiting: deque[tuple[int, str]] = deque()
    while True:
        got = waiting.popleft() if waiting else next(numbered, None)
        if got is None:
            return
        bare = got[1].rstrip("\r\n")
        if '"' not in bare:
            yield str(got[0]), bare.split(delimiter), bare
            continue
        whole, behind = _quoted(bare, chain(tuple(waiting), numbered))
        if whole:
            for _ in range(min(len(behind), len(waiting))):
                waiting.popleft()
            yield str(got[0]), _split(whole, delimiter), whole
        else:
            waiting.extend(behind[len(waiting) :])
            yield str(got[0]), bare.replace('"', "").split(delimiter), bare


def _quoted(bare: str, more: Iterator[tuple[int, str]]) -> tuple[str, list[tuple[int, str]]]:
    """The row that begins with a line, and the lines that had to be read for it; empty if its quote is never closed."""
    whole, behind = bare, list[tuple[int, str]]()
    while whole.count('"') % 2:
        following = next(more, None) if len(behind) < MAX_CELL_LINES else None
        if following is None:
            return "", behind
        behind.append(following)
        whole = f"{whole}\n{following[1].rstrip()}"
    return whole, behind


def _split(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), list[str]())
    except csv.Error:
        return line.split(delimiter)


def _groups(row: list[str], columns: Columns) -> tuple[list[tuple[str, ...]], str]:
    """The keys of each value of a row, and what is wrong with the first that has none."""
    kind = row[columns.says["type"]].lower() if "type" in columns.says else ""
    groups: list[tuple[str, ...]] = []
    problem = ""
    for column, named in columns.values:
        for text in _values(row[column], kind):
            try:
                groups.append(keys_of(text, named or (kind if kind in _NAMES else "")))
            except EntityError as error:
                problem = problem or error.what
    return groups, problem


def _values(cell: str, kind: str) -> list[str]:
    """The values of a cell: several hashes of one file are written into one cell."""
    if not cell:
        return []
    if kind in ("", "file", "hash", "hashes") and ("," in cell or " " in cell) and "/" not in cell:
        return [part for part in _MANY.split(cell) if part]
    return [cell]


class _Telling:
    """What rows say, by what their columns mean; where a row says nothing, what is given counts."""

    def __init__(self, columns: Columns, given: Says) -> None:
        read = [(name, column) for name, column in columns.says.items() if name in _READ]
        self._columns = [column for _, column in read]
        self._reading = [(Says._fields.index(name), _READ[name]) for name, _ in read]
        self._given = given
        self._said: dict[tuple[str, ...], Says] = {}

    def says(self, row: list[str]) -> Says:
        """What a row says, whose cells are stripped. Rows that say the same get one and the same."""
        told = tuple([row[column] for column in self._columns])
        said = self._said.get(told)
        if said is None:
            if len(self._said) >= _REMEMBERED:
                self._said.clear()
            said = self._said[told] = self._read(told)
        return said

    def _read(self, told: tuple[str, ...]) -> Says:
        values = [*self._given]
        for text, (place, read) in zip(told, self._reading, strict=True):
            value = read(text) if text else ""
            if value or value == 0:
                values[place] = value
        return Says._make(values)


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
    return tags_of(_MANY.split(text))


#: How what stands in a column is read, by what the column means. The type of a value is looked at beside the value.
_READ: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {
        "name": words,
        "description": words,
        "tags": _tags,
        "verdict": _verdict,
        "severity": _severity,
        "confidence": _confidence,
        "first": moment,
        "last": moment,
        "until": moment,
        "reference": _reference,
        "tlp": _tlp,
        "reports": _reports,
    }
)
