"""The debug log of the DNS server of Windows (dns.log): a line for each packet, in the spelling of dates of the server.

See learn.microsoft.com/windows-server/networking/dns/dns-logging-and-diagnostics and the key at the head of each log.
The lines say no zone. Where details are logged, what follows a line is of its event.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from clew.logs.formats.log_format import NO_ZONE, FileHead, LogEvent, LogFile, Match

_DATE = r"(?P<date>\d{1,4}[./-]?\d{1,2}[./-]?\d{1,4}) (?P<clock>\d{1,2}:\d\d:\d\d)(?: (?P<half>[AaPp][Mm]))?"
_START = re.compile(rf"{_DATE} [0-9A-Fa-f]{{3,8}} ")
_LINE = re.compile(
    rf"{_DATE} (?P<Thread>[0-9A-Fa-f]{{3,8}}) (?P<Context>\w+)\s+"
    r"(?:(?P<Packet>[0-9A-Fa-f]{8,16}) (?P<Protocol>UDP|TCP) (?P<Direction>Rcv|Snd) (?P<RemoteIP>\S+)\s+"
    r"(?P<Xid>[0-9A-Fa-f]{4}) (?P<Response>R)?\s*(?P<Opcode>\S) "
    r"\[(?P<Flags>[0-9A-Fa-f]{4}) (?P<FlagCodes>[A-Z ]*?)\s*(?P<ResponseCode>\w+)\] "
    r"(?P<QuestionType>\S+)\s+(?P<QuestionName>\S+)|(?P<Message>.*))\s*"
)
_LABEL = re.compile(r"\(\d+\)")
_HEAD = "DNS Server log file creation at"


@dataclass(frozen=True, slots=True)
class WindowsDnsDebugFormat:
    """A packet is one event; the fields have the names of the key of the log."""

    name: str = "windows-dns-debug"
    title: str = "the debug log of the DNS server of Windows"

    def recognises(self, head: FileHead) -> Match:
        """By its first line; a log that was cut has a packet there."""
        text = head.text.lstrip()
        match = None if text.startswith(_HEAD) else _LINE.fullmatch(text.partition("\n")[0].rstrip("\r"))
        return Match.SIGNATURE if text.startswith(_HEAD) or (match and match["QuestionName"]) else Match.NONE

    def events(self, file: LogFile) -> Iterator[LogEvent]:
        """Packet by packet. What stands before the first is the key."""
        file.assumptions.add(NO_ZONE)
        lines: list[bytes] = []
        for line in file.lines():
            raw = line.rstrip(b"\r\n")
            if _START.match(raw[:64].decode("utf-8", "replace")):
                if lines:
                    yield _event(lines)
                lines = [raw]
            elif lines and raw.strip():
                lines.append(raw)
        if lines:
            yield _event(lines)


def _event(lines: list[bytes]) -> LogEvent:
    match = _LINE.fullmatch(lines[0].decode("utf-8", "replace"))
    return LogEvent(b"\n".join(lines), _fields(match) if match else None)


def _fields(match: re.Match[str]) -> dict[str, Any]:
    fields: dict[str, Any] = {name: value for name, value in match.groupdict().items() if value}
    time = _time(fields.pop("date"), fields.pop("clock"), fields.pop("half", ""))
    if name := fields.get("QuestionName"):
        fields["QuestionName"] = ".".join(filter(None, _LABEL.split(name))) or "."
    return {"DnsServerLog": "debug", "Time": time, **fields}


def _time(date: str, clock: str, half: str) -> str:
    """A time as ISO 8601. With AM and PM, and slashes, the month comes first; else the day, or the year.

    >>> _time("3/17/2026", "9:15:00", "PM"), _time("17.03.2026", "21:15:00", ""), _time("20260317", "21:15:00", "")
    ('2026-03-17T21:15:00', '2026-03-17T21:15:00', '2026-03-17T21:15:00')
    """
    parts = re.split(r"[./-]", date) if len(date) != 8 or not date.isdecimal() else [date[:4], date[4:6], date[6:]]
    if len(parts) != 3:
        return ""
    first, second, third = parts
    if len(first) == 4:
        year, month, day = first, second, third
    else:
        year, month, day = (third, first, second) if half else (third, second, first)
    hour, _, minutes = clock.partition(":")
    number = int(hour) % 12 + (12 if half.lower() == "pm" else 0) if half else int(hour)
    return f"{year:0>4}-{month:0>2}-{day:0>2}T{number:02}:{minutes}"


FORMAT = WindowsDnsDebugFormat()
