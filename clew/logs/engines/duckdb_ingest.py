"""Reading log files into the engine: every row as one JSON document, then as fields, then as views."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from clew.logs.dialects import CANONICAL
from clew.logs.engines.duckdb_views import field_paths, host_names_sql, view_sql
from clew.logs.formats.log_format import MAX_LINE, CsvRows, Documents, JsonLines, LogFile
from clew.logs.log_schemas import LogSchemas

if TYPE_CHECKING:
    import duckdb

# How many documents that a format makes are handed over at once.
_BATCH_SIZE = 20_000
#: A line reader: one column, no delimiter that can occur, no quoting.
_LINES = (
    "SELECT line AS raw FROM read_csv($path, columns = {'line': 'VARCHAR'}, auto_detect = false, header = false, "
    f"delim = '\\x01', quote = '', escape = '', strict_mode = false, max_line_size = {MAX_LINE}, encoding = 'utf-8', "
    "store_rejects = true)"
)
_CSV = "SELECT to_json(c) AS raw FROM read_csv($path, all_varchar = true, header = true, store_rejects = true) c"
_PARQUET = "SELECT to_json(p) AS raw FROM read_parquet($path) p"
# A CASE, because the engine takes the parts of an AND in any order, and `json_type` fails on what is no JSON.
_IS_OBJECT = "CASE WHEN json_valid(raw) THEN json_type(raw) = 'OBJECT' ELSE false END"


def read_into(connection: duckdb.DuckDBPyConnection, files: Sequence[LogFile], schemas: LogSchemas) -> None:
    """Fill a new database: `events` (raw and fields), one table per view, `hosts` and `summary`."""
    # Temporary, because DuckDB does not give the space of a dropped table back to the file.
    connection.execute("CREATE TEMP TABLE raw_rows (source VARCHAR, row BIGINT, raw VARCHAR, good BOOLEAN)")
    for file in files:
        _read_file(connection, file)
    connection.execute(_events_sql(connection, schemas))
    connection.execute(
        f"CREATE TABLE summary AS SELECT {len(files)} AS files, count(*) FILTER (good) AS good, "
        f"{_reject_count(connection)} + count(*) FILTER (NOT good AND trim(coalesce(raw, '')) <> '') AS damaged "
        "FROM raw_rows"
    )
    connection.execute("DROP TABLE raw_rows")
    for name, view in schemas.views.items():
        rows_sql = view_sql(schemas, view)
        connection.execute(f"CREATE TABLE {CANONICAL.quote(name)} AS {rows_sql} ORDER BY time, source, row")
    connection.execute(f"CREATE TABLE hosts AS {host_names_sql(schemas)}")
    connection.execute("CHECKPOINT")


def _read_file(connection: duckdb.DuckDBPyConnection, file: LogFile) -> None:
    reader = file.format.reader(file)
    if isinstance(reader, Documents):
        first = 0
        for texts in _batches(reader.texts):
            rows_sql = "SELECT unnest(CAST($texts AS VARCHAR[])) AS raw"
            _insert(connection, file.name, rows_sql, first=first, texts=texts)
            first += len(texts)
        return
    rows_sql = _LINES if isinstance(reader, JsonLines) else _CSV if isinstance(reader, CsvRows) else _PARQUET
    _insert(connection, file.name, rows_sql, first=0, path=str(file.path))


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    iterator = iter(texts)
    while batch := [*islice(iterator, _BATCH_SIZE)]:
        yield batch


def _insert(connection: duckdb.DuckDBPyConnection, name: str, rows_sql: str, **parameters: object) -> None:
    connection.execute(
        f"INSERT INTO raw_rows SELECT $name, $first + row_number() OVER (), raw, {_IS_OBJECT} FROM ({rows_sql})",
        {"name": name, **parameters},
    )


def _reject_count(connection: duckdb.DuckDBPyConnection) -> int:
    """How many lines the engine could not take apart: wrong UTF-8, too long, or of another shape than the header."""
    if not connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'reject_errors'").fetchall():
        return 0
    ((lines,),) = connection.execute("SELECT count(DISTINCT (scan_id, file_id, line)) FROM reject_errors").fetchall()
    return int(lines)


def _events_sql(connection: duckdb.DuckDBPyConnection, schemas: LogSchemas) -> str:
    """`events`: a column for each field, out of the paths that occur in these logs."""
    occurring = _occurring_prefixes(connection)
    paths: list[str] = []
    columns: list[str] = []
    for field, candidates in field_paths(schemas).items():
        occurring_paths = [candidate for candidate in candidates if candidate.split('"')[1] in occurring] or [
            candidates[0]
        ]
        first = len(paths) + 1
        paths += occurring_paths
        values_sql = ", ".join(f"f[{first + i}]" for i in range(len(occurring_paths)))
        columns.append(
            f"{f'coalesce({values_sql})' if len(occurring_paths) > 1 else values_sql} AS {CANONICAL.quote(field)}"
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
