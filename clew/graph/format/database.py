"""SQLite as cases use it: durable, with a checksum on every page, and with nothing in a file that could run code."""

from __future__ import annotations

import functools
from collections.abc import Generator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import apsw

from clew import sqlite
from clew.errors import CaseDamaged, CaseError, CaseLocked, CaseReadOnly
from clew.sqlite import Connection, Failure, FailureKind

BUSY_MS = 30_000
#: How many bytes of each page hold its checksum. The header of a file says so in the byte at `RESERVED_OFFSET`.
RESERVED_BYTES = 8
RESERVED_OFFSET = 20
_CHECKSUM_VFS = "cksmvfs"


def open_database(path: Path | None) -> Connection:
    """The database of a file, which need not be there yet; in memory without a path.

    Every page that is written gets a checksum, and every page that is read is compared with it: SQLite itself does not
    notice most changes of single bits.

    Raises:
        CaseError: in one of its kinds.
    """
    with case_errors(path):
        connection = sqlite.connect(path, vfs=_checksum_vfs()) if path else sqlite.connect(sqlite.IN_MEMORY)
        try:
            _make_durable(connection)
            connection.reserve_bytes("main", RESERVED_BYTES)
        except BaseException:
            connection.close()
            raise
        return connection


@contextmanager
def open_scratch(path: Path) -> Generator[Connection]:
    """The database of a file that nobody sees before it is whole, and synced: until then both would only cost time."""
    with closing(open_database(path)) as connection, case_errors(path):
        sqlite.set_pragmas(connection, "journal_mode = MEMORY", "synchronous = OFF")
        yield connection


def copy_database(source: Connection, path: Path) -> None:
    """All of a database as it is now into a file, while others go on with it. Raises CaseError."""
    with open_scratch(path) as target:
        sqlite.backup(source, target)


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


def _make_durable(connection: Connection) -> None:
    """Durable steps, in a file that is not trusted."""
    connection.set_busy_timeout(BUSY_MS)
    sqlite.harden(connection)
    sqlite.set_pragmas(
        connection,
        # An acknowledged step survives a power cut: measured against WAL, which loses all when the main file is copied.
        "journal_mode = TRUNCATE",
        "synchronous = EXTRA",
        "temp_store = MEMORY",
        "cache_size = -262144",
    )


def case_errors(path: Path | None) -> AbstractContextManager[None]:
    """SQLite's errors as those of clew."""
    return sqlite.translate_errors(functools.partial(_case_error, path))


def _case_error(path: Path | None, failure: Failure) -> CaseError:
    location = str(path or "memory")
    match failure.kind:
        case FailureKind.BUSY:
            return CaseLocked(
                "another process is writing the case", location=location, next_step="try again when it is done"
            )
        case FailureKind.READ_ONLY | FailureKind.MISSING:
            return CaseReadOnly(
                f"the case cannot be written: {failure.message}", location=location, next_step="check its permissions"
            )
        case FailureKind.FULL | FailureKind.DISK:
            return CaseReadOnly(
                f"the disk does not do what it is asked: {failure.message}",
                location=location,
                next_step="free some space, and look whether the step is there",
            )
        case FailureKind.CHECKSUM:
            problem = "a page is not as it was written"
        case _:
            problem = failure.message
    return CaseDamaged(f"the case is damaged: {problem}", location=location, next_step="restore it from a copy")
