"""Reading log files once: each event is kept as it stood, counted, and becomes rows of the views that know it."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from clew.entities.display import visible
from clew.errors import ClewError, ConnectError, MissingExtra
from clew.logs.engines.containers import DAMAGE
from clew.logs.engines.event_store import EventWriter
from clew.logs.engines.log_files import SkippedFile, log_files, unpacked_size
from clew.logs.engines.reading_progress import ReadingProgress, is_heard, tell_progress
from clew.logs.engines.view_tables import ViewTables
from clew.logs.event_mapper import EventKind, EventMapper
from clew.logs.event_paths import Fields, unwrap
from clew.logs.formats.log_format import LogFile
from clew.logs.map_suggestion import suggest_columns

#: After how many rows of a file it is told how far reading is.
_TOLD_EVERY = 10_000
#: So many rows of so many unknown layouts are looked at for what their columns may be.
_SAMPLE_ROWS = 20
_MAX_LAYOUTS = 5


class Ingest:
    """Fills a store and its tables from the files of a path."""

    def __init__(self, events: EventWriter, tables: ViewTables, mapper: EventMapper) -> None:
        self._events = events
        self._tables = tables
        self._mapper = mapper
        self._first_skipped: SkippedFile | None = None
        self._unknown_rows: dict[str, list[Fields]] = {}
        self._total_size: int | None = None

    def read(self, path: Path) -> None:
        """Read all files. One that cannot be read, or not to its end, costs itself and what is left of it.

        Raises:
            ConnectError: nothing is there, or not one event could be read.
        """
        self._total_size = unpacked_size(path) if is_heard() else None
        with _no_garbage_collection():
            for file in log_files(path):
                if isinstance(file, SkippedFile):
                    self._skip(file)
                else:
                    self._read_file(file)
        for label, rows in self._unknown_rows.items():
            if columns := suggest_columns(rows):
                self._events.suggest(label, columns)
        if not self._events.event_count:
            first = self._first_skipped
            detail = f": {visible(first.name)}: {visible(first.reason)}" if first else ""
            raise ConnectError(
                f"there is no log file in it{detail}",
                location=str(path),
                next_step="give files of logs; docs/reference/log-formats.md lists the formats",
            )

    def _skip(self, file: SkippedFile) -> None:
        self._first_skipped = self._first_skipped or file
        self._events.skip(file.name, file.reason)

    def _read_file(self, file: LogFile) -> None:
        first = self._events.event_count
        try:
            self._read_events(file, first)
        except MissingExtra as error:
            self._skip(SkippedFile(file.name, f"{error.message}: {error.next_step}"))
        except (*DAMAGE, ClewError, OSError, ValueError) as error:
            reason = error.message if isinstance(error, ClewError) else str(error) or type(error).__name__
            count = self._events.event_count - first
            self._skip(SkippedFile(file.name, f"{reason}; cut after {count:,} rows" if count else reason))
        else:
            self._skip_if_empty(file, first)
        if self._events.event_count > first:
            self._events.add_file(file, first)

    def _skip_if_empty(self, file: LogFile, first: int) -> None:
        if self._events.event_count == first:
            self._skip(SkippedFile(file.name, "there are no events in it"))

    def _read_events(self, file: LogFile, first: int) -> None:
        add_event, add_row, map_event = self._events.add, self._tables.add, self._mapper.map_event
        name = file.name
        for row, event in enumerate(file.format.events(file), 1):
            if not row % _TOLD_EVERY:
                tell_progress(ReadingProgress(name, first + row, self._events.size, self._total_size))
            if event.fields is None:
                add_event(event.raw, EventKind.DAMAGED, "")
                continue
            kind, label, view_rows = map_event(event.fields)
            add_event(event.raw, kind, label)
            if kind is EventKind.NO_LAYOUT:
                self._keep_unknown_row(label, event.fields)
            for view, cells in view_rows:
                cells.append(name)
                cells.append(row)
                add_row(view, cells)

    def _keep_unknown_row(self, label: str, fields: Fields) -> None:
        """Keep some rows of each unknown layout: out of them it is guessed what the columns are."""
        if label in self._unknown_rows or len(self._unknown_rows) < _MAX_LAYOUTS:
            rows = self._unknown_rows.setdefault(label, [])
            if len(rows) < _SAMPLE_ROWS:
                rows.append(unwrap(fields))


@contextmanager
def _no_garbage_collection() -> Generator[None]:
    """Rows refer to nothing that refers to them: looking for such circles would take a fifth of the time."""
    is_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_enabled:
            gc.enable()
