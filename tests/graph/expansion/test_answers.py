"""What an expansion takes as known was asked with the same arguments, and answered by everybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from clew.demo.scenario import Scenario
from clew.entities import Host, IpAddress
from clew.graph.case import Case
from clew.graph.expansion.plan import Budget
from clew.graph.recording.case_recorder import CaseRecorder
from clew.graph.store import Store
from clew.pivots.workspace import Workspace
from clew.settings import Settings
from tests.graph.cases import Clock, pivots_recorded
from tests.graph.deeds import answers

LOOKUP = ("ti.lookup",)


def known(case: Case, entity: IpAddress | Host, *pivots: str, rows: int = 500) -> list[bool]:
    """Which of the pivots a plan takes as known."""
    plan = case.plan(entity, budget=Budget(rows=rows), pivots=pivots)
    return [call.known for call in sorted(plan.calls, key=lambda call: pivots.index(call.pivot))]


@pytest.fixture
def seed(scenario: Scenario) -> IpAddress:
    return IpAddress(scenario.seed)


def test_another_limit_is_another_question(incident: Case, seed: IpAddress) -> None:
    """An answer that was cut counts for the same limit alone; one that was not, for every limit that it fits in."""
    cut = seed.query.connections(limit=100)
    assert cut.truncated_by
    assert known(incident, seed, "query.connections") == [False]
    assert known(incident, seed, "query.connections", rows=100) == [True]
    whole = seed.query.resolutions(limit=1000)
    assert not whole.truncated_by
    assert known(incident, seed, "query.resolutions") == [True]
    seed.query.connections(limit=5000)
    assert known(incident, seed, "query.connections", rows=592) == [True]
    assert known(incident, seed, "query.connections", rows=591) == [False]


def test_another_argument_is_another_question(incident: Case, scenario: Scenario) -> None:
    """What was asked with an argument of its own is not what an expansion would ask."""
    host = Host(scenario.truth.hosts[0])
    host.query.logons(logon_type=3)
    assert known(incident, host, "query.logons") == [False]
    host.query.logons()
    assert known(incident, host, "query.logons") == [True]


def test_another_window_is_another_question(incident: Case, seed: IpAddress) -> None:
    """An answer about one time does not answer for another; with the window of the answer it is known again."""
    seed.query.resolutions(start="2026-03-17T09:00Z", end="2026-03-17T10:00Z")
    assert known(incident, seed, "query.resolutions") == [False]
    incident.set_window("2026-03-17T10:00+01:00", "2026-03-17T10:00Z")
    assert known(incident, seed, "query.resolutions") == [True]
    incident.set_window()
    seed.query.resolutions()
    assert known(incident, seed, "query.resolutions") == [True]
    incident.set_window("2026-03-17T09:00Z")
    assert known(incident, seed, "query.resolutions") == [False]


def test_the_answer_to_the_same_question_is_read(incident: Case, seed: IpAddress) -> None:
    """Of several answers an expansion reads the one that was asked as it would ask."""
    whole = seed.query.resolutions()
    seed.query.resolutions(start="2026-03-18T00:00Z")
    expansion = incident.expand(seed, depth=1, pivots=("query.resolutions",))
    assert expansion.calls == 0
    assert [finding.returned for finding in expansion.findings] == [whole.returned] != [0]


def test_an_answer_for_many_counts_for_each(incident: Case, seed: IpAddress) -> None:
    """What was asked over a column is known for every value of it, by the same rule."""
    IpAddress.query.resolutions.with_arguments(start="2026-03-17T09:00Z").over(["203.0.113.200", seed.value])
    assert known(incident, seed, "query.resolutions") == [False]
    IpAddress.query.resolutions.over(["203.0.113.200", seed.value])
    assert known(incident, seed, "query.resolutions") == [True]
    assert incident.expand(seed, depth=1, pivots=("query.resolutions",)).findings[0].subject == seed


# --- look-ups --------------------------------------------------------------------------------------------------------


@pytest.fixture
def outside(tmp_path: Path, scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    """An open case beside a reputation service that answers each address in its own way."""
    monkeypatch.setenv("CLEW_ABUSEIPDB_KEY", "canary-answers-0123456789")
    around = Workspace(
        Settings(feeds=(scenario.feed,), cache=tmp_path / "cache"), transport=lambda: httpx.MockTransport(answers)
    )
    with Case(CaseRecorder(Store(None), workspace=around, clock=Clock())) as case:
        yield case


LOOKUPS: dict[str, tuple[str, Callable[[IpAddress], object], bool]] = {
    "found": ("9.9.9.9", lambda ip: ip.ti.lookup(), True),
    "nothing": ("9.9.9.10", lambda ip: ip.ti.lookup(), True),
    "a part failed": ("9.9.9.12", lambda ip: ip.ti.lookup(), False),
    "a part could not be read": ("9.9.9.15", lambda ip: ip.ti.lookup(), False),
    "the key was refused": ("9.9.9.13", lambda ip: ip.ti.lookup(), False),
    "the quota was used up": ("9.9.9.14", lambda ip: ip.ti.lookup(), False),
    "kept back by the gate": ("198.51.100.8", lambda ip: ip.ti.lookup(), True),
    "one provider only": ("9.9.9.9", lambda ip: ip.ti.lookup(providers=["feed"]), False),
    "all providers by name": ("9.9.9.9", lambda ip: ip.ti.lookup(providers=["abuseipdb", "feed"]), True),
    "over a column": ("9.9.9.9", lambda ip: IpAddress.ti.lookup.over([ip.value]), True),
    "over a column, one failed": ("9.9.9.12", lambda ip: IpAddress.ti.lookup.over(["9.9.9.9", ip.value]), False),
}


@pytest.mark.parametrize("name", LOOKUPS)
def test_a_look_up_is_known_when_all_who_would_answer_have(outside: Case, name: str) -> None:
    """Trouble that may pass is asked again; what settings or the gate keep back would only be kept back again."""
    address, ask, expected = LOOKUPS[name]
    ask(IpAddress(address))
    assert known(outside, IpAddress(address), *LOOKUP) == [expected]


def test_a_source_without_a_key_is_not_waited_for(outside: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its key a source is not asked, and the look-up is known all the same."""
    monkeypatch.delenv("CLEW_ABUSEIPDB_KEY")
    ip = IpAddress("9.9.9.9")
    both = ip.ti.lookup(providers=["abuseipdb", "feed"])
    assert [part.outcome.value for part in both.parts] == ["skipped", "nothing"]
    assert [part.provider for part in ip.ti.lookup().parts] == ["feed"]
    assert known(outside, ip, *LOOKUP) == [True]


def test_asking_again_costs_only_what_was_missing(outside: Case) -> None:
    """An expansion that repeats a look-up sends nothing to those who answered before."""
    ip = IpAddress("9.9.9.9")
    ip.ti.lookup(providers=["abuseipdb"])
    assert outside.expand(ip, depth=1, pivots=LOOKUP).findings[0].outcome.value == "found"
    (_, again) = pivots_recorded(outside)
    assert next((exchange.provider, exchange.sent) for exchange in again.exchanges) == ("abuseipdb", False)
