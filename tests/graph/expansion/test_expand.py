"""Expansion asks what was planned, within its budget, and goes on where it stopped."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clew.demo.scenario import Scenario
from clew.entities import Host, IpAddress, Outcome, Process
from clew.graph.case import Case
from clew.graph.expansion.plan import Budget
from clew.graph.format.events import Planned
from clew.providers.base import Ask, Provider, Reply
from clew.providers.local.logs import LogChannel
from tests.graph.cases import keys, pivots_recorded


def asks(case: Case) -> int:
    """What was really asked: every exchange that was sent, or answered by a reply of a service."""
    return sum(len(event.exchanges) for event in pivots_recorded(case))


def asked(case: Case) -> Counter[tuple[str, str]]:
    return Counter((str(event.invocation.subject.key), event.invocation.pivot) for event in pivots_recorded(case))


def planned(case: Case) -> list[Planned]:
    return [step.event for step in case.history if isinstance(step.event, Planned)]


@pytest.mark.parametrize(("depth", "calls"), [(1, 5), (2, 1), (3, 12), (4, 40)])
def test_the_budget_is_never_exceeded(incident: Case, scenario: Scenario, calls: int, depth: int) -> None:
    """However deep it goes, an expansion sends no more than its budget, and asks something."""
    expansion = incident.expand(IpAddress(scenario.seed), depth=depth, budget=Budget(calls=calls))
    sent = sum(exchange.sent for event in pivots_recorded(incident) for exchange in event.exchanges)
    assert 0 < sent <= expansion.calls <= calls
    assert sum(plan.cost for plan in expansion.plans) == expansion.calls


def test_every_wave_is_recorded_before_it_runs(incident: Case, scenario: Scenario) -> None:
    """The log has each plan before the pivots that it decided, and these are exactly those, in their order."""
    expansion = incident.expand(IpAddress(scenario.seed), depth=3, budget=Budget(calls=40))
    waves: list[list[tuple[Any, str]]] = []
    for step in incident.history:
        if step.event.kind == "planned":
            assert step.event.calls == expansion.plans[len(waves)].calls
            waves.append([])
        elif step.event.kind == "pivoted":
            waves[-1].append((step.event.invocation.subject.key, step.event.invocation.pivot))
    assert len(waves) == len(expansion.plans) > 1
    assert [len(wave) for wave in waves] == [len(plan.calls) for plan in expansion.plans]
    assert waves[0] == [(call.subject, call.pivot) for call in expansion.plans[0].calls]


@pytest.mark.parametrize("depth", [1, 3])
def test_depth_is_respected(incident: Case, scenario: Scenario, depth: int) -> None:
    """There are no more waves than asked for, and the first asks about the start alone."""
    seed = IpAddress(scenario.seed)
    expansion = incident.expand(seed, depth=depth)
    assert 1 <= len(expansion.plans) <= depth
    assert {call.subject for call in expansion.plans[0].calls} == {seed.key}
    assert [plan.wave for plan in expansion.plans] == list(range(1, len(expansion.plans) + 1))


def test_a_depth_of_nothing_is_a_mistake(incident: Case, scenario: Scenario) -> None:
    """An expansion of no waves is told to be one, and leaves no step."""
    steps = len(incident.history)
    with pytest.raises(ValueError, match="at least 1"):
        incident.expand(IpAddress(scenario.seed), depth=0)
    assert len(incident.history) == steps


def test_nothing_is_asked_twice(incident: Case, scenario: Scenario) -> None:
    """Within one expansion no pivot of an entity runs twice."""
    incident.expand(IpAddress(scenario.seed), depth=4, budget=Budget(calls=80))
    assert set(asked(incident).values()) == {1}


def test_a_second_expansion_asks_only_for_what_is_missing(incident: Case, scenario: Scenario) -> None:
    """Expanding again, with the same budget, asks nobody anything that was answered, and goes further."""
    seed, budget = IpAddress(scenario.seed), Budget(calls=20)
    first = incident.expand(seed, depth=2, budget=budget)
    before, exchanges = asked(incident), asks(incident)
    second = incident.expand(seed, depth=2, budget=budget)
    assert second.plans[0].cost == 0
    assert all(call.known for call in second.plans[0].calls)
    assert set(asked(incident).values()) == {1}
    assert asked(incident) > before or asks(incident) == exchanges
    assert [finding.outcome for finding in second.findings[: len(first.plans[0].calls)]] == [
        finding.outcome for finding in first.findings[: len(first.plans[0].calls)]
    ]


def interrupted(after: int) -> Callable[..., Reply]:
    """How logs answer that give so many answers, and are then interrupted by the analyst."""
    send, left = LogChannel.send, iter(range(after))

    def answer(channel: LogChannel, ask: Ask, provider: type[Provider]) -> Reply:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return send(channel, ask, provider)

    return answer


@pytest.mark.parametrize("after", [0, 1, 3, 7])
def test_an_interrupted_expansion_keeps_what_it_had(
    incident: Case, scenario: Scenario, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """Interrupted in the middle, every answer is kept, and the next expansion asks only for the rest."""
    seed, budget = IpAddress(scenario.seed), Budget(calls=30)
    with monkeypatch.context() as patch:
        patch.setattr(LogChannel, "send", interrupted(after))
        with pytest.raises(KeyboardInterrupt):
            incident.expand(seed, depth=2, budget=budget)
    kept = asked(incident)
    logs = [event for event in pivots_recorded(incident) if event.finding.provider == "logs"]
    assert len(logs) == after
    incident.expand(seed, depth=2, budget=budget)
    assert asked(incident) > kept
    assert set(asked(incident).values()) == {1}


def test_a_failure_stops_nothing_and_is_asked_again(
    incident: Case, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A source that fails is a row like others, the rest goes on, and the next expansion asks it again."""
    seed = IpAddress(scenario.seed)

    def broken(*_: object) -> object:
        from clew.errors import AskFailed

        raise AskFailed("the engine is down", kind="query")

    with monkeypatch.context() as patch:
        patch.setattr(LogChannel, "send", broken)
        first = incident.expand(seed, depth=1)
    outcomes = Counter(finding.outcome for finding in first.findings)
    assert outcomes[Outcome.FAILED] == sum(call.pivot.startswith("query.") for call in first.plans[0].calls) > 0
    assert outcomes[Outcome.FOUND] > 0
    again = incident.plan(seed)
    assert {call.pivot for call in again.calls if not call.known} == {
        finding.pivot for finding in first.findings if finding.outcome is Outcome.FAILED
    }


def test_refused_calls_are_shown_and_cost_nothing(incident: Case) -> None:
    """What the gate refuses is planned, recorded as refused, and takes nothing of the budget."""
    expansion = incident.expand(IpAddress("10.0.0.1"), depth=1, pivots=("ti.abuseipdb",))
    assert expansion.calls == 0
    assert [finding.outcome for finding in expansion.findings] == [Outcome.REFUSED]
    assert planned(incident)[0].calls[0].refused
    assert incident.tables.findings()["outcome"].to_list() == ["refused"]


def test_a_crowd_is_kept_and_not_expanded(incident: Case, scenario: Scenario) -> None:
    """Entities that one answer names in a crowd are in the graph, are not asked about, and the plan says why."""
    host = Host(scenario.truth.hosts[0])
    budget = Budget(calls=400, fan_out=3)
    expansion = incident.expand(host, depth=2, budget=budget, pivots=("query.processes", "query.children"))
    left_out = {str(entity.key): why for entity, why in expansion.plans[-1].left_out}
    crowd = {key for key, why in left_out.items() if "of its kind" in why}
    assert len(crowd) > 3
    assert crowd <= keys(incident)
    assert not crowd & {subject for subject, _ in asked(incident)}
    assert {str(key) for key, _ in planned(incident)[-1].left_out} == set(left_out)


def test_rows_are_limited_by_the_budget(incident: Case, scenario: Scenario) -> None:
    """No query of an expansion fetches more rows than the budget says, and the cut is told."""
    expansion = incident.expand(IpAddress(scenario.seed), depth=1, budget=Budget(rows=2))
    cut = [finding for finding in expansion.findings if finding.truncated_by]
    assert cut
    assert all(finding.returned == 2 < (finding.available or 0) for finding in cut)


def test_only_the_named_pivots_run(incident: Case, scenario: Scenario) -> None:
    """With names given, an expansion runs those pivots and no other."""
    incident.expand(IpAddress(scenario.seed), depth=2, pivots=("query.connections", "query.parent"))
    assert {pivot for _, pivot in asked(incident)} == {"query.connections", "query.parent"}


def test_an_expansion_finds_the_story(incident: Case, scenario: Scenario) -> None:
    """From the one address of the alert an expansion reaches the first machine and the payload that talked to it."""
    incident.expand(IpAddress(scenario.seed), depth=3, budget=Budget(calls=60))
    found = keys(incident)
    assert str(Host(scenario.truth.hosts[0]).key) in found
    payload = Process(scenario.truth.payload_guids[0], host=scenario.truth.hosts[0])
    assert str(payload.key) in found


def test_a_merge_in_mid_wave_disturbs_nothing(tmp_path: Path, scenario: Scenario, incident: Case) -> None:
    """If an answer of a wave unites two names of a machine, what was planned by the old name is still read."""
    lines = [line for path in scenario.logs.iterdir() for line in path.read_text("utf-8").splitlines()]
    short = [line for line in lines if '"FS01"' in line]
    logs = tmp_path / "short.ndjson"
    logs.write_text("\n".join(short[:200]), "utf-8")
    with Case.open(tmp_path / "x.clew", workspace=incident._recorder.workspace) as case:
        case.connect(logs)
        case.pivot(Host("fs01"), "query.logons")
        assert "host:fs01" in keys(case)
        case.connect(scenario.logs)
        expansion = case.expand(Host("fs01"), depth=1, pivots=("query.processes", "query.logons"))
        assert {call.pivot: call.known for call in expansion.plans[0].calls} == {
            "query.processes": False,
            "query.logons": True,
        }
        assert len(expansion.findings) == 2
        assert {"host:fs01.corp.example"} == {key for key in keys(case) if key.startswith("host:fs01")}


@pytest.fixture
def never(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Logs that must not be asked."""

    def fail(*_: object) -> object:
        raise AssertionError("the logs were asked")

    with monkeypatch.context() as patch:
        patch.setattr(LogChannel, "send", fail)
        yield


def test_what_is_known_is_read_from_the_case(
    incident: Case, scenario: Scenario, request: pytest.FixtureRequest
) -> None:
    """An expansion over what was answered already asks nobody, and still follows what the answers named."""
    seed = IpAddress(scenario.seed)
    incident.expand(seed, depth=1)
    request.getfixturevalue("never")
    again = incident.expand(seed, depth=1)
    assert again.calls == 0
    assert [finding.pivot for finding in again.findings] == [call.pivot for call in again.plans[0].calls]
    assert again.next
