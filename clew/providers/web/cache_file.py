"""A small SQLite file in the cache folder, shared by all processes of a user. What is in it can be lost."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Literal, TypeVar

from clew import sqlite
from clew.sqlite import Connection, Failure, FailureKind, OpenMode

T = TypeVar("T")
_log = logging.getLogger(__name__)


class CacheFileUnusable(Exception):
    """The file cannot be used: no permission, no space."""


class CacheFileBusy(CacheFileUnusable):
    """Others write for longer than could be waited."""


class _CacheFileDamaged(CacheFileUnusable):
    """What is in it is not what was written."""


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

    def run(self, work: Callable[[Connection], T], *, wait: float, read_only: bool = False) -> T:
        """What `work` returns; nothing else writes meanwhile. A damaged file is told, and begun anew.

        Args:
            wait: for others who write, in seconds.
            read_only: it is one statement that only reads: no turn is needed for it.

        Raises:
            CacheFileBusy: others write for all of that time.
            CacheFileUnusable: the file cannot be read and written.
        """
        try:
            try:
                return self._transaction(work, wait, read_only=read_only)
            except _CacheFileDamaged:
                pass
            with self._lock:
                return self._run_recovered(work, wait)
        except OSError as error:
            raise CacheFileUnusable(f"{self.file}: {error}") from None

    def _run_recovered(self, work: Callable[[Connection], T], wait: float) -> T:
        """With tables in a new file, after another thread has begun it anew, or after that is done here."""
        try:
            self._transaction(self._create_tables, wait)
            return self._transaction(work, wait)
        except _CacheFileDamaged:
            pass
        self.remove()
        _log.warning("%s was damaged and is begun anew: %s", self._label, self.file)
        self._transaction(self._create_tables, wait)
        return self._transaction(work, wait)

    def _create_tables(self, connection: Connection) -> None:
        for statement in self._schema:
            connection.execute(statement)

    def remove(self) -> None:
        """Take the file away, with what SQLite keeps beside it."""
        for suffix in ("-journal", ""):
            self.file.with_name(self.file.name + suffix).unlink(missing_ok=True)

    def _transaction(self, work: Callable[[Connection], T], wait: float, *, read_only: bool = False) -> T:
        self._create_file()
        with sqlite.translate_errors(self._error), closing(sqlite.connect(self.file, OpenMode.WRITE)) as connection:
            connection.set_busy_timeout(int(wait * 1000))
            sqlite.harden(connection)
            if read_only:
                return work(connection)
            sqlite.set_pragmas(connection, "synchronous = OFF", f"journal_mode = {self._journal}")
            with sqlite.immediate_transaction(connection):
                return work(connection)

    def _error(self, failure: Failure) -> CacheFileUnusable:
        """What a failure means. Also a file without the tables is damaged: nobody but clew writes here."""
        text = f"{self.file}: {failure.message}"
        if failure.kind is FailureKind.BUSY:
            return CacheFileBusy(text)
        has_no_tables = failure.kind is FailureKind.STATEMENT and "no such" in failure.message
        return (
            _CacheFileDamaged(text) if failure.kind is FailureKind.DAMAGE or has_no_tables else CacheFileUnusable(text)
        )

    def _create_file(self) -> None:
        """The file is the user's own from the beginning."""
        if not self.file.exists():
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.file.touch(mode=0o600)
