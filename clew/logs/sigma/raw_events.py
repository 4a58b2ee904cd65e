"""Raw events to fields."""

from __future__ import annotations

import io
from typing import Any, cast

from clew.errors import ClewError
from clew.logs.engines.event_store import StoredFile
from clew.logs.event_paths import Fields
from clew.logs.formats.json_codec import parse_json
from clew.logs.formats.log_format import LogFile
from clew.logs.formats.registry import format_table


def raw_fields(raw: bytes, file: StoredFile) -> Fields | None:
    """The fields of an event as the format of its file reads them; None for what cannot be read."""
    if not raw.startswith(b"{"):
        return _read_by_format(raw, file)
    try:
        document: Any = parse_json(raw)
    except ValueError:
        return None
    return cast("dict[str, Any]", document) if isinstance(document, dict) else None


def _read_by_format(raw: bytes, file: StoredFile) -> Fields | None:
    """An event that is no JSON, as a file of its own."""
    log_format = next((item for item in format_table().formats if item.name == file.format), None)
    if log_format is None:
        return None
    stream = io.BufferedReader(io.BytesIO(raw + b"\n"))
    try:
        event = next(
            iter(log_format.events(LogFile(file.name, log_format, stream, modified_at=file.modified_at))), None
        )
    except (ClewError, OSError, ValueError, LookupError):
        return None
    return event.fields if event else None
