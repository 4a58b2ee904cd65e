"""What a format of a feed is: a name, how a file of it is recognised, and how it is read."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any, BinaryIO

from clew.errors import FeedUnusable
from clew.feeds.formats.json_text import read_json
from clew.feeds.listing import FeedRow, IndicatorDetails

#: The largest documents that are read as a whole, in bytes. Lists and tables are read line by line.
MAX_DOCUMENT = 64 * 2**20
#: Characters of a line; what comes after them is not read.
MAX_LINE = 65_536
_HEAD = 65_536
# An address in brackets is no list of JSON.
_JSON = re.compile(r"\s*(?:\{|\[\s*[\[{\"\]])")
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


class Shape(Enum):
    """How a file begins, which says which formats it can have. A new kind of text tells itself from a list."""

    JSON = "JSON"
    XML = "XML"
    TEXT = "text"


class FeedContent:
    """An open file, as formats look at it; it is read once.

    Attributes:
        start: its first characters.
        threat: what a list or a table is about, by the name of its file; empty for nothing.
    """

    def __init__(self, file: BinaryIO, threat: str = "") -> None:
        """Raises FeedUnusable for what is no text."""
        head = file.read(_HEAD)
        file.seek(0)
        self._file = file
        self._encoding = next((name for mark, name in _BOMS if head.startswith(mark)), "utf-8")
        self.start = head.decode(self._encoding, "replace")
        self.threat = threat
        if head.startswith(_BINARY_SIGNATURES) or self.start.count("\0") * 10 > len(self.start):
            raise FeedUnusable("it is no text", next_step="unpack it first, if it is packed")

    @cached_property
    def shape(self) -> Shape:
        """How it begins."""
        if _JSON.match(self.start):
            return Shape.JSON
        return Shape.XML if self.start.lstrip().startswith("<") else Shape.TEXT

    def read_text(self) -> str:
        """All of it, which can be asked for once. Raises FeedUnusable where that is too much."""
        content = self._file.read(MAX_DOCUMENT + 1)
        if len(content) > MAX_DOCUMENT:
            raise FeedUnusable(
                f"it is a document larger than {MAX_DOCUMENT // 2**20} MiB", next_step="split it into several"
            )
        return content.decode(self._encoding, "replace")

    @cached_property
    def document(self) -> Any:
        """What its JSON says. Raises FeedUnusable."""
        return read_json(self.read_text())

    def lines(self) -> Iterator[str]:
        """Its lines, each cut after `MAX_LINE` characters."""
        with io.TextIOWrapper(self._file, self._encoding, errors="replace") as text:
            while line := text.readline(MAX_LINE):
                tail = line
                while tail and not tail.endswith("\n"):
                    tail = text.readline(MAX_LINE)
                yield line

    def defaults_with_threat(self, defaults: IndicatorDetails) -> IndicatorDetails:
        """The defaults with the threat that its name says."""
        return defaults._replace(name=defaults.name or self.threat)


@dataclass(frozen=True, slots=True)
class FeedFormat:
    """A format.

    Attributes:
        recognise: whether a file of that shape is one; it may look at `start` and at `document`.
        read: every entry, and every row that is none. What is given holds for all, where they say nothing else.
        example: a small file of it.
    """

    name: str
    shape: Shape
    recognise: Callable[[FeedContent], bool]
    read: Callable[[FeedContent, IndicatorDetails], Iterator[FeedRow]]
    example: str
