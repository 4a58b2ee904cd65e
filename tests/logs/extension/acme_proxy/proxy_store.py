"""An engine: the requests that the proxy keeps in an SQLite database of its own."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from clew.entities.vocabulary import VOCABULARY
from clew.errors import ConnectError, QueryError
from clew.logs.coverage import LogCoverage
from clew.logs.dialects import Dialect
from clew.logs.engines.protocol import Capabilities, LogRows, SourceDescription
from clew.logs.log_hints import NO_HINTS, LogHints

_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}


class ProxySource:
    """One database, opened for reading only. Times in it are text in UTC, as clew binds them."""

    dialect = Dialect("sqlite", schema="main", timestamp_cast="{text}")
    coverage = LogCoverage()
    capabilities = Capabilities(frozenset({"requests"}), raw_events=False)

    def __init__(self, name: str, location: str, identity: str, database: Path) -> None:
        self._connection = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, check_same_thread=False)
        try:
            ((rows,),) = self._connection.execute("SELECT count(*) FROM requests")
        except sqlite3.Error as error:
            self._connection.close()
            raise ConnectError(f"this is no proxy's database: {error}", location=location) from None
        self._connection.set_authorizer(self._authorize)
        self.description = SourceDescription("acme-proxy", name, location, identity, {"rows": int(rows)})

    @property
    def name(self) -> str:
        """What the source is called in answers."""
        return self.description.name

    @staticmethod
    def _authorize(action: int, *_: object) -> int:
        return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY

    def select(self, sql: str, parameters: Mapping[str, object], limit: int) -> LogRows:
        """Run one SELECT with bound parameters. Raises QueryError."""
        limited_sql = (
            f"SELECT *, count(*) OVER () AS available FROM ({sql}) ORDER BY time, source, row LIMIT $clew_limit"
        )
        if unknown := {name for name in parameters if f"${name}" not in sql}:
            raise QueryError(f"the query takes no {sorted(unknown)}")
        try:
            cursor = self._connection.execute(limited_sql, {**parameters, "clew_limit": limit})
            columns = tuple(column[0] for column in cursor.description)
            fetched_rows = cursor.fetchall()
        except (sqlite3.Error, sqlite3.Warning, UnicodeError) as error:
            raise QueryError(f"the engine refused the query: {error}") from None
        rows = tuple(tuple(map(_typed, columns, row))[:-1] for row in fetched_rows)
        return LogRows(columns[:-1], rows, fetched_rows[0][-1] if fetched_rows else 0)

    def close(self) -> None:
        """Let the database go."""
        self._connection.close()


def _typed(column: str, cell: Any) -> Any:
    is_time = column in VOCABULARY and VOCABULARY[column].type is datetime and cell is not None
    return datetime.fromisoformat(cell).replace(tzinfo=None) if is_time else cell


class ProxyEngine:
    """Databases of the proxy. What was connected is copied into the cache, under a digest of its content."""

    name = "acme-proxy"
    libraries: tuple[str, ...] = ()

    def recognises(self, location: str) -> bool:
        """By the ending."""
        return location.endswith(".proxy.sqlite")

    def open(self, location: str, cache: Path, *, full_check: bool = False, hints: LogHints = NO_HINTS) -> ProxySource:
        """Copy the database into the cache, and open the copy. Raises ConnectError."""
        if hints:
            raise ConnectError("the logs of the proxy say all themselves", location=location)
        path = Path(location)
        try:
            identity = sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise ConnectError(f"the database cannot be read: {error}", location=location) from None
        copy = cache / "acme-proxy" / identity
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        return ProxySource(path.name, location, identity, copy)

    def reopen(self, description: SourceDescription, cache: Path) -> ProxySource | None:
        """The copy of a database that was connected before; None if there is none."""
        with contextlib.suppress(ValueError):
            int(description.identity, 16)
            copy = cache / "acme-proxy" / description.identity
            if len(description.identity) == 64 and copy.is_file():
                return ProxySource(description.name, description.location, description.identity, copy)
        return None


ENGINE = ProxyEngine()
