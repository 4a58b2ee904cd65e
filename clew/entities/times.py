"""Times as analysts write them, absolute or relative to now, and windows of time between two of them."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Self

from clew.entities.checked_text import stamp
from clew.entities.display import visible
from clew.errors import QueryError

#: A time: ISO 8601 text with its zone, text relative to now, a datetime with its zone, or the distance from now.
TimeLike = str | datetime | timedelta

_ISO = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)(?:[T ](?P<time>\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?\s?(?P<zone>Z|[+-]\d\d:?\d\d)?", re.ASCII
)
_STEP = re.compile(r"(?P<sign>[+-])(?P<count>[0-9]*)(?P<unit>mon|[smhdwy])|@(?P<snap>mon|w[0-7]?|[smhdy])")
_RELATIVE = re.compile(f"(?:now)?(?:{re.sub('[?]P<[a-z]+>', '?:', _STEP.pattern)})*")
_EXACT = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1)}
_DAYS = {"d": 1, "w": 7}
_MONTHS = {"mon": 1, "y": 12}
_TIME_HELP = "write 2020-10-22T08:00Z, 2020-10-22 08:00+02:00, now, or relative to now: -2d, -3h@h, -1mon@mon+8h"


def parse_time(value: TimeLike, now: datetime, zone: tzinfo | None = None, *, label: str = "the time") -> datetime:
    """A time in UTC.

    Relative text is that of Splunk: an offset (`-2d`), then a snap down (`@h`), in any number; the units are s, m, h,
    d, w, mon and y. `@w` is the Sunday before, `@w1` the Monday. A timedelta is the distance from now: two days ago is
    `timedelta(days=-2)`.

    >>> parse_time("-3h@h", datetime(2026, 3, 17, 9, 15, 42, tzinfo=UTC)).isoformat()
    '2026-03-17T06:00:00+00:00'

    Args:
        zone: of texts that name none, and of the days to which relative texts snap; UTC for these, if not given.
        label: what an error calls it.

    Raises:
        QueryError: it is no time, has no zone, or lies in no year from 1 to 9999.
    """
    if isinstance(value, str):
        text = value.strip()
        if not text or not _RELATIVE.fullmatch(text):
            return parse_absolute(text, zone, label=label)
    elif not isinstance(value, timedelta):
        return parse_absolute(value, zone, label=label)
    try:
        at = now.astimezone(zone or UTC)
        return (_shift_exactly(at, value) if isinstance(value, timedelta) else _apply_steps(at, value)).astimezone(UTC)
    except (OverflowError, ValueError):
        raise _year_error(value, label) from None


def parse_absolute(value: TimeLike, zone: tzinfo | None = None, *, label: str = "the time") -> datetime:
    """A time in UTC that does not depend on when it is read.

    Raises:
        QueryError: it does, is no time, has no zone, or lies in no year from 1 to 9999.
    """
    try:
        # As a plain one: what compares and prints like a datetime may bring a class of its own.
        at = datetime.combine(value.date(), value.timetz()) if isinstance(value, datetime) else _parse_iso(value)
    except (TypeError, ValueError):
        raise QueryError(f"{label} cannot be {visible(repr(value), 60)}", next_step=_TIME_HELP) from None
    if at.utcoffset() is None:
        if zone is None:
            text = at.isoformat(timespec="minutes")
            raise QueryError(
                f"{label} has no time zone: {visible(value, 60)}",
                next_step=f"write {text}Z or {text}+02:00, or give a zone",
            )
        at = at.replace(tzinfo=zone)
    try:
        return at.astimezone(UTC)
    except (OverflowError, ValueError):
        raise _year_error(value, label) from None


def zone_named(name: str) -> tzinfo:
    """A time zone by its name, `Europe/Berlin`. Raises QueryError for one that is not known."""
    # Loaded here: most sessions name no zone.
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        message = f"there is no time zone {visible(name, 60)!r}"
        raise QueryError(message, next_step="write one as Europe/Berlin, America/New_York or UTC") from None


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """From `start` on, and before `end`, in UTC; None where it is open.

    Raises:
        QueryError: it does not end after it starts, or one of the two has no zone.
    """

    start: datetime | None = None
    end: datetime | None = None

    def __post_init__(self) -> None:
        if any(edge is not None and edge.utcoffset() is None for edge in (self.start, self.end)):
            raise QueryError("a window of time needs times with their zone", next_step="add one, as in tzinfo=UTC")
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise QueryError(
                f"the window starts at {_short_stamp(self.start)} and does not end after that, "
                f"but at {_short_stamp(self.end)}",
                next_step="give both its start and its end",
            )

    @classmethod
    def of(cls, start: TimeLike | None, end: TimeLike | None, *, now: datetime, zone: tzinfo | None = None) -> Self:
        """The window between two times as `parse_time` reads them. Raises QueryError."""
        return cls(
            None if start is None else parse_time(start, now, zone, label="start"),
            None if end is None else parse_time(end, now, zone, label="end"),
        )

    @classmethod
    def of_absolute(cls, start: TimeLike | None, end: TimeLike | None) -> Self:
        """The window between two times that are not relative. Raises QueryError."""
        return cls(
            None if start is None else parse_absolute(start, label="start"),
            None if end is None else parse_absolute(end, label="end"),
        )

    @property
    def stamps(self) -> tuple[str | None, str | None]:
        """Both bounds as they are kept.

        Returns:
            From when on, and until when, ISO 8601 in UTC; None for a bound that is open.
        """
        return (stamp(self.start) if self.start else None, stamp(self.end) if self.end else None)

    def __bool__(self) -> bool:
        return self.start is not None or self.end is not None

    def __str__(self) -> str:
        if self.start and self.end:
            return f"between {_short_stamp(self.start)} and {_short_stamp(self.end)}"
        if self.start:
            return f"from {_short_stamp(self.start)} on"
        return f"before {_short_stamp(self.end)}" if self.end else "at any time"


ANY_TIME = TimeWindow()


def _parse_iso(value: object) -> datetime:
    """Raises TypeError or ValueError for anything else than a time by the calendar."""
    match = _ISO.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError
    return datetime.fromisoformat(f"{match['date']}T{match['time'] or '00:00'}{match['zone'] or ''}")


def _year_error(value: TimeLike, label: str) -> QueryError:
    return QueryError(f"{label} is in no year from 1 to 9999: {visible(value, 60)}", next_step=_TIME_HELP)


def _apply_steps(at: datetime, text: str) -> datetime:
    for step in _STEP.finditer(text):
        if step["snap"]:
            at = _snap(at, step["snap"])
        else:
            at = _shift(at, int(f"{step['sign']}{step['count'] or 1}"), step["unit"])
    return at


def _shift_exactly(at: datetime, distance: timedelta) -> datetime:
    """Exactly so far, whatever the clocks of the zone do meanwhile."""
    plain = timedelta(distance.days, distance.seconds, distance.microseconds)
    return (at.astimezone(UTC) + plain).astimezone(at.tzinfo)


def _shift(at: datetime, count: int, unit: str) -> datetime:
    """Hours are exact; a day, a month or a year later is the same time of day by the clocks of the zone."""
    if unit in _EXACT:
        return _shift_exactly(at, count * _EXACT[unit])
    if unit in _DAYS:
        return at + timedelta(days=count * _DAYS[unit])
    year, month = divmod(at.year * 12 + at.month - 1 + count * _MONTHS[unit], 12)
    if not 1 <= year <= 9999:
        raise OverflowError
    return at.replace(year=year, month=month + 1, day=min(at.day, monthrange(year, month + 1)[1]), fold=0)


def _snap(at: datetime, unit: str) -> datetime:
    """The beginning of the second, minute, hour, day, week, month or year that it lies in."""
    if unit in _EXACT:
        minute, second = (0 if unit == "h" else at.minute), (at.second if unit == "s" else 0)
        start = at.replace(minute=minute, second=second, microsecond=0)
    else:
        start = at.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        if unit[0] == "w":
            start -= timedelta(days=(at.isoweekday() - int(unit[1:] or 0)) % 7)
        elif unit in _MONTHS:
            start = start.replace(day=1, month=1 if unit == "y" else at.month)
    # Where clocks jump, the beginning by the clock may be later than the time itself.
    return min(start, at, key=lambda moment: moment.astimezone(UTC))


def _short_stamp(time: datetime) -> str:
    return stamp(time).replace(".000000Z", "Z")
