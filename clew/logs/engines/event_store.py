"""The events of a source as they stood in its files, and what became of them: one SQLite file.

Events are packed by the dozen, in the order in which they were read, so that one is found by its number in the time
that it takes to unpack some of its neighbours, whatever the size of the logs.
"""

from __future__ import annotations

import itertools
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import zstandard

from clew.errors import ConnectError
from clew.logs.coverage import LogCoverage, coverage_of
from clew.logs.event_mapper import EventKind
from clew.logs.formats.log_format import LogFile
from clew.sqlite import Connection, Failure, OpenMode, connect, harden, set_pragmas, translate_errors

_FRAME_BYTES = 64 * 1024
_FRAMES_AT_ONCE = 256
_LEVEL = 3
_MAX_FRAME = 64 * 2**20
_TABLES = """
CREATE TABLE files (name TEXT NOT NULL, format TEXT NOT NULL, first INTEGER NOT NULL, events INTEGER NOT NULL,
                    modified_at REAL);
CREATE TABLE frames (first INTEGER PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE counts (kind TEXT NOT NULL, label TEXT NOT NULL, events INTEGER NOT NULL);
CREATE TABLE skipped (name TEXT NOT NULL, reason TEXT NOT NULL);
CREATE TABLE assumptions (name TEXT NOT NULL, assumption TEXT NOT NULL);
CREATE TABLE suggestions (label TEXT NOT NULL, column_name TEXT NOT NULL, target TEXT NOT NULL);
"""


class StoredFile(NamedTuple):
    """A file whose events are in the store.

    Attributes:
        first: the number of its first event.
        events: how many it has, damaged ones included.
        modified_at: when it was last changed, in seconds since 1970 UTC; None if that is not known.
    """

    name: str
    format: str
    first: int
    events: int
    modified_at: float | None = None


class FileRow(NamedTuple):
    """A file, and a row of it, from 1."""

    file: StoredFile
    row: int


class StoredEvent(NamedTuple):
    """One event: its file, its row in it from 1, and what stood there."""

    file: StoredFile
    row: int
    raw: bytes


class EventBatch(NamedTuple):
    """Events that follow each other, as one piece of memory.

    Attributes:
        first: the number of the first.
        content: what stood there, one behind the other.
        ends: where each ends in it.
    """

    first: int
    content: bytes
    ends: tuple[int, ...]


class EventWriter:
    """Fills a new store."""

    def __init__(self, path: Path) -> None:
        self._connection = connect(path)
        set_pragmas(self._connection, "journal_mode = OFF", "synchronous = OFF", "page_size = 16384")
        self._connection.execute(_TABLES)
        self._connection.execute("BEGIN")
        self._compressor = zstandard.ZstdCompressor(level=_LEVEL)
        self._number = 0
        self._size = 0
        self._frame: list[bytes] = []
        self._frame_bytes = 0
        self._frames: list[tuple[int, bytes]] = []
        self._counts: Counter[tuple[EventKind, str]] = Counter()

    @property
    def event_count(self) -> int:
        """How many events there are."""
        return self._number

    @property
    def size(self) -> int:
        """How large all of them are, in bytes."""
        return self._size

    def add(self, raw: bytes, kind: EventKind, label: str) -> None:
        """Add an event and count it."""
        self._counts[kind, label] += 1
        self._size += len(raw)
        self._frame.append(raw)
        self._frame_bytes += len(raw)
        self._number += 1
        if self._frame_bytes >= _FRAME_BYTES:
            self._close_frame()

    def add_file(self, file: LogFile, first: int) -> None:
        """Say that the events from `first` on are of a file, and what was assumed of it."""
        row = StoredFile(file.name, file.format.name, first, self._number - first, file.modified_at)
        self._connection.execute("INSERT INTO files VALUES (?, ?, ?, ?, ?)", row)
        assumptions = [(_storable(file.name), text) for text in sorted(file.assumptions)]
        self._connection.executemany("INSERT INTO assumptions VALUES (?, ?)", assumptions)

    def suggest(self, label: str, columns: Mapping[str, str]) -> None:
        """Say what columns of rows of an unknown layout may be.

        Args:
            columns: for a column, its name in the Elastic Common Schema.
        """
        rows = ((_storable(label), _storable(column), target) for column, target in columns.items())
        self._connection.executemany("INSERT INTO suggestions VALUES (?, ?, ?)", rows)

    def skip(self, name: str, reason: str) -> None:
        """Say that a file was skipped, or not read to its end."""
        self._connection.execute("INSERT INTO skipped VALUES (?, ?)", (_storable(name), _storable(reason)))

    def close(self) -> None:
        """Write what is left."""
        self._close_frame()
        self._write_frames()
        rows = ((kind.value, _storable(label), count) for (kind, label), count in self._counts.items())
        self._connection.executemany("INSERT INTO counts VALUES (?, ?, ?)", rows)
        self._connection.execute("COMMIT")
        self._connection.close()

    def _close_frame(self) -> None:
        if not self._frame:
            return
        sizes = array("I", map(len, self._frame))
        content = b"".join((len(sizes).to_bytes(4, "little"), sizes.tobytes(), *self._frame))
        self._frames.append((self._number - len(self._frame), self._compressor.compress(content)))
        self._frame, self._frame_bytes = [], 0
        if len(self._frames) >= _FRAMES_AT_ONCE:
            self._write_frames()

    def _write_frames(self) -> None:
        self._connection.executemany("INSERT INTO frames VALUES (?, ?)", self._frames)
        self._frames = []


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


class EventStore:
    """The events of a source, by number.

    Raises:
        ConnectError: the file is damaged, or no such store.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._errors():
            self._connection = connect(path, OpenMode.READ)
            harden(self._connection)
            rows = self._connection.execute("SELECT name, format, first, events, modified_at FROM files ORDER BY first")
            self.files = tuple(StoredFile(*row) for row in rows)
            self.coverage = self._read_coverage(self._connection)
        self._starts = [file.first for file in self.files]
        self._firsts = {file.name: file.first for file in self.files}

    @staticmethod
    def _read_coverage(connection: Connection) -> LogCoverage:
        counts = connection.execute("SELECT kind, label, events FROM counts").fetchall()
        skipped_files = connection.execute("SELECT name, reason FROM skipped ORDER BY rowid").fetchall()
        assumptions = connection.execute("SELECT name, assumption FROM assumptions ORDER BY rowid").fetchall()
        suggestion_rows = connection.execute(
            "SELECT label, column_name, target FROM suggestions ORDER BY rowid"
        ).fetchall()
        row_counts = [(str(kind), str(label), int(count)) for kind, label, count in counts]
        try:
            return coverage_of(row_counts, skipped_files, assumptions, suggestion_rows)
        except ValueError as error:
            raise _damage(str(error)) from None

    def texts(self, places: Sequence[tuple[str, int]]) -> list[str]:
        """The text of each event, by the name of its file and its row in it, from 1; empty for what is no event.

        Raises:
            ConnectError: the file is damaged.
        """
        numbers = [self._firsts[name] + row - 1 if name in self._firsts else -1 for name, row in places]
        with self._errors():
            texts = dict(self._texts(sorted({number for number in numbers if number >= 0})))
        return [texts.get(number, "") for number in numbers]

    def events(self) -> Iterator[StoredEvent]:
        """All events in their order."""
        with self._errors():
            for first, content in self._connection.execute("SELECT first, content FROM frames ORDER BY first"):
                for offset, raw in enumerate(_unpack(content)):
                    yield StoredEvent(*self.place(first + offset), raw)

    def batches(self) -> Iterator[EventBatch]:
        """All events in their order, some hundred at a time: for who looks through all of them."""
        with self._errors():
            for first, content in self._connection.execute("SELECT first, content FROM frames ORDER BY first"):
                sizes, data = _split(content)
                yield EventBatch(first, data, tuple(itertools.accumulate(sizes)))

    def sample(self, count: int) -> Iterator[EventBatch]:
        """About so many events from all over the source, some dozen at a time: all of a small one."""
        with self._errors():
            firsts = [first for (first,) in self._connection.execute("SELECT first FROM frames ORDER BY first")]
            event_count = sum(file.events for file in self.files)
            step = max(1, event_count // max(1, count))
            for first in firsts[::step]:
                ((content,),) = self._connection.execute("SELECT content FROM frames WHERE first = ?", (first,))
                sizes, data = _split(content)
                yield EventBatch(first, data, tuple(itertools.accumulate(sizes)))

    def place(self, number: int) -> FileRow:
        """Where an event stood, by its number."""
        file = self.files[bisect_right(self._starts, number) - 1]
        return FileRow(file, number - file.first + 1)

    def close(self) -> None:
        """Let the file go. Closing twice is fine."""
        self._connection.close()

    def _texts(self, numbers: Iterable[int]) -> Iterator[tuple[int, str]]:
        first, frame = 0, list[bytes]()
        for number in numbers:
            if not first <= number < first + len(frame):
                sql = "SELECT first, content FROM frames WHERE first <= ? ORDER BY first DESC LIMIT 1"
                first, content = next(self._connection.execute(sql, (number,)))
                frame = _unpack(content)
            yield number, frame[number - first].decode("utf-8", "replace")

    @contextmanager
    def _errors(self) -> Generator[None]:
        def to_error(failure: Failure) -> ConnectError:
            return _damage(failure.message, str(self._path))

        try:
            with translate_errors(to_error):
                yield
        except (zstandard.ZstdError, IndexError, StopIteration) as error:
            raise _damage(str(error), str(self._path)) from None


def _damage(reason: str, location: str = "") -> ConnectError:
    message = f"the indexed logs cannot be opened: {reason}"
    return ConnectError(message, location=location, next_step="delete that folder and connect again")


def _split(content: bytes) -> tuple[array[int], bytes]:
    """The sizes of the events of a frame, and the events one behind the other."""
    data = zstandard.ZstdDecompressor().decompress(content, max_output_size=_MAX_FRAME)
    count = int.from_bytes(data[:4], "little")
    sizes = array("I", data[4 : 4 + 4 * count])
    return sizes, data[4 + 4 * count :]


def _unpack(content: bytes) -> list[bytes]:
    sizes, data = _split(content)
    events: list[bytes] = []
    position = 0
    for size in sizes:
        events.append(data[position : position + size])
        position += size
    return events
