"""Times as feeds write them, in UTC as ISO 8601."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

from clew.entities.text import stamp

_EPOCH = re.compile(r"\d{9,10}(?:\.\d{1,6})?")
_ISO = re.compile(r"\d{4}-\d\d-\d\d")
# Days before months: what is written with slashes and could be read both ways is not read at all.
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:[ T](\d{1,2}):(\d\d)(?::(\d\d))?)?")


def moment(text: object) -> str:
    """A time as ISO 8601 in UTC; empty for what is none, or could be two. A time without a zone is taken as UTC.

    >>> moment("2026-03-17 09:15:00 UTC"), moment(1773738900), moment("03/04/2026")
    ('2026-03-17T09:15:00.000000Z', '2026-03-17T09:15:00.000000Z', '')
    """
    if not text or isinstance(text, bool):
        return ""
    if isinstance(text, int | float):
        text = str(text)
    return _moment(text) if isinstance(text, str) else ""


@lru_cache(maxsize=4_096)
def _moment(text: str) -> str:
    plain = text.strip().removesuffix("UTC").removesuffix("GMT").strip()
    try:
        found = _read(plain)
        return "" if found is None else stamp(found if found.tzinfo else found.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return ""


def _read(plain: str) -> datetime | None:
    if _EPOCH.fullmatch(plain):
        return datetime.fromtimestamp(float(plain), UTC)
    if _ISO.match(plain):
        return datetime.fromisoformat(plain)
    slashed = _SLASHED.fullmatch(plain)
    if slashed is None:
        return None
    first, second, year = (int(slashed[number]) for number in (1, 2, 3))
    if first <= 12 and second <= 12 and first != second:
        return None
    day, month = (first, second) if first > 12 or first == second else (second, first)
    return datetime(year, month, day, int(slashed[4] or 0), int(slashed[5] or 0), int(slashed[6] or 0), tzinfo=UTC)
