"""A window of time narrows what a query reads, not what it has read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Host, IpAddress, Outcome
from clew.entities.times import ANY_TIME, TimeWindow
from clew.errors import QueryError
from clew.logs.dialects import CANONICAL
from clew.logs.query_packs import load_queries
from clew.logs.schema_files import load_schemas
from clew.pivots.execution import execute
from clew.pivots.invocation import Invocation
from clew.pivots.registry import find_pivot
from clew.pivots.workspace import Workspace
from clew.providers.local.logs import LogQuery
from clew.settings import Settings
from tests.logs.cloud_events import CLOUD
from tests.logs.engines.test_duckdb_source import SPECIAL, SUBJECTS
from tests.logs.events import ALL, CONNECTED, NOON, Event, ask, ndjson, opened
from tests.logs.network_events import NETWORK
from tests.logs.windows_events import WINDOWS
from tests.support import FEWER

QUERIES = load_queries()
OWN = IpAddress("192.0.2.1")
each_query = pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    """A log with a row for every query."""
    made = opened(tmp_path_factory.mktemp("windows"), ndjson((*ALL, *WINDOWS, *CLOUD, *NETWORK)))
    yield made
    made.close()


def minute(number: int, **fields: object) -> Event:
    """A connection so many minutes after nine."""
    return {**CONNECTED, "UtcTime": f"2026-03-17 09:{number:02}:00", "SourcePort": str(number), **fields}


@each_query
def test_every_query_has_a_window(logs, query):
    """Each query of the pack finds in a window what it finds without, and nothing outside of it; and says so."""
    subject = SPECIAL.get(query.id, SUBJECTS[query.subject])
    whole = ask(logs, query, subject)
    assert whole.outcome is Outcome.FOUND
    first, last = whole.observed_first, whole.observed_last
    inside = ask(logs, query, subject, start=first, end=last + timedelta(microseconds=1))
    assert (inside.table, inside.links, inside.available) == (whole.table, whole.links, whole.available)
    assert inside.reason.startswith("between 2026-03-17T09:")
    for outside in ({"end": first}, {"start": last + timedelta(microseconds=1)}):
        finding = ask(logs, query, subject, **outside)
        assert finding.outcome is Outcome.NOTHING
        assert finding.reason.startswith("no such rows in the connected logs ")
        assert "2026-03-17T09:" in finding.reason


def test_a_window_is_half_open(tmp_path):
    """A row at the start is in, a row at the end is out: windows that touch share no row and lose none."""
    made = opened(tmp_path, ndjson([minute(number) for number in range(10)]))
    query = QUERIES["IpAddress.connections"]
    one, two = "2026-03-17T09:03Z", "2026-03-17T09:07Z"
    windows = ((None, one), (one, two), (two, None))
    found = [ask(made, query, SUBJECTS["IpAddress"], start=start, end=end) for start, end in windows]
    assert [[row["local_port"] for row in each.table.records()] for each in found] == [
        [0, 1, 2],
        [3, 4, 5, 6],
        [7, 8, 9],
    ]
    assert [each.available for each in found] == [3, 4, 3]


def test_the_first_of_a_window_is_found(tmp_path):
    """A query that takes one row of several takes the first of the window, not the first of all if that is in it."""
    made = opened(tmp_path, ndjson([minute(number) for number in (1, 5, 9)]))
    finding = ask(made, QUERIES["IpAddress.hosts"], OWN, start="2026-03-17T09:04Z")
    assert [row["local_port"] for row in finding.table.records()] == [5]


def test_a_row_without_a_time_is_in_no_window(tmp_path):
    """Rows whose time nobody can read are found without a window, and never with one."""
    made = opened(tmp_path, ndjson([minute(1), {**CONNECTED, "UtcTime": "yesterday"}]))
    query = QUERIES["IpAddress.connections"]
    assert ask(made, query, SUBJECTS["IpAddress"]).returned == 2
    assert ask(made, query, SUBJECTS["IpAddress"], start="0001-01-02Z").returned == 1
    assert ask(made, query, SUBJECTS["IpAddress"], end="9999-12-30Z").returned == 1


def test_a_limit_counts_within_the_window(tmp_path):
    """What is cut is told against what the window holds."""
    made = opened(tmp_path, ndjson([minute(number) for number in range(10)]))
    finding = ask(made, QUERIES["IpAddress.connections"], SUBJECTS["IpAddress"], start="2026-03-17T09:04Z", limit=2)
    assert (finding.returned, finding.available, finding.truncated_by) == (2, 6, "limit 2")


moments = st.none() | st.integers(0, 12).map(lambda number: NOON.replace(hour=9, minute=number))


@pytest.fixture(scope="module")
def minutes(tmp_path_factory):
    """A log with a connection in each of ten minutes."""
    made = opened(tmp_path_factory.mktemp("minutes"), ndjson([minute(number) for number in range(10)]))
    yield made
    made.close()


@FEWER
@given(start=moments, end=moments)
def test_a_window_holds_what_python_would(minutes, start, end):
    """For any two times the rows are those that a comparison in Python picks."""
    if start and end and end <= start:
        return
    finding = ask(minutes, QUERIES["IpAddress.connections"], SUBJECTS["IpAddress"], start=start, end=end)
    expected = [
        number
        for number in range(10)
        if (start is None or number >= start.minute) and (end is None or number < end.minute)
    ]
    assert [row["local_port"] for row in finding.table.records()] == expected


def test_queries_that_differ_in_time_differ():
    """Asks with and without a window have different fingerprints; that without is described as it always was."""
    windows = [ANY_TIME, TimeWindow(NOON), TimeWindow(None, NOON), TimeWindow(NOON, NOON + timedelta(days=1))]
    asks = [LogQuery("IpAddress.connections", (("ip", "192.0.2.1"),), 5, window) for window in windows]
    assert len({ask.fingerprint for ask in asks}) == 4
    assert asks[0] == LogQuery("IpAddress.connections", (("ip", "192.0.2.1"),), 5)
    assert [*asks[0].description()] == ["query", "sql", "parameters", "limit"]
    assert asks[2].description()["window"] == [None, "2026-03-17T12:00:00.000000Z"]


@each_query
def test_times_are_bound_and_never_written_into_the_query(query):
    """The text of a query is the same for every window with the same open ends."""
    day = timedelta(days=1)
    windows = TimeWindow(NOON, NOON + day), TimeWindow(NOON - day, NOON)
    one, two = (query.windowed_sql(window, CANONICAL, load_schemas().views) for window in windows)
    assert one[0] == two[0]
    assert query.sql in one[0]
    assert one[1] == {"clew_start": "2026-03-17T12:00:00.000000Z", "clew_end": "2026-03-18T12:00:00.000000Z"}
    assert query.windowed_sql(ANY_TIME, CANONICAL, load_schemas().views) == (query.sql, {})


@pytest.mark.parametrize("start", ["-2d", "now", "2026-03-17T09:00", "x'; DROP TABLE events; --"])
def test_a_query_knows_no_clock(logs, start):
    """What is asked without a session must not be relative: it would be another question tomorrow."""
    pivot = find_pivot(Host, "query.logons")
    invocation = Invocation(pivot.name, SUBJECTS["Host"], {"start": start})
    with pytest.raises(QueryError, match="start"):
        execute(Workspace(Settings()).runner(), invocation, pivot)
