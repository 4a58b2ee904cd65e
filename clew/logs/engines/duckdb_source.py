"""Logs in a database of an embedded engine that is locked down: it answers SELECTs over the views, and nothing else."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import threading
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from clew.entities.display import visible
from clew.errors import ConnectError, MissingExtra, QueryError
from clew.logs.dialects import CANONICAL, Dialect
from clew.logs.engines.event_store import EventStore
from clew.logs.engines.protocol import Capabilities, LogRows, SourceDescription
from clew.logs.event_mapper import EventKind
from clew.logs.log_schemas import ORDER_COLUMNS

if TYPE_CHECKING:
    import duckdb

_LOCKED_CONFIG = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_access": "false",
    "lock_configuration": "true",
    "python_enable_replacements": "false",
}


#: The files of a source in its folder: the tables of the views, and the events.
TABLES, EVENTS = "views.duckdb", "events.sqlite"


class DuckDbSource:
    """The logs of files in one folder of the cache.

    Attributes:
        description: with the counts of `files`, good `rows` and `damaged` rows that no parser could read.
        coverage: what became of each row.
    """

    dialect: Dialect = CANONICAL

    def __init__(self, description: SourceDescription, folder: Path) -> None:
        self._events = EventStore(folder / EVENTS)
        self._database = _locked_down(folder / TABLES)
        self._lock = threading.Lock()
        self.coverage = self._events.coverage
        self.description = dataclasses.replace(description, counts=self._counts())
        self.capabilities = Capabilities(self.coverage.views)
        self._host_aliases = self._load_aliases()

    @property
    def events(self) -> EventStore:
        """The raw events, for who looks through all of them."""
        return self._events

    @property
    def name(self) -> str:
        """What the source is called in answers."""
        return self.description.name

    def __str__(self) -> str:
        return "\n".join([f"{visible(self.name)}: {self.description.count_text}", *self.coverage.lines()])

    def select(self, sql: str, parameters: Mapping[str, object], limit: int) -> LogRows:
        """Run one SELECT with bound parameters.

        Raises:
            QueryError: not exactly one SELECT, or its parameters are not the given ones.
            ConnectError: the events that were kept are damaged.
        """
        arguments = self._with_aliases(parameters)
        with self._lock, _query_errors():
            _check_select(self._database, f"SELECT * FROM ({sql})", arguments)
            # Not in order at first: the engine looks values up in an index only without. Most answers are small.
            # One row more than asked for tells whether there are more: then they are counted, and put in order.
            cursor = self._database.execute(f"SELECT * FROM ({sql}) LIMIT {limit + 1:d}", arguments)
            columns = tuple(str(column[0]) for column in cursor.description or ())
            rows = cursor.fetchall()
            available = len(rows)
            if available > limit:
                ordered_sql = f"SELECT * FROM ({sql}) ORDER BY time, source, row LIMIT {limit:d}"
                rows = self._database.execute(ordered_sql, arguments).fetchall()
                ((available,),) = self._database.execute(f"SELECT count(*) FROM ({sql})", arguments).fetchall()
            rows = _in_order(columns, rows)
            texts = self._raw_texts(columns, rows)
        return LogRows((*columns, "raw"), tuple((*row, raw) for row, raw in zip(rows, texts, strict=True)), available)

    def _raw_texts(self, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> list[str]:
        source, row = columns.index("source"), columns.index("row")
        return self._events.texts([(cells[source], cells[row]) for cells in rows])

    def _counts(self) -> dict[str, int]:
        damaged_rows = self.coverage.total(EventKind.DAMAGED)
        rows = sum(count.rows for count in self.coverage.counts) - damaged_rows
        gaps = {
            "unknown": self.coverage.total(EventKind.NO_LAYOUT),
            "unfilled": self.coverage.total(EventKind.EMPTY),
            "timeless": self.coverage.total(EventKind.NO_TIME),
            "skipped": len(self.coverage.skipped_files),
        }
        counts = {"files": len(self._events.files), "rows": rows, "damaged": damaged_rows}
        return counts | {key: count for key, count in gaps.items() if count}

    def close(self) -> None:
        """Let the database go. Closing twice is fine."""
        self._database.close()
        self._events.close()

    def _with_aliases(self, parameters: Mapping[str, object]) -> dict[str, object]:
        """`hosts` with the other names that the same machines have in these logs."""
        arguments = dict(parameters)
        hosts = arguments.get("hosts")
        if isinstance(hosts, list):
            names = cast("list[str]", hosts)
            arguments["hosts"] = sorted(
                {other for host in names for other in (host, *self._host_aliases.get(host, ()))}
            )
        return arguments

    def _load_aliases(self) -> dict[str, tuple[str, ...]]:
        """Short names and the one full name that begins with them, both ways; several full names stay apart."""
        host_names = [str(row[0]) for row in self._database.execute("SELECT name FROM hosts").fetchall()]
        full: dict[str, list[str]] = {}
        for name in host_names:
            if "." in name:
                full.setdefault(name.partition(".")[0], []).append(name)
        pairs = {short: names[0] for short, names in full.items() if len(names) == 1}
        return {
            **{short: (name,) for short, name in pairs.items()},
            **{name: (short,) for short, name in pairs.items()},
        }


def _in_order(columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows by time, source and row; those without a time last, as the engine puts them. Raises QueryError."""
    if missing_names := {*ORDER_COLUMNS} - {*columns}:
        raise QueryError(f"rows of a view are needed; these have no {', '.join(sorted(missing_names))}")
    time, source, row = (columns.index(name) for name in ORDER_COLUMNS)
    return sorted(rows, key=lambda cells: (cells[time] is None, cells[time] or 0, cells[source], cells[row]))


def _locked_down(database: Path) -> duckdb.DuckDBPyConnection:
    """A read-only connection that can reach nothing but its own file, and cannot be talked out of that."""
    library = duckdb_library()
    try:
        # As configuration of the instance: connections of one process to one file share it.
        connection: duckdb.DuckDBPyConnection = library.connect(str(database), read_only=True, config=_LOCKED_CONFIG)
    except library.Error as error:
        raise ConnectError(
            f"the indexed logs cannot be opened: {error}",
            location=str(database.parent),
            next_step="delete that folder and connect again",
        ) from None
    return connection


def duckdb_library() -> Any:
    """The library. Raises MissingExtra."""
    try:
        import duckdb
    except ImportError:
        raise MissingExtra("duckdb", extra="logs", purpose="querying logs") from None
    return duckdb


def _check_select(connection: duckdb.DuckDBPyConnection, sql: str, arguments: Mapping[str, object]) -> None:
    statements = connection.extract_statements(sql)
    kinds = [statement.type.name for statement in statements]
    if kinds not in (["SELECT"], ["SELECT_STATEMENT"]):
        raise QueryError(f"a query is exactly one SELECT, this is {', '.join(kinds) or 'nothing'}")
    parameter_names = {str(name) for name in statements[0].named_parameters}
    if parameter_names != set(arguments):
        raise QueryError(f"the query takes {sorted(parameter_names)}, and was given {sorted(arguments)}")


@contextlib.contextmanager
def _query_errors() -> Generator[None]:
    library = duckdb_library()
    try:
        yield
    except library.Error as error:
        raise QueryError(f"the engine refused the query: {first_line(error)}") from None


def first_line(error: Exception) -> str:
    """What an error of the engine says, on one line."""
    return re.sub(r"\s+", " ", str(error).partition("\n")[0])[:300]
