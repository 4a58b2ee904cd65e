"""SQLite as cases use it: durable, with a checksum on every page, and with nothing in a file that could run code."""

from __future__ import annotations

import functools
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import apsw

from clew.errors import CaseDamaged, CaseError, CaseLocked, CaseReadOnly

Connection = apsw.Connection

BUSY_MS = 30_000
#: How many bytes of each page hold its checksum. The header of a file says so in the byte at `RESERVED_AT`.
RESERVED = 8
RESERVED_AT = 20
_VFS = "cksmvfs"
# How SQLite fails; the text of a damaged schema, which it quotes, may be no text.
_ERRORS = (apsw.Error, UnicodeDecodeError)
_LOCKED = (apsw.SQLITE_BUSY, apsw.SQLITE_LOCKED)
_REFUSED = (apsw.SQLITE_READONLY, apsw.SQLITE_CANTOPEN, apsw.SQLITE_PERM)
_BROKEN_DISK = (apsw.SQLITE_FULL, apsw.SQLITE_IOERR)
# Failures of reading that are not the disk's: the page is not the one that was written.
_CHANGED = (apsw.SQLITE_IOERR_DATA, apsw.SQLITE_IOERR_CORRUPTFS)


def open_database(path: Path | None) -> Connection:
    """The database of a file, which need not be there yet; in memory without a path.

    Every page that is written gets a checksum, and every page that is read is compared with it: SQLite itself does not
    notice most changes of single bits.

    Raises:
        CaseError: in one of its kinds.
    """
    with typed(path):
        connection = apsw.Connection(str(path), vfs=_checksums()) if path else apsw.Connection(":memory:")
        try:
            _harden(connection)
            connection.reserve_bytes("main", RESERVED)
        except BaseException:
            connection.close()
            raise
        return connection


@contextmanager
def open_scratch(path: Path) -> Generator[Connection]:
    """The database of a file that nobody sees before it is whole, and synced: until then both would only cost time."""
    with closing(open_database(path)) as connection, typed(path):
        connection.execute("PRAGMA journal_mode = MEMORY")
        connection.execute("PRAGMA synchronous = OFF")
        yield connection


@functools.cache
def _checksums() -> str:
    """The name of the layer that reckons checksums, which comes with apsw."""
    # Loaded here: it looks for files, and only cases need it.
    from apsw import sqlite_extra

    connection = apsw.Connection(":memory:")
    try:
        sqlite_extra.load(connection, "cksumvfs")
    except sqlite_extra.NotAvailable:
        raise CaseError("this build of apsw has no checksums, and no case is kept without them",
                        next_step="pip install --force-reinstall --only-binary apsw apsw") from None  # fmt: skip
    finally:
        connection.close()
    return _VFS


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
def typed(path: Path | None) -> Generator[None]:
    """SQLite's errors as those of clew."""
    try:
        yield
    except (apsw.ThreadingViolationError, apsw.BindingsError):
        raise  # mistakes in clew, and not in the file
    except _ERRORS as error:
        raise _typed_error(error, path) from error


def _typed_error(error: Exception, path: Path | None) -> CaseError:
    where = str(path or "memory")
    code: int = getattr(error, "result", apsw.SQLITE_CORRUPT) & 0xFF
    if code in _LOCKED:
        return CaseLocked("another process is writing the case", where=where, next_step="try again when it is done")
    if code in _REFUSED:
        return CaseReadOnly(f"the case cannot be written: {error}", where=where, next_step="check its permissions")
    changed = getattr(error, "extendedresult", 0) in _CHANGED
    if code in _BROKEN_DISK and not changed:
        return CaseReadOnly(f"the disk does not do what it is asked: {error}", where=where,
                            next_step="free some space, and look whether the step is there")  # fmt: skip
    what = "a page is not as it was written" if changed else str(error)
    return CaseDamaged(f"the case is damaged: {what}", where=where, next_step="restore it from a copy")
