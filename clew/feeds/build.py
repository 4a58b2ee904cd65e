"""From the files of a feed to the file that it is asked in."""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from clew.errors import FeedUnusable
from clew.feeds.collection_mirror import Mirror
from clew.feeds.feed_file import create, finish
from clew.feeds.feed_sources import FeedFile, find_files, folder_defaults, threat_of
from clew.feeds.formats.registry import Contents, open_feed, read_contents
from clew.feeds.listing import SAME_FILE, FeedEntry, IndicatorDetails, RejectedRow
from clew.feeds.recognition import NETWORK_PREFIX
from clew.sqlite import Connection

#: Counts up when the same file would be understood differently: what was built before is then built again.
READERS = 2
#: How many rows that list nothing are kept with their reasons; all are counted.
MAX_REJECTED = 1_000
_ROWS = 5_000
_MAX_INTERNED = 100_000


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed in the store.

    Attributes:
        path: where its files are.
        verdict, severity, tlp: what whoever added it says of everything in it that says nothing else.
        built: when, ISO 8601 in UTC.
        entries: how many rows and objects list something.
        refused: how many do not.
        unread: the files that could not be read at all, with the reason.
        prefixes: versions and bits of the networks that it lists.
    """

    name: str
    path: str
    verdict: str = ""
    severity: str = ""
    tlp: str = ""
    built: str = ""
    readers: int = READERS
    files: int = 0
    formats: tuple[str, ...] = ()
    entries: int = 0
    refused: int = 0
    unread: tuple[str, ...] = ()
    prefixes: tuple[tuple[int, int], ...] = ()

    def to_json(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Feed:
        """What `to_json` wrote. Raises ValueError, TypeError or LookupError for anything else."""
        document = json.loads(text)
        values: dict[str, Any] = {member.name: document[member.name] for member in fields(cls)}
        values["prefixes"] = tuple((int(version), int(bits)) for version, bits in values["prefixes"])
        values["formats"], values["unread"] = tuple(values["formats"]), tuple(values["unread"])
        return cls(**values)


def build(feed: Feed, target: Path | None, sources: list[FeedFile] | None = None) -> tuple[Feed, Connection]:
    """Read the files of a feed into `target`, a new file, or into a scratch one that is gone when it is closed.

    Returns:
        The feed with what was read of it, and the open file.

    Raises:
        FeedUnusable: there is nothing to read, or nothing that was read lists anything.
    """
    files = sources if sources is not None else find_files(Path(feed.path))
    connection = create(target)
    try:
        writer = _FeedWriter(connection)
        for number, source in enumerate(files, start=1):
            _read_source(source, number, writer, feed, in_folder=len(files) > 1)
        result = replace(
            feed,
            files=len(files),
            formats=tuple(dict.fromkeys(writer.formats)),
            entries=writer.entries,
            refused=writer.rejected_count,
            unread=tuple(writer.unread_files[:MAX_REJECTED]),
            prefixes=tuple(sorted(writer.prefixes)),
        )
        if len(writer.unread_files) == len(files):
            raise FeedUnusable(f"nothing of it can be read: {writer.unread_files[0]}", location=feed.path)
        finish(connection, result.to_json())
    except BaseException:
        connection.close()
        raise
    return result, connection


@dataclass(slots=True)
class _FeedWriter:
    """What has been written so far, and what is written next."""

    connection: Connection
    entries: int = 0
    rejected_count: int = 0
    prefixes: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    formats: list[str] = field(default_factory=list[str])
    unread_files: list[str] = field(default_factory=list[str])
    detail_ids: dict[str, int] = field(default_factory=dict[str, int])
    rows: list[tuple[int, int, str, int, int, str]] = field(default_factory=list[tuple[int, int, str, int, int, str]])
    keys: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    new_details: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    last_details: tuple[IndicatorDetails | None, int] = (None, 0)
    detail_count: int = 0

    def details_id(self, details: IndicatorDetails) -> int:
        """The number of what is said, which many entries say alike."""
        if details is self.last_details[0]:  # most files say one thing of all that they list
            return self.last_details[1]
        text = details.to_json()
        number = self.detail_ids.get(text)
        if number is None:
            if len(self.detail_ids) >= _MAX_INTERNED:
                self.detail_ids.clear()
            self.detail_count += 1
            number = self.detail_ids[text] = self.detail_count
            self.new_details.append((number, text))
        self.last_details = details, number
        return number


def _read_source(source: FeedFile, number: int, writer: _FeedWriter, feed: Feed, *, in_folder: bool) -> None:
    """One file. What cannot be read at all is told, and costs nothing but itself."""
    defaults = IndicatorDetails(verdict=feed.verdict, severity=feed.severity, tlp=feed.tlp)
    entries_before, rejected_before = writer.entries, writer.rejected_count
    problem, kind = "", ""
    try:
        with _open_source(source, defaults, in_folder=in_folder) as file_contents:
            kind = file_contents.format
            _write_rows(file_contents.rows, number, writer)
        # A collection may well have nothing that is listed (any more).
        if writer.entries == entries_before and writer.rejected_count > rejected_before and not source.is_mirror:
            raise FeedUnusable(f"none of its {writer.rejected_count - rejected_before:,} rows lists anything")
        if writer.entries == entries_before and kind == "report":
            raise FeedUnusable("it is a text for people that names no hash, and nothing that is defanged")
    except FeedUnusable as error:
        problem = error.message
        writer.unread_files.append(f"{source.name}: {problem}")
    if kind and not problem:
        writer.formats.append(kind)
    writer.connection.execute(
        "INSERT INTO sources VALUES (?, ?, ?, ?, ?, ?)",
        (number, source.name, source.sha256, source.size, kind, problem),
    )


@contextmanager
def _open_source(source: FeedFile, defaults: IndicatorDetails, *, in_folder: bool) -> Generator[Contents]:
    if source.is_mirror:
        with closing(Mirror.open(source.path)) as mirror:
            yield Contents("TAXII", mirror.rows(defaults))
    else:
        with open_feed(source.path) as file:
            threat = threat_of(source.name) if in_folder else ""
            yield read_contents(file, folder_defaults(source.name, defaults), threat)


def _write_rows(rows: Iterator[FeedEntry | RejectedRow], source: int, writer: _FeedWriter) -> None:
    for row in rows:
        if isinstance(row, RejectedRow):
            _reject(row, source, writer)
            continue
        writer.entries += 1
        number = writer.entries
        writer.rows.append((number, source, row.location, writer.details_id(row.details), row.is_json, row.raw))
        for key in row.keys:
            writer.keys.append((key, number))
            if key.startswith(NETWORK_PREFIX):
                writer.prefixes.add((6 if ":" in key[len(NETWORK_PREFIX) :] else 4, int(key.rpartition("/")[2])))
        if row.related_keys or len(row.keys) > 1:
            _write_relations(row, number, writer.connection)
        if len(writer.rows) >= _ROWS:
            _flush(writer)
    _flush(writer)


def _write_relations(row: FeedEntry, number: int, connection: Connection) -> None:
    relations = [(number, other.relation.value, other.key, other.is_reverse) for other in row.related_keys]
    if len(row.keys) > 1 and row.keys[0].startswith("file:"):
        relations += [(number, SAME_FILE, key, False) for key in row.keys]
    connection.executemany("INSERT INTO related VALUES (?, ?, ?, ?)", relations)


def _flush(writer: _FeedWriter) -> None:
    writer.connection.executemany("INSERT INTO says VALUES (?, ?)", writer.new_details)
    writer.connection.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", writer.rows)
    writer.connection.executemany("INSERT INTO keys VALUES (?, ?)", writer.keys)
    for batch in (writer.new_details, writer.rows, writer.keys):
        batch.clear()


def _reject(row: RejectedRow, source: int, writer: _FeedWriter) -> None:
    if writer.rejected_count < MAX_REJECTED:
        writer.connection.execute("INSERT INTO refused VALUES (?, ?, ?)", (source, row.location, row.reason))
    writer.rejected_count += 1


def replace_file(temporary: Path, target: Path) -> None:
    """Put a file that is whole in the place of another, so that a power cut leaves one of the two."""
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
