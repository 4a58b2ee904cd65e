"""NDJSON: one event a line."""

from __future__ import annotations

from dataclasses import dataclass

from clew.logs.formats.log_format import JsonLines, LogFile, require_utf8


@dataclass(frozen=True, slots=True)
class JsonLinesFormat:
    """One JSON document a line."""

    name: str = "ndjson"
    endings: tuple[str, ...] = (".ndjson", ".jsonl")

    def recognises(self, head: bytes) -> bool:
        """Its ending is enough."""
        return True

    def reader(self, file: LogFile) -> JsonLines:
        """Line by line. Raises ConnectError for UTF-16."""
        require_utf8(file)
        return JsonLines()


FORMAT = JsonLinesFormat()
