"""Cases of older formats: what their tables were, and how they become those of today."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from clew.graph.format.schema import DERIVED_SCHEMA, PERMANENT_SCHEMA, TABLES, VERSION, check_pages, check_schema
from clew.sqlite import Connection, pragma_value, rewriting

# How many instructions of SQLite's machine looking at a schema may take: a hostile file could ask for any number.
_MAX_INSTRUCTIONS = 10_000_000
#: How large a case may be, in bytes, to be looked through whenever it is opened; a larger one is when it is verified.
PAGE_CHECK_LIMIT = 4 * 1024 * 1024
_FORMAT_1 = (
    *PERMANENT_SCHEMA,
    "CREATE TABLE exchanges (step INTEGER NOT NULL, answer INTEGER NOT NULL, position INTEGER NOT NULL, "
    "fingerprint TEXT NOT NULL, provider TEXT NOT NULL, at TEXT NOT NULL, sent INTEGER NOT NULL, evidence TEXT "
    "NOT NULL, status INTEGER NOT NULL, ask TEXT NOT NULL, trouble TEXT NOT NULL, PRIMARY KEY (step, answer, "
    "position)) WITHOUT ROWID",
    "CREATE INDEX exchanges_by_ask ON exchanges (fingerprint, at)",
    "CREATE TABLE nodes (key TEXT PRIMARY KEY, kind TEXT NOT NULL, scope TEXT NOT NULL, label TEXT NOT NULL, "
    "entity TEXT NOT NULL, first_step INTEGER NOT NULL, verdict TEXT NOT NULL, severity TEXT NOT NULL) WITHOUT "
    "ROWID",
    "CREATE INDEX nodes_by_scope ON nodes (scope) WHERE scope <> ''",
    "CREATE TABLE aliases (alias TEXT PRIMARY KEY, node TEXT NOT NULL) WITHOUT ROWID",
    "CREATE INDEX aliases_by_node ON aliases (node)",
    "CREATE TABLE claims (id INTEGER PRIMARY KEY, source TEXT NOT NULL, relation TEXT NOT NULL, target TEXT NOT "
    "NULL, said_source TEXT NOT NULL, said_target TEXT NOT NULL, step INTEGER NOT NULL, provider TEXT NOT NULL, "
    "pivot TEXT NOT NULL, asked_at TEXT NOT NULL, evidence TEXT NOT NULL, pointers TEXT NOT NULL, observed_first "
    "TEXT NOT NULL, observed_last TEXT NOT NULL, inferred INTEGER NOT NULL, UNIQUE (said_source, relation, "
    "said_target, provider, evidence, pointers))",
    "CREATE INDEX claims_by_source ON claims (source)",
    "CREATE INDEX claims_by_target ON claims (target)",
    "CREATE TABLE findings (step INTEGER NOT NULL, answer INTEGER NOT NULL, part INTEGER NOT NULL, subject TEXT "
    "NOT NULL, pivot TEXT NOT NULL, provider TEXT NOT NULL, outcome TEXT NOT NULL, verdict TEXT NOT NULL, "
    "severity TEXT NOT NULL, reason TEXT NOT NULL, reference TEXT NOT NULL, asked_at TEXT NOT NULL, returned "
    "INTEGER NOT NULL, available INTEGER, truncated_by TEXT NOT NULL, evidence TEXT NOT NULL, PRIMARY KEY (step, "
    "answer, part)) WITHOUT ROWID",
    "CREATE INDEX findings_by_subject ON findings (subject)",
    "CREATE TABLE remarks (step INTEGER PRIMARY KEY, about TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL)",
    "CREATE TABLE merges (step INTEGER PRIMARY KEY, keep TEXT NOT NULL, gone TEXT NOT NULL, reason TEXT NOT NULL, "
    "undone_by INTEGER)",
)
#: The tables of every older format, to the byte: a case is believed only if it has exactly those.
FORMATS: Mapping[int, tuple[str, ...]] = MappingProxyType(
    {
        1: _FORMAT_1,
        # The tables of today, on pages without checksums.
        2: TABLES,
        # The same with checksums; of connected logs, steps said a path and a digest.
        3: TABLES,
    }
)


def format_of(connection: Connection) -> int:
    """The format that a case says it has."""
    return pragma_value(connection, "user_version")


def checked_format(connection: Connection, path: Path | None) -> int:
    """The format of a case whose tables are exactly those of that format. Raises CaseDamaged for any other."""
    connection.set_progress_handler(lambda: True, _MAX_INSTRUCTIONS)
    version = format_of(connection)
    check_schema(connection, FORMATS.get(version, TABLES), path)
    if path is not None and path.stat().st_size <= PAGE_CHECK_LIMIT:
        connection.set_progress_handler(lambda: True, 50 * _MAX_INSTRUCTIONS)
        check_pages(connection, path)
    connection.set_progress_handler(None)
    return version


def add_checksums(connection: Connection) -> None:
    """Write every page anew with a checksum, for a case of a format that had none: wholly or not at all.

    What the case says stays as it is, its format too, so that a crash before the next transaction harms nothing.
    """
    with rewriting(connection):
        connection.execute("VACUUM")


def replace_tables(connection: Connection) -> None:
    """Put today's tables in the place of those that follow from the steps; inside the caller's transaction.

    What is written once is the same in all formats so far. The tables are empty then, and are filled by folding.
    """
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    permanent_names = {statement.split()[2] for statement in PERMANENT_SCHEMA}
    for name in names:
        if name not in permanent_names:
            connection.execute(f'DROP TABLE "{name}"')
    for statement in DERIVED_SCHEMA:
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {VERSION}")
