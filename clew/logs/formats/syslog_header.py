"""The headers of syslog lines: RFC 5424, RFC 3164 as it is written in practice, and that with a time of ISO 8601.

The older header (https://www.rfc-editor.org/rfc/rfc3164, section 4) has neither year nor zone; a file has no priority.
The newer one is https://www.rfc-editor.org/rfc/rfc5424, section 6.
"""

from __future__ import annotations

import re
from typing import Any

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTHS = {name: number for number, name in enumerate(_MONTHS, 1)}
_PRIORITY = r"(?:<(?P<priority>[0-9]{1,3})>)?"
_HOST = r"(?P<host>[\w.:-]{1,255})"
#: The program, its process id, and the colon behind them.
_TAG = r"(?P<program>[\w./()+@-]{1,80}?)(?:\[(?P<pid>[0-9]{1,10})\])?:"
_RFC_5424 = re.compile(
    r"<(?P<priority>[0-9]{1,3})>[1-9][0-9]? (?P<time>\S{1,40}) (?P<host>\S{1,255}) (?P<program>\S{1,48}) "
    r"(?P<pid>\S{1,128}) (?P<message_id>\S{1,32}) (?P<content>.*)",
    re.DOTALL,
)
_ISO_8601 = re.compile(
    rf"{_PRIORITY}(?P<time>[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T[0-9:]{{8}}(?:[.,][0-9]{{1,9}})?"
    r"(?:Z|[+-][0-9]{2}:?[0-9]{2})?) "
    rf"{_HOST} (?P<content>.*)",
    re.DOTALL,
)
_YEAR = "(?:19|20)[0-9]{2}"
_RFC_3164 = re.compile(
    rf"{_PRIORITY}(?:(?P<year>{_YEAR}) )?(?P<month>{'|'.join(_MONTHS)}) {{1,2}}(?P<day>[0-9]{{1,2}}) "
    rf"(?:(?P<later_year>{_YEAR}) )?(?P<clock>[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(?:\.[0-9]{{1,9}})?):? "
    rf"(?:{_HOST} )?(?P<content>.*)",
    re.DOTALL,
)
#: What appliances write with a priority at most: CEF, LEEF, Cisco, FortiGate, Palo Alto Networks.
_BARE = re.compile(
    rf"{_PRIORITY}(?P<content>(?:CEF:[01]\||LEEF:[12]\.[0-9]\||%(?:ASA|FTD)-[0-7]-[0-9]{{6}}: "
    r"|date=[0-9]{4}-[0-9]{2}-[0-9]{2} time=[0-9:]{8} "
    r"|[0-9]?,[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9:]{8},[0-9A-Za-z]{0,20},[A-Z-]{3,20},).*)",
    re.DOTALL,
)
_BARE_STARTS = ("<", "CEF:", "LEEF:", "%", "date=", "1,", ",", "0,")
_TAG_AND_MESSAGE = re.compile(rf"{_TAG} ?(?P<message>.*)", re.DOTALL)
_ELEMENT = re.compile(r'\[([^\s=\]"]{1,64})((?: [^\s=\]"]{1,64}="(?:[^"\\\]]|\\.)*")*)\]')
_PARAMETER = re.compile(r' ([^\s=\]"]{1,64})="((?:[^"\\\]]|\\.)*)"')
_APPLIANCES = ("CEF:", "LEEF:", ": %")
FACILITIES = (
    *("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp"),
    *("ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"),
)
SEVERITIES = ("emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug")


def is_header(line: str) -> bool:
    """Whether a line begins as syslog lines do; one with a time of ISO 8601 names a program or has a priority."""
    if line.startswith("<") and _RFC_5424.match(line):
        return True
    iso_match = _ISO_8601.match(line)
    if iso_match:
        return bool(iso_match["priority"] or _TAG_AND_MESSAGE.match(iso_match["content"]))
    return _RFC_3164.match(line) is not None or _bare_match(line) is not None


def header_fields(line: str) -> dict[str, Any] | None:
    """What the header says, and `message`; None for a line without one.

    Returns:
        `syslog` is the kind of header; `timestamp` the time as it stands there, where it has a year, else `month`,
        `day` and `clock`; `host`, `program`, `pid`, `facility` and `severity` where they are told.
    """
    if line.startswith("<") and (match := _RFC_5424.match(line)):
        return _rfc_5424_fields(match)
    if match := _ISO_8601.match(line):
        return {"syslog": "iso", "timestamp": match["time"], **_common_fields(match), **_tag_fields(match["content"])}
    match = _RFC_3164.match(line)
    if match is None:
        bare_match = _bare_match(line)
        return bare_match and {"syslog": "none", **_common_fields(bare_match), "message": bare_match["content"].strip()}
    times: dict[str, Any] = {"month": MONTHS[match["month"]], "day": int(match["day"]), "clock": match["clock"]}
    if year := match["year"] or match["later_year"]:
        times["year"] = int(year)
    return {"syslog": "rfc3164", **times, **_common_fields(match), **_tag_fields(match["content"])}


def _bare_match(line: str) -> re.Match[str] | None:
    return _BARE.match(line) if line.startswith(_BARE_STARTS) else None


def _common_fields(match: re.Match[str]) -> dict[str, Any]:
    host = match.groupdict().get("host") or ""
    # ASA and IOS write a colon behind the name of the machine.
    if host.endswith(":") and not host.endswith("::"):
        host = host[:-1]
    fields: dict[str, Any] = {"host": host} if host else {}
    priority = int(match["priority"]) if match["priority"] else -1
    if 0 <= priority < 8 * len(FACILITIES):
        fields["facility"] = FACILITIES[priority // 8]
        fields["severity"] = SEVERITIES[priority % 8]
    return fields


def _tag_fields(content: str) -> dict[str, Any]:
    match = None if content.startswith(_APPLIANCES) else _TAG_AND_MESSAGE.match(content)
    if match is None:
        return {"message": content.removeprefix(": ").strip()}
    fields: dict[str, Any] = {"program": match["program"]}
    if match["pid"]:
        fields["pid"] = int(match["pid"])
    return {**fields, "message": match["message"].strip()}


def _rfc_5424_fields(match: re.Match[str]) -> dict[str, Any]:
    fields: dict[str, Any] = {"syslog": "rfc5424"}
    names = (("timestamp", "time"), ("program", "program"), ("pid", "pid"), ("message_id", "message_id"))
    fields |= {name: match[group] for name, group in names if match[group] != "-"}
    fields |= _common_fields(match)
    if fields.get("host") == "-":
        del fields["host"]
    content = match["content"]
    elements: dict[str, dict[str, str]] = {}
    position = 1 if content.startswith("-") else 0
    while element := _ELEMENT.match(content, position):
        values = {name: re.sub(r'\\(["\\\]])', r"\1", value) for name, value in _PARAMETER.findall(element[2])}
        elements.setdefault(element[1], {}).update(values)
        position = element.end()
    if elements:
        fields["structured_data"] = elements
    return {**fields, "message": content[position:].lstrip(" \ufeff").rstrip()}
