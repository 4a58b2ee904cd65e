"""Syslog as it lies in files: a line a message, with what is known of its program read out of the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from clew.logs.formats.days_without_year import DaysWithoutYear
from clew.logs.formats.event_xml import read_event
from clew.logs.formats.log_format import NO_ZONE, FileHead, LogEvent, LogFile, Match
from clew.logs.formats.syslog_header import header_fields, is_header
from clew.logs.messages.message import message_fields

#: How many lines are looked at to recognise a file; most of them have to begin as syslog does.
_LOOKED_AT = 20
#: How many lines without a header of their own belong to one message.
_MAX_LINES = 1_000
#: A zone at the end of a time, or a count since 1970.
_ZONE = re.compile(r"(?:Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})$|^[0-9]{9,20}$")


@dataclass(frozen=True, slots=True)
class SyslogFormat:
    """Lines of RFC 3164 and RFC 5424, from Linux machines and network appliances."""

    name: str = "syslog"
    title: str = "syslog (RFC 3164, RFC 5424, and with times of ISO 8601)"

    def recognises(self, head: FileHead) -> Match:
        """By the headers of its first lines; one message may have lines without."""
        lines = [line for line in head.text.split("\n", _LOOKED_AT)[:_LOOKED_AT] if line.strip()]
        header_count = sum(map(is_header, lines))
        is_syslog = bool(lines) and is_header(lines[0]) and header_count * 2 >= len(lines)
        return Match.SHAPE if is_syslog else Match.NONE

    def events(self, file: LogFile) -> Iterator[LogEvent]:
        """A message each. Lines without a header belong to the one before; at the beginning they are damaged."""
        reader = _Reader(file)
        block: list[bytes] = []
        for line in file.lines():
            raw = line.rstrip(b"\r\n")
            if not raw.strip():
                continue
            if block and not is_header(raw.decode("utf-8", "replace")) and len(block) < _MAX_LINES:
                block.append(raw)
                continue
            if block:
                yield reader.event(b"\n".join(block))
            block = [raw]
        if block:
            yield reader.event(b"\n".join(block))


class _Reader:
    """Reads messages one after the other."""

    def __init__(self, file: LogFile) -> None:
        self._file = file
        self._days = DaysWithoutYear(file)

    def event(self, raw: bytes) -> LogEvent:
        fields = header_fields(raw.decode("utf-8", "replace"))
        if fields is None:
            return LogEvent(raw, None)
        if "clock" in fields:
            self._add_time(fields)
        program, text = fields.get("program", ""), fields["message"]
        if program == "sysmon" and text.startswith("<Event"):  # Sysmon for Linux
            return LogEvent(raw, {**fields, **(read_event(text.encode()) or {})})
        content = message_fields(program, text)
        # A time in the message is the appliance's own.
        if "timestamp" in content and not _ZONE.search(str(content["timestamp"])):
            self._file.assumptions.add(NO_ZONE)
        return LogEvent(raw, {**fields, **content})

    def _add_time(self, fields: dict[str, Any]) -> None:
        month, day, clock, year = (fields.pop(name, None) for name in ("month", "day", "clock", "year"))
        text = f"{year:04}-{month:02}-{day:02}" if year else self._days.iso_day(month, day)
        self._file.assumptions.add(NO_ZONE)
        if text:
            fields["timestamp"] = f"{text}T{clock}"


FORMAT = SyslogFormat()
