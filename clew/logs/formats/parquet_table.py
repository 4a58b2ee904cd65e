"""Parquet: one event a row."""

from __future__ import annotations

from dataclasses import dataclass

from clew.logs.formats.log_format import LogFile, ParquetRows


@dataclass(frozen=True, slots=True)
class ParquetFormat:
    """Rows of typed columns, which become fields of a document."""

    name: str = "parquet"
    endings: tuple[str, ...] = (".parquet",)

    def recognises(self, head: bytes) -> bool:
        """Its ending is enough: a damaged file is to be told, not left out."""
        return True

    def reader(self, file: LogFile) -> ParquetRows:
        """Row by row."""
        return ParquetRows()


FORMAT = ParquetFormat()
