"""Parquet: one event a row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clew.errors import MissingExtra
from clew.logs.formats.json_codec import json_bytes
from clew.logs.formats.log_format import FileHead, LogEvent, LogFile, Match, unreadable

_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class ParquetFormat:
    """Rows of typed columns."""

    name: str = "parquet"
    title: str = "Parquet"

    def recognises(self, head: FileHead) -> Match:
        """By its signature, or its ending: a damaged file is to be told, not left out."""
        if head.content.startswith(b"PAR1"):
            return Match.SIGNATURE
        return Match.NAME if head.name.endswith((".parquet", ".pq")) else Match.NONE

    def events(self, file: LogFile) -> Iterator[LogEvent]:
        """Row by row.

        Raises:
            ConnectError: it is damaged.
            MissingExtra: DuckDB is not installed.
        """
        try:
            import duckdb
        except ImportError:
            raise MissingExtra("duckdb", extra="logs", purpose="querying logs") from None
        with file.local_path() as path, duckdb.connect() as connection:
            try:
                cursor = connection.execute("SELECT * FROM read_parquet($path)", {"path": str(path)})
                names = [str(column[0]) for column in cursor.description or ()]
                while rows := cursor.fetchmany(_ROWS):
                    for row in rows:
                        fields = dict(zip(names, row, strict=True))
                        yield LogEvent(json_bytes(fields), fields)
            except duckdb.Error as error:
                raise unreadable(f"not usable Parquet: {str(error).partition(chr(10))[0][:200]}") from None


FORMAT = ParquetFormat()
