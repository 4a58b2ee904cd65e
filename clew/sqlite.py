"""SQLite as clew uses it: one driver, one hardening and one reading of its errors for every file of its own.

How durable a file is, and which words its errors have, is the business of whoever keeps it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import apsw

Value = str | bytes | int | float | None
#: What SQLite raises.
SqliteError = apsw.Error
#: Instead of the path of a file: a database in memory, and one in a file that is gone when it is closed.
IN_MEMORY, SCRATCH = ":memory:", ""


class Cursor(Protocol):
    """The rows of a statement. The tables say what is in them; Python cannot know it."""

    def __iter__(self) -> Iterator[tuple[Any, ...]]: ...
    def __next__(self) -> tuple[Any, ...]: ...
    def fetchone(self) -> tuple[Any, ...] | None: ...
    def fetchall(self) -> list[tuple[Any, ...]]: ...
    def close(self) -> None: ...


class Connection(Protocol):
    """What is used of a connection of apsw, whose own types leave open what may be bound to a statement."""

    @property
    def in_transaction(self) -> bool: ...
    def execute(self, statements: str, bindings: Sequence[Value] = ..., /) -> Cursor: ...
    def executemany(self, statements: str, bindings: Iterable[Sequence[Value]], /) -> Cursor: ...
    def last_insert_rowid(self) -> int: ...
    def limit(self, limit_id: int, newval: int = ..., /) -> int: ...
    def set_progress_handler(self, callable: Callable[[], bool] | None, nsteps: int = ..., /) -> None: ...  # noqa: A002 - apsw's
    def config(self, op: int, value: int, /) -> int: ...
    def set_busy_timeout(self, milliseconds: int, /) -> None: ...
    def reserve_bytes(self, schema: str, reserve: int, /) -> int: ...
    def close(self) -> None: ...
    def __enter__(self) -> object: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> bool | None: ...


class OpenMode(Enum):
    """What may be done to a file."""

    READ = apsw.SQLITE_OPEN_READONLY
    WRITE = apsw.SQLITE_OPEN_READWRITE
    CREATE = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE


def connect(path: Path | str, mode: OpenMode = OpenMode.CREATE, *, vfs: str = "") -> Connection:
    """A connection to a file, to `IN_MEMORY` or to `SCRATCH`. Nothing is set on it yet, and nothing read.

    Args:
        vfs: the name of a layer of SQLite between it and the file.

    Raises:
        SqliteError: it cannot be opened.
    """
    # Returned, and not assigned: the protocol says less than apsw, and checkers would keep what apsw says.
    return apsw.Connection(str(path), flags=mode.value, vfs=vfs or None)


def harden(connection: Connection) -> None:
    """Nothing in a file may run code or ask for too much."""
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    connection.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
    connection.limit(apsw.SQLITE_LIMIT_ATTACHED, 0)
    connection.limit(apsw.SQLITE_LIMIT_TRIGGER_DEPTH, 0)
    set_pragmas(connection, "cell_size_check = ON")


def set_pragmas(connection: Connection, *assignments: str) -> None:
    """Set what SQLite calls pragmas: `synchronous = OFF`."""
    for assignment in assignments:
        connection.execute(f"PRAGMA {assignment}").fetchall()


def pragma_value(connection: Connection, name: str) -> int:
    """The number that a pragma says."""
    return int(next(connection.execute(f"PRAGMA {name}"))[0])


def schema_statements(connection: Connection) -> list[str]:
    """The statements that made what is in a file, in the order of the file."""
    return [str(row[0]) for row in connection.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")]


@contextmanager
def immediate_transaction(connection: Connection) -> Generator[None]:
    """A transaction that nobody else writes beside: all of it is kept when the block ends, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def rewriting(connection: Connection) -> Generator[None]:
    """For the block, SQLite may attach the copy that it makes of a file when it writes all of it anew."""
    connection.limit(apsw.SQLITE_LIMIT_ATTACHED, 1)
    try:
        yield
    finally:
        connection.limit(apsw.SQLITE_LIMIT_ATTACHED, 0)


def backup(source: Connection, target: Connection) -> None:
    """All of a database as it is now into another, while others go on with it."""
    with _apsw(target).backup("main", _apsw(source), "main") as copy:
        copy.step()


@dataclass(frozen=True, slots=True)
class Rows:
    """What a query gives: the names of its columns, which an empty answer has too, and its rows."""

    columns: list[str]
    rows: list[tuple[Any, ...]]


def query(connection: Connection, sql: str, values: Sequence[Value] = ()) -> Rows:
    """The rows of a query, with the names of their columns."""
    columns: list[str] = []

    def record_columns(cursor: apsw.Cursor, _sql: str, _values: object) -> bool:
        # Before it runs: afterwards an empty answer does not say its columns any more.
        columns.extend(column[0] for column in cursor.get_description())
        return True

    cursor = _apsw(connection).cursor()
    cursor.exec_trace = record_columns
    rows: Cursor = cursor.execute(sql, values)  # pyright: ignore[reportUnknownMemberType] - apsw leaves it open
    return Rows(columns, [*rows])


def _apsw(connection: Connection) -> apsw.Connection:
    if not isinstance(connection, apsw.Connection):
        raise TypeError("this is no connection of clew.sqlite")
    return connection


class FailureKind(Enum):
    """What went wrong.

    Attributes:
        MISSING: the file cannot be opened, which mostly means that it is not there.
        DISK: reading or writing failed.
        CHECKSUM: a page is not the one that was written.
        DAMAGE: it is no database, or contradicts itself.
        STATEMENT: a statement does not fit the tables.
    """

    BUSY = "busy"
    MISSING = "missing"
    READ_ONLY = "read-only"
    FULL = "full"
    DISK = "disk"
    CHECKSUM = "checksum"
    DAMAGE = "damage"
    STATEMENT = "statement"
    OTHER = "other"


_KINDS = {
    apsw.SQLITE_BUSY: FailureKind.BUSY,
    apsw.SQLITE_LOCKED: FailureKind.BUSY,
    apsw.SQLITE_CANTOPEN: FailureKind.MISSING,
    apsw.SQLITE_READONLY: FailureKind.READ_ONLY,
    apsw.SQLITE_PERM: FailureKind.READ_ONLY,
    apsw.SQLITE_FULL: FailureKind.FULL,
    apsw.SQLITE_IOERR: FailureKind.DISK,
    apsw.SQLITE_CORRUPT: FailureKind.DAMAGE,
    apsw.SQLITE_NOTADB: FailureKind.DAMAGE,
    apsw.SQLITE_ERROR: FailureKind.STATEMENT,
}
# Failures of reading that are not the disk's.
_CHECKSUM_CODES = (apsw.SQLITE_IOERR_DATA, apsw.SQLITE_IOERR_CORRUPTFS)


@dataclass(frozen=True, slots=True)
class Failure:
    """An error of SQLite: what went wrong, and its own words."""

    kind: FailureKind
    message: str

    @classmethod
    def of(cls, error: Exception) -> Failure:
        """What an error means. The text of a damaged schema, which SQLite quotes, may be no text."""
        if getattr(error, "extendedresult", 0) in _CHECKSUM_CODES:
            return cls(FailureKind.CHECKSUM, str(error))
        code: int = getattr(error, "result", apsw.SQLITE_CORRUPT) & 0xFF
        return cls(_KINDS.get(code, FailureKind.OTHER), str(error))


@contextmanager
def translate_errors(to_error: Callable[[Failure], Exception | None]) -> Generator[None]:
    """SQLite's errors in the words of whoever keeps the file.

    Args:
        to_error: what is raised instead; None for what is a mistake in clew, and stays as it is.
    """
    try:
        yield
    except (apsw.ThreadingViolationError, apsw.BindingsError):
        raise  # mistakes in clew, and not in the file
    except (SqliteError, UnicodeDecodeError) as error:
        replacement = to_error(Failure.of(error))
        if replacement is None:
            raise
        raise replacement from error
