"""The engine of log files: they are read once, into a store of their events and tables of fixed shape.

What was read is kept in the user's cache by the content of the files, so connecting again is opening two files.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
from collections.abc import Generator
from hashlib import sha256
from pathlib import Path

from clew.entities.host import Host
from clew.errors import ConnectError, EntityError
from clew.logs.column_map import read_column_map
from clew.logs.engines.duckdb_source import EVENTS, TABLES, DuckDbSource, duckdb_library, first_line
from clew.logs.engines.event_store import EventWriter
from clew.logs.engines.ingest import Ingest
from clew.logs.engines.log_files import content_digest, fingerprint
from clew.logs.engines.protocol import SourceDescription
from clew.logs.engines.table_columns import check_columns
from clew.logs.engines.view_tables import ViewTables
from clew.logs.event_mapper import EventMapper
from clew.logs.log_cache import LOGS, known_digest, mark_used, note_location, remember_digest
from clew.logs.log_hints import NO_HINTS, LogHints
from clew.logs.log_schemas import LogSchemas
from clew.logs.schema_files import load_schemas

_LAYOUT = "7"
_DIGEST = re.compile(r"[0-9a-f]{64}")


class DuckDbEngine:
    """Folders, files and archives of logs."""

    name: str = "files"
    libraries: tuple[str, ...] = ("duckdb", "orjson")

    def recognises(self, location: str) -> bool:
        """Every path; what looks like an address is none."""
        return "://" not in location

    def open(self, location: str, cache: Path, *, full_check: bool = False, hints: LogHints = NO_HINTS) -> DuckDbSource:
        """Read a folder, a file or an archive, or find it in the cache.

        Args:
            full_check: take the digest of all of it; else sizes, times and samples tell what was read before.
            hints: what the user says of the logs.

        Raises:
            ConnectError: nothing there, nothing readable, or damaged; columns that are not there, or of no view.
            MissingExtra: a library is not installed.
        """
        path = Path(location)
        schemas = load_schemas()
        column_map = read_column_map(hints.columns, schemas, hints.view) if hints.columns or hints.view else None
        host = _host_cell(hints.host)
        mark = fingerprint(path)
        digest = ("" if full_check else known_digest(cache, mark)) or content_digest(path)
        recorded_hints = LogHints(column_map.by_column, column_map.view, host) if column_map else LogHints(host=host)
        identity = _identity(digest, recorded_hints)
        folder = _folder(identity, schemas, cache)
        if not folder.exists():
            if column_map:
                check_columns(path, hints.columns)
            _build(path, folder, schemas.with_first(column_map.schema()) if column_map else schemas, host)
        remember_digest(cache, mark, digest)
        mark_used(folder)
        description = SourceDescription(self.name, path.name, str(path.resolve()), identity, hints=recorded_hints)
        return DuckDbSource(description, folder)

    def reopen(self, description: SourceDescription, cache: Path) -> DuckDbSource | None:
        """Logs that were read before, by what they were; None if they were not. No file of theirs is opened.

        Raises:
            ConnectError: what is in the cache is damaged.
            MissingExtra: a library is not installed.
        """
        digest = description.identity
        if not _DIGEST.fullmatch(digest):
            return None  # it comes out of a case, and becomes part of a path
        folder = _folder(digest, load_schemas(), cache)
        if not folder.exists():
            return None
        mark_used(folder)
        return DuckDbSource(description, folder)


def _folder(digest: str, schemas: LogSchemas, cache: Path) -> Path:
    """Where logs with that content are kept, as today's schemas read them."""
    version = sha256(f"{_LAYOUT}{schemas.version}".encode()).hexdigest()[:8]
    return cache / LOGS / f"{digest[:32]}-{version}"


def _identity(digest: str, hints: LogHints) -> str:
    """What tells files with what was recorded_hints of them from the same files without."""
    if not hints:
        return digest
    return sha256(f"{digest}\0{hints.view}\0{sorted(hints.columns.items())}\0{hints.host}".encode()).hexdigest()


def _host_cell(name: str) -> str:
    """The name of a machine as the rows have it; empty for none. Raises ConnectError."""
    try:
        return Host(name).value if name else ""
    except EntityError as error:
        raise ConnectError(error.message, next_step=error.next_step) from None


def _build(path: Path, folder: Path, schemas: LogSchemas, host: str) -> None:
    """Read the logs into a new folder, which appears under its name only when it is whole."""
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(dir=folder.parent, suffix=".partial"))
    try:
        _fill(path, partial, schemas, host)
        with contextlib.suppress(FileExistsError, OSError):  # somebody else was faster
            partial.rename(folder)
        if not folder.exists():
            raise ConnectError("the logs cannot be kept", location=str(folder))
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _fill(path: Path, folder: Path, schemas: LogSchemas, host: str) -> None:
    staging_path = folder / "staged.duckdb"
    events = EventWriter(folder / EVENTS)
    library = duckdb_library()
    with _connect_errors(path), contextlib.closing(library.connect(str(folder / TABLES))) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET memory_limit = '1GB'")
        connection.execute(f"ATTACH '{str(staging_path).replace(chr(39), chr(39) * 2)}' AS staged")
        tables = ViewTables(connection, schemas.views, folder, host)
        Ingest(events, tables, EventMapper(schemas)).read(path)
        events.close()
        tables.finish()
        connection.execute("DETACH staged")
    staging_path.unlink(missing_ok=True)
    note_location(folder, str(path.resolve()))
    for file in folder.iterdir():
        file.chmod(0o600)


@contextlib.contextmanager
def _connect_errors(path: Path) -> Generator[None]:
    library = duckdb_library()
    try:
        yield
    except library.Error as error:
        raise ConnectError(f"the logs cannot be read: {first_line(error)}", location=str(path)) from None


ENGINE = DuckDbEngine()
