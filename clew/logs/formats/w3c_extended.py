"""W3C's extended log file format, as IIS, CloudFront and the Windows firewall write it.

See https://www.w3.org/TR/WD-logfile.html. What stands in a row is said by the line `#Fields:` that stands last before
it: IIS writes a new one when its settings change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from clew.logs.formats.json_codec import json_bytes
from clew.logs.formats.log_format import FileHead, LogEvent, LogFile, Match

_FIELDS = "#Fields:"
_LOOKED_AT = 10
_LOCAL_TIME = "times are those of the machine's own zone, which is not told: as UTC"
#: IIS writes a plus sign for each blank in what clients say of themselves.
_PLUS_FOR_BLANK = ("cs(User-Agent)", "cs(Referer)", "cs(Cookie)")
_SCHEMES = frozenset({"http", "https", "ws", "wss"})


@dataclass(frozen=True, slots=True)
class W3cExtendedFormat:
    """A row each, under the fields that the file says; the day may stand in the header alone."""

    name: str = "w3c"
    title: str = "W3C's extended format: IIS, CloudFront, the Windows firewall"

    def recognises(self, head: FileHead) -> Match:
        """By `#Fields:` among the first lines, which are all comments before it."""
        for line in head.text.splitlines()[:_LOOKED_AT]:
            if line.startswith(_FIELDS):
                return Match.SIGNATURE
            if line.strip() and not line.startswith("#"):
                return Match.NONE
        return Match.NONE

    def events(self, file: LogFile) -> Iterator[LogEvent]:
        """Row by row. A row of another width is damaged."""
        header = _Header(file)
        for line in file.lines():
            raw = line.rstrip(b"\r\n")
            text = raw.decode("utf-8", "replace")
            if text.startswith("#"):
                header.read(text)
            elif text.strip():
                fields = header.row_fields(text)
                yield LogEvent(raw if fields is None else json_bytes(fields), fields)


@dataclass(slots=True)
class _Header:
    """What the lines before the rows say."""

    file: LogFile
    names: list[str] = field(default_factory=list[str])
    separator: str = " "
    day: str = ""
    software: str = ""

    def read(self, line: str) -> None:
        """Take in a line of the header."""
        directive, _, value = line.partition(":")
        match directive:
            case "#Fields":
                # CloudFront parts its rows by tabs, and the names of the fields by blanks.
                self.separator = "\t" if "\t" in value or "x-edge-location" in value else " "
                self.names = value.split()
            case "#Date":
                self.day = value.strip().partition(" ")[0]
            case "#Software":
                self.software = value.strip()
            case "#Time Format":
                if value.strip().lower() == "local":
                    self.file.assumptions.add(_LOCAL_TIME)
            case _:
                pass  # the version of the format, remarks

    def row_fields(self, line: str) -> dict[str, Any] | None:
        """The fields that a row has; None for a row of another width than the header, or before one."""
        cells = line.split(self.separator)
        if self.separator == " " and len(cells) != len(self.names):
            cells = line.split()
        if not self.names or len(cells) != len(self.names):
            return None
        fields: dict[str, Any] = {"web_log": "w3c", "software": self.software}
        fields |= {name: cell for name, cell in zip(self.names, cells, strict=True) if cell not in ("-", "")}
        self._add_time(fields)
        for name in _PLUS_FOR_BLANK:
            if name in fields:
                text = fields[name].replace("+", " ") if self.separator == " " else fields[name]
                fields[name] = unquote(text)
        if "cs-uri-stem" in fields:
            fields["uri"] = _with_query(fields["cs-uri-stem"], fields.get("cs-uri-query"))
        if fields.get("cs-protocol") in _SCHEMES:
            _add_url(fields)
        if "path" in fields and "src-ip" in fields:
            fields["outbound"] = fields["path"].upper() != "RECEIVE"
        return fields

    def _add_time(self, fields: dict[str, Any]) -> None:
        day, clock = fields.get("date", self.day), fields.get("time")
        if day and clock:
            fields["timestamp"] = f"{day}T{clock}"


def _with_query(stem: str, query: str | None) -> str:
    return f"{stem}?{query}" if query else stem


def _add_url(fields: dict[str, Any]) -> None:
    """The URL, where the row says the scheme and the host."""
    host = fields.get("x-host-header") or fields.get("cs(Host)") or fields.get("cs-host")
    if host and "uri" in fields:
        fields["url"] = f"{fields['cs-protocol']}://{host}{fields['uri']}"


FORMAT = W3cExtendedFormat()
