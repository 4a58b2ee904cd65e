"""Access logs of web servers in the formats of Apache: common, combined, and these with the host or more fields.

See https://httpd.apache.org/docs/2.4/logs.html; nginx writes the same by default
(https://nginx.org/en/docs/http/ngx_http_log_module.html). Fields are named as W3C's extended format names them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from clew.logs.cell_texts import request_method, request_target
from clew.logs.formats.log_format import FileHead, LogEvent, LogFile, Match

_LOOKED_AT = 10
_BEGINNING = (
    r"(?:(?P<virtual_host>[\w.:-]{1,255}) )?(?P<client>[^\s\[]{1,255}) \S+ (?P<user>\S+|\"[^\"]*\") "
    r"\[(?P<time>[0-9]{1,2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9:]{8} [+-][0-9]{4})\] "
)


def _in_quotation_marks(name: str) -> str:
    """The pattern of a text in which they are escaped."""
    return rf'"(?P<{name}>(?:[^"\\]|\\.)*)"'


_ENDING = (
    r" (?P<status>[0-9]{3}|-) (?P<bytes>[0-9]+|-)"
    rf"(?: {_in_quotation_marks('referrer')} {_in_quotation_marks('agent')})?(?P<extra> .*)?"
)
_LINE = re.compile(rf"{_BEGINNING}{_in_quotation_marks('request')}{_ENDING}")
#: Servers that do not escape what clients send: the request ends at the last place that fits.
_UNESCAPED_LINE = re.compile(rf'{_BEGINNING}"(?P<request>.*)"{_ENDING}')
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|(.))")
_PLAIN_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "v": "\v", "f": "\f"}


@dataclass(frozen=True, slots=True)
class AccessLogFormat:
    """A request each, as the server answered it."""

    name: str = "access-log"
    title: str = "access logs of Apache and nginx (common, combined)"

    def recognises(self, head: FileHead) -> Match:
        """By its first lines, which a request and its time stand in."""
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
    """The fields of a line; None for another one. A request that is no HTTP is kept as it was sent."""
    match = _LINE.fullmatch(line) or _UNESCAPED_LINE.fullmatch(line)
    if match is None:
        return None
    request, referrer, agent = (_unescape(match[name] or "") for name in ("request", "referrer", "agent"))
    target = request_target(request)
    stem, _, query = target.partition("?")
    fields: dict[str, Any] = {
        "web_log": "access",
        "timestamp": match["time"],
        "c-ip": match["client"],
        "cs-username": match["user"].strip('"'),
        "cs-host": match["virtual_host"],
        "cs-request": request,
        "cs-method": request_method(request),
        "cs-uri": target,
        "cs-uri-stem": stem,
        "cs-uri-query": query,
        "sc-status": match["status"],
        "sc-bytes": match["bytes"],
        "cs(Referer)": referrer,
        "cs(User-Agent)": agent,
        "extra": (match["extra"] or "").strip(),
    }
    return {name: value for name, value in fields.items() if value and value != "-"}


def _unescape(text: str) -> str:
    r"""Undo what the server escaped: quotation marks, backslashes, and bytes that are no text.

    >>> _unescape(r"a\"b\x16\\")
    'a"b\x16\\'
    """
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else _PLAIN_ESCAPES.get(match[2], match[2])


FORMAT = AccessLogFormat()
