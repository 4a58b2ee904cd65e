"""Logs on an embedded engine: files are read once into views of fixed shape, then the engine is locked down.

What was read is kept in the user's cache by the content of the files, so connecting again is opening a file.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import threading
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from clew.errors import ConnectError, MissingExtra, QueryError
from clew.logs.engines.duckdb_ingest import read_into
from clew.logs.log_files import content_digest, log_files
from clew.logs.schemas import FieldMaps, load_field_maps

if TYPE_CHECKING:
    import duckdb

_LAYOUT = "4"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_LOCKED_CONFIG = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_access": "false",
    "lock_configuration": "true",
    "python_enable_replacements": "false",
}


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one query: the columns asked for, the raw events behind them, and how many there would be."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    available: int


class LogStore:
    """One connected log source.

    Attributes:
        name: what the source is called in answers.
        digest: sha256 of the content that was read.
        files: how many log files it had; `rows` good ones, `damaged_rows` rows that no parser could read.
    """

    def __init__(self, name: str, digest: str, database: Path) -> None:
        self.name = name
        self.digest = digest
        self._database = _locked_down(database)
        self._lock = threading.Lock()
        ((self.files, self.rows, self.damaged_rows),) = _counts(self._database)
        self._host_aliases = self._load_aliases()

    @classmethod
    def open(cls, path: Path, cache: Path) -> LogStore:
        """Read a folder, a file or a zip, or find it in the cache.

        Raises:
            ConnectError: nothing there, nothing readable, or damaged.
            MissingExtra: DuckDB is not installed.
        """
        digest = content_digest(path)
        maps = load_field_maps()
        database = _database_path(digest, maps, cache)
        if not database.exists():
            _build(path, database, maps)
        return cls(path.name, digest, database)

    @classmethod
    def from_cache(cls, name: str, digest: str, cache: Path) -> LogStore | None:
        """Logs that were read before, by what they were; None if they were not. No file of theirs is opened.

        Raises:
            ConnectError: what is in the cache is damaged.
            MissingExtra: DuckDB is not installed.
        """
        if not _DIGEST.fullmatch(digest):
            return None  # it comes out of a case, and becomes part of a path
        database = _database_path(digest, load_field_maps(), cache)
        return cls(name, digest, database) if database.exists() else None

    def select(self, sql: str, parameters: Mapping[str, object], limit: int) -> Rows:
        """Run one SELECT with bound parameters.

        Raises:
            QueryError: not exactly one SELECT, or its parameters are not the given ones.
        """
        limited_sql = (
            f"SELECT q.*, e.raw FROM (SELECT *, count(*) OVER () AS available FROM ({sql}) "
            "ORDER BY time, source, row LIMIT $clew_limit) q "
            "LEFT JOIN events e ON e.source = q.source AND e.row = q.row ORDER BY q.time, q.source, q.row"
        )
        arguments = {**self._with_aliases(parameters), "clew_limit": limit}
        with self._lock, _query_errors():
            _check_select(self._database, limited_sql, arguments)
            cursor = self._database.execute(limited_sql, arguments)
            names = [str(column[0]) for column in cursor.description or ()]
            fetched_rows = cursor.fetchall()
        total_index = names.index("available")
        rows = tuple((*row[:total_index], *row[total_index + 1 :]) for row in fetched_rows)
        columns = tuple(name for name in names if name != "available")
        return Rows(columns, rows, int(fetched_rows[0][total_index]) if fetched_rows else 0)

    def close(self) -> None:
        """Let the files go."""
        self._database.close()

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


def _database_path(digest: str, maps: FieldMaps, cache: Path) -> Path:
    """Where logs with that content are kept, as today's field maps read them."""
    version = sha256(f"{_LAYOUT}{maps.version}".encode()).hexdigest()[:8]
    return cache / "logs" / f"{digest[:32]}-{version}.duckdb"


def _counts(connection: duckdb.DuckDBPyConnection) -> list[tuple[int, int, int]]:
    return connection.execute("SELECT files, good, damaged FROM summary").fetchall()


def _build(path: Path, database: Path, maps: FieldMaps) -> None:
    """Read the logs into a new database file, which appears under its name only when it is whole."""
    database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(dir=database.parent, suffix=".partial")
    os.close(handle)
    partial = Path(scratch)
    partial.unlink()  # DuckDB refuses to open an empty file
    try:
        with (
            log_files(path) as files,
            contextlib.closing(_duckdb().connect(str(partial))) as connection,
            _connect_errors(path),
        ):
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("SET memory_limit = '2GB'")
            read_into(connection, files, maps)
        partial.chmod(0o600)
        partial.replace(database)
    finally:
        partial.unlink(missing_ok=True)
        partial.with_name(f"{partial.name}.wal").unlink(missing_ok=True)


def _locked_down(database: Path) -> duckdb.DuckDBPyConnection:
    """A read-only connection that can reach nothing but its own file, and cannot be talked out of that."""
    library = _duckdb()
    try:
        # As configuration of the instance: connections of one process to one file share it.
        connection: duckdb.DuckDBPyConnection = library.connect(str(database), read_only=True, config=_LOCKED_CONFIG)
    except library.Error as error:
        raise ConnectError(
            f"the indexed logs cannot be opened: {error}",
            location=str(database),
            next_step="delete that file and connect again",
        ) from None
    return connection


def _duckdb() -> Any:
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
    library = _duckdb()
    try:
        yield
    except library.Error as error:
        raise QueryError(f"the engine refused the query: {_first_line(error)}") from None


@contextlib.contextmanager
def _connect_errors(path: Path) -> Generator[None]:
    library = _duckdb()
    try:
        yield
    except library.Error as error:
        raise ConnectError(f"the logs cannot be read: {_first_line(error)}", location=str(path)) from None


def _first_line(error: Exception) -> str:
    return re.sub(r"\s+", " ", str(error).partition("\n")[0])[:300]
