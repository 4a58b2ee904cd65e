"""The engine of log files: they are read once into views of fixed shape.

What was read is kept in the user's cache by the content of the files, so connecting again is opening a file.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Generator
from hashlib import sha256
from pathlib import Path

from clew.errors import ConnectError
from clew.logs.engines.duckdb_ingest import read_into
from clew.logs.engines.duckdb_source import DuckDbSource, duckdb_library, first_line
from clew.logs.engines.log_files import content_digest, log_files
from clew.logs.engines.protocol import SourceDescription
from clew.logs.log_schemas import LogSchemas
from clew.logs.schema_files import load_schemas

_LAYOUT = "5"
_DIGEST = re.compile(r"[0-9a-f]{64}")


class DuckDbEngine:
    """Folders, files and zips of logs."""

    name: str = "files"
    libraries: tuple[str, ...] = ("duckdb",)

    def recognises(self, location: str) -> bool:
        """Every path; what looks like an address is none."""
        return "://" not in location

    def open(self, location: str, cache: Path) -> DuckDbSource:
        """Read a folder, a file or a zip, or find it in the cache.

        Raises:
            ConnectError: nothing there, nothing readable, or damaged.
            MissingExtra: DuckDB is not installed.
        """
        path = Path(location)
        digest = content_digest(path)
        schemas = load_schemas()
        database = _database_path(digest, schemas, cache)
        if not database.exists():
            _build(path, database, schemas)
        return DuckDbSource(self.name, path.name, str(path.resolve()), digest, database)

    def reopen(self, description: SourceDescription, cache: Path) -> DuckDbSource | None:
        """Logs that were read before, by what they were; None if they were not. No file of theirs is opened.

        Raises:
            ConnectError: what is in the cache is damaged.
            MissingExtra: DuckDB is not installed.
        """
        digest = description.identity
        if not _DIGEST.fullmatch(digest):
            return None  # it comes out of a case, and becomes part of a path
        database = _database_path(digest, load_schemas(), cache)
        if not database.exists():
            return None
        return DuckDbSource(self.name, description.name, description.location, digest, database)


def _database_path(digest: str, schemas: LogSchemas, cache: Path) -> Path:
    """Where logs with that content are kept, as today's schemas read them."""
    version = sha256(f"{_LAYOUT}{schemas.version}".encode()).hexdigest()[:8]
    return cache / "logs" / f"{digest[:32]}-{version}.duckdb"


def _build(path: Path, database: Path, schemas: LogSchemas) -> None:
    """Read the logs into a new database file, which appears under its name only when it is whole."""
    database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(dir=database.parent, suffix=".partial")
    os.close(handle)
    partial = Path(scratch)
    partial.unlink()  # DuckDB refuses to open an empty file
    try:
        with (
            log_files(path) as files,
            contextlib.closing(duckdb_library().connect(str(partial))) as connection,
            _connect_errors(path),
        ):
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("SET memory_limit = '2GB'")
            read_into(connection, files, schemas)
        partial.chmod(0o600)
        partial.replace(database)
    finally:
        partial.unlink(missing_ok=True)
        partial.with_name(f"{partial.name}.wal").unlink(missing_ok=True)


@contextlib.contextmanager
def _connect_errors(path: Path) -> Generator[None]:
    library = duckdb_library()
    try:
        yield
    except library.Error as error:
        raise ConnectError(f"the logs cannot be read: {first_line(error)}", location=str(path)) from None


ENGINE = DuckDbEngine()
