"""Menu `query` of File entities: questions to the connected logs.

Generated from clew/logs/queries by `python -m clew.pivots.generate`. Do not edit.
"""

from __future__ import annotations

from typing import ClassVar

from clew.entities import File
from clew.entities.times import TimeLike
from clew.pivots.binding import Menu, bind
from clew.providers.base import Steps, operation
from clew.providers.local.logs import LogProvider


class FileLogs(LogProvider):
    """Log queries about File entities."""

    @operation(calls=1, broad=True)
    def alerts(
        self,
        file: File,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Alerts that name the file.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("File.alerts", file, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def autoruns(
        self,
        file: File,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Where the file starts by itself.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("File.autoruns", file, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def mail(
        self,
        file: File,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Mails that the file was attached to.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("File.mail", file, {}, limit, start, end)

    @operation(calls=1)
    def transfers(
        self,
        file: File,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Who sent the file to whom, and from which URL.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("File.transfers", file, {}, limit, start, end)

    @operation(calls=1)
    def processes(
        self,
        file: File,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Processes that ran from the file.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("File.processes", file, {}, limit, start, end)

    @operation(calls=1)
    def writers(
        self,
        file: File,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Processes that created the file at its place.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("File.writers", file, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def images(
        self,
        file: File,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Processes and machines that loaded the file as a library or driver.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("File.images", file, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def changes(
        self,
        file: File,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Processes that changed, deleted or hid the file.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("File.changes", file, {}, limit, start, end)


class FileQuery(Menu[File]):
    """Questions to the logs about File entities."""

    menu: ClassVar[str] = "query"
    alerts = bind(FileLogs.alerts)
    autoruns = bind(FileLogs.autoruns)
    mail = bind(FileLogs.mail)
    transfers = bind(FileLogs.transfers)
    processes = bind(FileLogs.processes)
    writers = bind(FileLogs.writers)
    images = bind(FileLogs.images)
    changes = bind(FileLogs.changes)
