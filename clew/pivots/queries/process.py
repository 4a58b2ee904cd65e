"""Menu `query` of Process entities: questions to the connected logs.

Generated from clew/logs/queries by `python -m clew.pivots.generate`. Do not edit.
"""

from __future__ import annotations

from typing import ClassVar

from clew.entities import Process
from clew.entities.times import TimeLike
from clew.pivots.binding import Menu, bind
from clew.providers.base import Steps, operation
from clew.providers.local.logs import LogProvider


class ProcessLogs(LogProvider):
    """Log queries about Process entities."""

    @operation(calls=1)
    def children(
        self,
        process: Process,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Processes that the process started.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Process.children", process, {}, limit, start, end)

    @operation(calls=1)
    def parent(
        self,
        process: Process,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """The process that started it, and who ran it from which file.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Process.parent", process, {}, limit, start, end)

    @operation(calls=1)
    def connections(
        self,
        process: Process,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Addresses that the process talked to.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Process.connections", process, {}, limit, start, end)

    @operation(calls=1)
    def resolutions(
        self,
        process: Process,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Names that the process looked up.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Process.resolutions", process, {}, limit, start, end)

    @operation(calls=1)
    def files(
        self,
        process: Process,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Files that the process created.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Process.files", process, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def accesses(
        self,
        process: Process,
        *,
        image: str | None = None,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Processes whose memory the process opened.

        Args:
            image: only targets whose path ends with this, in any case.
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Process.accesses", process, {"image": image}, limit, start, end)

    @operation(calls=1, broad=True)
    def registry(
        self,
        process: Process,
        *,
        path: str | None = None,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Changes of the registry by the process.

        Args:
            path: only keys whose path contains this, in any case.
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Process.registry", process, {"path": path}, limit, start, end)

    @operation(calls=1, broad=True)
    def images(
        self,
        process: Process,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Libraries and drivers that were loaded by the process.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Process.images", process, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def remote_threads(
        self,
        process: Process,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Threads that were started in other processes by the process.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Process.remote_threads", process, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def pipes(
        self,
        process: Process,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Named pipes that were made and connected to by the process.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Process.pipes", process, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def process_ends(
        self,
        process: Process,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """When the process ended.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Process.process_ends", process, {}, limit, start, end)

    @operation(calls=1, broad=True)
    def file_changes(
        self,
        process: Process,
        *,
        path: str | None = None,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Files that the process deleted, or gave a stream or another time.

        Args:
            path: only files whose path contains this, in any case.
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Process.file_changes", process, {"path": path}, limit, start, end)

    @operation(calls=1, broad=True)
    def thread_starters(
        self,
        process: Process,
        *,
        limit: int = 1000,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Processes that started a thread in the process.

        Args:
            limit: the most rows to fetch; the finding says how many there are.
            start: only rows from then on: `-2d`, `2020-10-22T08:00Z`; else as the case says.
            end: only rows before then; else as the case says.
        """
        return self.ask("Process.thread_starters", process, {}, limit, start, end)


class ProcessQuery(Menu[Process]):
    """Questions to the logs about Process entities."""

    menu: ClassVar[str] = "query"
    children = bind(ProcessLogs.children)
    parent = bind(ProcessLogs.parent)
    connections = bind(ProcessLogs.connections)
    resolutions = bind(ProcessLogs.resolutions)
    files = bind(ProcessLogs.files)
    accesses = bind(ProcessLogs.accesses)
    registry = bind(ProcessLogs.registry)
    images = bind(ProcessLogs.images)
    remote_threads = bind(ProcessLogs.remote_threads)
    pipes = bind(ProcessLogs.pipes)
    process_ends = bind(ProcessLogs.process_ends)
    file_changes = bind(ProcessLogs.file_changes)
    thread_starters = bind(ProcessLogs.thread_starters)
