"""Which format a file is in, told by what stands in it, and its entries."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from clew.errors import FeedUnusable
from clew.feeds.formats.csv_columns import SAMPLE_ROWS, Columns
from clew.feeds.formats.csv_table import DELIMITERS, header_of, read_table
from clew.feeds.formats.json_text import read_json
from clew.feeds.formats.misp import is_event, is_manifest, read_misp
from clew.feeds.formats.openioc import read_openioc
from clew.feeds.formats.plain_list import read_lines
from clew.feeds.formats.stix import is_bundle, read_stix
from clew.feeds.formats.text_report import read_report
from clew.feeds.listing import FeedEntry, FeedRow, IndicatorDetails
from clew.feeds.warninglists import is_warninglist

#: The largest documents that are read as a whole, in bytes. Lists and tables are read line by line.
MAX_DOCUMENT = 64 * 2**20
#: The largest lists and tables, in bytes.
MAX_FILE = 2 * 2**30
#: Characters of a line; what comes after them is not read.
MAX_LINE = 65_536
#: Of so many lines at the begin of a list, one in `PROSE_RATIO` lists something; otherwise it may be a text for people.
SAMPLE_LINES, PROSE_RATIO = 200, 4
_HEAD = 65_536
# An address in brackets is no list of JSON.
_JSON = re.compile(r"\s*(?:\{|\[\s*[\[{\"\]])")
# How a text in AsciiDoc begins, as reports on GitHub do.
_TITLE = re.compile(r"(?:(?::[\w-]+:.*|//.*|[ \t]*)\r?\n)*=[ \t]+\S")
_BINARY_SIGNATURES = (
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"7z\xbc\xaf",
    b"\x28\xb5\x2f\xfd",
    b"SQLite format 3",
)
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(frozen=True, slots=True)
class Contents:
    """The entries of a file, which are read as they are taken, and the name of the format that they are in."""

    format: str
    rows: Iterator[FeedRow]


def read_contents(file: BinaryIO, defaults: IndicatorDetails, threat: str = "") -> Contents:
    """The entries of an open file.

    Args:
        defaults: holds for all of them, where they say nothing else.
        threat: what a list or a table is about.

    Raises:
        FeedUnusable: it is of no format that is read here, or is too large.
    """
    head = file.read(_HEAD)
    file.seek(0)
    encoding = next((name for mark, name in _BOMS if head.startswith(mark)), "utf-8")
    start = head.decode(encoding, "replace")
    if head.startswith(_BINARY_SIGNATURES) or start.count("\0") * 10 > len(start):
        raise FeedUnusable("it is no text", next_step="unpack it first, if it is packed")
    if _JSON.match(start):
        return _json_contents(_read_document(file, encoding), defaults)
    if start.lstrip().startswith("<"):
        return Contents("OpenIOC", read_openioc(_read_document(file, encoding), defaults))
    return _text_contents(start, _lines(file, encoding), defaults, threat)


def _read_document(file: BinaryIO, encoding: str) -> str:
    content = file.read(MAX_DOCUMENT + 1)
    if len(content) > MAX_DOCUMENT:
        raise FeedUnusable(
            f"it is a document larger than {MAX_DOCUMENT // 2**20} MiB", next_step="split it into several"
        )
    return content.decode(encoding, "replace")


def _lines(file: BinaryIO, encoding: str) -> Iterator[str]:
    with io.TextIOWrapper(file, encoding, errors="replace") as text:
        while line := text.readline(MAX_LINE):
            tail = line
            while tail and not tail.endswith("\n"):
                tail = text.readline(MAX_LINE)
            yield line


def _text_contents(start: str, lines: Iterator[str], defaults: IndicatorDetails, threat: str) -> Contents:
    named_defaults = defaults._replace(name=defaults.name or threat)
    delimiter = _delimiter(start.splitlines()[:1_000])
    if delimiter:
        return Contents("CSV", read_table(lines, named_defaults, delimiter))
    if _TITLE.match(start):
        return Contents("report", read_report(lines, defaults))
    rows = [*islice(read_lines(iter(start.splitlines()), defaults), SAMPLE_LINES)]
    listing = sum(isinstance(row, FeedEntry) for row in rows)
    if listing * PROSE_RATIO < len(rows) and _is_prose(start.splitlines()):
        return Contents("report", read_report(lines, defaults))
    return Contents("list", read_lines(lines, named_defaults))


def _is_prose(head: list[str]) -> bool:
    """Whether a good part of the lines is more than one word, but for comments, which lists have too."""
    rows = [line.split() for line in head if line.strip() and not line.lstrip().startswith(("#", ";", "//"))]
    return sum(len(row) > 1 for row in rows) * PROSE_RATIO > len(rows)


def _delimiter(head: list[str]) -> str:
    """What parts the cells of a table; empty for a list."""
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


def _json_contents(text: str, defaults: IndicatorDetails) -> Contents:
    document = read_json(text)
    if is_bundle(document):
        return Contents("STIX", read_stix(document, defaults))
    if is_event(document):
        return Contents("MISP", read_misp(document, defaults))
    if is_manifest(document):
        return Contents("MISP manifest", iter(()))
    if is_warninglist(document):
        raise FeedUnusable(
            "it is a warning list: what is on it is often benign", next_step="name it in the setting warninglists"
        )
    raise FeedUnusable("it is JSON, but no STIX bundle and no MISP event")


def open_feed(path: Path) -> BinaryIO:
    """A file of a feed, open. Raises FeedUnusable."""
    try:
        if path.stat().st_size > MAX_FILE:
            raise FeedUnusable(f"it is larger than {MAX_FILE // 2**30} GiB", location=str(path))
        return path.open("rb")
    except OSError as error:
        raise FeedUnusable(f"it cannot be read: {error.strerror}", location=str(path)) from None
