"""fast.log of Suricata, and alert_fast of Snort: a line for each alert.

See docs.suricata.io/en/latest/configuration/suricata-yaml.html (line based alerts log) and docs.snort.org. The lines
say no zone, and Snort writes no year unless it is asked to.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from clew.logs.formats.days_without_year import DaysWithoutYear
from clew.logs.formats.log_format import NO_ZONE, FileHead, LogEvent, LogFile, Match

_LINE = re.compile(
    r"(?P<month>\d\d)/(?P<day>\d\d)(?:/(?P<year>\d{4}|\d\d))?-(?P<clock>\d\d:\d\d:\d\d(?:\.\d+)?)\s+"
    r"(?:\[(?P<action>\w+)\]\s+)?\[\*\*\]\s+(?:\[(?P<drop>\w+)\]\s+\[\*\*\]\s+)?"
    r"\[(?P<gid>\d+):(?P<sid>\d+):(?P<rev>\d+)\]\s+(?P<signature>.*?)\s*\[\*\*\]\s*"
    r"(?:\[Classification: (?P<category>.*?)\]\s*)?(?:\[Priority: (?P<priority>\d+)\]\s*)?"
    r"(?:\[AppID: [^\]]*\]\s*)?(?:\{(?P<proto>[^}]*)\}\s*(?P<source>\S+) -> (?P<target>\S+)|\[.*\])?\s*"
)
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class SuricataFastFormat:
    """A line is one alert, with the names that EVE has for its fields."""

    name: str = "suricata-fast"
    title: str = "Suricata's fast.log"

    def recognises(self, head: FileHead) -> Match:
        """By its first line."""
        first_line = head.text.lstrip().partition("\n")[0].rstrip("\r")
        return Match.SIGNATURE if _LINE.fullmatch(first_line) else Match.NONE

    def events(self, file: LogFile) -> Iterator[LogEvent]:
        """Line by line; one that is no alert is damaged."""
        file.assumptions.add(NO_ZONE)
        days = DaysWithoutYear(file)
        for line in file.lines():
            raw = line.rstrip(b"\r\n")
            if raw.strip():
                match = _LINE.fullmatch(raw.decode("utf-8", "replace"))
                yield LogEvent(raw, _fields(match, days) if match else None)


def _fields(match: re.Match[str], days: DaysWithoutYear) -> dict[str, Any]:
    action = match["action"] or match["drop"]
    alert = {
        "signature": match["signature"],
        "gid": match["gid"],
        "signature_id": match["sid"],
        "rev": match["rev"],
        "category": match["category"] if match["category"] != "(null)" else None,
        "severity": match["priority"],
        "action": "blocked" if action else "allowed",
    }
    fields: dict[str, Any] = {"event_type": "alert", "proto": match["proto"], "alert": alert}
    if day := _iso_day(match, days):
        fields["timestamp"] = f"{day}T{match['clock']}"
    for name, end in (("src", match["source"]), ("dest", match["target"])):
        if end:
            fields[f"{name}_ip"], fields[f"{name}_port"] = _address_and_port(end)
    return fields


def _iso_day(match: re.Match[str], days: DaysWithoutYear) -> str:
    month, day, year = match.group("month", "day", "year")
    if not year:
        return days.iso_day(int(month), int(day))
    if len(year) == 2 and int(month) > _MONTHS:  # Snort 3 writes the year first
        return f"20{month}-{day}-{year}"
    return f"{year if len(year) == 4 else f'20{year}'}-{month}-{day}"


def _address_and_port(end: str) -> tuple[str, str | None]:
    """The parts of `192.0.2.1:80`, `[2001:db8::1]:80` and, as Suricata writes it, `2001:db8::1:80`.

    Suricata ends each with a port (of ICMP, its type and code); Snort leaves it out of ICMP.
    """
    address, _, port = end.rpartition(":")
    if address and port.isdecimal() and _is_address(address.strip("[]")):
        return address.strip("[]"), port
    return end.strip("[]"), None


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


FORMAT = SuricataFastFormat()
