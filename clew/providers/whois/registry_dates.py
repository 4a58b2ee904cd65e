"""Days, as registries write them."""

from __future__ import annotations

import re
from datetime import date

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_MONTH = r"(?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_YEAR, _SMALL = r"(?P<year>(?:19|20)\d\d)", r"(?P<{}>0?[1-9]|[12]\d|3[01])"
_DAY, _NUMBER = _SMALL.format("day"), r"(?P<month>0?[1-9]|1[0-2])"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"(?<!\d){_YEAR}\s?[-/.]\s?{_NUMBER}\s?[-/.]\s?{_DAY}(?!\d)",
        rf"(?<!\d){_YEAR}[-/. ]{_MONTH}[-/. ]{_DAY}(?!\d)",
        rf"(?<![\d#]){_YEAR}(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12]\d|3[01])(?:\d{{6}})?(?!\d)",
        rf"(?<!\d){_DAY}(?:st|nd|rd|th)?[-/., ]+{_MONTH}[-/., ]+{_YEAR}(?!\d)",
        rf"{_MONTH}[-/., ]+{_DAY}(?:st|nd|rd|th)?[,. ]+(?:at )?{_YEAR}(?!\d)",
        rf"{_MONTH} +{_DAY} +[\d:]{{5,8}}(?: +[a-z]{{2,5}})? +{_YEAR}(?!\d)",
        # Days before months: of those who write them with strokes and dots, few do otherwise.
        rf"(?<!\d){_DAY}\s?[-/.]\s?{_NUMBER}\s?[-/.]\s?{_YEAR}(?!\d)",
        rf"(?<!\d){_NUMBER}[-/.]{_DAY}[-/.]{_YEAR}(?!\d)",
        # Those who know no day know the month, or the year.
        rf"(?:before +)?{_MONTH}[-/., ]+{_YEAR}(?!\d)",
    )
)
_AMERICAN = re.compile(r"(?<!\d)(?:0?[1-9]|1[0-2])/(?:1[3-9]|2\d|3[01])/(?:19|20)\d\d(?!\d)")
_MONTH_FIRST = re.compile(rf"(?<!\d){_NUMBER}/{_DAY}/{_YEAR}(?!\d)")


def months_first(text: str) -> bool:
    """Whether one of the days in a text can only be read with the month before the day: then all are."""
    return _AMERICAN.search(text) is not None


def day_of(text: str, *, american: bool = False) -> str | None:
    """The day that is written, ISO 8601, as its registry counts days; None for none.

    Args:
        american: months stand before days where both are numbers.

    >>> day_of("14-Feb-2005 20:35:14 UTC"), day_of("2017. 04. 05."), day_of("Fri Mar  3 09:00:01 GMT 2006")
    ('2005-02-14', '2017-04-05', '2006-03-03')
    >>> day_of("before Aug-1996"), day_of("N/A")
    ('1996-08-01', None)
    """
    for form in (_MONTH_FIRST, *_FORMS) if american else _FORMS:
        match = form.search(text)
        if match is not None:
            try:
                return _day(match.groupdict())
            except ValueError:
                continue  # the 30th of February
    return None


def _day(groups: dict[str, str | None]) -> str:
    month = _MONTHS[name.lower()] if (name := groups.get("name")) else int(groups["month"] or 1)
    return date(int(groups["year"] or 0), month, int(groups.get("day") or 1)).isoformat()
