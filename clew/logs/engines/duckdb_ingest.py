"""Reading log files into the engine: every row as one JSON document, then as fields, then as views."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from clew.entities.display import visible
from clew.errors import ConnectError
from clew.logs.column_expressions import quote_identifier
from clew.logs.log_files import LogFile
from clew.logs.schemas import FieldMaps

if TYPE_CHECKING:
    import duckdb

MAX_LINE = 16 * 1024 * 1024
MAX_JSON_DOCUMENT = 512 * 1024 * 1024
#: A line reader: one column, no delimiter that can occur, no quoting.
_LINES = (
    "SELECT line AS raw FROM read_csv($path, columns = {'line': 'VARCHAR'}, auto_detect = false, header = false, "
    f"delim = '\\x01', quote = '', escape = '', strict_mode = false, max_line_size = {MAX_LINE}, encoding = 'utf-8', "
    "store_rejects = true)"
)
_READERS = {
    "ndjson": _LINES,
    "csv": "SELECT to_json(c) AS raw FROM read_csv($path, all_varchar = true, header = true, store_rejects = true) c",
    "parquet": "SELECT to_json(p) AS raw FROM read_parquet($path) p",
}
# A CASE, because the engine takes the parts of an AND in any order, and `json_type` fails on what is no JSON.
_IS_OBJECT = "CASE WHEN json_valid(raw) THEN json_type(raw) = 'OBJECT' ELSE false END"


def read_into(connection: duckdb.DuckDBPyConnection, files: Sequence[LogFile], maps: FieldMaps) -> None:
    """Fill a new database: `events` (raw and fields), one table per view, `hosts` and `summary`."""
    # Temporary, because DuckDB does not give the space of a dropped table back to the file.
    connection.execute("CREATE TEMP TABLE raw_rows (source VARCHAR, row BIGINT, raw VARCHAR, good BOOLEAN)")
    for file in files:
        _read_file(connection, file)
    connection.execute(_events_sql(connection, maps))
    connection.execute(
        f"CREATE TABLE summary AS SELECT {len(files)} AS files, count(*) FILTER (good) AS good, "
        f"{_reject_count(connection)} + count(*) FILTER (NOT good AND trim(coalesce(raw, '')) <> '') AS damaged "
        "FROM raw_rows"
    )
    connection.execute("DROP TABLE raw_rows")
    for view in maps.views:
        connection.execute(f"CREATE TABLE {quote_identifier(view)} AS {maps.view_sql(view)} ORDER BY time, source, row")
    connection.execute(
        'CREATE TABLE hosts AS SELECT DISTINCT lower("host") AS name FROM events WHERE "host" IS NOT NULL'
    )
    connection.execute("CHECKPOINT")


def _read_file(connection: duckdb.DuckDBPyConnection, file: LogFile) -> None:
    kind = file.format
    if kind == "json":
        if _is_one_document(file.path):
            _insert(connection, file.name, "SELECT unnest(CAST($rows AS VARCHAR[])) AS raw", rows=[*_documents(file)])
            return
        kind = "ndjson"
    if kind != "parquet":
        _require_utf8(file)
    _insert(connection, file.name, _READERS[kind], path=str(file.path))


def _insert(connection: duckdb.DuckDBPyConnection, name: str, rows_sql: str, **parameters: object) -> None:
    connection.execute(
        f"INSERT INTO raw_rows SELECT $name, row_number() OVER (), raw, {_IS_OBJECT} FROM ({rows_sql})",
        {"name": name, **parameters},
    )


def _reject_count(connection: duckdb.DuckDBPyConnection) -> int:
    """How many lines the engine could not take apart: wrong UTF-8, too long, or of another shape than the header."""
    if not connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'reject_errors'").fetchall():
        return 0
    ((lines,),) = connection.execute("SELECT count(DISTINCT (scan_id, file_id, line)) FROM reject_errors").fetchall()
    return int(lines)


def _require_utf8(file: LogFile) -> None:
    with file.path.open("rb") as stream:
        mark = stream.read(2)
    if mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        raise ConnectError("the file is UTF-16", location=visible(file.name), next_step="convert it to UTF-8")


def _is_one_document(path: Path) -> bool:
    """A .json file is an array or one object, on one line or several, or an object on each line: that is NDJSON."""
    with path.open("rb") as stream:
        lines = (line.strip().removeprefix(codecs.BOM_UTF8) for line in iter(lambda: stream.readline(MAX_LINE), b""))
        content_lines = filter(None, lines)
        first, second = next(content_lines, b""), next(content_lines, b"")
    if first.startswith(b"[") or not second:
        return True
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return True
    return False


def _documents(file: LogFile) -> Iterator[str]:
    """The events in a JSON array, or under the one list of an object (`{"Records": [...]}`)."""
    if file.path.stat().st_size > MAX_JSON_DOCUMENT:
        raise ConnectError(
            f"the JSON document is larger than {MAX_JSON_DOCUMENT // 2**20} MiB",
            location=visible(file.name),
            next_step="convert it to NDJSON, one event a line",
        )
    try:
        content: Any = json.loads(file.path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ConnectError(f"not usable JSON: {error}", location=visible(file.name)) from None
    yield from (json.dumps(item) for item in _items(content))


def _items(content: Any) -> list[Any]:
    if isinstance(content, dict):
        values = map(_list, cast("dict[str, Any]", content).values())
        # A list of words or numbers is a field of one event.
        lists = [items for items in values if items and isinstance(items[0], dict)]
        return lists[0] if len(lists) == 1 else [content]
    return _list(content) if isinstance(content, list) else [content]


def _list(value: Any) -> list[Any]:
    items: list[Any] = cast("Any", value) if isinstance(value, list) else []
    return items


def _events_sql(connection: duckdb.DuckDBPyConnection, maps: FieldMaps) -> str:
    """`events`: a column for each field, out of the paths that occur in these logs."""
    occurring = _occurring_prefixes(connection)
    paths: list[str] = []
    columns: list[str] = []
    for field, candidates in maps.paths.items():
        occurring_paths = [candidate for candidate in candidates if candidate.split('"')[1] in occurring] or [
            candidates[0]
        ]
        first = len(paths) + 1
        paths += occurring_paths
        values_sql = ", ".join(f"f[{first + i}]" for i in range(len(occurring_paths)))
        columns.append(
            f"{f'coalesce({values_sql})' if len(occurring_paths) > 1 else values_sql} AS {quote_identifier(field)}"
        )
    paths_sql = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
    return (
        f"CREATE TABLE events AS SELECT source, row, raw, {', '.join(columns)} FROM ("
        f"SELECT source, row, raw, json_extract_string(raw, [{paths_sql}]) AS f FROM raw_rows WHERE good)"
    )


def _occurring_prefixes(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """The top-level keys of the events: which layouts the logs have."""
    rows = connection.execute("SELECT DISTINCT unnest(json_keys(raw)) FROM raw_rows WHERE good").fetchall()
    return {str(row[0]) for row in rows}
