"""A case means one window of time, for everybody and tomorrow too."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from clew.demo.scenario import Scenario
from clew.entities import Host, IpAddress
from clew.entities.times import ANY_TIME, TimeWindow
from clew.errors import CaseDamaged, CaseError, QueryError
from clew.graph.case import Case
from clew.graph.format.events import BulkPivoted, Windowed
from clew.graph.recording.case_recorder import CaseRecorder
from clew.graph.store import Store
from clew.pivots.workspace import Workspace
from tests.graph.cases import NOON, Clock, bare_workspace, edit, pivots_recorded

NINE, TEN = datetime(2026, 3, 17, 9, tzinfo=UTC), datetime(2026, 3, 17, 10, tzinfo=UTC)
HOUR = TimeWindow(NINE, TEN)
STAMPS = {"start": "2026-03-17T09:00:00.000000Z", "end": "2026-03-17T10:00:00.000000Z"}


def asked(case: Case) -> list[dict[str, str | None]]:
    """The window of every recorded pivot."""
    return [{name: event.invocation.arguments[name] for name in ("start", "end")} for event in pivots_recorded(case)]


@pytest.fixture
def timed(tmp_path: Path) -> Iterator[Case]:
    """An open case whose clock is at noon."""
    with Case(CaseRecorder(Store(None), workspace=bare_workspace(tmp_path), clock=Clock())) as case:
        yield case


def test_a_case_without_a_window_asks_about_any_time(case: Case) -> None:
    """Nobody set a window: there is none, and what is recorded says so."""
    assert case.window == ANY_TIME
    case.pivot(Host("ws01"), "query.logons")
    assert asked(case) == [{"start": None, "end": None}]


def test_a_window_is_set_read_and_taken_away(timed: Case) -> None:
    """The latest window counts; without times there is none again; each change is a step, and all are told."""
    found = timed.set_window("2026-03-17T09:00Z", TEN)
    assert found == timed.window == HOUR
    timed.set_window("-2d@d", zone="Europe/Berlin")
    assert timed.window == TimeWindow(datetime(2026, 3, 14, 23, tzinfo=UTC))
    assert timed.set_window() == timed.window == ANY_TIME
    told = timed.tables.remarks()
    assert set(told["kind"]) == {"window"}
    assert told["text"].to_list() == [
        "between 2026-03-17T09:00:00Z and 2026-03-17T10:00:00Z (2026-03-17T09:00Z to 2026-03-17 10:00:00+00:00)",
        "from 2026-03-14T23:00:00Z on (-2d@d to open, Europe/Berlin)",
        "at any time",
    ]


@pytest.mark.parametrize(
    ("given", "zone"),
    [(("yesterday",), ""), (("2026-03-17T09:00",), ""), (("now", "-2d"), ""), (("-2d",), "Mars/Olympus")],
)
def test_a_wrong_window_leaves_no_step(timed: Case, given: tuple[str, ...], zone: str) -> None:
    """A window that is none is refused, and the one before stays."""
    timed.set_window(NINE, TEN)
    steps = len(timed.history)
    with pytest.raises(QueryError):
        timed.set_window(*given, zone=zone)
    assert (len(timed.history), timed.window) == (steps, HOUR)


def test_a_case_means_the_same_tomorrow(tmp_path: Path) -> None:
    """A relative window is settled when it is set: whoever opens the case on another day asks about the same time."""
    around = bare_workspace(tmp_path)
    with Case.open(tmp_path / "x.clew", workspace=around) as case:
        case.set_window("-2d", "now")
        window = case.window
    with Case.open(tmp_path / "x.clew", workspace=around) as case:
        assert case.window == window
        case._recorder.clock = Clock(NOON + timedelta(days=9000))
        case.pivot(Host("ws01"), "query.logons")
        assert asked(case) == [dict(zip(("start", "end"), window.stamps, strict=True))]


def test_every_way_to_ask_has_the_window(case: Case) -> None:
    """By method, awaited, by name, over a column: one window, and what a call says itself wins."""
    case.set_window(NINE, TEN)
    host = Host("ws01")
    host.query.logons()
    asyncio.run(host.query.logons.aio())
    case.pivot(host, "query.logons")
    Host.query.logons.over(["ws01", "ws02"])
    host.query.logons(end="2026-03-17T11:00+01:00")
    case.pivot(host, "query.logons", {"start": "2026-03-17T09:30Z"})
    (bulk,) = [step.event for step in case.history if isinstance(step.event, BulkPivoted)]
    assert {name: bulk.arguments[name] for name in STAMPS} == STAMPS
    assert asked(case) == [STAMPS] * 4 + [{**STAMPS, "start": "2026-03-17T09:30:00.000000Z"}]


def test_the_case_wins_over_the_process(tmp_path: Path) -> None:
    """The window of the process counts in a case that has none, as a whole."""
    around = bare_workspace(tmp_path)
    around.window = TimeWindow(NINE)
    with Case.open(tmp_path / "x.clew", workspace=around) as case:
        case.pivot(Host("ws01"), "query.logons")
        case.set_window(end=TEN)
        case.pivot(Host("ws01"), "query.logons")
        assert asked(case) == [{**STAMPS, "end": None}, {**STAMPS, "start": None}]


def test_what_has_no_time_has_no_window(case: Case) -> None:
    """Pivots that ask no logs are recorded as ever."""
    case.set_window(NINE, TEN)
    IpAddress("198.51.100.7").net.kind()
    (event,) = pivots_recorded(case)
    assert event.invocation.arguments == {}


def test_an_expansion_stays_in_the_window(incident: Case, scenario: Scenario) -> None:
    """Nothing that an expansion finds happened at another time, and replaying it gives the same graph."""
    incident.set_window(NINE, TEN)
    expansion = incident.expand(IpAddress(scenario.seed), depth=2)
    found = [finding for finding in expansion.findings if finding.provider == "logs" and finding]
    assert found
    assert all(NINE <= finding.observed_first <= finding.observed_last < TEN for finding in found)
    assert {str(each) for each in asked_of_logs(incident)} == {str(STAMPS)}
    path = incident.path
    assert path is not None
    assert Case.replay(path).identical


def asked_of_logs(case: Case) -> list[dict[str, str]]:
    events = [event for event in pivots_recorded(case) if event.invocation.pivot.startswith("query.")]
    return [{name: event.invocation.arguments[name] for name in STAMPS} for event in events]


def test_a_window_is_replayed(tmp_path: Path, scenario: Scenario, around: Workspace) -> None:
    """A case in which windows came and went is replayed without a clock, and taking a merge back keeps its window."""
    path = tmp_path / "x.clew"
    with Case.open(path, workspace=around) as case:
        case.connect(scenario.logs)
        seed = IpAddress(scenario.seed)
        case.set_window("2026-03-17T09:00Z", "2026-03-17T10:00Z")
        inside = seed.query.connections()
        case.set_window()
        assert 0 < inside.available < seed.query.connections().available
        case.set_window(NINE)
        case.add(seed, IpAddress("203.0.113.200"))
        step = case.merge(seed, IpAddress("203.0.113.200"), reason="x")
        case.unmerge(step, reason="y")
        assert case.window == TimeWindow(NINE)
    assert Case.replay(path).identical


@pytest.mark.parametrize(("start", "end"), [(TEN, NINE), (NINE, NINE)])
def test_a_window_that_is_none_cannot_be_kept(case: Case, start: datetime, end: datetime) -> None:
    """An event that says a window which ends before it starts is no event."""
    with pytest.raises(ValueError, match="ends after it starts"):
        Windowed(start, end)


def test_a_window_that_somebody_moved_is_found(tmp_path: Path) -> None:
    """A case whose tables name a window that its steps do not have is refused, not believed."""
    path = tmp_path / "x.clew"
    with Case.open(path, workspace=bare_workspace(tmp_path)) as case:
        case.set_window(NINE, TEN)
    edit(path, "UPDATE remarks SET step = 1")
    with Case.open(path) as case, pytest.raises(CaseError, match="step 1 is no window"):
        _ = case.window
    edit(path, "UPDATE remarks SET step = 7")
    with Case.open(path) as case, pytest.raises(CaseDamaged, match="step 7 is damaged"):
        _ = case.window
