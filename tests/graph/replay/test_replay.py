"""A case replays: everything is run again on what was recorded, with nobody asked, and the graphs are the same."""

import dataclasses
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from clew.demo.scenario import Scenario
from clew.entities import Fact, File, Finding, Host, IpAddress, Link, Relation, Severity, Url, Verdict
from clew.errors import CaseDamaged, CaseError
from clew.graph.case import Case
from clew.graph.expansion.plan import Budget
from clew.graph.replay.offline_replay import Replay
from clew.pivots.workspace import Workspace
from clew.providers.geo.maxmind import MaxMind
from clew.providers.local.url_parts import UrlParts
from clew.providers.ti.abuseipdb import AbuseIpDb
from clew.settings import Settings
from tests.graph.cases import bare_workspace, beside, edit, sha256
from tests.graph.deeds import DEEDS, OUTSIDE, SEED, URL, answers

SOCKET = socket.socket


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """No socket can be made; what tried to make one is listed."""
    tried: list[object] = []

    class Nothing:
        def __init__(self, *arguments: object, **_: object) -> None:
            tried.append(arguments)
            raise AssertionError("a socket was opened")

    with monkeypatch.context() as patch:
        patch.setattr(socket, "socket", Nothing)
        patch.setattr(socket, "create_connection", Nothing)
        yield tried


def replayed(path: Path) -> Replay:
    """The replay of a closed case, which leaves its file as it was."""
    before = sha256(path)
    replay = Case.replay(path)
    assert (sha256(path), beside(path)) == (before, [])
    return replay


@pytest.fixture
def outside(tmp_path: Path, scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace with a feed, places and a service that answers in every way."""
    monkeypatch.setenv(AbuseIpDb.secret, "canary-0123456789abcdef")
    settings = Settings(feeds=(scenario.feed,), geoip=(scenario.geo,), cache=tmp_path)
    return Workspace(settings, transport=lambda: httpx.MockTransport(answers))


@pytest.mark.parametrize("deed", DEEDS)
def test_what_was_done_replays(tmp_path: Path, outside: Workspace, deaf: list[object], deed: str) -> None:
    """Whatever came of a pivot or was done by hand, replaying it alone gives the same graph and opens no socket."""
    path = tmp_path / "x.clew"
    case = Case.open(path, workspace=outside)
    with pytest.MonkeyPatch.context() as patch, case:
        # An event loop wakes itself by a pair of sockets, while it is recorded.
        patch.setattr(socket, "socket", SOCKET)
        DEEDS[deed](case)
        digest = case.tables.digest()
    deaf.clear()
    replay = replayed(path)
    assert replay.identical, replay
    assert (replay.digest, replay.saved_digest, replay.first_difference, deaf) == (digest, digest, "", [])
    assert str(replay).startswith("identical: ")


def test_everything_together_replays(tmp_path: Path, outside: Workspace) -> None:
    """All of it in one case replays as well, and each pivot is counted."""
    path = tmp_path / "x.clew"
    with Case.open(path, workspace=outside) as case:
        for deed in DEEDS.values():
            deed(case)
        table = case.tables.merges()
        case.unmerge(int(table[table["undone_by"].isna()]["step"].iloc[0]), reason="x")
        pivots = sum(
            len(step.event.answers) if step.event.kind == "bulk-pivoted" else step.event.kind == "pivoted"
            for step in case.history
        )
        steps = len(case.history)
    replay = replayed(path)
    assert replay.identical, replay
    assert (replay.steps, replay.pivots) == (steps, pivots)
    assert f"{pivots} pivots replayed" in str(replay)


def test_an_investigation_replays_without_its_logs(
    tmp_path: Path, scenario: Scenario, around: Workspace, deaf: list[object]
) -> None:
    """A whole expansion over logs replays where there are no logs, no feeds and no places."""
    logs, path = tmp_path / "logs", tmp_path / "x.clew"
    shutil.copytree(scenario.logs, logs)
    with Case.open(path, workspace=around, replies=scenario.replies) as case:
        case.connect(logs)
        case.expand(IpAddress(scenario.seed), depth=3, budget=Budget(calls=60))
        File(sha256=scenario.truth.payload_sha256).ti.lookup()
    shutil.rmtree(logs)
    replay = replayed(path)
    assert replay.identical, replay
    assert replay.pivots > 40
    assert deaf == []


def test_an_empty_case_replays(tmp_path: Path) -> None:
    """A case in which nothing was done yet is identical with itself."""
    Case.open(tmp_path / "x.clew", workspace=bare_workspace(tmp_path)).close()
    assert replayed(tmp_path / "x.clew").identical


# --- what a replay finds ---------------------------------------------------------------------------------------------


def recorded(path: Path, outside: Workspace) -> Path:
    with Case.open(path, workspace=outside):
        OUTSIDE.ti.abuseipdb()
        SEED.geo.locate()
        URL.transform.parts()
    return path


def changed_parser(function: Callable[..., Any], **changes: Any) -> Callable[..., Any]:
    """The operation as a later version of clew would have it: it reads the same reply and says something else."""

    def later(*arguments: Any, **given: Any) -> Any:
        steps = function(*arguments, **given)
        finding = steps if isinstance(steps, Finding) else (yield from steps)
        return dataclasses.replace(finding, **changes)

    return later


def test_a_parser_that_changed_is_told(tmp_path: Path, outside: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """If clew reads a recorded reply in another way by now, the replay is different and says where first."""
    path = recorded(tmp_path / "x.clew", outside)
    link = Link(SEED, Relation.LOCATED_AT, Host("somewhere"))
    monkeypatch.setattr(MaxMind.ip, "function", changed_parser(MaxMind.ip.function, reason="elsewhere", links=(link,)))
    replay = replayed(path)
    assert not replay.identical
    assert replay.digest != replay.saved_digest
    assert "host:somewhere" in replay.first_difference
    assert str(replay) == f"different: {replay.first_difference}"


def test_a_verdict_that_changed_is_told(tmp_path: Path, outside: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A verdict that would be another today is the first difference, with what was saved and what it is now."""
    path = recorded(tmp_path / "x.clew", outside)
    monkeypatch.setattr("clew.providers.ti.abuseipdb._judge", lambda *_: (Verdict.BENIGN, Severity.LOW))
    replay = replayed(path)
    assert not replay.identical
    assert "malicious" in replay.first_difference.partition(" / replayed ")[0]


def test_facts_are_not_part_of_the_graph(tmp_path: Path, outside: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The graph is nodes, claims, verdicts and remarks: a fact that is read in another way leaves it identical."""
    path = recorded(tmp_path / "x.clew", outside)
    monkeypatch.setattr(MaxMind.ip, "function", changed_parser(MaxMind.ip.function, facts=(Fact("a", 1),)))
    assert replayed(path).identical


def test_a_parser_that_fails_now_is_told(tmp_path: Path, outside: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recorded reply that clew cannot read any more makes the replay different, with the reason."""
    path = recorded(tmp_path / "x.clew", outside)

    def broken(*_: object) -> object:
        raise LookupError("no such field")

    monkeypatch.setattr("clew.providers.ti.abuseipdb._finding", broken)
    replay = replayed(path)
    assert not replay.identical
    saved, _, now = replay.first_difference.partition(" / replayed ")
    assert ("malicious" in saved, "unknown" in now) == (True, True)


def test_another_question_is_not_answered_by_an_old_reply(
    tmp_path: Path, outside: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If an operation asks something else by now, that was not recorded: it is skipped, and the replay differs."""
    path = recorded(tmp_path / "x.clew", outside)
    monkeypatch.setattr("clew.providers.ti.abuseipdb._URL", "https://api.abuseipdb.com/api/v3/check")
    assert not replayed(path).identical


def test_a_pivot_that_is_gone_is_told(tmp_path: Path, outside: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pivot that this clew does not have cannot be replayed: a CaseError that names the step and the pivot."""
    path = recorded(tmp_path / "x.clew", outside)
    monkeypatch.setattr("clew.pivots.registry.pivots_for", lambda _: {})
    with pytest.raises(CaseError, match=r"step 2, ti\.abuseipdb, cannot be run again"):
        replayed(path)


def test_an_argument_that_is_gone_is_told(tmp_path: Path, outside: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same holds for an argument that a pivot does not take any more."""
    path = recorded(tmp_path / "x.clew", outside)

    def without(self: UrlParts, url: Url, *, more: str) -> Finding:
        raise AssertionError

    monkeypatch.setattr(UrlParts.parts, "function", without)
    with pytest.raises(CaseError, match=r"step 4, transform\.parts, cannot be run again"):
        replayed(path)


EDITS = {
    "a node": "UPDATE nodes SET verdict = 'benign' WHERE verdict = 'malicious'",
    "a claim": "UPDATE claims SET target = (SELECT id FROM nodes WHERE kind = 'ip')",
    "a claim removed": "DELETE FROM claims",
    "a finding": "UPDATE findings SET outcome = 'nothing'",
    "an alias": "INSERT INTO aliases VALUES ('host:x', (SELECT id FROM nodes LIMIT 1))",
    "a remark": "INSERT INTO remarks VALUES (99, '', 'note', 'forged')",
    "a merge": "INSERT INTO merges VALUES (99, 'host:x', 'host:y', 'forged', NULL)",
}


@pytest.mark.parametrize("sql", EDITS.values(), ids=EDITS)
def test_a_graph_that_was_edited_is_told(tmp_path: Path, outside: Workspace, sql: str) -> None:
    """What was changed in the graph, and is not in the events, is the first difference of a replay."""
    path = recorded(tmp_path / "x.clew", outside)
    edit(path, sql)
    replay = replayed(path)
    assert not replay.identical
    assert replay.first_difference.startswith("saved ")


def test_edited_evidence_is_damage(tmp_path: Path, outside: Workspace) -> None:
    """A raw reply that was changed is damage, not a difference; replaying and reading it both name it."""
    path = recorded(tmp_path / "x.clew", outside)
    edit(path, "UPDATE evidence SET body = (SELECT body FROM evidence ORDER BY fingerprint DESC LIMIT 1)")
    with pytest.raises(CaseDamaged, match=r"evidence \w{16} of step \d+ was changed"):
        Case.replay(path)


def test_a_claim_with_edited_evidence_is_damage(incident: Case, scenario: Scenario) -> None:
    """Looking behind a claim whose evidence was changed says so instead of showing it."""
    IpAddress(scenario.seed).query.connections()
    claim = incident.claim_list()[0]
    with incident._store.transaction() as connection:
        connection.execute("UPDATE evidence SET body = (SELECT body FROM steps LIMIT 1)")
    with pytest.raises(CaseDamaged, match=f"of step {claim.step} was changed"):
        claim.evidence()


def test_a_difference_is_shown_and_does_nothing(tmp_path: Path, outside: Workspace) -> None:
    """Control characters in what differs are shown, not sent to the terminal."""
    path = recorded(tmp_path / "x.clew", outside)
    edit(path, "INSERT INTO remarks VALUES (99, '', 'note', ?)", "\x1b[31m\u202e")
    assert str(replayed(path)).isprintable()
