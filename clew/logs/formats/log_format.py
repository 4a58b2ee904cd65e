"""What a format of log files is: by what a file of it is recognised, and how its content becomes events."""

from __future__ import annotations

import codecs
import io
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from shutil import copyfileobj
from tempfile import NamedTemporaryFile
from typing import Any, BinaryIO, NamedTuple, Protocol, cast

from clew.errors import ConnectError

#: How many bytes of a file, from its beginning, a format may look at to recognise it.
HEAD_SIZE = 65_536
#: The longest line that is read, in bytes.
MAX_LINE = 16 * 1024 * 1024
#: What formats assume of times that do not say it.
NO_ZONE = "times without a zone: as UTC"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class LogEvent(NamedTuple):
    """One event of a file.

    Attributes:
        raw: what stands in the file, as evidence; where the format is not text, or a row means nothing without its
            header, the fields as JSON.
        fields: what it says, by name; None for what cannot be read, which counts as damaged.
    """

    raw: bytes
    fields: Mapping[str, Any] | None


class Match(IntEnum):
    """How sure a format is that a file is one of its own. The surest format has the file."""

    NONE = 0
    #: The name of the file says so, and its content does not.
    NAME = 1
    #: The content looks like it.
    SHAPE = 2
    #: The content says so.
    SIGNATURE = 3
    #: The content says which kind of another format it is: of JSON, the journal's.
    KIND = 4


class FileHead(NamedTuple):
    """The beginning of a file.

    Attributes:
        name: in lower case, without the endings of compression.
        content: the first `HEAD_SIZE` bytes, or all of it.
    """

    name: str
    content: bytes

    @property
    def text(self) -> str:
        """The content as text, by its byte order mark, else as UTF-8; what is none is replaced."""
        encoding = "utf-16" if self.content.startswith(_UTF_16) else "utf-8-sig"
        return self.content.decode(encoding, "replace")


@dataclass(frozen=True, slots=True)
class LogFile:
    """One readable log file.

    Attributes:
        name: what claims cite.
        format: the one that recognised it.
        stream: its content, from the beginning; it can be read once.
        path: where it stands as a file of its own; None for a member of an archive and what is compressed.
        modified_at: when it, or its archive, was last changed, in seconds since 1970 UTC; None if that is not known.
        assumptions: what the format took to be so because the file does not say, as phrases; it adds them as it reads.
    """

    name: str
    format: LogFormat
    stream: BinaryIO
    path: Path | None = None
    modified_at: float | None = None
    assumptions: set[str] = field(default_factory=set[str])

    def lines(self) -> Iterator[bytes]:
        """The lines, in UTF-8 without a byte order mark, with their ends; a line is cut at `MAX_LINE`."""
        return whole_lines(self.pieces())

    def pieces(self) -> Iterator[bytes]:
        """The same, but a line past `MAX_LINE` comes in pieces of that size."""
        stream = self.stream
        mark = cast("io.BufferedReader", stream).peek(3)[:3]
        if mark.startswith(_UTF_16):
            text = io.TextIOWrapper(stream, "utf-16", "replace", newline="\n")
            return (line.encode("utf-8", "replace") for line in iter(lambda: text.readline(MAX_LINE), ""))
        if mark == codecs.BOM_UTF8:
            stream.read(3)
        return iter(lambda: stream.readline(MAX_LINE), b"")

    @contextmanager
    def local_path(self) -> Generator[Path]:
        """A path for libraries that read files and no streams; what is in an archive is copied for the block."""
        if self.path is not None:
            yield self.path
            return
        with NamedTemporaryFile(prefix="clew-logs-") as copy:
            copyfileobj(self.stream, copy)
            copy.flush()
            yield Path(copy.name)


class LogFormat(Protocol):
    """A format of log files. A module of `clew/logs/formats` has one as `FORMAT`; so has an entry point.

    Attributes:
        name: in lower case, and no other format's.
        title: what people call it.
    """

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    def recognises(self, head: FileHead) -> Match:
        """How sure it is that a file is of this format."""
        ...

    def events(self, file: LogFile) -> Iterator[LogEvent]:
        """The events of a file, in their order.

        Raises:
            ConnectError: nothing of the file can be read, or nothing more from here on.
            MissingExtra: a library is not installed.
        """
        ...


def whole_lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of `LogFile.pieces`: of a line in pieces, the first one."""
    is_rest = False
    for piece in pieces:
        if not is_rest:
            yield piece
        is_rest = len(piece) == MAX_LINE and not piece.endswith(b"\n")


def unreadable(message: str, next_step: str = "") -> ConnectError:
    """The error for a file that cannot be read on; who reads the file says which it is."""
    return ConnectError(message, next_step=next_step)
