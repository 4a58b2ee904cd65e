"""Days of which a log says the month and the day alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from clew.logs.formats.log_format import LogFile

_ASSUMPTION = "times without a year: the last such day before the file was changed"


class DaysWithoutYear:
    """The days of one file: each is the last such one before the file was changed, and the file says so."""

    def __init__(self, file: LogFile) -> None:
        self._file = file
        self._last_day = _day_after(file.modified_at)
        self._days: dict[tuple[int, int], str] = {}

    def iso_day(self, month: int, day: int) -> str:
        """The day as ISO 8601; empty where there is none, or nobody knows when the file was changed."""
        self._file.assumptions.add(_ASSUMPTION)
        text = self._days.get((month, day))
        if text is None:
            text = self._days[month, day] = _last_such_day(month, day, self._last_day)
        return text


def _day_after(moment: float | None) -> date | None:
    """The day after a moment: clocks of machines are in zones that they do not tell."""
    return None if moment is None else (datetime.fromtimestamp(moment, UTC) + timedelta(days=1)).date()


def _last_such_day(month: int, day: int, last_day: date | None) -> str:
    if last_day is None:
        return ""
    for year in range(last_day.year, last_day.year - 9, -1):  # within eight years there is a 29 February
        try:
            candidate = date(year, month, day)
        except ValueError:
            continue
        if candidate <= last_day:
            return candidate.isoformat()
    return ""
