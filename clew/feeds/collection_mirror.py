"""What came of a collection of a TAXII server: its objects as they came, and how far it has been fetched."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from clew import sqlite
from clew.entities.timestamps import iso_time
from clew.errors import FeedUnusable
from clew.feeds.feed_file import READING, feed_errors
from clew.feeds.formats.json_documents import Object, as_object, as_text
from clew.feeds.formats.json_text import read_json
from clew.feeds.formats.stix import read_objects
from clew.feeds.listing import FeedRow, IndicatorDetails, RejectedRow
from clew.sqlite import Connection, FailureKind, OpenMode

#: "cltx", in the header of every such file.
APPLICATION = 0x636C7478
FORMAT = 1
SCHEMA = (
    "CREATE TABLE about (id INTEGER PRIMARY KEY, what TEXT NOT NULL)",
    "CREATE TABLE objects (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, version TEXT NOT NULL, "
    "walk INTEGER NOT NULL, raw TEXT NOT NULL)",
    "CREATE TABLE refused (place TEXT NOT NULL UNIQUE, why TEXT NOT NULL)",
)
#: The largest such files, in bytes.
MAX_SIZE = 8 * 2**30
#: How many objects that are none are kept with their reasons; all are counted.
MAX_REJECTED = 1_000
_SUBSCRIPTION_ROW, _PROGRESS_ROW = 1, 2
_WAIT_MS = 2_000


@dataclass(frozen=True, slots=True)
class Subscription:
    """Which collection is fetched, and as whom.

    Attributes:
        collection: its URL, which ends with a slash.
        key: the name under which the key is found; empty for none.
        basic: the key is `user:password`, and no token.
        verdict, severity, tlp: of everything in it that says nothing else.
    """

    collection: str
    title: str = ""
    key: str = ""
    basic: bool = False
    verdict: str = ""
    severity: str = ""
    tlp: str = ""


@dataclass(frozen=True, slots=True)
class FetchProgress:
    """How far a collection has been fetched.

    Attributes:
        after: all that was added up to then is here; ISO 8601, empty for nothing.
        mark: where a pass that was broken off goes on; empty where none was.
        highest: the latest time of addition that the pass has seen.
        whole: the pass fetches everything, and what it does not meet is gone from the server.
        walk: counts walks along the pages; `first` is that with which the pass began.
        refused: how many objects were none.
        digest: of all that came, in its order.
    """

    after: str = ""
    mark: str = ""
    highest: str = ""
    whole: bool = True
    is_open: bool = False
    walk: int = 0
    first: int = 0
    refused: int = 0
    digest: str = ""


@dataclass(frozen=True, slots=True)
class FetchCounts:
    """How many objects came, and how many of them were not known, or known in an older version.

    Attributes:
        fresh: how many this walk had not met yet.
    """

    objects: int = 0
    new: int = 0
    newer: int = 0
    revoked_objects: int = 0
    rejected_objects: int = 0
    removed_objects: int = 0
    pages: int = 0
    fresh: int = 0

    def __add__(self, other: FetchCounts) -> FetchCounts:
        return FetchCounts(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(FetchCounts)))

    @property
    def has_changes(self) -> bool:
        """Whether anything is different from before."""
        return bool(self.new or self.newer or self.removed_objects)


#: An object as it came, and as JSON values.
ReceivedObject = tuple[str, Object]
T = TypeVar("T", Subscription, FetchProgress)


class Mirror:
    """The file of one collection. Whoever has it open to write has it alone."""

    def __init__(self, connection: Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    @classmethod
    def create(cls, path: Path, subscription: Subscription) -> Mirror:
        """A new file. Raises FeedUnusable."""
        with feed_errors(path):
            mirror = cls(_connect(path, OpenMode.CREATE), path)
            sqlite.set_pragmas(mirror._connection, f"application_id = {APPLICATION}", f"user_version = {FORMAT}")
            with mirror._connection:
                for statement in SCHEMA:
                    mirror._connection.execute(statement)
                mirror._save(_SUBSCRIPTION_ROW, subscription)
                mirror._save(_PROGRESS_ROW, FetchProgress())
        return mirror

    @classmethod
    def open(cls, path: Path, *, to_write: bool = False) -> Mirror:
        """A file that there is. Raises FeedUnusable: damaged, foreign, or in the hands of another process."""
        meanings = {
            FailureKind.MISSING: FeedUnusable(
                "it is fetched from nowhere", location=str(path), next_step="clew feeds list"
            ),
            FailureKind.BUSY: FeedUnusable(
                "another process is fetching it", location=str(path), next_step="wait until it is done"
            ),
        }
        with feed_errors(path, meanings):
            return cls(_open_file(path, to_write=to_write), path)

    def close(self) -> None:
        """Let go of it."""
        self._connection.close()

    @property
    def subscription(self) -> Subscription:
        """What it is fetched from."""
        return self._load(_SUBSCRIPTION_ROW, Subscription)

    @property
    def progress(self) -> FetchProgress:
        """How far it has been fetched."""
        return self._load(_PROGRESS_ROW, FetchProgress)

    def subscribe(self, subscription: Subscription) -> None:
        """Fetch it in another way from now on: with another key, or another verdict."""
        with feed_errors(self._path), self._connection:
            self._save(_SUBSCRIPTION_ROW, subscription)

    def begin(self, progress: FetchProgress) -> None:
        """A pass, or a walk of one, begins."""
        with feed_errors(self._path), self._connection:
            if progress.whole and progress.walk == progress.first:
                self._connection.execute("DELETE FROM refused")
                progress = replace(progress, refused=0)
            self._save(_PROGRESS_ROW, progress)

    def take(
        self, page_objects: Sequence[ReceivedObject], rejected_rows: Sequence[RejectedRow], progress: FetchProgress
    ) -> FetchCounts:
        """A page: its objects and how far it brought us are kept in one step, or none of it is.

        Raises:
            FeedUnusable: there is no room, or it would be larger than is allowed.
        """
        if self._path.stat().st_size > MAX_SIZE:
            raise FeedUnusable(
                f"more than {MAX_SIZE // 2**30} GiB came from the collection",
                location=str(self._path),
                next_step="take it out (clew feeds remove), and add a smaller one",
            )
        with feed_errors(self._path), self._connection:
            counts = Counter(
                change for raw, document in page_objects for change in self._upsert(raw, document, progress.walk)
            )
            page_counts = FetchCounts(objects=len(page_objects), rejected_objects=len(rejected_rows), pages=1, **counts)
            rejected_count = progress.refused
            for row in rejected_rows:
                rejected_count += 1
                if rejected_count <= MAX_REJECTED:
                    self._connection.execute("INSERT OR REPLACE INTO refused VALUES (?, ?)", (row.location, row.reason))
            self._save(
                _PROGRESS_ROW,
                replace(
                    progress, refused=rejected_count, digest=_chain_digest(progress.digest, page_counts, page_objects)
                ),
            )
        return page_counts

    def finish(self, progress: FetchProgress) -> FetchCounts:
        """The end of a pass. What a pass over everything has not met is gone from the server, and so from here."""
        with feed_errors(self._path), self._connection:
            removed_count = 0
            if progress.whole:
                (before,) = next(self._connection.execute("SELECT count(*) FROM objects"))
                self._connection.execute("DELETE FROM objects WHERE walk < ?", (progress.first,))
                (remaining,) = next(self._connection.execute("SELECT count(*) FROM objects"))
                removed_count = before - remaining
            digest = (
                sha256(f"{progress.digest} {removed_count}".encode()).hexdigest() if removed_count else progress.digest
            )
            final = FetchProgress(
                after=progress.highest or progress.after,
                whole=False,
                walk=progress.walk,
                refused=progress.refused,
                digest=digest,
            )
            self._save(_PROGRESS_ROW, final)
        return FetchCounts(removed_objects=removed_count)

    def rows(self, defaults: IndicatorDetails) -> Iterator[FeedRow]:
        """What the objects list, and what came that is no object. Raises FeedUnusable."""
        with feed_errors(self._path):
            for location, reason in self._connection.execute("SELECT place, why FROM refused"):
                yield RejectedRow(location, reason)
            yield from read_objects(self._objects, self._object_by_id, defaults)

    def _objects(self) -> Iterator[tuple[str, Object]]:
        for object_id, raw in self._connection.execute("SELECT id, raw FROM objects ORDER BY number"):
            yield object_id, as_object(read_json(raw))

    def _object_by_id(self, object_id: str) -> Object:
        row = next(self._connection.execute("SELECT raw FROM objects WHERE id = ?", (object_id,)), None)
        return as_object(read_json(row[0])) if row else {}

    def _upsert(self, raw: str, document: Object, walk: int) -> Iterator[str]:
        """Keep an object, and say what it is by the names of `FetchCounts`.

        The newest version wins; of those that have none, what came last.
        """
        object_id, version = (
            as_text(document.get("id")),
            iso_time(document.get("modified")) or iso_time(document.get("created")),
        )
        existing = next(
            self._connection.execute("SELECT version, raw, walk FROM objects WHERE id = ?", (object_id,)), None
        )
        if existing is None:
            statement = "INSERT INTO objects (version, walk, raw, id) VALUES (?, ?, ?, ?)"
        else:
            statement = "UPDATE objects SET version = ?, walk = ?, raw = ? WHERE id = ?"
        if existing is None or existing[2] != walk:
            yield "fresh"
        if existing is not None and (version < existing[0] or raw == existing[1] or read_json(existing[1]) == document):
            self._connection.execute("UPDATE objects SET walk = ? WHERE id = ?", (walk, object_id))
            return
        self._connection.execute(statement, (version, walk, raw, object_id))
        yield "new" if existing is None else "newer"
        if document.get("revoked") is True:
            yield "revoked_objects"

    def _save(self, row_id: int, state: Subscription | FetchProgress) -> None:
        self._connection.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (row_id, json.dumps(asdict(state))))

    def _load(self, row_id: int, kind: type[T]) -> T:
        with feed_errors(self._path):
            (text,) = next(self._connection.execute("SELECT what FROM about WHERE id = ?", (row_id,)))
            document: dict[str, Any] = json.loads(text)
            return kind(**{field.name: document[field.name] for field in fields(kind) if field.name in document})


def _open_file(path: Path, *, to_write: bool) -> Connection:
    connection = _connect(path, OpenMode.WRITE if to_write else OpenMode.READ)
    try:
        _check(connection, path)
        if to_write:
            # Nobody else has it until it is closed, or this process is gone.
            sqlite.set_pragmas(connection, "locking_mode = EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE; COMMIT")
    except BaseException:
        connection.close()
        raise
    return connection


def _connect(path: Path, mode: OpenMode) -> Connection:
    connection = sqlite.connect(path, mode)
    try:
        sqlite.harden(connection)
        connection.set_busy_timeout(_WAIT_MS)
        sqlite.set_pragmas(connection, *READING, "journal_mode = DELETE", "synchronous = EXTRA")
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: Connection, path: Path) -> None:
    application, version = (sqlite.pragma_value(connection, name) for name in ("application_id", "user_version"))
    if application != APPLICATION:
        raise FeedUnusable(
            "it is no copy of a collection", location=str(path), next_step="move it out of the store of feeds"
        )
    if version > FORMAT:
        raise FeedUnusable("it was written by a newer clew", location=str(path), next_step="update clew")
    if {*sqlite.schema_statements(connection)} != set(SCHEMA):
        raise FeedUnusable(
            "it is damaged: its tables are others",
            location=str(path),
            next_step="clew feeds remove it, and add it again",
        )


def _chain_digest(before: str, page_counts: FetchCounts, page_objects: Sequence[ReceivedObject]) -> str:
    """The digest after a page that changed something; the same as before after one that did not."""
    if not page_counts.has_changes:
        return before
    digest = sha256(before.encode())
    for raw, _ in page_objects:
        digest.update(sha256(raw.encode("utf-8", "surrogatepass")).digest())
    return digest.hexdigest()
