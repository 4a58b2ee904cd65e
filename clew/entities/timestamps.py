"""Times as feeds write them, in UTC as ISO 8601."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

from clew.entities.checked_text import stamp

_EPOCH = re.compile(r"\d{9,10}(?:\.\d{1,6})?")
_ISO = re.compile(r"\d{4}-\d\d-\d\d")
# Days before months: what is written with slashes and could be read both ways is not read at all.
_SLASH_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:[ T](\d{1,2}):(\d\d)(?::(\d\d))?)?")


def iso_time(text: object) -> str:
    """A time as ISO 8601 in UTC; empty for what is none, or could be two. A time without a zone is taken as UTC.

    >>> iso_time("2026-03-17 09:15:00 UTC"), iso_time(1773738900), iso_time("03/04/2026")
    ('2026-03-17T09:15:00.000000Z', '2026-03-17T09:15:00.000000Z', '')
    """
    if not text or isinstance(text, bool):
        return ""
    if isinstance(text, int | float):
        text = str(text)
    return _cached_iso_time(text) if isinstance(text, str) else ""


@lru_cache(maxsize=4_096)
def _cached_iso_time(text: str) -> str:
    plain = text.strip().removesuffix("UTC").removesuffix("GMT").strip()
    try:
        time = _parse(plain)
        return "" if time is None else stamp(time if time.tzinfo else time.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return ""


def _parse(plain: str) -> datetime | None:
    if _EPOCH.fullmatch(plain):
        return datetime.fromtimestamp(float(plain), UTC)
    if _ISO.match(plain):
        return datetime.fromisoformat(plain)
    match = _SLASH_DATE.fullmatch(plain)
    if match is None:
        return None
    first, second, year = (int(match[number]) for number in (1, 2, 3))
    if first <= 12 and second <= 12 and first != second:
        return None
    day, month = (first, second) if first > 12 or first == second else (second, first)
    return datetime(year, month, day, int(match[4] or 0), int(match[5] or 0), int(match[6] or 0), tzinfo=UTC)
