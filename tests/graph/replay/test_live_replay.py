"""A case is asked again: everybody once for each question, within the budget, and the file is only read."""

import dataclasses
import shutil
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from clew.demo.scenario import Scenario
from clew.entities import Fact, Finding, Host, IpAddress, Link, Outcome, Relation, Verdict
from clew.errors import CaseError, CaseNotFound, QueryError
from clew.graph.case import Case
from clew.graph.expansion.plan import Budget
from clew.graph.replay.changes import Change
from clew.graph.replay.difference import Difference
from clew.graph.replay.live_replay import cutoff, replay_live
from clew.graph.store import Store
from clew.pivots.workspace import Workspace
from clew.providers.geo.maxmind import MaxMind
from clew.providers.ti.abuseipdb import AbuseIpDb
from clew.settings import Settings
from tests.graph.cases import NOON, bare_workspace, beside, sha256
from tests.graph.deeds import DEEDS, OUTSIDE, SEED

SECRET = "canary-0123456789abcdef"
BAD, GOOD = {"abuseConfidenceScore": 80, "totalReports": 2}, {"abuseConfidenceScore": 0}
MANY = Budget(calls=1000)


@dataclasses.dataclass
class Service:
    """A reputation service that says the same of everybody, and counts whom it was asked about."""

    body: dict[str, int] = dataclasses.field(default_factory=lambda: BAD)
    status: int = 200
    asked: list[str] = dataclasses.field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.params["ipAddress"])
        return httpx.Response(self.status, json={"data": self.body})


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    monkeypatch.setenv(AbuseIpDb.secret, SECRET)
    return Service()


@pytest.fixture
def outside(tmp_path: Path, scenario: Scenario, service: Service) -> Workspace:
    settings = Settings(feeds=(scenario.feed,), geoip=(scenario.geo,), cache=tmp_path)
    return Workspace(settings, transport=lambda: httpx.MockTransport(service.answer))


def recorded(path: Path, around: Workspace, *deeds: Callable[[Case], object]) -> Path:
    with Case.open(path, workspace=around) as case:
        for deed in deeds:
            deed(case)
    return path


def reputation(*numbers: int) -> Callable[[Case], object]:
    return lambda _: [IpAddress(f"9.9.9.{number}").ti.abuseipdb() for number in numbers]


def live(path: Path, around: Workspace, **given: Any) -> Difference:
    """A live replay, which leaves the file as it was, and nothing beside it."""
    before, known = sha256(path), beside(path)
    difference = Case.replay(path, live=True, workspace=around, **({"budget": MANY} | given))
    assert (sha256(path), beside(path)) == (before, known)
    return difference


# --- the same, and not the same --------------------------------------------------------------------------------------


def test_sources_that_say_the_same_make_no_difference(tmp_path: Path, outside: Workspace, service: Service) -> None:
    """If everybody answers as before, nothing differs, and each question was asked once more."""
    path = recorded(tmp_path / "x.clew", outside, reputation(1, 2, 2, 1), DEEDS["a place"], DEEDS["nobody asked"])
    service.asked.clear()
    difference = live(path, outside)
    assert not difference, str(difference)
    assert sorted(service.asked) == ["9.9.9.1", "9.9.9.2"]
    assert "pivots asked again" in str(difference)


@pytest.mark.parametrize("deed", DEEDS)
def test_whatever_was_done_can_be_asked_again(tmp_path: Path, outside: Workspace, deed: str) -> None:
    """Whatever came of a pivot, and whatever was done by hand, the same sources say the same of it."""
    path = recorded(tmp_path / "x.clew", outside, DEEDS[deed])
    difference = live(path, outside)
    assert not difference, str(difference)


def test_a_verdict_that_flipped_is_told(tmp_path: Path, outside: Workspace, service: Service) -> None:
    """A service that thinks otherwise by now flips the verdict, with its facts and its reason."""
    path = recorded(tmp_path / "x.clew", outside, reputation(9))
    service.body = GOOD
    difference = live(path, outside)
    (verdict,), (answer,) = difference.verdicts, difference.answers
    assert (verdict.before, verdict.after) == (Verdict.MALICIOUS, Verdict.UNKNOWN)
    assert verdict.reason == "abuseipdb: 0 reports, confidence of abuse 0 %"
    assert (answer.before and answer.before.outcome, answer.after and answer.after.outcome) == ("found", "nothing")
    assert {fact.name: (fact.before, fact.after) for fact in answer.facts} == {
        "abuse_score": ((80,), (0,)),
        "reports": ((2,), (0,)),
    }
    assert difference.counts == {"changed": 2}


def test_the_latest_answer_is_what_counts(tmp_path: Path, outside: Workspace, service: Service) -> None:
    """A question that was asked twice is compared with its second answer; the first was not so any more."""
    path = tmp_path / "x.clew"
    with Case.open(path, workspace=outside) as case:
        reputation(9)(case)
        service.body = GOOD
        case._recorder.clock = lambda: datetime.now(UTC) + timedelta(days=30)
        reputation(9)(case)
    assert not live(path, outside)
    service.body = BAD
    assert [each.after for each in live(path, outside).verdicts] == [Verdict.MALICIOUS]


def test_logs_are_asked_as_they_are_today(tmp_path: Path, scenario: Scenario, outside: Workspace) -> None:
    """Rows that came since are new edges, and rows that are there no more are edges that are gone."""
    logs = tmp_path / "logs"
    shutil.copytree(scenario.logs, logs)
    with Case.open(tmp_path / "x.clew", workspace=outside) as case:
        case.connect(logs)
        IpAddress(scenario.seed).query.connections(limit=5000)
    assert not live(tmp_path / "x.clew", outside)
    for file in logs.rglob("*"):
        if file.is_file():
            kept = [line for line in file.read_bytes().splitlines() if scenario.seed.encode() not in line]
            file.write_bytes(b"\n".join(kept) + b"\n")
    difference = live(tmp_path / "x.clew", outside)
    assert difference.filter("gone").edges
    assert not difference.filter("new")
    shutil.rmtree(logs)
    difference = live(tmp_path / "x.clew", outside)
    assert {*difference.counts} == {"not confirmed"}
    assert "no logs are connected" in str(difference)


# --- what is not confirmed -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "outcome"), [(500, "failed"), (401, "refused"), (429, "refused")])
def test_a_service_that_fails_makes_nothing_gone(
    tmp_path: Path, outside: Workspace, service: Service, status: int, outcome: str
) -> None:
    """What a service said that does not answer today is not confirmed: not gone, and not benign."""
    path = recorded(tmp_path / "x.clew", outside, reputation(9), lambda _: OUTSIDE.ti.lookup(), DEEDS["a place"])
    service.status = status
    difference = live(path, outside)
    assert {*difference.counts} == {"not confirmed"}
    assert {each.after.outcome for each in difference.answers if each.after} == {outcome}
    assert {each.provider for each in difference.answers} == {"abuseipdb"}
    assert all(each.reason for each in difference.answers)
    assert difference


def test_the_gate_of_today_refuses(tmp_path: Path, outside: Workspace, service: Service) -> None:
    """A live replay goes through the gate: offline, nobody outside is asked, and that is the reason."""
    path = recorded(tmp_path / "x.clew", outside, reputation(9))
    service.asked.clear()
    difference = live(path, outside.with_settings(dataclasses.replace(outside.settings, offline=True)))
    assert service.asked == []
    assert {each.change for each in difference.changes} == {Change.UNCONFIRMED}
    assert "offline mode is on" in str(difference)


@pytest.mark.parametrize("calls", [1, 3, 5])
def test_a_budget_is_never_exceeded(tmp_path: Path, outside: Workspace, service: Service, calls: int) -> None:
    """No more is asked than the budget allows; what is beyond it is told as not asked, and nothing of it is gone."""
    path = recorded(tmp_path / "x.clew", outside, reputation(*range(1, 6)))
    service.asked.clear()
    service.body = GOOD
    difference = live(path, outside, budget=Budget(calls=calls))
    assert len(service.asked) == calls
    beyond = difference.filter("not confirmed").answers
    assert len(beyond) == 5 - calls
    assert {each.reason for each in beyond} <= {
        f"not asked: the budget of {calls} call{'s' if calls > 1 else ''} is spent"
    }
    assert not difference.filter("gone")


def test_what_is_not_sent_costs_nothing(tmp_path: Path, outside: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ask for which there is no key, or that the gate refuses, leaves the budget to the others."""
    path = recorded(
        tmp_path / "x.clew", outside, DEEDS["refused by the gate"], reputation(9), lambda _: SEED.geo.locate()
    )
    monkeypatch.delenv(AbuseIpDb.secret)
    difference = live(path, outside, budget=Budget(calls=1))
    assert [each.pivot for each in difference.answers] == ["ti.abuseipdb"]
    assert "with 1 call;" in str(difference)


def test_a_pivot_that_is_gone_is_not_confirmed(
    tmp_path: Path, outside: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pivot that this clew does not have cannot be asked: its answers are not confirmed, with the reason."""
    path = recorded(tmp_path / "x.clew", outside, reputation(9))
    monkeypatch.setattr("clew.pivots.registry.pivots_for", lambda _: {})
    difference = live(path, outside)
    assert {*difference.counts} == {"not confirmed"}
    assert "ti.abuseipdb cannot be asked again" in str(difference)


# --- how old ---------------------------------------------------------------------------------------------------------


def test_only_what_is_old_is_asked(tmp_path: Path, outside: Workspace, service: Service) -> None:
    """With an age, what was asked since is taken as it was recorded."""
    path = recorded(tmp_path / "x.clew", outside, reputation(9))
    service.asked.clear()
    service.status = 500
    assert not live(path, outside, older_than="7d")
    assert service.asked == []
    with Store(path) as store:
        later = replay_live(
            store, outside, budget=MANY, older_than="7d", clock=lambda: datetime.now(UTC) + timedelta(8)
        )
    assert (set(service.asked), later.counts) == ({"9.9.9.9"}, {"not confirmed": 2})


def test_an_age_is_a_distance_from_now() -> None:
    """`7d`, `-7d` and a timedelta mean the same; a moment is no age."""
    week = NOON - timedelta(days=7)
    assert [cutoff(age, NOON) for age in ("7d", " -7d ", "1w", timedelta(days=7), timedelta(days=-7))] == [week] * 5
    for age in ("", "soon", "2026-03-01T00:00Z", "-"):
        with pytest.raises(QueryError, match="is no age"):
            cutoff(age, NOON)


# --- the three forms -------------------------------------------------------------------------------------------------


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No socket can be made."""

    def nothing(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    with monkeypatch.context() as patch:
        patch.setattr(socket, "socket", nothing)
        patch.setattr(socket, "create_connection", nothing)
        yield


@pytest.mark.usefixtures("deaf")
@pytest.mark.parametrize("given", [{}, {"reparse": True}])
def test_what_is_recorded_is_read_without_a_socket(
    tmp_path: Path, outside: Workspace, service: Service, given: dict[str, Any]
) -> None:
    """Offline and reparsed, a case asks nobody, and is not written."""
    path = recorded(tmp_path / "x.clew", outside, reputation(9), lambda _: OUTSIDE.ti.lookup())
    before = sha256(path)
    service.asked.clear()
    result = Case.replay(path, **given)
    assert str(result).startswith(("identical", "no difference"))
    assert (service.asked, sha256(path), beside(path)) == ([], before, [])


def changed(function: Callable[..., Any], **changes: Any) -> Callable[..., Any]:
    """The operation as a later version of clew would have it."""

    def later(*arguments: Any, **given: Any) -> Any:
        steps = function(*arguments, **given)
        finding = steps if isinstance(steps, Finding) else (yield from steps)
        return dataclasses.replace(finding, **changes)

    return later


def test_reparsing_says_all_that_is_read_otherwise(
    tmp_path: Path, outside: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a parser reads an old reply in another way, everything that differs is told: facts too."""
    path = recorded(tmp_path / "x.clew", outside, lambda _: SEED.geo.locate())
    link = Link(SEED, Relation.LOCATED_AT, Host("somewhere"))
    facts = (Fact("country", "Atlantis"),)
    monkeypatch.setattr(MaxMind.ip, "function", changed(MaxMind.ip.function, links=(link,), facts=facts))
    difference = Case.replay(path, reparse=True)
    assert [each.node.label for each in difference.filter("new").nodes] == ["somewhere"]
    assert [each.target.label for each in difference.filter("new").edges] == ["somewhere"]
    (answer,) = difference.answers
    assert ("country", ("Atlantis",)) in [(fact.name, fact.after) for fact in answer.facts]


def test_what_cannot_be_read_any_more_is_not_confirmed(
    tmp_path: Path, outside: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reply that today's parser fails on, and a pivot that is not there any more, deny nothing."""
    path = recorded(tmp_path / "x.clew", outside, reputation(9), lambda _: SEED.geo.locate())

    def broken(*_: object) -> object:
        raise LookupError("no such field")

    monkeypatch.setattr("clew.providers.ti.abuseipdb._finding", broken)
    assert {*Case.replay(path, reparse=True).counts} == {"not confirmed"}
    monkeypatch.setattr("clew.pivots.registry.pivots_for", lambda _: {})
    difference = Case.replay(path, reparse=True)
    assert {*difference.counts} == {"not confirmed"}
    assert {each.after.outcome for each in difference.answers if each.after} == {Outcome.SKIPPED}
    with pytest.raises(CaseError, match=r"step 2, ti\.abuseipdb, cannot be run again"):
        Case.replay(path)


@pytest.mark.parametrize(
    "given",
    [{"live": True, "reparse": True}, {"budget": MANY}, {"older_than": "7d"}, {"reparse": True, "budget": MANY}],
)
def test_arguments_that_do_not_go_together_are_refused(tmp_path: Path, given: dict[str, Any]) -> None:
    """Asking and reading again are two things, and only asking takes a budget and an age."""
    with pytest.raises(QueryError, match="live=True"):
        Case.replay(recorded(tmp_path / "x.clew", bare_workspace(tmp_path)), **given)


@pytest.mark.parametrize("given", [{}, {"live": True}, {"reparse": True}])
def test_there_has_to_be_a_case(tmp_path: Path, given: dict[str, Any]) -> None:
    """No form of a replay makes a case of a misspelt name."""
    with pytest.raises(CaseNotFound):
        Case.replay(tmp_path / "nothing.clew", **given)
    assert [*tmp_path.iterdir()] == []
