"""A small SQLite file in the cache folder, shared by all processes of a user. What is in it can be lost."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Literal, TypeVar

T = TypeVar("T")
_log = logging.getLogger(__name__)
_DAMAGE_CODES = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class CacheFileUnusable(Exception):
    """The file cannot be used: no permission, no space."""


class CacheFileBusy(CacheFileUnusable):
    """Others write for longer than could be waited."""


class CacheFile:
    """Runs pieces of work on a file, each as one transaction.

    It is opened for each of them: then nothing has to be shared between threads, or let go of after a fork. Nothing is
    forced to disk: a machine that stops may leave a damaged file, which is begun anew.

    Args:
        schema: the statements that make its tables.
        label: it is, for people.
        journal: with `MEMORY`, which takes a third less time, a process that is killed while it writes may leave a
            damaged file as well.
    """

    def __init__(self, file: Path, schema: Sequence[str], label: str, *, journal: Literal["DELETE", "MEMORY"]) -> None:
        self.file = file
        self._journal = journal
        self._schema = schema
        self._label = label
        self._lock = threading.Lock()

    def run(self, work: Callable[[sqlite3.Connection], T], *, wait: float, read_only: bool = False) -> T:
        """What `work` returns; nothing else writes meanwhile. A damaged file is told, and begun anew.

        Args:
            wait: for others who write, in seconds.
            read_only: it is one statement that only reads: no turn is needed for it.

        Raises:
            ShelfBusy: others write for all of that time.
            ShelfUnusable: the file cannot be read and written.
        """
        try:
            try:
                return self._transaction(work, wait, read_only=read_only)
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise
            with self._lock:
                return self._run_recovered(work, wait)
        except (OSError, sqlite3.Error) as error:
            busy = _error_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
            raise (CacheFileBusy if busy else CacheFileUnusable)(f"{self.file}: {error}") from None

    def _run_recovered(self, work: Callable[[sqlite3.Connection], T], wait: float) -> T:
        """With tables in a new file, after another thread has begun it anew, or after that is done here."""
        try:
            self._transaction(self._create_tables, wait)
            return self._transaction(work, wait)
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
        self.remove()
        _log.warning("%s was damaged and is begun anew: %s", self._label, self.file)
        self._transaction(self._create_tables, wait)
        return self._transaction(work, wait)

    def _create_tables(self, connection: sqlite3.Connection) -> None:
        for statement in self._schema:
            connection.execute(statement)

    def remove(self) -> None:
        """Take the file away, with what SQLite keeps beside it."""
        for suffix in ("-journal", ""):
            self.file.with_name(self.file.name + suffix).unlink(missing_ok=True)

    def _transaction(self, work: Callable[[sqlite3.Connection], T], wait: float, *, read_only: bool = False) -> T:
        self._create_file()
        with closing(sqlite3.connect(self.file, timeout=wait, isolation_level=None)) as connection:
            if read_only:
                return work(connection)
            connection.execute("PRAGMA synchronous=OFF")
            connection.execute(f"PRAGMA journal_mode={self._journal}")
            connection.execute("BEGIN IMMEDIATE")
            with connection:  # commits, or rolls back
                return work(connection)

    def _create_file(self) -> None:
        """The file is the user's own from the beginning."""
        if not self.file.exists():
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.file.touch(mode=0o600)


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    """Also a file without the tables, or with others: nobody but clew writes here."""
    return _error_code(error) in _DAMAGE_CODES or (
        _error_code(error) == sqlite3.SQLITE_ERROR and "no such" in str(error)
    )


def _error_code(error: Exception) -> int:
    """Which error of SQLite it is, without its finer shades; 0 for others."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
