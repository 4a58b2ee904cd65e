"""An entry of systemd's journal, as a message of syslog with the fields that the journal adds.

Fields: https://www.freedesktop.org/software/systemd/man/latest/systemd.journal-fields.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from clew.logs.formats.syslog_header import FACILITIES, SEVERITIES
from clew.logs.messages.message import message_fields

#: Which an entry has, whoever exported it.
TIME = "__REALTIME_TIMESTAMP"


def entry_fields(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a message, those of the entry under `journal`.

    Args:
        entry: a value is text, or a list of several values, or of the bytes of one that is no text.
    """
    values = {name: _text(value) for name, value in entry.items()}
    fields: dict[str, Any] = {"syslog": "journal"}
    names = (
        ("timestamp", (TIME, "_SOURCE_REALTIME_TIMESTAMP")),
        ("host", ("_HOSTNAME",)),
        ("program", ("SYSLOG_IDENTIFIER", "_COMM")),
        ("pid", ("_PID", "SYSLOG_PID")),
        ("unit", ("_SYSTEMD_UNIT", "UNIT")),
    )
    for name, candidates in names:
        if value := next(filter(None, map(values.get, candidates)), None):
            fields[name] = value
    fields |= _word_field("severity", values.get("PRIORITY"), SEVERITIES)
    fields |= _word_field("facility", values.get("SYSLOG_FACILITY"), FACILITIES)
    text = values.get("MESSAGE") or ""
    program = fields.get("program", "")
    return {**fields, "message": text, **message_fields(program, text.strip()), "journal": values}


def _word_field(name: str, value: str | None, words: tuple[str, ...]) -> dict[str, str]:
    is_number = value is not None and value.isascii() and value.isdecimal() and len(value) < 4
    number = int(value) if value is not None and is_number else len(words)
    return {name: words[number]} if number < len(words) else {}


def _text(value: Any) -> str | None:
    """A value as text: several are lines of it, and one that was too large to be exported is none."""
    if not isinstance(value, list):
        return value if isinstance(value, str) or value is None else str(value)
    items: list[Any] = cast("Any", value)
    if items and all(type(item) is int and 0 <= item < 256 for item in items):
        return bytes(items).decode("utf-8", "replace")
    return "\n".join(filter(None, map(_text, items)))
