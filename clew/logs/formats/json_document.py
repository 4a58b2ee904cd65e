"""JSON: one event a line, an array of events, one event, or one list of events in an object."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from clew.entities.display import visible
from clew.errors import ConnectError
from clew.logs.formats.log_format import MAX_LINE, Documents, JsonLines, LogFile, require_utf8

MAX_JSON_DOCUMENT = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class JsonFormat:
    """A file that ends in .json, whichever of the usual shapes it has."""

    name: str = "json"
    endings: tuple[str, ...] = (".json",)

    def recognises(self, head: bytes) -> bool:
        """Its ending is enough."""
        return True

    def reader(self, file: LogFile) -> Documents | JsonLines:
        """The events of a document, or those of its lines.

        Raises:
            ConnectError: a document that is too large or no JSON, or lines in UTF-16.
        """
        if _is_one_document(file.path):
            return Documents(_documents(file))
        require_utf8(file)
        return JsonLines()


def _is_one_document(path: Path) -> bool:
    """A .json file is an array or one object, on one line or several, or an object on each line: that is NDJSON."""
    with path.open("rb") as stream:
        lines = (line.strip().removeprefix(codecs.BOM_UTF8) for line in iter(lambda: stream.readline(MAX_LINE), b""))
        content_lines = filter(None, lines)
        first, second = next(content_lines, b""), next(content_lines, b"")
    if first.startswith(b"[") or not second:
        return True
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return True
    return False


def _documents(file: LogFile) -> Iterator[str]:
    """The events in a JSON array, or under the one list of an object (`{"Records": [...]}`)."""
    if file.path.stat().st_size > MAX_JSON_DOCUMENT:
        raise ConnectError(
            f"the JSON document is larger than {MAX_JSON_DOCUMENT // 2**20} MiB",
            location=visible(file.name),
            next_step="convert it to NDJSON, one event a line",
        )
    try:
        content: Any = json.loads(file.path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ConnectError(f"not usable JSON: {error}", location=visible(file.name)) from None
    yield from (json.dumps(item) for item in _items(content))


def _items(content: Any) -> list[Any]:
    if isinstance(content, dict):
        values = map(_list, cast("dict[str, Any]", content).values())
        # A list of words or numbers is a field of one event.
        lists = [items for items in values if items and isinstance(items[0], dict)]
        return lists[0] if len(lists) == 1 else [content]
    return _list(content) if isinstance(content, list) else [content]


def _list(value: Any) -> list[Any]:
    items: list[Any] = cast("Any", value) if isinstance(value, list) else []
    return items


FORMAT = JsonFormat()
