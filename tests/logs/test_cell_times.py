"""Times are read however logs spell them, and what is none is nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.logs.cell_times import read_time

TIME = datetime(2026, 3, 17, 9, 15, 0, 123000)  # noqa: DTZ001 - cells are in UTC without saying so
SECOND = TIME.replace(microsecond=0)
MINUTE = SECOND.replace(second=0)
SECONDS = int(SECOND.replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-03-17T09:15:00.123Z", TIME),
        ("2026-03-17T09:15:00.123z", TIME),
        ("2026-03-17 09:15:00.123", TIME),
        ("2026-03-17 09:15:00,123", TIME),
        ("2026-03-17 09:15:00.1230000", TIME),
        ("2026-03-17T09:15:00.123000000Z", TIME),
        ("2026-03-17T10:15:00.123+01:00", TIME),
        ("2026-03-17T10:15:00.123+0100", TIME),
        ("2026-03-17 09:15:00.123 UTC", TIME),
        ("2026/03/17 09:15:00.123", TIME),
        ("3/17/2026, 9:15:00.123 AM", TIME),
        ("3/17/2026 9:15:00 AM", SECOND),
        ("17/Mar/2026:10:15:00 +0100", SECOND),
        ("Tue Mar 17 09:15:00 2026", SECOND),
        ("Tue, 17 Mar 2026 09:15:00 GMT", SECOND),
        ("Mar 17, 2026 @ 09:15:00.123", TIME),
        ("20260317091500", SECOND),
        (f"/Date({SECONDS}123)/", TIME),
        (SECONDS, SECOND),
        (SECONDS + 0.123, TIME),
        (str(SECONDS), SECOND),
        (f"{SECONDS}.123", TIME),
        (SECONDS * 1000 + 123, TIME),
        (SECONDS * 10**6 + 123000, TIME),
        (SECONDS * 10**9 + 123000000, TIME),
        (f"{SECONDS * 1000:.9e}", SECOND),
        ((SECONDS + 11644473600) * 10**7 + 1230000, TIME),
        (str((SECONDS + 11644473600) * 10**7 + 1230000), TIME),
        ({"SystemTime": "2026-03-17T09:15:00.123Z"}, TIME),
        ({"#attributes": {"SystemTime": SECONDS + 0.123}}, TIME),
        (TIME, TIME),
        (TIME.replace(tzinfo=UTC), TIME),
    ],
)
def test_a_time_in_any_spelling(text: object, time: datetime) -> None:
    """ISO 8601 and its relatives, counts of seconds and their fractions, FILETIME, portals, web servers and mail."""
    assert read_time(text) == time


@pytest.mark.parametrize(
    "text", ["", "-", "yesterday", "2026-02-30T00:00:00Z", "9999-99-99", 5, 6700.0, "700", True, None, [], {}, "1e400"]
)
def test_what_is_no_time(text: object) -> None:
    """A process id, a word, a day that there is not: nothing."""
    assert read_time(text) is None


numbers = st.integers() | st.floats() | st.floats(1e16, 4e17)


@given(
    st.text(max_size=40) | numbers | numbers.map(str) | st.dictionaries(st.just("SystemTime"), numbers) | st.booleans()
)
def test_nothing_breaks_it(value: object) -> None:
    """Whatever stands there, it is a time in UTC or none."""
    time = read_time(value)
    assert time is None or time.tzinfo is None
