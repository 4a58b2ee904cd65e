"""CSV: one event a row, with a header."""

from __future__ import annotations

from dataclasses import dataclass

from clew.logs.formats.log_format import CsvRows, LogFile, require_utf8


@dataclass(frozen=True, slots=True)
class CsvFormat:
    """Rows of text under a header; the delimiter is found by looking."""

    name: str = "csv"
    endings: tuple[str, ...] = (".csv",)

    def recognises(self, head: bytes) -> bool:
        """Its ending is enough."""
        return True

    def reader(self, file: LogFile) -> CsvRows:
        """Row by row. Raises ConnectError for UTF-16."""
        require_utf8(file)
        return CsvRows()


FORMAT = CsvFormat()
