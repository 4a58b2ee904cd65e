"""What came of a collection of a TAXII server: its objects as they came, and how far it has been fetched."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import apsw

from clew.errors import FeedUnusable
from clew.providers.ti.feeds.database import Connection, connection_to, harden, typed
from clew.providers.ti.feeds.documents import Object, as_object, as_text
from clew.providers.ti.feeds.jsontext import read_json
from clew.providers.ti.feeds.model import Refused, Row, Says
from clew.providers.ti.feeds.stix import read_objects
from clew.providers.ti.feeds.times import moment

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
MAX_REFUSED = 1_000
_ABOUT, _STATE = 1, 2
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
class Progress:
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
class Came:
    """How many objects came, and how many of them were not known, or known in an older version.

    Attributes:
        fresh: how many this walk had not met yet.
    """

    objects: int = 0
    new: int = 0
    newer: int = 0
    revoked: int = 0
    refused: int = 0
    gone: int = 0
    pages: int = 0
    fresh: int = 0

    def __add__(self, other: Came) -> Came:
        return Came(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(Came)))

    @property
    def changed(self) -> bool:
        """Whether anything is different from before."""
        return bool(self.new or self.newer or self.gone)


#: An object as it came, and as JSON values.
Given = tuple[str, Object]
T = TypeVar("T", Subscription, Progress)


class Mirror:
    """The file of one collection. Whoever has it open to write has it alone."""

    def __init__(self, connection: Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    @classmethod
    def create(cls, path: Path, subscription: Subscription) -> Mirror:
        """A new file. Raises FeedUnusable."""
        with typed(str(path)):
            mirror = cls(_connected(path, apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE), path)
            for pragma in (f"application_id = {APPLICATION}", f"user_version = {FORMAT}"):
                list(mirror._connection.execute(f"PRAGMA {pragma}"))
            with mirror._connection:
                for statement in SCHEMA:
                    mirror._connection.execute(statement)
                mirror._keep(_ABOUT, subscription)
                mirror._keep(_STATE, Progress())
        return mirror

    @classmethod
    def open(cls, path: Path, *, to_write: bool = False) -> Mirror:
        """A file that there is. Raises FeedUnusable: damaged, foreign, or in the hands of another process."""
        with typed(str(path)):
            try:
                return cls(_opened(path, to_write=to_write), path)
            except apsw.CantOpenError:
                raise FeedUnusable("it is fetched from nowhere", where=str(path), next_step="clew feeds list") from None
            except apsw.BusyError:
                raise FeedUnusable(
                    "another process is fetching it", where=str(path), next_step="wait until it is done"
                ) from None

    def close(self) -> None:
        """Let go of it."""
        self._connection.close()

    @property
    def subscription(self) -> Subscription:
        """What it is fetched from."""
        return self._kept(_ABOUT, Subscription)

    @property
    def progress(self) -> Progress:
        """How far it has been fetched."""
        return self._kept(_STATE, Progress)

    def subscribe(self, subscription: Subscription) -> None:
        """Fetch it in another way from now on: with another key, or another verdict."""
        with typed(str(self._path)), self._connection:
            self._keep(_ABOUT, subscription)

    def begin(self, progress: Progress) -> None:
        """A pass, or a walk of one, begins."""
        with typed(str(self._path)), self._connection:
            if progress.whole and progress.walk == progress.first:
                self._connection.execute("DELETE FROM refused")
                progress = replace(progress, refused=0)
            self._keep(_STATE, progress)

    def take(self, given: Sequence[Given], refused: Sequence[Refused], progress: Progress) -> Came:
        """A page: its objects and how far it brought us are kept in one step, or none of it is.

        Raises:
            FeedUnusable: there is no room, or it would be larger than is allowed.
        """
        if self._path.stat().st_size > MAX_SIZE:
            raise FeedUnusable(
                f"more than {MAX_SIZE // 2**30} GiB came from the collection",
                where=str(self._path),
                next_step="take it out (clew feeds remove), and add a smaller one",
            )
        with typed(str(self._path)), self._connection:
            counts = Counter(what for raw, each in given for what in self._put(raw, each, progress.walk))
            came = Came(objects=len(given), refused=len(refused), pages=1, **counts)
            number = progress.refused
            for row in refused:
                number += 1
                if number <= MAX_REFUSED:
                    self._connection.execute("INSERT OR REPLACE INTO refused VALUES (?, ?)", (row.place, row.why))
            self._keep(_STATE, replace(progress, refused=number, digest=_chained(progress.digest, came, given)))
        return came

    def finish(self, progress: Progress) -> Came:
        """The end of a pass. What a pass over everything has not met is gone from the server, and so from here."""
        with typed(str(self._path)), self._connection:
            gone = 0
            if progress.whole:
                (before,) = next(self._connection.execute("SELECT count(*) FROM objects"))
                self._connection.execute("DELETE FROM objects WHERE walk < ?", (progress.first,))
                (left,) = next(self._connection.execute("SELECT count(*) FROM objects"))
                gone = before - left
            digest = sha256(f"{progress.digest} {gone}".encode()).hexdigest() if gone else progress.digest
            done = Progress(
                after=progress.highest or progress.after,
                whole=False,
                walk=progress.walk,
                refused=progress.refused,
                digest=digest,
            )
            self._keep(_STATE, done)
        return Came(gone=gone)

    def rows(self, given: Says) -> Iterator[Row]:
        """What the objects list, and what came that is no object. Raises FeedUnusable."""
        with typed(str(self._path)):
            for place, why in self._connection.execute("SELECT place, why FROM refused"):
                yield Refused(place, why)
            yield from read_objects(self._objects, self._named, given)

    def _objects(self) -> Iterator[tuple[str, Object]]:
        for name, raw in self._connection.execute("SELECT id, raw FROM objects ORDER BY number"):
            yield name, as_object(read_json(raw))

    def _named(self, name: str) -> Object:
        found = next(self._connection.execute("SELECT raw FROM objects WHERE id = ?", (name,)), None)
        return as_object(read_json(found[0])) if found else {}

    def _put(self, raw: str, each: Object, walk: int) -> Iterator[str]:
        """Keep an object, and say what it is by the names of `Came`.

        The newest version wins; of those that have none, what came last.
        """
        name, version = as_text(each.get("id")), moment(each.get("modified")) or moment(each.get("created"))
        known = next(self._connection.execute("SELECT version, raw, walk FROM objects WHERE id = ?", (name,)), None)
        if known is None:
            statement = "INSERT INTO objects (version, walk, raw, id) VALUES (?, ?, ?, ?)"
        else:
            statement = "UPDATE objects SET version = ?, walk = ?, raw = ? WHERE id = ?"
        if known is None or known[2] != walk:
            yield "fresh"
        if known is not None and (version < known[0] or raw == known[1] or read_json(known[1]) == each):
            self._connection.execute("UPDATE objects SET walk = ? WHERE id = ?", (walk, name))
            return
        self._connection.execute(statement, (version, walk, raw, name))
        yield "new" if known is None else "newer"
        if each.get("revoked") is True:
            yield "revoked"

    def _keep(self, place: int, what: Subscription | Progress) -> None:
        self._connection.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (place, json.dumps(asdict(what))))

    def _kept(self, place: int, kind: type[T]) -> T:
        with typed(str(self._path)):
            (text,) = next(self._connection.execute("SELECT what FROM about WHERE id = ?", (place,)))
            given: dict[str, Any] = json.loads(text)
            return kind(**{each.name: given[each.name] for each in fields(kind) if each.name in given})


def _opened(path: Path, *, to_write: bool) -> Connection:
    connection = _connected(path, apsw.SQLITE_OPEN_READWRITE if to_write else apsw.SQLITE_OPEN_READONLY)
    try:
        _check(connection, path)
        if to_write:
            # Nobody else has it until it is closed, or this process is gone.
            list(connection.execute("PRAGMA locking_mode = EXCLUSIVE"))
            connection.execute("BEGIN EXCLUSIVE; COMMIT")
    except BaseException:
        connection.close()
        raise
    return connection


def _connected(path: Path, flags: int) -> Connection:
    connection = connection_to(str(path), flags)
    try:
        harden(connection)
        for pragma in (f"busy_timeout = {_WAIT_MS}", "journal_mode = DELETE", "synchronous = EXTRA"):
            list(connection.execute(f"PRAGMA {pragma}"))
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: Connection, path: Path) -> None:
    (application,), (version,) = (
        next(connection.execute(f"PRAGMA {name}")) for name in ("application_id", "user_version")
    )
    if application != APPLICATION:
        raise FeedUnusable(
            "it is no copy of a collection", where=str(path), next_step="move it out of the store of feeds"
        )
    if version > FORMAT:
        raise FeedUnusable("it was written by a newer clew", where=str(path), next_step="update clew")
    found = {row[0] for row in connection.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")}
    if found != set(SCHEMA):
        raise FeedUnusable(
            "it is damaged: its tables are others", where=str(path), next_step="clew feeds remove it, and add it again"
        )


def _chained(before: str, came: Came, given: Sequence[Given]) -> str:
    """The digest after a page that changed something; the same as before after one that did not."""
    if not came.changed:
        return before
    whole = sha256(before.encode())
    for raw, _ in given:
        whole.update(sha256(raw.encode("utf-8", "surrogatepass")).digest())
    return whole.hexdigest()
