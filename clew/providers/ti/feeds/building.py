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
from clew.providers.ti.feeds.database import Connection, create, finish
from clew.providers.ti.feeds.formats import Contents, contents, open_feed
from clew.providers.ti.feeds.mirror import Mirror
from clew.providers.ti.feeds.model import SAME, Entry, Refused, Says
from clew.providers.ti.feeds.recognising import NETWORK
from clew.providers.ti.feeds.sources import Source, sources_of, threat_of, told_by_folders

#: Counts up when the same file would be understood differently: what was built before is then built again.
READERS = 2
#: How many rows that list nothing are kept with their reasons; all are counted.
MAX_REFUSED = 1_000
_ROWS = 5_000
_INTERNED = 100_000


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

    def packed(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> Feed:
        """What `packed` wrote. Raises ValueError, TypeError or LookupError for anything else."""
        given = json.loads(text)
        known: dict[str, Any] = {each.name: given[each.name] for each in fields(cls)}
        known["prefixes"] = tuple((int(version), int(bits)) for version, bits in known["prefixes"])
        known["formats"], known["unread"] = tuple(known["formats"]), tuple(known["unread"])
        return cls(**known)


def build(feed: Feed, target: Path | None, sources: list[Source] | None = None) -> tuple[Feed, Connection]:
    """Read the files of a feed into `target`, a new file, or into a scratch one that is gone when it is closed.

    Raises:
        FeedUnusable: there is nothing to read, or nothing that was read lists anything.
    """
    found = sources if sources is not None else sources_of(Path(feed.path))
    connection = create(target)
    try:
        writing = _Writing(connection)
        for number, source in enumerate(found, start=1):
            _read(source, number, writing, feed, in_folder=len(found) > 1)
        built = replace(
            feed,
            files=len(found),
            formats=tuple(dict.fromkeys(writing.formats)),
            entries=writing.entries,
            refused=writing.refused,
            unread=tuple(writing.unread[:MAX_REFUSED]),
            prefixes=tuple(sorted(writing.prefixes)),
        )
        if len(writing.unread) == len(found):
            raise FeedUnusable(f"nothing of it can be read: {writing.unread[0]}", where=feed.path)
        finish(connection, built.packed())
    except BaseException:
        connection.close()
        raise
    return built, connection


@dataclass(slots=True)
class _Writing:
    """What has been written so far, and what is written next."""

    connection: Connection
    entries: int = 0
    refused: int = 0
    prefixes: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    formats: list[str] = field(default_factory=list[str])
    unread: list[str] = field(default_factory=list[str])
    said: dict[str, int] = field(default_factory=dict[str, int])
    rows: list[tuple[int, int, str, int, int, str]] = field(default_factory=list[tuple[int, int, str, int, int, str]])
    keys: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    new: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    last: tuple[Says | None, int] = (None, 0)
    count: int = 0

    def says(self, says: Says) -> int:
        """The number of what is said, which many entries say alike."""
        if says is self.last[0]:  # most files say one thing of all that they list
            return self.last[1]
        packed = says.packed()
        number = self.said.get(packed)
        if number is None:
            if len(self.said) >= _INTERNED:
                self.said.clear()
            self.count += 1
            number = self.said[packed] = self.count
            self.new.append((number, packed))
        self.last = says, number
        return number


def _read(source: Source, number: int, writing: _Writing, feed: Feed, *, in_folder: bool) -> None:
    """One file. What cannot be read at all is told, and costs nothing but itself."""
    given = Says(verdict=feed.verdict, severity=feed.severity, tlp=feed.tlp)
    entries, refused = writing.entries, writing.refused
    unread, kind = "", ""
    try:
        with _opened(source, given, in_folder=in_folder) as told:
            kind = told.format
            _write(told.rows, number, writing)
        # A collection may well have nothing that is listed (any more).
        if writing.entries == entries and writing.refused > refused and not source.mirrored:
            raise FeedUnusable(f"none of its {writing.refused - refused:,} rows lists anything")
        if writing.entries == entries and kind == "report":
            raise FeedUnusable("it is a text for people that names no hash, and nothing that is defanged")
    except FeedUnusable as error:
        unread = error.what
        writing.unread.append(f"{source.name}: {unread}")
    if kind and not unread:
        writing.formats.append(kind)
    writing.connection.execute(
        "INSERT INTO sources VALUES (?, ?, ?, ?, ?, ?)",
        (number, source.name, source.sha256, source.size, kind, unread),
    )


@contextmanager
def _opened(source: Source, given: Says, *, in_folder: bool) -> Generator[Contents]:
    if source.mirrored:
        with closing(Mirror.open(source.path)) as mirror:
            yield Contents("TAXII", mirror.rows(given))
    else:
        with open_feed(source.path) as file:
            threat = threat_of(source.name) if in_folder else ""
            yield contents(file, told_by_folders(source.name, given), threat)


def _write(rows: Iterator[Entry | Refused], source: int, writing: _Writing) -> None:
    for row in rows:
        if isinstance(row, Refused):
            _refuse(row, source, writing)
            continue
        writing.entries += 1
        number = writing.entries
        writing.rows.append((number, source, row.place, writing.says(row.says), row.whole, row.raw))
        for key in row.keys:
            writing.keys.append((key, number))
            if key.startswith(NETWORK):
                writing.prefixes.add((6 if ":" in key[len(NETWORK) :] else 4, int(key.rpartition("/")[2])))
        if row.related or len(row.keys) > 1:
            _relate(row, number, writing.connection)
        if len(writing.rows) >= _ROWS:
            _flush(writing)
    _flush(writing)


def _relate(row: Entry, number: int, connection: Connection) -> None:
    related = [(number, each.relation.value, each.key, each.backwards) for each in row.related]
    if len(row.keys) > 1 and row.keys[0].startswith("file:"):
        related += [(number, SAME, key, False) for key in row.keys]
    connection.executemany("INSERT INTO related VALUES (?, ?, ?, ?)", related)


def _flush(writing: _Writing) -> None:
    writing.connection.executemany("INSERT INTO says VALUES (?, ?)", writing.new)
    writing.connection.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", writing.rows)
    writing.connection.executemany("INSERT INTO keys VALUES (?, ?)", writing.keys)
    for written in (writing.new, writing.rows, writing.keys):
        written.clear()


def _refuse(row: Refused, source: int, writing: _Writing) -> None:
    if writing.refused < MAX_REFUSED:
        writing.connection.execute("INSERT INTO refused VALUES (?, ?, ?)", (source, row.place, row.why))
    writing.refused += 1


def settle(temporary: Path, target: Path) -> None:
    """Put a file that is whole in the place of another, so that a power cut leaves one of the two."""
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
