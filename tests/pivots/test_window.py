"""A window of time, for one call, for many, and for the process; what is run depends on no clock."""

from __future__ import annotations

import asyncio
import inspect
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Host, IpAddress, Outcome
from clew.entities.times import ANY_TIME, TimeWindow
from clew.errors import QueryError, SettingsError
from clew.pivots import session
from clew.pivots.configuration import configure
from clew.pivots.invocation import resolve_arguments
from clew.pivots.lookup_policy import LookupPolicy, VerdictRule
from clew.pivots.registry import find_pivot
from clew.pivots.session import connect
from tests.logs.events import ALL, HOST, ndjson
from tests.pivots.test_conformance import PIVOTS

NOW = datetime(2026, 3, 17, 12, tzinfo=UTC)
DAY = TimeWindow(NOW - timedelta(days=1), NOW)
LOGONS = find_pivot(Host, "query.logons")
#: What the log holds: one logon that failed at 09:14 and one at 09:15 and a bit.
BETWEEN = "2026-03-17T09:15Z"
WINDOWED = {name: pivot for name, (_, pivot) in PIVOTS.items() if pivot.name.startswith("query.")}


@pytest.fixture
def logs(workspace, tmp_path):
    """A log with a row for every query, connected."""
    (tmp_path / "log.ndjson").write_bytes(ndjson(ALL))
    return connect(tmp_path / "log.ndjson")


@pytest.mark.parametrize("pivot", WINDOWED.values(), ids=WINDOWED)
def test_every_query_takes_a_window(pivot):
    """Each pivot of a `query` menu has `start` and `end` beside its own arguments, and explains them."""
    parameters = pivot.signature.parameters
    assert [*parameters][-3:] == ["limit", "start", "end"]
    assert all(parameters[name].kind is inspect.Parameter.KEYWORD_ONLY for name in ("start", "end"))
    assert "start: only rows from then on" in pivot.help
    assert "end: only rows before then" in pivot.help


def test_a_call_has_a_window(logs):
    """A query asks about the time that it is given, in every way that a time is written, and both forms do."""
    host = Host(HOST)
    assert host.query.logons().returned == 2
    assert host.query.logons(start=BETWEEN).returned == 1
    assert host.query.logons(end="2026-03-17T10:15+01:00").returned == 1
    assert host.query.logons(start=datetime(2027, 1, 1, tzinfo=UTC)).outcome is Outcome.NOTHING
    assert asyncio.run(host.query.logons.aio(start=BETWEEN)).returned == 1
    with pytest.raises(QueryError, match="start has no time zone"):
        host.query.logons(start="2026-03-17T09:15")


def test_a_column_has_a_window(logs):
    """Over many values the window is given before, and holds for each."""
    asked = Host.query.logons.with_arguments(start=BETWEEN).over([HOST, "ws01", "ws99"])
    assert asked["returned"].tolist() == [1, 1, 0]
    assert Host.query.logons.over([HOST])["returned"].tolist() == [2]


def test_the_process_has_a_window(logs):
    """`configure` sets a window for what says none itself; it stays when other settings change, until it is taken."""
    configure(window=(BETWEEN, None))
    configure(analyst="me")
    host = Host(HOST)
    assert host.query.logons().returned == 1
    assert Host.query.logons.over([HOST])["returned"].tolist() == [1]
    assert host.query.logons(start="2026-03-17T09:00Z").returned == 2
    configure(window=(None, None))
    assert host.query.logons().returned == 2


def test_a_window_of_the_process_stands_still(workspace):
    """Relative times count from when they are set: two calls of one session ask about the same time."""
    configure(window=("-2d", "now"))
    window = session.workspace().window
    assert window.end - window.start == timedelta(days=2)
    assert session.workspace().window == window


@pytest.mark.parametrize("window", ["-2d", ("-2d",), ("-3d", "-2d", "-1d"), ()])
def test_a_window_is_a_pair(workspace, window):
    """One text, or any number of times but two, is refused, and changes nothing."""
    with pytest.raises(SettingsError, match="a start and an end"):
        configure(window=window, analyst="somebody")
    assert session.workspace() is workspace


@pytest.mark.parametrize("window", [("yesterday", None), (None, "2026-03-17T09:15"), ("now", "-2d")])
def test_a_wrong_window_changes_nothing(workspace, window):
    """A time that is none is refused before any setting changes."""
    with pytest.raises(QueryError):
        configure(window=window, analyst="somebody")
    assert session.workspace() is workspace


# --- what is run -----------------------------------------------------------------------------------------------------


def test_what_is_run_is_absolute():
    """Relative times, datetimes and distances become one spelling in UTC, and all arguments are there."""
    for start in ("-1d", timedelta(days=-1), NOW - timedelta(days=1), "2026-03-16T13:00+01:00"):
        asked = resolve_arguments(LOGONS, {"start": start, "logon_type": 3}, ANY_TIME, NOW)
        assert asked == {"logon_type": 3, "limit": 1000, "start": "2026-03-16T12:00:00.000000Z", "end": None}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ("2026-03-16T12:00:00.000000Z", "2026-03-17T12:00:00.000000Z")),
        ({"start": "-1h"}, ("2026-03-17T11:00:00.000000Z", "2026-03-17T12:00:00.000000Z")),
        ({"end": "-1h"}, ("2026-03-16T12:00:00.000000Z", "2026-03-17T11:00:00.000000Z")),
        ({"start": "-9d", "end": "-8d"}, ("2026-03-08T12:00:00.000000Z", "2026-03-09T12:00:00.000000Z")),
        ({"start": None}, ("2026-03-16T12:00:00.000000Z", "2026-03-17T12:00:00.000000Z")),
    ],
)
def test_a_call_wins_over_the_window_around_it(given, expected):
    """Each end that a call gives counts before that of the session; what it does not give comes from there."""
    asked = resolve_arguments(LOGONS, given, DAY, NOW)
    assert (asked["start"], asked["end"]) == expected


def test_a_call_that_contradicts_the_window_around_it_is_told():
    """A start after the end of the session's window is refused, with both."""
    with pytest.raises(QueryError, match=r"starts at 2026-03-18.* but at 2026-03-17"):
        resolve_arguments(LOGONS, {"start": "+1d"}, DAY, NOW)


@pytest.mark.parametrize("pivot", [pivot for _, pivot in PIVOTS.values()], ids=PIVOTS)
def test_what_is_run_means_the_same_later(pivot):
    """For every pivot: what was settled is JSON, and settling it again, at any time in any window, changes nothing."""
    asked = resolve_arguments(pivot, {}, DAY, NOW)
    assert set(asked) == set(pivot.signature.parameters)
    assert json.loads(json.dumps(asked)) == asked
    assert resolve_arguments(pivot, asked, ANY_TIME, NOW + timedelta(days=400)) == asked
    assert asked.get("start") == (DAY.stamps[0] if "start" in pivot.signature.parameters else None)


def test_who_is_asked_is_written_down():
    """A look-up is recorded with the names of those it asks: a menu that grows later does not change it."""
    lookup = find_pivot(IpAddress, "ti.lookup")
    asked = resolve_arguments(lookup, {"providers": None}, ANY_TIME, NOW)
    assert asked == {"providers": [*lookup.targets.rows], "agree": 1.0}
    named = resolve_arguments(lookup, {"providers": ("feed", "feed"), "agree": 2}, ANY_TIME, NOW)
    assert named == {"providers": ["feed"], "agree": 2.0}
    some = LookupPolicy(lambda provider: not provider.leaves, VerdictRule(3, {"feed": 0.5, "nobody": 2}))
    asked = resolve_arguments(lookup, {"providers": None, "agree": None}, ANY_TIME, NOW, some)
    assert asked == {"providers": ["feed"], "agree": 3.0, "weights": {"feed": 0.5}}
    with pytest.raises(ValueError, match="agree"):
        resolve_arguments(lookup, {"agree": 0}, ANY_TIME, NOW)


@given(st.none() | st.text(max_size=12), st.none() | st.text("now+-@smhdw0123456789", max_size=8))
def test_any_arguments_are_settled_or_refused(start, end):
    """Whatever is given as a time, a call is settled once and for all, or refused with clew's own error."""
    try:
        asked = resolve_arguments(LOGONS, {"start": start, "end": end}, ANY_TIME, NOW)
    except QueryError:
        return
    assert resolve_arguments(LOGONS, asked, ANY_TIME, NOW + timedelta(days=1)) == asked
