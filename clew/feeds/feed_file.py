"""The file of one feed: SQLite, made once and only read afterwards."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from clew import sqlite
from clew.errors import FeedUnusable
from clew.sqlite import Connection, Failure, FailureKind, OpenMode

#: "clfd", in the header of every such file.
APPLICATION = 0x636C6664
FORMAT = 1
SCHEMA = (
    "CREATE TABLE about (what TEXT NOT NULL)",
    "CREATE TABLE entries (id INTEGER PRIMARY KEY, source INTEGER NOT NULL, place TEXT NOT NULL, "
    "says INTEGER NOT NULL, whole INTEGER NOT NULL, raw TEXT NOT NULL)",
    "CREATE TABLE keys (key TEXT NOT NULL, entry INTEGER NOT NULL)",
    "CREATE TABLE refused (source INTEGER NOT NULL, place TEXT NOT NULL, why TEXT NOT NULL)",
    "CREATE TABLE related (entry INTEGER NOT NULL, relation TEXT NOT NULL, key TEXT NOT NULL, "
    "backwards INTEGER NOT NULL)",
    "CREATE TABLE says (id INTEGER PRIMARY KEY, what TEXT NOT NULL)",
    "CREATE TABLE sources (id INTEGER PRIMARY KEY, path TEXT NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL, "
    "format TEXT NOT NULL, unread TEXT NOT NULL)",
)
INDEXES = (
    "CREATE INDEX keys_by_key ON keys (key, entry)",
    "CREATE INDEX related_by_entry ON related (entry)",
)
CACHE_KIB = 16_384
#: How a file of the store is held while it is open.
READING = ("temp_store = MEMORY", f"cache_size = -{CACHE_KIB}")


@dataclass(slots=True)  # nobody changes one; frozen it would take twice the time to make
class EntryMatch:
    """An entry that was found.

    Attributes:
        key: the one of its keys that it was found by.
        details: what the feed knows of it, as `IndicatorDetails` packs it.
        related_keys: relation, key of the other, and whether it goes the other way.
        source: the file that it is from, and `location` where it stands there.
    """

    key: str
    entry: int
    source: str
    location: str
    details: Mapping[str, Any]
    raw: str
    is_json: bool
    related_keys: tuple[tuple[str, str, bool], ...] = ()


@contextmanager
def feed_errors(
    path: Path | str, particular: Mapping[FailureKind, FeedUnusable] = MappingProxyType({})
) -> Generator[None]:
    """SQLite's errors, and those of reading what it gave, as a FeedUnusable that says what to do.

    Args:
        particular: what some kinds of failures mean here.
    """
    try:
        with sqlite.translate_errors(lambda failure: particular.get(failure.kind) or _feed_error(path, failure)):
            yield
    except (LookupError, TypeError, ValueError) as error:
        raise _damage(path, str(error)) from None


def _feed_error(path: Path | str, failure: Failure) -> FeedUnusable | None:
    match failure.kind:
        case FailureKind.STATEMENT:
            return None  # the tables were looked at: a mistake in clew, and not in the file
        case FailureKind.FULL:
            return FeedUnusable("there is no room for the feed", location=str(path), next_step="free some space")
        case _:
            return _damage(path, failure.message)


def _damage(path: Path | str, problem: str) -> FeedUnusable:
    return FeedUnusable(
        f"the file of the feed is damaged: {problem}", location=str(path), next_step="clew feeds add its source again"
    )


def create(path: Path | None) -> Connection:
    """A new file for a feed, or a scratch one that nobody sees; nothing is synced before it is whole."""
    connection = sqlite.connect(path or sqlite.SCRATCH)
    sqlite.set_pragmas(
        connection,
        "journal_mode = OFF",
        "synchronous = OFF",
        "temp_store = FILE",
        f"cache_size = -{4 * CACHE_KIB}",
        f"application_id = {APPLICATION}",
        f"user_version = {FORMAT}",
    )
    for statement in SCHEMA:
        connection.execute(statement)
    connection.execute("BEGIN")
    return connection


def finish(connection: Connection, about: str) -> None:
    """Sort what was written, and say what it is."""
    for statement in INDEXES:
        connection.execute(statement)
    connection.execute("INSERT INTO about VALUES (?)", (about,))
    connection.execute("COMMIT")


def open_file(path: Path) -> Connection:
    """The file of a feed, to be read. Raises FeedUnusable: not there, foreign, newer, cut off or damaged."""
    absence = FeedUnusable("there is no such feed", location=str(path), next_step="clew feeds list")
    with feed_errors(path, {FailureKind.MISSING: absence}):
        connection = sqlite.connect(path, OpenMode.READ)
        try:
            sqlite.harden(connection)
            sqlite.set_pragmas(connection, *READING, "query_only = ON")
            _check(connection, path)
        except BaseException:
            connection.close()
            raise
        return connection


def _check(connection: Connection, path: Path) -> None:
    application, version, pages, size = (
        sqlite.pragma_value(connection, name) for name in ("application_id", "user_version", "page_count", "page_size")
    )
    if application != APPLICATION:
        raise FeedUnusable("it is no file of a feed", location=str(path), next_step="move it out of the store of feeds")
    if version > FORMAT:
        raise FeedUnusable(
            "the file of the feed was written by a newer clew",
            location=str(path),
            next_step="update clew, or add its source again",
        )
    if pages * size != path.stat().st_size:
        raise _damage(path, "it is cut off")
    if {*sqlite.schema_statements(connection)} != {*SCHEMA, *INDEXES}:
        raise _damage(path, "its tables are others")


_FIND_QUERY = """
SELECT keys.key, entries.id, sources.path, entries.place, says.what, entries.raw, entries.whole
FROM json_each(?) AS asked CROSS JOIN keys ON keys.key = asked.value
JOIN entries ON entries.id = keys.entry JOIN says ON says.id = entries.says JOIN sources ON sources.id = entries.source
ORDER BY entries.id
"""


_RELATED_QUERY = """
SELECT related.entry, related.relation, related.key, related.backwards
FROM json_each(?) AS asked CROSS JOIN related ON related.entry = asked.value
"""


def has_key_prefix(connection: Connection, start: str) -> bool:
    """Whether there is a key that begins so; `start` is ASCII."""
    after = start[:-1] + chr(ord(start[-1]) + 1)
    rows = connection.execute("SELECT 1 FROM keys WHERE key >= ? AND key < ? LIMIT 1", (start, after))
    return next(rows, None) is not None


def find_entries(connection: Connection, keys: Iterable[str]) -> list[EntryMatch]:
    """Every entry that has one of the keys, in the order of the feed."""
    rows = list(connection.execute(_FIND_QUERY, (json.dumps([*keys]),)))
    relations: dict[int, list[tuple[str, str, bool]]] = {}
    for entry, relation, other, backwards in connection.execute(
        _RELATED_QUERY, (json.dumps([row[1] for row in rows]),)
    ):
        relations.setdefault(entry, []).append((relation, other, bool(backwards)))
    details_by_text = {details_text: json.loads(details_text) for details_text in {row[4] for row in rows}}
    return [
        EntryMatch(
            key,
            entry,
            source,
            location,
            details_by_text[details_text],
            raw,
            bool(is_json),
            tuple(relations.get(entry, ())),
        )
        for key, entry, source, location, details_text, raw, is_json in rows
    ]
