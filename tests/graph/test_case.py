"""The case in an analyst's hands: what is recorded, what is not, and what it says afterwards."""

import sys
from pathlib import Path

import pytest

from clew.demo.scenario import Scenario
from clew.entities import Domain, Host, IpAddress, Outcome, Url, Verdict
from clew.errors import CaseClosed, ConnectError, QueryError
from clew.graph.case import Case
from clew.graph.format.schema import VERSION
from clew.pivots.session import current_session, workspace
from clew.pivots.workspace import Workspace
from clew.settings import Settings
from tests.graph.cases import (
    FULL,
    case_in_memory,
    keys,
    pivots_recorded,
    tell,
)

URL = Url("https://evil.example/a?b=c")


# --- as a context ----------------------------------------------------------------------------------------------------


def test_pivots_within_the_block_are_recorded(case: Case) -> None:
    """A pivot inside the block is a step, with its subject, arguments and finding; one outside of it is not."""
    finding = URL.transform.parts()
    (event,) = pivots_recorded(case)
    assert (event.invocation.pivot, event.invocation.subject) == ("transform.parts", URL)
    assert event.finding == finding
    assert keys(case) == {str(URL.key), "domain:evil.example"}


def test_pivots_outside_of_the_block_are_not_recorded() -> None:
    """Before the block and after it, pivots run in the workspace of the process and leave no trace in the case."""
    case = case_in_memory()
    URL.transform.parts()
    with case:
        assert current_session() is case.session
        steps = len(list(case.history))
    URL.transform.parts()
    assert (current_session(), steps) == (workspace(), 0)


def test_the_inner_block_wins() -> None:
    """Of two open cases the inner one records; after it, the outer one does again."""
    outer, inner = case_in_memory(), case_in_memory()
    with outer:
        with inner:
            URL.transform.parts()
            assert len(pivots_recorded(inner)) == 1
            assert pivots_recorded(outer) == []
        Domain("evil.example")
        URL.transform.parts()
        assert len(pivots_recorded(outer)) == 1


def test_a_block_within_its_own_block_closes_nothing() -> None:
    """A function that opens the block of a case again, while it is open, does not close it for its caller."""
    case = case_in_memory()
    with case:
        with case:
            URL.transform.parts()
        URL.transform.parts()
        assert len(pivots_recorded(case)) == 2
    with pytest.raises(CaseClosed):
        case.note("x")


def test_an_error_in_the_block_closes_and_passes(case: Case) -> None:
    """An exception in the block reaches the caller, and what was recorded before it is kept."""

    def fail() -> None:
        with case:
            case.note("before")
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        fail()
    assert case.tables.remarks()["text"].to_list() == ["before"]
    assert current_session() is case.session


TABLES = (
    "nodes",
    "edges",
    "claims",
    "findings",
    "timeline",
    "merges",
    "remarks",
    "digest",
    "audit",
    "layout",
)


def test_a_closed_case_says_so() -> None:
    """After it was closed, whatever is asked of a case raises CaseClosed with the next step; closing again is fine."""
    case = case_in_memory()
    case.add(Host(FULL))
    case.close()
    case.close()
    acts = [lambda name=name: list(getattr(case.tables, name)()) for name in TABLES]
    acts += [case.node_list, case.claim_list, lambda: list(case.history), case.sharing.signatures]
    acts += [lambda: case.graph, lambda: case.title, lambda: case.add(Host(FULL)), lambda: case.note("x")]
    acts += [lambda: case.tag(Host(FULL), "x"), lambda: case.entity(Host(FULL)), lambda: case.verdict(Host(FULL))]
    acts += [lambda: case.unmerge(1, reason="x"), lambda: case.merge(Host(FULL), Host("x"), reason="x")]
    acts += [lambda: case.plan(Host(FULL)), lambda: case.expand(Host(FULL)), lambda: case.pivot(URL, "transform.parts")]
    for act in acts:
        with pytest.raises(CaseClosed, match="closed"):
            act()


def test_a_case_is_reopened_as_it_was(tmp_path: Path, around: Workspace, scenario: Scenario) -> None:
    """What was recorded is there when the case is opened again, under its first title, and its logs are connected."""
    path = tmp_path / "x.clew"
    with Case.open(path, title="first", workspace=around) as case:
        case.connect(scenario.logs)
        found = IpAddress(scenario.seed).query.connections()
        before = case.tables.digest()
    with Case.open(path, title="second", workspace=around) as case:
        assert (case.title, case.tables.digest()) == ("first", before)
        assert case.entity(IpAddress(scenario.seed)) == IpAddress(scenario.seed)
        again = IpAddress(scenario.seed).query.connections()
        assert (again.returned, again.evidence) == (found.returned, found.evidence)


def test_a_case_opens_no_path_that_it_names(tmp_path: Path, around: Workspace, scenario: Scenario) -> None:
    """Logs are connected again by what they were, not by where: a machine that never read them skips them."""
    with Case.open(tmp_path / "x.clew", workspace=around) as case:
        case.connect(scenario.logs)
    elsewhere = Workspace(Settings(cache=tmp_path / "elsewhere"))
    with Case.open(tmp_path / "x.clew", workspace=elsewhere):
        finding = IpAddress(scenario.seed).query.connections()
    assert finding.outcome is Outcome.SKIPPED
    assert "no logs" in finding.reason
    assert not (tmp_path / "elsewhere").exists()


def test_logs_that_moved_are_asked_as_they_were(tmp_path: Path, around: Workspace, scenario: Scenario) -> None:
    """A case goes on asking the logs that it was connected to, after the files were moved away."""
    logs = tmp_path / "logs"
    logs.mkdir()
    file = next(scenario.logs.iterdir())
    (logs / file.name).write_bytes(file.read_bytes())
    with Case.open(tmp_path / "x.clew", workspace=around) as case:
        case.connect(logs)
        before = IpAddress(scenario.seed).query.connections()
    (logs / file.name).unlink()
    logs.rmdir()
    with Case.open(tmp_path / "x.clew", workspace=around):
        assert IpAddress(scenario.seed).query.connections().table == before.table


def test_without_the_engine_a_case_still_opens(
    tmp_path: Path, around: Workspace, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the log engine is not installed, a case with logs opens and is read; only its queries are skipped."""
    with Case.open(tmp_path / "x.clew", workspace=around) as case:
        case.connect(scenario.logs)
        IpAddress(scenario.seed).query.connections()
        before = case.tables.digest()
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with Case.open(tmp_path / "x.clew", workspace=around) as case:
        assert case.tables.digest() == before
        assert IpAddress(scenario.seed).query.connections().outcome is Outcome.SKIPPED


def test_changed_logs_are_not_taken_for_the_same(tmp_path: Path, around: Workspace, scenario: Scenario) -> None:
    """Logs that changed since they were connected are not asked silently: the answer is that of the logs of then."""
    logs = tmp_path / "logs.ndjson"
    lines = next(scenario.logs.iterdir()).read_text("utf-8").splitlines(keepends=True)
    logs.write_text("".join(lines[:50]), "utf-8")
    with Case.open(tmp_path / "x.clew", workspace=around) as case:
        source = case.connect(logs)
        assert source.description.counts["rows"] == 50
    logs.write_text("".join(lines[:60]), "utf-8")
    with Case.open(tmp_path / "x.clew", workspace=around) as case:
        assert [again.description for again in case.session.logs.sources] == [source.description]


def test_what_cannot_be_connected_is_no_step(case: Case, tmp_path: Path) -> None:
    """Logs that are not there raise ConnectError, and the case does not claim to have them."""
    with pytest.raises(ConnectError):
        case.connect(tmp_path / "nothing")
    assert [step.event.kind for step in case.history] == ["opened"]


def test_every_step_says_who_when_and_with_what(tmp_path: Path) -> None:
    """A step has its number, its time in UTC, the analyst's name, and the tool with its version and format."""

    around = Workspace(Settings(analyst="ada", cache=tmp_path))
    with Case.open(tmp_path / "x.clew", workspace=around) as case:
        case.note("x")
        steps = list(case.history)
    assert [(step.number, step.by) for step in steps] == [(1, "ada"), (2, "ada")]
    assert {step.tool for step in steps} == {f"clew 0.1.0, format {VERSION}"}
    assert steps[0].at <= steps[1].at
    assert str(steps[0].at.tzinfo) == "UTC"


# --- what an analyst does --------------------------------------------------------------------------------------------


def test_tags_and_notes_stay_with_their_entity() -> None:
    """Remarks say what they are about, in order; a note need not be about anything; tags are on the graph."""
    case = case_in_memory()
    host = Host(FULL)
    case.add(host)
    case.note("look here")
    case.note("<b>odd</b>", about=host)
    case.tag(host, "victim", "patient zero")
    remarks = case.tables.remarks()
    assert remarks[["about", "kind", "text"]].to_numpy().tolist() == [
        ["", "note", "look here"],
        [str(host.key), "note", "<b>odd</b>"],
        [str(host.key), "tag", "victim"],
        [str(host.key), "tag", "patient zero"],
    ]
    assert case.graph.nodes[host.key]["tags"] == ("victim", "patient zero")


def test_a_pivot_by_name_is_the_pivot(incident: Case, scenario: Scenario) -> None:
    """A pivot run by its full name records what the method records; an unknown one, or argument, is a QueryError."""
    seed = IpAddress(scenario.seed)
    by_name, by_method = incident.pivot(seed, "query.connections", {"limit": 5}), seed.query.connections(limit=5)
    assert (by_name.returned, by_name.evidence) == (by_method.returned, by_method.evidence)
    first, second = pivots_recorded(incident)
    assert first.invocation == second.invocation
    for name, arguments, told in (
        ("query.nothing", None, "no pivot 'query.nothing'"),
        ("query.connections", {"limits": 5}, "limits"),
    ):
        with pytest.raises(QueryError, match=told):
            incident.pivot(seed, name, arguments)
    assert len(pivots_recorded(incident)) == 2


def test_what_is_no_answer_is_a_row(case: Case) -> None:
    """Sources that failed, refused, were skipped or found nothing are rows of the findings, each with its reason."""
    for outcome in Outcome:
        tell(case, Host(FULL), outcome=outcome, reason=f"because {outcome}", provider=outcome.value)
    table = case.tables.findings()
    assert table[["outcome", "reason"]].to_numpy().tolist() == [[o.value, f"because {o}"] for o in Outcome]
    assert case.verdict(Host(FULL)) == "unknown"


def test_the_parts_of_a_look_up_are_rows(incident: Case, scenario: Scenario) -> None:
    """A look-up of several sources is one row for each, and the node has the worst verdict of them."""
    seed = IpAddress(scenario.seed)
    finding = seed.ti.lookup()
    table = incident.tables.findings()
    assert table["provider"].to_list() == ["abuseipdb", "feed"]
    assert table["verdict"].to_list() == [part.verdict for part in finding.parts]
    assert incident.verdict(seed) == finding.verdict == Verdict.MALICIOUS


def test_the_latest_word_of_a_source_counts() -> None:
    """A source that changes its mind is heard with what it said last; others are still heard."""
    case, seed = case_in_memory(), IpAddress("198.51.100.7")
    for provider, verdict, expected in (
        ("a", Verdict.MALICIOUS, "malicious"),
        ("b", Verdict.SUSPICIOUS, "malicious"),
        ("a", Verdict.BENIGN, "suspicious"),
        ("b", Verdict.UNKNOWN, "benign"),
        ("c", Verdict.MALICIOUS, "malicious"),
    ):
        tell(case, seed, verdict=verdict, provider=provider)
        assert case.verdict(seed) == expected
