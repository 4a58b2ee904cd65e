"""Times as analysts write them: read the same everywhere, or refused with the way to write them."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities.checked_text import stamp
from clew.entities.times import ANY_TIME, TimeLike, TimeWindow, parse_absolute, parse_time, zone_named
from clew.errors import QueryError
from tests.support import HOSTILE

NAIVE = datetime.fromisoformat("2020-10-22T08:00")
NOW = datetime(2026, 3, 17, 9, 15, 42, 500, tzinfo=UTC)  # a Tuesday
BERLIN = ZoneInfo("Europe/Berlin")
#: Zones whose clocks jump by an hour, at midnight, by half an hour, or never.
ZONES = [UTC, BERLIN, ZoneInfo("America/Havana"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kathmandu")]
UNITS = ["s", "m", "h", "d", "w", "mon", "y"]
YEARS = (datetime.fromisoformat("0002-01-01"), datetime.fromisoformat("9998-12-31"))
moments = st.datetimes(*YEARS, timezones=st.just(UTC))
zones = st.sampled_from(ZONES)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


READ: list[tuple[TimeLike, str]] = [
    ("now", "2026-03-17T09:15:42.000500"),
    ("-2d", "2026-03-15T09:15:42.000500"),
    ("now-2d", "2026-03-15T09:15:42.000500"),
    ("-d", "2026-03-16T09:15:42.000500"),
    ("+90m", "2026-03-17T10:45:42.000500"),
    ("-3h@h", "2026-03-17T06:00:00"),
    ("@s", "2026-03-17T09:15:42"),
    ("@m", "2026-03-17T09:15:00"),
    ("@d+8h", "2026-03-17T08:00:00"),
    ("@w", "2026-03-15T00:00:00"),
    ("@w7", "2026-03-15T00:00:00"),
    ("@w1", "2026-03-16T00:00:00"),
    ("@w2", "2026-03-17T00:00:00"),
    ("@w3", "2026-03-11T00:00:00"),
    ("-1mon@mon", "2026-02-01T00:00:00"),
    ("@y", "2026-01-01T00:00:00"),
    ("-1y", "2025-03-17T09:15:42.000500"),
    (" -1m ", "2026-03-17T09:14:42.000500"),
    ("2020-10-22T08:00Z", "2020-10-22T08:00"),
    ("2020-10-22 08:00:01.1234567Z", "2020-10-22T08:00:01.123456"),
    ("2020-10-22 08:00 +02:00", "2020-10-22T06:00"),
    ("2020-10-22T08:00:00-0730", "2020-10-22T15:30"),
    ("2020-10-22Z", "2020-10-22T00:00"),
    (timedelta(days=-2), "2026-03-15T09:15:42.000500"),
    (datetime(2020, 10, 22, 8, tzinfo=timezone(timedelta(hours=2))), "2020-10-22T06:00"),
]


@pytest.mark.parametrize(("given", "expected"), READ, ids=str)
def test_every_way_to_write_a_time_is_read(given: TimeLike, expected: str) -> None:
    """Absolute, ISO and relative times are one moment each, in UTC."""
    read = parse_time(given, NOW)
    assert read == at(expected)
    assert read.tzinfo is UTC


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2020-10-22T08:00", "2020-10-22T06:00"),
        ("2020-12-22", "2020-12-21T23:00"),
        ("2020-10-22T08:00Z", "2020-10-22T08:00"),
        (NAIVE, "2020-10-22T06:00"),
        ("@d", "2026-03-16T23:00"),
        ("-1h", "2026-03-17T08:15:42.000500"),
    ],
    ids=str,
)
def test_a_zone_is_that_of_times_without_one_and_of_days(given: TimeLike, expected: str) -> None:
    """With a zone given, times that name none are of that zone, and days begin at its midnight."""
    assert parse_time(given, NOW, BERLIN) == at(expected)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("-1d", "2026-03-28T11:00"),
        ("-24h", "2026-03-28T10:00"),
        ("@d", "2026-03-28T23:00"),
        ("-9h@h", "2026-03-29T01:00"),
    ],
)
def test_days_follow_the_clock_and_hours_do_not(given: str, expected: str) -> None:
    """Over a change of clocks a day ago is the same time of day, and 24 hours ago is exactly that."""
    assert parse_time(given, at("2026-03-29T10:00"), BERLIN) == at(expected)


@pytest.mark.parametrize(
    ("given", "expected"),
    [("-1mon", "2024-02-29T12:00"), ("-13mon", "2023-02-28T12:00"), ("+1mon", "2024-04-30T12:00")],
)
def test_a_month_that_is_shorter_ends_sooner(given: str, expected: str) -> None:
    """The last day of a month, moved by months, is the last day of a shorter one."""
    assert parse_time(given, at("2024-03-31T12:00")) == at(expected)


def test_a_time_without_a_zone_is_refused_with_the_way_to_write_it() -> None:
    """Nobody can know which eight o'clock was meant, so nobody guesses."""
    for text in ("2020-10-22T08:00", "2020-10-22 08:00", NAIVE):
        with pytest.raises(QueryError, match="start has no time zone") as refused:
            parse_time(text, NOW, label="start")
        assert refused.value.next_step == "write 2020-10-22T08:00Z or 2020-10-22T08:00+02:00, or give a zone"


NONSENSE = [
    "",
    " ",
    "yesterday",
    "-",
    "@",
    "-2",
    "2d",
    "-2x",
    "-1d@x",
    "@w8",
    "-1d -1h",
    "- 2d",
    "-1.5h",
    "-\uff12d",
    "2020",
    "20201022",
    "2020-10-22T",
    "2020-13-01Z",
    "2020-10-22T25:00Z",
    "2020-10-22+08:00Z",
    "2020-10-22x08:00Z",
    "22.10.2020",
    "1603353600",
    "2020-10-22T08:00 Europe/Berlin",
    "nownow",
    "now2020-10-22Z",
]


@pytest.mark.parametrize("given", [*NONSENSE, *HOSTILE, 5, 1.5, None, True, b"now", [1]])
def test_what_is_no_time_is_refused(given: object) -> None:
    """Anything else is an error that says how times are written, and shows nothing that hides."""
    with pytest.raises(QueryError, match="end cannot be") as refused:
        parse_time(given, NOW, label="end")  # type: ignore[arg-type]
    assert "write 2020-10-22T08:00Z" in refused.value.next_step
    assert refused.value.message.isprintable()
    assert len(refused.value.message) < 100


@pytest.mark.parametrize(
    "given",
    [
        "-9999999999d",
        "+999999999999s",
        f"-{'9' * 5000}h",
        "-2027y",
        "+8000y",
        "-999999mon",
        "0001-01-01T00:00+14:00",
        "9999-12-31T23:59-14:00",
        timedelta.max,
        timedelta.min,
        "-2025y@y-1d@y@w",
    ],
)
def test_a_time_in_no_year_is_refused(given: TimeLike) -> None:
    """What lies before the year 1 or after 9999 is an error that says so."""
    with pytest.raises(QueryError, match="in no year from 1 to 9999"):
        parse_time(given, NOW)


@given(st.text() | st.text("now+-@smhdywmon0123456789", max_size=12), st.none() | zones)
def test_any_text_is_a_time_or_a_refusal(text: str, zone: tzinfo | None) -> None:
    """No text raises anything but clew's own error."""
    with suppress(QueryError):
        assert parse_time(text, NOW, zone).tzinfo is UTC


@given(moments)
def test_what_is_kept_is_read_again(given: datetime) -> None:
    """A time that is written down is the same time when it is read, whatever the clock and the zone then."""
    assert parse_time(stamp(given), NOW, BERLIN) == parse_absolute(stamp(given)) == given


@given(
    moments,
    zones,
    st.integers(0, 3000),
    st.sampled_from(UNITS),
    st.sampled_from([*UNITS, *(f"w{n}" for n in range(8))]),
)
def test_a_snap_is_never_later(now: datetime, zone: tzinfo, count: int, unit: str, snap: str) -> None:
    """Snapping goes back in time, or nowhere, also where clocks jump; and snapping twice is snapping once."""
    try:
        plain = parse_time(f"-{count}{unit}", now, zone)
        snapped = parse_time(f"-{count}{unit}@{snap}", now, zone)
    except QueryError:
        return  # before the year 1
    assert snapped <= plain
    assert parse_time(f"@{snap}", snapped, zone) == snapped


@given(
    moments, moments, st.sampled_from(["", "@s", "@m", "@h", "@d", "@w", "@w1", "@mon", "@y", "-3h@h", "-2d", "-1w@d"])
)
def test_later_clocks_read_later_times(one: datetime, other: datetime, text: str) -> None:
    """The same relative text, read later, is never an earlier time."""
    first, second = sorted((one, other))
    assert parse_time(f"now{text}", first) <= parse_time(f"now{text}", second)


@given(moments, zones, st.integers(0, 500), st.integers(0, 500), st.sampled_from(UNITS))
def test_further_back_is_earlier(now: datetime, zone: tzinfo, one: int, other: int, unit: str) -> None:
    """More of a unit ago is never later than less of it."""
    near, far = sorted((one, other))
    with suppress(QueryError):  # before the year 1
        assert parse_time(f"-{far}{unit}", now, zone) <= parse_time(f"-{near}{unit}", now, zone)


def test_frames_bring_times_of_their_own() -> None:
    """The times of pandas are times like any others; its missing one is none."""
    import pandas as pd

    read = parse_time(pd.Timestamp("2020-10-22T08:00", tz="Europe/Berlin"), NOW)
    assert (type(read), read) == (datetime, at("2020-10-22T06:00"))
    assert parse_time(pd.Timedelta(hours=-1), NOW) == NOW - timedelta(hours=1)
    with pytest.raises(QueryError, match="cannot be NaT"):
        parse_time(pd.NaT, NOW, UTC)


@pytest.mark.parametrize(
    "name", ["", "Europe", "Mars/Olympus", "../etc/passwd", "/etc/passwd", "a\0b", "\ud800", "x" * 5000]
)
def test_an_unknown_zone_is_refused(name: str) -> None:
    """A name that is no time zone is an error with the names that are."""
    with pytest.raises(QueryError, match="there is no time zone") as refused:
        zone_named(name)
    assert "Europe/Berlin" in refused.value.next_step
    assert zone_named("Europe/Berlin") == BERLIN


# --- windows ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        ("-2d@d", "now", "between 2026-03-15T00:00:00Z and 2026-03-17T09:15:42.000500Z"),
        ("2020-10-22T08:00Z", None, "from 2020-10-22T08:00:00Z on"),
        (None, "2020-10-22T08:00Z", "before 2020-10-22T08:00:00Z"),
        (None, None, "at any time"),
    ],
)
def test_a_window_says_when_it_is(start: TimeLike | None, end: TimeLike | None, told: str) -> None:
    """A window reads as a phrase, is kept as two texts, and is the same when it is read from them."""
    window = TimeWindow.of(start, end, now=NOW)
    assert str(window) == told
    assert TimeWindow.of_absolute(*window.stamps) == window
    assert bool(window) is (window != ANY_TIME) is (told != "at any time")


@pytest.mark.parametrize(
    ("start", "end"), [("now", "-2d"), ("now", "now"), ("2020-10-22T08:00Z", "2020-10-22T10:00+02:00")]
)
def test_a_window_ends_after_it_starts(start: str, end: str) -> None:
    """A window of no time, or of less, is refused with both of its ends."""
    with pytest.raises(QueryError, match="does not end after that") as refused:
        TimeWindow.of(start, end, now=NOW)
    assert "give both its start and its end" in refused.value.next_step


def test_a_window_has_no_times_without_a_zone() -> None:
    """Made by hand or read from what is kept, a window is in UTC or is refused; nothing in it is relative."""
    with pytest.raises(QueryError, match="with their zone"):
        TimeWindow(NAIVE)
    with pytest.raises(QueryError, match="start has no time zone"):
        TimeWindow.of_absolute("2020-10-22T08:00", None)
    with pytest.raises(QueryError, match="end cannot be '-2d'"):
        TimeWindow.of_absolute(None, "-2d")


@given(st.none() | moments, st.none() | moments)
def test_a_window_of_any_two_times_is_one_or_refused(start: datetime | None, end: datetime | None) -> None:
    """Whatever its ends, a window is kept and read as it is, or is none."""
    if start is not None and end is not None and end <= start:
        with pytest.raises(QueryError):
            TimeWindow.of(start, end, now=NOW)
    else:
        window = TimeWindow.of(start, end, now=NOW)
        assert TimeWindow.of_absolute(*window.stamps) == window == TimeWindow(start, end)
