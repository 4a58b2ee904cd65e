"""Squid's own access log: when, how long, who, with which outcome, how much, and what was asked of whom.

See https://wiki.squid-cache.org/Features/LogFormat, "squid". Fields are named as W3C's extended format names them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from clew.logs.formats.log_format import FileHead, LogEvent, LogFile, Match

_LOOKED_AT = 10
_LINE = re.compile(
    r"(?P<time>[0-9]{9,10}\.[0-9]{3}) +(?P<elapsed>-?[0-9]+) (?P<client>\S+) (?P<action>[A-Z_]+)/(?P<status>[0-9]{3}) "
    r"(?P<bytes>[0-9]+) (?P<method>\S+) (?P<target>.*) (?P<user>\S+) (?P<hierarchy>[A-Z_]+)/(?P<peer>\S+) (?P<type>\S+)"
    r"(?P<extra> .*)?"
)
#: CONNECT asks for a host and a port.
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:/?#\s]+):[0-9]{1,5}")


@dataclass(frozen=True, slots=True)
class SquidAccessFormat:
    """A request each, as the proxy answered it."""

    name: str = "squid"
    title: str = "the access log of Squid, in its own format"

    def recognises(self, head: FileHead) -> Match:
        """By its first lines."""
        lines = [line for line in head.text.splitlines()[:_LOOKED_AT] if line.strip()]
        request_count = sum(_LINE.fullmatch(line) is not None for line in lines)
        return Match.SHAPE if lines and request_count * 2 >= len(lines) else Match.NONE

    def events(self, file: LogFile) -> Iterator[LogEvent]:
        """Line by line; another line is damaged."""
        for line in file.lines():
            raw = line.rstrip(b"\r\n")
            if raw.strip():
                yield LogEvent(raw, line_fields(raw.decode("utf-8", "replace")))


def line_fields(line: str) -> dict[str, Any] | None:
    """The fields of a line; None for another one."""
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    target = match["target"]
    authority = _AUTHORITY.fullmatch(target)
    fields: dict[str, Any] = {
        "web_log": "squid",
        "timestamp": match["time"],
        "time-taken": match["elapsed"],
        "c-ip": match["client"],
        "s-action": match["action"],
        "sc-status": match["status"],
        "sc-bytes": match["bytes"],
        "cs-method": match["method"],
        "cs-uri": target,
        "cs-host": authority[1].strip("[]") if authority else None,
        "cs-username": match["user"],
        "s-hierarchy": match["hierarchy"],
        "r-ip": match["peer"],
        "rs(Content-Type)": match["type"],
        "extra": (match["extra"] or "").strip(),
    }
    return {name: value for name, value in fields.items() if value and value != "-"}


FORMAT = SquidAccessFormat()
