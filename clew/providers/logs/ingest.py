"""Reading log files into the engine: every row as one JSON document, then as fields, then as views."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from clew.errors import ConnectError
from clew.providers.logs.columns import quoted
from clew.providers.logs.fieldmaps import FieldMaps
from clew.providers.logs.sources import LogFile

if TYPE_CHECKING:
    import duckdb

MAX_LINE = 16 * 1024 * 1024
MAX_JSON_DOCUMENT = 512 * 1024 * 1024
#: A line reader: one column, no delimiter that can occur, no quoting.
_LINES = (
    "SELECT line AS raw FROM read_csv($path, columns = {'line': 'VARCHAR'}, auto_detect = false, header = false, "
    f"delim = '\\x01', quote = '', escape = '', strict_mode = false, max_line_size = {MAX_LINE}, encoding = 'utf-8')"
)
_READERS = {
    "ndjson": _LINES,
    "csv": "SELECT to_json(c) AS raw FROM read_csv($path, all_varchar = true, header = true, store_rejects = false, "
    "ignore_errors = true) c",
    "parquet": "SELECT to_json(p) AS raw FROM read_parquet($path) p",
}


def read_into(connection: duckdb.DuckDBPyConnection, found: Sequence[LogFile], maps: FieldMaps) -> None:
    """Fill a new database: `events` (raw and fields), one table per view, `hosts` and `summary`."""
    # Temporary, because DuckDB does not give the space of a dropped table back to the file.
    connection.execute("CREATE TEMP TABLE raw_rows (source VARCHAR, row BIGINT, raw VARCHAR)")
    for file in found:
        _read_file(connection, file)
    good = "raw IS NOT NULL AND json_valid(raw) AND json_type(raw) = 'OBJECT'"
    connection.execute(_events_sql(connection, maps, good))
    connection.execute(
        f"CREATE TABLE summary AS SELECT {len(found)} AS files, count(*) FILTER ({good}) AS good, "
        f"count(*) FILTER (NOT coalesce({good}, false) AND trim(coalesce(raw, '')) <> '') AS damaged FROM raw_rows"
    )
    connection.execute("DROP TABLE raw_rows")
    for view in maps.views:
        connection.execute(f"CREATE TABLE {quoted(view)} AS {maps.view_sql(view)} ORDER BY time, source, row")
    connection.execute(
        'CREATE TABLE hosts AS SELECT DISTINCT lower("host") AS name FROM events WHERE "host" IS NOT NULL'
    )
    connection.execute("CHECKPOINT")


def _read_file(connection: duckdb.DuckDBPyConnection, file: LogFile) -> None:
    kind = file.format
    if kind == "json":
        if not _is_one_document(file.path):
            kind = "ndjson"
        else:
            rows = [(file.name, number, row) for number, row in enumerate(_documents(file), start=1)]
            if rows:
                connection.executemany("INSERT INTO raw_rows VALUES (?, ?, ?)", rows)
            return
    connection.execute(
        f"INSERT INTO raw_rows SELECT $name, row_number() OVER (), raw FROM ({_READERS[kind]})",
        {"name": file.name, "path": str(file.path)},
    )


def _is_one_document(path: Path) -> bool:
    """A .json file is an array, one object over several lines, or an object on each line: the last is NDJSON."""
    with path.open("rb") as stream:
        first = stream.readline(MAX_LINE).strip()
    if first.startswith(b"["):
        return True
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return True
    return False


def _documents(file: LogFile) -> Iterator[str]:
    """The events in a JSON array, or under the one list of an object (`{"Records": [...]}`)."""
    if file.path.stat().st_size > MAX_JSON_DOCUMENT:
        raise ConnectError(f"the JSON document is larger than {MAX_JSON_DOCUMENT // 2**20} MiB", where=file.name,
                           next_step="convert it to NDJSON, one event a line")  # fmt: skip
    try:
        content: Any = json.loads(file.path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ConnectError(f"not usable JSON: {error}", where=file.name) from None
    yield from (json.dumps(item) for item in _items(content))


def _items(content: Any) -> list[Any]:
    if isinstance(content, dict):
        values: list[Any] = [*cast("dict[str, Any]", content).values()]
        lists = [_items(value) for value in values if isinstance(value, list)]
        return lists[0] if len(lists) == 1 else [content]
    return content if isinstance(content, list) else [content]


def _events_sql(connection: duckdb.DuckDBPyConnection, maps: FieldMaps, good: str) -> str:
    """`events`: a column for each field, out of the paths that occur in these logs."""
    occurring = _occurring_prefixes(connection)
    paths: list[str] = []
    columns: list[str] = []
    for field, places in maps.paths.items():
        used = [place for place in places if place.split('"')[1] in occurring] or [places[0]]
        first = len(paths) + 1
        paths += used
        taken = ", ".join(f"f[{first + i}]" for i in range(len(used)))
        columns.append(f"{f'coalesce({taken})' if len(used) > 1 else taken} AS {quoted(field)}")
    listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
    return (
        f"CREATE TABLE events AS SELECT source, row, raw, {', '.join(columns)} FROM ("
        f"SELECT source, row, raw, json_extract_string(raw, [{listed}]) AS f FROM raw_rows WHERE {good})"
    )


def _occurring_prefixes(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """The top-level keys of the events: which layouts the logs have."""
    rows = connection.execute(
        "SELECT DISTINCT unnest(json_keys(raw)) FROM raw_rows WHERE json_valid(raw) AND json_type(raw) = 'OBJECT'"
    ).fetchall()
    return {str(row[0]) for row in rows}
