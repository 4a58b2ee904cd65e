"""SQLite as cases use it: durable, with a checksum on every page, and with nothing in a file that could run code."""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import apsw

from clew.errors import CaseDamaged, CaseError, CaseLocked, CaseReadOnly

Value = str | bytes | int | float | None


class Cursor(Protocol):
    """The rows of a statement. The tables say what is in them; Python cannot know it."""

    def __iter__(self) -> Iterator[tuple[Any, ...]]: ...
    def __next__(self) -> tuple[Any, ...]: ...
    def fetchone(self) -> tuple[Any, ...] | None: ...
    def fetchall(self) -> list[tuple[Any, ...]]: ...
    def close(self) -> None: ...


class Connection(Protocol):
    """What cases use of a connection of apsw, whose own types leave open what may be bound to a statement."""

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


BUSY_MS = 30_000
#: How many bytes of each page hold its checksum. The header of a file says so in the byte at `RESERVED_AT`.
RESERVED_BYTES = 8
RESERVED_OFFSET = 20
_CHECKSUM_VFS = "cksmvfs"
# How SQLite fails; the text of a damaged schema, which it quotes, may be no text.
_ERRORS = (apsw.Error, UnicodeDecodeError)
_LOCK_CODES = (apsw.SQLITE_BUSY, apsw.SQLITE_LOCKED)
_READ_ONLY_CODES = (apsw.SQLITE_READONLY, apsw.SQLITE_CANTOPEN, apsw.SQLITE_PERM)
_DISK_CODES = (apsw.SQLITE_FULL, apsw.SQLITE_IOERR)
# Failures of reading that are not the disk's: the page is not the one that was written.
_CORRUPTION_CODES = (apsw.SQLITE_IOERR_DATA, apsw.SQLITE_IOERR_CORRUPTFS)


def open_database(path: Path | None) -> Connection:
    """The database of a file, which need not be there yet; in memory without a path.

    Every page that is written gets a checksum, and every page that is read is compared with it: SQLite itself does not
    notice most changes of single bits.

    Raises:
        CaseError: in one of its kinds.
    """
    with case_errors(path):
        connection: Connection = (
            apsw.Connection(str(path), vfs=_checksum_vfs()) if path else apsw.Connection(":memory:")
        )
        try:
            _harden(connection)
            connection.reserve_bytes("main", RESERVED_BYTES)
        except BaseException:
            connection.close()
            raise
        return connection


@contextmanager
def open_scratch(path: Path) -> Generator[Connection]:
    """The database of a file that nobody sees before it is whole, and synced: until then both would only cost time."""
    with closing(open_database(path)) as connection, case_errors(path):
        connection.execute("PRAGMA journal_mode = MEMORY")
        connection.execute("PRAGMA synchronous = OFF")
        yield connection


def copy_database(source: Connection, path: Path) -> None:
    """All of a database as it is now into a file, while others go on with it. Raises CaseError."""
    with open_scratch(path) as target, _apsw(target).backup("main", _apsw(source), "main") as backup:
        backup.step()


def table(connection: Connection, sql: str, values: Sequence[Value] = ()) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The names of the columns of a query, and its rows."""
    names: list[str] = []

    def record_columns(cursor: apsw.Cursor, _sql: str, _values: object) -> bool:
        # Before it runs: afterwards an empty answer does not say its columns any more.
        names.extend(column[0] for column in cursor.get_description())
        return True

    cursor = _apsw(connection).cursor()
    cursor.exec_trace = record_columns
    rows: Cursor = cursor.execute(sql, values)  # pyright: ignore[reportUnknownMemberType] - apsw leaves it open
    return names, [*rows]


def _apsw(connection: Connection) -> apsw.Connection:
    if not isinstance(connection, apsw.Connection):
        raise TypeError("this is no connection of open_database")
    return connection


@functools.cache
def _checksum_vfs() -> str:
    """The name of the layer that reckons checksums, which comes with apsw."""
    # Loaded here: it looks for files, and only cases need it.
    from apsw import sqlite_extra

    connection = apsw.Connection(":memory:")
    try:
        sqlite_extra.load(connection, "cksumvfs")
    except sqlite_extra.NotAvailable:
        raise CaseError(
            "this build of apsw has no checksums, and no case is kept without them",
            next_step="pip install --force-reinstall --only-binary apsw apsw",
        ) from None
    finally:
        connection.close()
    return _CHECKSUM_VFS


def _harden(connection: Connection) -> None:
    """Durable steps; and nothing in the file may run code or ask for too much."""
    connection.set_busy_timeout(BUSY_MS)
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    connection.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
    connection.execute("PRAGMA cell_size_check = ON")
    # An acknowledged step survives a power cut: measured against WAL, which loses all when the main file is copied.
    connection.execute("PRAGMA journal_mode = TRUNCATE")
    connection.execute("PRAGMA synchronous = EXTRA")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA cache_size = -262144")
    connection.limit(apsw.SQLITE_LIMIT_ATTACHED, 0)
    connection.limit(apsw.SQLITE_LIMIT_TRIGGER_DEPTH, 0)


@contextmanager
def case_errors(path: Path | None) -> Generator[None]:
    """SQLite's errors as those of clew."""
    try:
        yield
    except (apsw.ThreadingViolationError, apsw.BindingsError):
        raise  # mistakes in clew, and not in the file
    except _ERRORS as error:
        raise _case_error(error, path) from error


def _case_error(error: Exception, path: Path | None) -> CaseError:
    location = str(path or "memory")
    code: int = getattr(error, "result", apsw.SQLITE_CORRUPT) & 0xFF
    if code in _LOCK_CODES:
        return CaseLocked(
            "another process is writing the case", location=location, next_step="try again when it is done"
        )
    if code in _READ_ONLY_CODES:
        return CaseReadOnly(
            f"the case cannot be written: {error}", location=location, next_step="check its permissions"
        )
    is_corrupt = getattr(error, "extendedresult", 0) in _CORRUPTION_CODES
    if code in _DISK_CODES and not is_corrupt:
        return CaseReadOnly(
            f"the disk does not do what it is asked: {error}",
            location=location,
            next_step="free some space, and look whether the step is there",
        )
    problem = "a page is not as it was written" if is_corrupt else str(error)
    return CaseDamaged(f"the case is damaged: {problem}", location=location, next_step="restore it from a copy")
