"""The tables of the views, in a database of DuckDB: rows are put in by the ten thousand, and finished at the end."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from clew.entities.vocabulary import VOCABULARY
from clew.logs.dialects import CANONICAL
from clew.logs.log_schemas import LogView

if TYPE_CHECKING:
    import duckdb

#: From how many rows on a table has indexes: below, looking at all rows is as fast, and costs nothing before.
MIN_INDEXED = 200_000
#: How many rows of a view are put in at once.
_BATCH_SIZE = 50_000
_TYPES: Mapping[type, str] = MappingProxyType(
    {str: "VARCHAR", int: "BIGINT", float: "DOUBLE", bool: "BOOLEAN", datetime: "TIMESTAMP"}
)
#: csv.writer puts quotes around a line end only if it is the one that it writes, and the engine takes each for one.
_LINE_END = "\r\n"
#: A reader of what csv.writer writes: nothing is guessed, an empty cell is NULL.
_READ = (
    "SELECT * FROM read_csv($path, columns = {columns}, auto_detect = false, header = false, delim = ',', "
    "quote = '\"', escape = '\"', new_line = '\\r\\n', comment = '', max_line_size = 268435456)"
)


def column_type(name: str) -> str:
    """The SQL type of a column of the vocabulary."""
    return _TYPES[VOCABULARY[name].type]


class ViewTables:
    """Takes rows, and makes the tables out of them.

    Args:
        scratch: a folder for files that are needed in between.
        host: the machine of the rows that name none.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, views: Mapping[str, LogView], scratch: Path, host: str = ""
    ) -> None:
        self._host = host
        self._connection = connection
        self._views = views
        self._scratch = scratch
        self._rows: dict[str, list[list[Any]]] = {name: [] for name in views}
        self._views_with_rows: set[str] = set()

    def add(self, view: str, cells: list[Any]) -> None:
        """Add a row: the columns and working columns of the view, and then `source` and `row`."""
        rows = self._rows[view]
        rows.append(cells)
        if len(rows) >= _BATCH_SIZE:
            self._write(view)

    def finish(self) -> None:
        """Make all tables, in the order of the views: one may read those before it."""
        tables: dict[str, str] = {}
        for name, view in self._views.items():
            self._write(name)
            tables[name] = self._make_table(view, tables)
        hosts = [
            name for name, view in self._views.items() if name in self._views_with_rows and "host_name" in view.columns
        ]
        names = " UNION ALL ".join(f"SELECT host_name AS name FROM {CANONICAL.quote(name)}" for name in hosts)
        self._connection.execute(
            f"CREATE TABLE hosts AS SELECT DISTINCT name FROM ({names or 'SELECT NULL AS name'}) WHERE name IS NOT NULL"
        )
        self._connection.execute("CHECKPOINT")

    def _make_table(self, view: LogView, tables: Mapping[str, str]) -> str:
        """Make the table of a view.

        Returns:
            What the views behind it call it: a table with its working columns.
        """
        table = CANONICAL.quote(view.name)
        finished_table = f"staged.{CANONICAL.quote(f'finished {view.name}')}" if view.working else table
        columns = ", ".join(map(CANONICAL.quote, view.columns))
        if view.name not in self._views_with_rows:
            self._connection.execute(f"CREATE TABLE {table} ({_definitions(view.columns)})")
            if view.working:
                names = (*view.columns, *view.working)
                self._connection.execute(f"CREATE TABLE {finished_table} ({_definitions(names)})")
            return finished_table
        if not view.finish:
            finished_table = f"staged.{table}"
            rows_sql = f"SELECT * FROM {finished_table}"
        else:
            rows_sql = view.finish_sql({**tables, "rows": f"staged.{table}"})
            if view.working:
                self._connection.execute(f"CREATE TABLE {finished_table} AS {rows_sql}")
                rows_sql = f"SELECT * FROM {finished_table}"
        ordered_sql = f"SELECT {columns} FROM ({rows_sql}) ORDER BY time, source, row"
        self._connection.execute(f"CREATE TABLE {table} AS {ordered_sql}")
        ((row_count,),) = self._connection.execute(f"SELECT count(*) FROM {table}").fetchall()
        if row_count >= MIN_INDEXED:
            self._make_indexes(view)
        return finished_table

    def _make_indexes(self, view: LogView) -> None:
        """What a rare value, or one that is not there, is found by without looking at every row."""
        for column in view.index:
            index = CANONICAL.quote(f"{view.name} by {column}")
            table = f"{CANONICAL.quote(view.name)} ({CANONICAL.quote(column)})"
            self._connection.execute(f"CREATE INDEX {index} ON {table}")

    def _write(self, view: str) -> None:
        rows = self._rows[view]
        if not rows:
            return
        self._rows[view] = []
        path = self._scratch / "rows.csv"
        names = (*self._views[view].cell_names, "source", "row")
        if self._host and "host_name" in names:
            _fill_column(rows, names.index("host_name"), self._host)
        _write_csv(path, rows)
        table = f"staged.{CANONICAL.quote(view)}"
        if view not in self._views_with_rows:
            self._connection.execute(f"CREATE TABLE {table} ({_definitions(names)})")
            self._views_with_rows.add(view)
        columns = ", ".join(f"'{name}': '{column_type(name)}'" for name in names)
        self._connection.execute(
            f"INSERT INTO {table} {_READ.replace('{columns}', f'{{{columns}}}')}", {"path": str(path)}
        )
        path.unlink()


def _fill_column(rows: list[list[Any]], place: int, cell: str) -> None:
    for row in rows:
        if row[place] is None:
            row[place] = cell


def _definitions(names: tuple[str, ...]) -> str:
    return ", ".join(f"{CANONICAL.quote(name)} {column_type(name)}" for name in names)


def _write_csv(path: Path, rows: list[list[Any]]) -> None:
    with suppress(UnicodeEncodeError), path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator=_LINE_END).writerows(rows)
        return
    # Half of a surrogate pair in some text: the raw event keeps it.
    with path.open("w", encoding="utf-8", errors="replace", newline="") as stream:
        csv.writer(stream, lineterminator=_LINE_END).writerows(rows)
