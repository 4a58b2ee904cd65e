"""What a format of log files is: by what a file of it is recognised, and how its rows become JSON documents."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from clew.entities.display import visible
from clew.errors import ConnectError

#: How many bytes of a file, from its beginning, a format may look at to recognise it.
HEAD_SIZE = 4096
#: The longest line that is read, in bytes.
MAX_LINE = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class LogFile:
    """One readable log file: `name` is what claims cite, `path` is where it can be read now."""

    name: str
    path: Path
    format: LogFormat


@dataclass(frozen=True, slots=True)
class JsonLines:
    """Each line of the file is one JSON document, in UTF-8 and at most `MAX_LINE` bytes long."""


@dataclass(frozen=True, slots=True)
class CsvRows:
    """The file is CSV in UTF-8 with a header: each row is a document of texts."""


@dataclass(frozen=True, slots=True)
class ParquetRows:
    """The file is Parquet: each row is a document."""


@dataclass(frozen=True, slots=True)
class Documents:
    """The rows are made by the format itself.

    Attributes:
        texts: a JSON document for each row. Text that is no JSON object counts as a damaged row.
    """

    texts: Iterable[str]


#: How the rows of a file are read: by the engine, which is fast, or by the format, which can do anything.
RowReader = JsonLines | CsvRows | ParquetRows | Documents


class LogFormat(Protocol):
    """A format of log files. A module of `clew/logs/formats` has one as `FORMAT`; so has an entry point.

    Attributes:
        name: in lower case, and no other format's.
        endings: what the names of its files may end in, in lower case, with the dot; none where only the content tells.
    """

    @property
    def name(self) -> str: ...

    @property
    def endings(self) -> tuple[str, ...]: ...

    def recognises(self, head: bytes) -> bool:
        """Whether a file with one of the endings, or any file where there are none, is of this format.

        Args:
            head: the first `HEAD_SIZE` bytes of the file, or all of it.
        """
        ...

    def reader(self, file: LogFile) -> RowReader:
        """How the rows of a file are read.

        Raises:
            ConnectError: nothing of the file can be read.
        """
        ...


def require_utf8(file: LogFile) -> None:
    """Raise ConnectError for a text file that says it is UTF-16."""
    with file.path.open("rb") as stream:
        mark = stream.read(2)
    if mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        raise ConnectError("the file is UTF-16", location=visible(file.name), next_step="convert it to UTF-8")
