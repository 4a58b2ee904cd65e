"""Times as logs spell them: ISO 8601 with its relatives, counts of seconds and their fractions, FILETIME, portals."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - cells are in UTC without saying so
_FILETIME_EPOCH = datetime(1601, 1, 1)  # noqa: DTZ001
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE]\+?\d+)?")
_ISO = re.compile(
    r"(\d{4})[-/](\d\d?)[-/](\d\d?)(?:[T ]+(\d\d?):(\d\d)(?::(\d\d)(?:[.,:](\d{1,9})\d*)?)?)?"
    r"\s*(Z|z|UTC|GMT|[+-]\d\d:?\d\d)?"
)
#: What portals, web servers and mail write, as strptime has it.
_PATTERNS = (
    "%Y%m%d-%H%M%S",
    "%m/%d/%Y, %I:%M:%S.%f %p",
    "%m/%d/%Y, %I:%M:%S %p",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %H:%M:%S.%f",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%d/%b/%Y:%H:%M:%S %z",
    "%d/%b/%Y:%H:%M:%S",
    "%a %b %d %H:%M:%S %Y",
    "%a %b %d %H:%M:%S %Y UTC",
    "%a %b %d %H:%M:%S.%f %Y",
    "%a, %d %b %Y %H:%M:%S %z",
    "%a, %d %b %Y %H:%M:%S GMT",
    "%d %b %Y %H:%M:%S",
    "%b %d %Y %H:%M:%S",
    "%b %d, %Y %I:%M:%S %p",
    "%b %d, %Y @ %H:%M:%S.%f",
)
#: Where the time stands in an XML element that became an object.
_TIME_KEYS = ("SystemTime", "@SystemTime", "#attributes", "$date", "#text")
#: Counts of 100 ns since 1601 for the years 1917 to 2551: nanoseconds since 1970 are more.
_FIRST_FILETIME, _LAST_FILETIME = 10**17, 3 * 10**17
#: From which number on it counts so many a second; below, it is seconds, up to the year 5138.
_UNITS = ((10**17, 10**9), (10**14, 10**6), (10**11, 10**3))


def read_time(value: Any) -> datetime | None:
    """A time in UTC, without saying so; None for what is no time.

    >>> read_time("2026-03-17T10:15:00.1234567+01:00")
    datetime.datetime(2026, 3, 17, 9, 15, 0, 123456)
    >>> read_time("3/17/2026, 9:15:00.123 AM") == read_time(1773738900123)
    True
    """
    if type(value) is str and value[4:5] == "-":  # most times
        try:
            return _in_utc(datetime.fromisoformat(value))
        except (ValueError, OverflowError):
            pass
    if isinstance(value, datetime):
        return _in_utc(value)
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return _attempt(lambda: _from_number(value))
    if isinstance(value, dict):  # <TimeCreated SystemTime="..."/> as an object
        node: dict[str, Any] = cast("Any", value)
        return next((read_time(node[key]) for key in _TIME_KEYS if key in node), None)
    text = str(value).strip()
    if _NUMBER.fullmatch(text):
        return _attempt(lambda: _from_number_text(text))
    try:
        return _in_utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return _attempt(lambda: _from_text(text)) if text else None


def _attempt(read: Callable[[], datetime | None]) -> datetime | None:
    try:
        return read()
    except (ValueError, OverflowError):
        return None


def _in_utc(time: datetime) -> datetime:
    zone = time.tzinfo
    if zone is None:
        return time
    # `combine` takes the zone away faster than `replace`.
    at = time if zone is UTC else time.astimezone(UTC)
    return datetime.combine(at, at.time())


def _from_text(text: str) -> datetime | None:
    if (match := _ISO.fullmatch(text)) is not None:
        return _from_iso(match)
    if re.fullmatch(r"/Date\((-?\d+)\)/", text):
        return _from_number(int(text[6:-2]) / 1000)
    for pattern in _PATTERNS:
        try:
            return _in_utc(datetime.strptime(text, pattern))  # noqa: DTZ007 - those without a zone are in UTC
        except ValueError:
            continue
    return None


def _from_number_text(text: str) -> datetime | None:
    if re.fullmatch(r"(19|20)\d{6}(\d{6})?", text):  # 20260317, 20260317091500
        return datetime.strptime(text.ljust(14, "0"), "%Y%m%d%H%M%S")  # noqa: DTZ007
    return _from_number(int(text) if text.lstrip("-").isdigit() else float(text))


def _from_iso(match: re.Match[str]) -> datetime:
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    time = datetime(  # noqa: DTZ001
        int(year),
        int(month),
        int(day),
        int(hour or 0),
        int(minute or 0),
        int(second or 0),
        int((fraction or "").ljust(6, "0")[:6] or 0),
    )
    if zone and zone[0] in "+-":
        shift = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
        time += shift if zone[0] == "-" else -shift
    return time


def _from_number(value: float) -> datetime | None:
    """Seconds, milliseconds, micro- or nanoseconds since 1970, or FILETIME, by their size."""
    if _FIRST_FILETIME <= value < _LAST_FILETIME:
        return _FILETIME_EPOCH + timedelta(microseconds=int(value) // 10)
    size = abs(value)
    if size < 10**8:
        return None
    for least, per_second in _UNITS:
        if size >= least:
            seconds, fraction = divmod(int(value), per_second)
            return _EPOCH + timedelta(seconds=seconds, microseconds=fraction * 10**6 // per_second)
    return _EPOCH + timedelta(microseconds=round(value * 10**6))
