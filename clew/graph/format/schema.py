"""The case file: an SQLite database of one fixed shape, checked before anything of it is believed."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from clew.entities.display import visible
from clew.errors import (
    CaseDamaged,
    CaseError,
    CaseExists,
    CaseForeign,
    CaseNewer,
    CaseNotFound,
    CaseReadOnly,
)
from clew.graph.format.database import RESERVED_BYTES, RESERVED_OFFSET, case_errors, open_database, open_scratch
from clew.sqlite import Connection, schema_statements

APPLICATION_ID = 0x636C6577  # "clew"
VERSION = 4
#: From this format on, pages have checksums.
CHECKSUM_VERSION = 3
_MAGIC = b"SQLite format 3\0"
_ROLLBACK = b"\1\1"  # read and written with a rollback journal, not with a write-ahead log

#: What is written once and never changed: the steps, where they end, and the raw replies.
PERMANENT_SCHEMA = (
    "CREATE TABLE steps (number INTEGER PRIMARY KEY, at TEXT NOT NULL, by TEXT NOT NULL, tool TEXT NOT NULL, kind "
    "TEXT NOT NULL, body BLOB NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL)",
    # How far the steps go: a chain alone does not miss its end.
    "CREATE TABLE head (place INTEGER PRIMARY KEY CHECK (place = 0), number INTEGER NOT NULL, hash TEXT NOT NULL)",
    "CREATE TABLE evidence (fingerprint TEXT PRIMARY KEY, media_type TEXT NOT NULL, size INTEGER NOT NULL, body "
    "BLOB NOT NULL) WITHOUT ROWID",
)
#: What follows from the steps. Nodes are told by number where there are many rows: a key is long, and may change.
DERIVED_SCHEMA = (
    "CREATE TABLE exchanges (step INTEGER NOT NULL, answer INTEGER NOT NULL, position INTEGER NOT NULL, "
    "fingerprint TEXT NOT NULL, provider TEXT NOT NULL, at TEXT NOT NULL, sent INTEGER NOT NULL, evidence TEXT "
    "NOT NULL, status INTEGER NOT NULL, ask TEXT NOT NULL, trouble TEXT NOT NULL, PRIMARY KEY (step, answer, "
    "position)) WITHOUT ROWID",
    "CREATE INDEX exchanges_by_ask ON exchanges (fingerprint, at)",
    "CREATE TABLE nodes (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, scope TEXT NOT NULL, "
    "label TEXT NOT NULL, entity TEXT NOT NULL, first_step INTEGER NOT NULL, verdict TEXT NOT NULL, severity TEXT "
    "NOT NULL)",
    "CREATE INDEX nodes_by_scope ON nodes (scope) WHERE scope <> ''",
    # What a node is called besides its key.
    "CREATE TABLE aliases (alias TEXT PRIMARY KEY, node INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE INDEX aliases_by_node ON aliases (node)",
    # Who said something, when, and on what evidence: once for all claims of an answer.
    "CREATE TABLE origins (id INTEGER PRIMARY KEY, step INTEGER NOT NULL, provider TEXT NOT NULL, pivot TEXT NOT NULL, "
    "asked_at TEXT NOT NULL, evidence TEXT NOT NULL, UNIQUE (step, provider, pivot, asked_at, evidence))",
    # `said_source` and `said_target` are empty where they are the keys of the nodes; `mark` is the same for the same
    # statement on the same evidence.
    "CREATE TABLE claims (id INTEGER PRIMARY KEY, source INTEGER NOT NULL, relation TEXT NOT NULL, target INTEGER "
    "NOT NULL, origin INTEGER NOT NULL, pointers TEXT NOT NULL, observed_first TEXT NOT NULL, observed_last TEXT NOT "
    "NULL, inferred INTEGER NOT NULL, said_source TEXT NOT NULL, said_target TEXT NOT NULL, mark BLOB NOT NULL UNIQUE)",
    "CREATE INDEX claims_by_source ON claims (source)",
    "CREATE INDEX claims_by_target ON claims (target)",
    "CREATE TABLE findings (step INTEGER NOT NULL, answer INTEGER NOT NULL, part INTEGER NOT NULL, subject INTEGER "
    "NOT NULL, pivot TEXT NOT NULL, provider TEXT NOT NULL, outcome TEXT NOT NULL, verdict TEXT NOT NULL, "
    "severity TEXT NOT NULL, reason TEXT NOT NULL, reference TEXT NOT NULL, asked_at TEXT NOT NULL, returned "
    "INTEGER NOT NULL, available INTEGER, truncated_by TEXT NOT NULL, evidence TEXT NOT NULL, PRIMARY KEY (step, "
    "answer, part)) WITHOUT ROWID",
    "CREATE INDEX findings_by_subject ON findings (subject)",
    "CREATE TABLE remarks (step INTEGER PRIMARY KEY, about TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL)",
    "CREATE TABLE merges (step INTEGER PRIMARY KEY, keep TEXT NOT NULL, gone TEXT NOT NULL, reason TEXT NOT NULL, "
    "undone_by INTEGER)",
    # Where the nodes are in the picture, and which are not shown.
    "CREATE TABLE layout (node TEXT PRIMARY KEY, x REAL, y REAL, pinned INTEGER NOT NULL, hidden INTEGER NOT NULL, "
    "collapsed INTEGER NOT NULL) WITHOUT ROWID",
)
TABLES = (*PERMANENT_SCHEMA, *DERIVED_SCHEMA)
_NAME = re.compile(r"CREATE TABLE (\w+)")
#: The tables of what follows from the steps, and can be made again from them.
DERIVED_TABLES = tuple(match[1] for match in map(_NAME.match, DERIVED_SCHEMA) if match)


def create(connection: Connection) -> None:
    """Make the tables of an empty case."""
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")
    for statement in TABLES:
        connection.execute(statement)


def connect(path: Path | None) -> Connection:
    """Open the database of a case, made if there is none; in memory without a path.

    Raises:
        CaseError: in one of its kinds; the file is not touched.
    """
    if path is not None:
        if not _is_there(path):
            _create_file(path)
        _check_header(path)
    connection = open_database(path)
    try:
        with case_errors(path):
            if path is None:
                create(connection)
    except CaseError:
        connection.close()
        raise
    return connection


def _create_file(path: Path) -> None:
    """An empty case; where another process was first, its case is as good."""
    with suppress(CaseExists), atomic_file(path) as scratch, open_scratch(scratch) as connection, connection:
        create(connection)


@contextmanager
def atomic_file(path: Path) -> Generator[Path]:
    """A scratch file to write, which appears under its name only when it is whole: nobody ever meets half of one.

    Raises:
        CaseExists: there is such a file already.
        CaseReadOnly: it cannot be written.
    """
    _check_folder(path)
    scratch = path.with_name(f".clew-{secrets.token_hex(8)}.partial")
    try:
        scratch.touch(exist_ok=False)
        yield scratch
        with scratch.open("rb+") as file:
            os.fsync(file.fileno())
        _rename_scratch(scratch, path)
    except FileExistsError:
        raise CaseExists("there is such a file already", location=str(path), next_step="choose another name") from None
    except OSError as error:
        raise CaseReadOnly(
            f"the case cannot be made: {error.strerror}",
            location=str(path),
            next_step="check the permissions of its folder, and its room",
        ) from None
    finally:
        with suppress(OSError):  # what it was made for is done, or told already
            scratch.unlink(missing_ok=True)


def _rename_scratch(scratch: Path, path: Path) -> None:
    """Give the scratch file its name, unless that is taken."""
    try:
        path.hardlink_to(scratch)
    except FileExistsError:
        raise
    except OSError:
        # A file system without links. Two processes at once may then both make the case: the later one stays.
        scratch.replace(path)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:
        raise CaseReadOnly(f"the case cannot be read: {error.strerror}", location=str(path)) from None


def _check_header(path: Path) -> None:
    if not path.is_file():
        # Before it is opened: a named pipe would wait for somebody to write.
        raise CaseForeign(f"a {'folder' if path.is_dir() else 'device'} is no case", location=str(path))
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except OSError as error:
        raise CaseReadOnly(f"the case cannot be read: {error.strerror}", location=str(path)) from None
    if not header:
        raise CaseDamaged("the file is empty", location=str(path), next_step="restore it from a copy")
    if not header.startswith(_MAGIC):
        raise CaseForeign("this is no case file", location=str(path), next_step="give a .clew file")
    if len(header) < 100:
        raise CaseDamaged("the file is cut off in its header", location=str(path), next_step="restore it from a copy")
    if int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise CaseForeign("this is a database of some other program", location=str(path), next_step="give a .clew file")
    version = int.from_bytes(header[60:64], "big")
    if version > VERSION:
        raise CaseNewer(
            f"the case has format {version}, and this clew reads up to {VERSION}",
            location=str(path),
            next_step="install a newer clew",
        )
    if version >= CHECKSUM_VERSION and header[RESERVED_OFFSET] != RESERVED_BYTES:
        raise CaseDamaged("the case has no checksums", location=str(path), next_step="restore it from a copy")
    if header[18:20] != _ROLLBACK:
        # SQLite would turn it back, and so write a file that nothing is known of yet.
        raise CaseDamaged(
            "the case was left in a mode that clew does not use", location=str(path), next_step="restore it from a copy"
        )


def _check_folder(path: Path) -> None:
    if not path.parent.is_dir():
        raise CaseNotFound("there is no such folder", location=str(path.parent), next_step="make it first")


def check_schema(connection: Connection, tables: tuple[str, ...], path: Path | None) -> None:
    """The schema must be ours to the byte: no views, triggers, virtual tables or generated columns can hide in it."""
    statements = schema_statements(connection)
    if sorted(statements) != sorted(tables):
        strange = next(iter(set(statements) ^ set(tables)), "")
        raise CaseDamaged(
            f"the tables are not those of a case: {strange[:80]}",
            location=str(path),
            next_step="do not trust this file",
        )


def check_pages(connection: Connection, path: Path | None) -> None:
    """Every page must be where it belongs: one in the place of another has a checksum that fits.

    It reads the whole file, some milliseconds for each MiB. Raises CaseDamaged.
    """
    result = str(next(connection.execute("PRAGMA integrity_check(1)"))[0])
    if result != "ok":
        problem = f"the pages of the case do not fit together: {visible(result, 200)}"
        raise CaseDamaged(problem, location=str(path or "memory"), next_step="restore it from a copy")
