"""The case in an analyst's hands: what is recorded, what is not, and what it says afterwards."""

import asyncio
import json
from pathlib import Path

import networkx as nx
import pandas as pd
import pytest

from clew.demo.scenario import Scenario
from clew.entities import Domain, File, Host, IpAddress, Outcome, Process, Relation, Url, Verdict
from clew.errors import CaseClosed, ConnectError, QueryError
from clew.graph.case import Case
from clew.pivots.context import Workspace, current_session, workspace
from tests.graph.cases import (
    ENCODED,
    FULL,
    GUID,
    NOON,
    case_in_memory,
    keys,
    link,
    pivots_recorded,
    tell,
)  # fmt: skip

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
        assert current_session() is case
        steps = len(list(case.history()))
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
    assert case.remarks()["text"].to_list() == ["before"]
    assert current_session() is case


READS = (
    "known", "said", "nodes", "edges", "claims", "findings", "timeline", "merges", "remarks", "digest", "history",
)  # fmt: skip


def test_a_closed_case_says_so() -> None:
    """After it was closed, whatever is asked of a case raises CaseClosed with the next step; closing again is fine."""
    case = case_in_memory()
    case.add(Host(FULL))
    case.close()
    case.close()
    acts = [lambda name=name: list(getattr(case, name)()) for name in READS]
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
        before = case.digest()
    with Case.open(path, title="second", workspace=around) as case:
        assert (case.title, case.digest()) == ("first", before)
        assert case.entity(IpAddress(scenario.seed)) == IpAddress(scenario.seed)
        again = IpAddress(scenario.seed).query.connections()
        assert (again.returned, again.evidence) == (found.returned, found.evidence)


def test_logs_that_are_gone_are_skipped_with_a_reason(tmp_path: Path, around: Workspace, scenario: Scenario) -> None:
    """A case whose logs have moved opens; a query of it is skipped and says what to do."""
    logs = tmp_path / "logs"
    logs.mkdir()
    file = next(scenario.logs.iterdir())
    (logs / file.name).write_bytes(file.read_bytes())
    with Case.open(tmp_path / "x.clew", workspace=around) as case:
        case.connect(logs)
    (logs / file.name).unlink()
    logs.rmdir()
    with Case.open(tmp_path / "x.clew", workspace=around):
        finding = IpAddress(scenario.seed).query.connections()
    assert finding.outcome is Outcome.SKIPPED
    assert "no logs" in finding.reason


def test_changed_logs_are_not_taken_for_the_same(tmp_path: Path, around: Workspace, scenario: Scenario) -> None:
    """Logs that changed since they were connected are not connected again silently."""
    logs = tmp_path / "logs.ndjson"
    lines = next(scenario.logs.iterdir()).read_text("utf-8").splitlines(keepends=True)
    logs.write_text("".join(lines[:50]), "utf-8")
    with Case.open(tmp_path / "x.clew", workspace=around) as case:
        case.connect(logs)
    logs.write_text("".join(lines[:60]), "utf-8")
    with Case.open(tmp_path / "x.clew", workspace=around):
        assert IpAddress(scenario.seed).query.connections().outcome is Outcome.SKIPPED


def test_what_cannot_be_connected_is_no_step(case: Case, tmp_path: Path) -> None:
    """Logs that are not there raise ConnectError, and the case does not claim to have them."""
    with pytest.raises(ConnectError):
        case.connect(tmp_path / "nothing")
    assert [step.event.kind for step in case.history()] == ["opened"]


def test_every_step_says_who_when_and_with_what(tmp_path: Path) -> None:
    """A step has its number, its time in UTC, the analyst's name and the tool."""
    from clew.settings import Settings

    around = Workspace(Settings(analyst="ada", cache=tmp_path))
    with Case.open(tmp_path / "x.clew", workspace=around) as case:
        case.note("x")
        steps = list(case.history())
    assert [(step.number, step.by, step.tool) for step in steps] == [(1, "ada", "clew 0.1.0"), (2, "ada", "clew 0.1.0")]
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
    remarks = case.remarks()
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
    table = case.findings()
    assert table[["outcome", "reason"]].to_numpy().tolist() == [[o.value, f"because {o}"] for o in Outcome]
    assert case.verdict(Host(FULL)) == "unknown"


def test_the_parts_of_a_look_up_are_rows(incident: Case, scenario: Scenario) -> None:
    """A look-up of several sources is one row for each, and the node has the worst verdict of them."""
    seed = IpAddress(scenario.seed)
    finding = seed.ti.lookup()
    table = incident.findings()
    assert table["provider"].to_list() == ["abuseipdb", "feed"]
    assert table["verdict"].to_list() == [part.verdict for part in finding.parts]
    assert incident.verdict(seed) == finding.verdict == Verdict.MALICIOUS


def test_the_latest_word_of_a_source_counts() -> None:
    """A source that changes its mind is heard with what it said last; others are still heard."""
    case, seed = case_in_memory(), IpAddress("198.51.100.7")
    for provider, verdict, expected in (
        ("a", Verdict.MALICIOUS, "malicious"), ("b", Verdict.SUSPICIOUS, "malicious"),
        ("a", Verdict.BENIGN, "suspicious"), ("b", Verdict.UNKNOWN, "benign"), ("c", Verdict.MALICIOUS, "malicious"),
    ):  # fmt: skip
        tell(case, seed, verdict=verdict, provider=provider)
        assert case.verdict(seed) == expected


# --- what the case says ----------------------------------------------------------------------------------------------

TEXT, TIME, COUNT = "text", "time", "count"
COLUMNS = {
    "nodes": {
        "key": TEXT, "kind": TEXT, "label": TEXT, "verdict": TEXT, "severity": TEXT, "first_step": COUNT,
    },
    "edges": {
        "source": TEXT, "relation": TEXT, "target": TEXT, "claims": COUNT, "sources": COUNT, "observed_first": TIME,
        "observed_last": TIME,
    },
    "claims": {
        "source": TEXT, "relation": TEXT, "target": TEXT, "provider": TEXT, "pivot": TEXT, "step": COUNT,
        "asked_at": TIME, "evidence": TEXT, "pointers": TEXT, "observed_first": TIME, "observed_last": TIME,
        "inferred": COUNT,
    },
    "findings": {
        "step": COUNT, "subject": TEXT, "pivot": TEXT, "provider": TEXT, "outcome": TEXT, "verdict": TEXT,
        "severity": TEXT, "reason": TEXT, "reference": TEXT, "asked_at": TIME, "returned": COUNT, "available": COUNT,
        "truncated_by": TEXT,
    },
    "timeline": {
        "time": TIME, "observed_last": TIME, "source": TEXT, "relation": TEXT, "target": TEXT, "provider": TEXT,
        "pivot": TEXT, "step": COUNT,
    },
    "merges": {"step": COUNT, "keep": TEXT, "gone": TEXT, "reason": TEXT, "undone_by": COUNT},
    "remarks": {"step": COUNT, "about": TEXT, "kind": TEXT, "text": TEXT},
}  # fmt: skip


def kind_of(column: "pd.Series[object]") -> str:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        assert str(column.dtype.tz) == "UTC"
        return TIME
    return COUNT if pd.api.types.is_integer_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype) else TEXT


@pytest.mark.parametrize("name", COLUMNS)
def test_tables_have_the_same_columns_always(incident: Case, scenario: Scenario, name: str) -> None:
    """Each table has its documented columns with their types, times in UTC, whether it is empty or full."""
    empty = getattr(incident, name)()
    incident.expand(IpAddress(scenario.seed), depth=1)
    incident.add(Host("fs01"), Host("fs01.corp.example"))
    incident.note("x")
    full = getattr(incident, name)()
    assert (len(empty), len(full) > 0) == (0, True)
    assert list(empty.columns) == list(full.columns) == list(COLUMNS[name])
    assert {column: kind_of(full[column]) for column in full} == COLUMNS[name]
    times = [column for column, kind in COLUMNS[name].items() if kind == TIME]
    assert {column: kind_of(empty[column]) for column in times} == dict.fromkeys(times, TIME)


def test_the_graph_is_keyed_by_identity(incident: Case, scenario: Scenario) -> None:
    """The graph has a node per Key with its entity, and edges keyed by relation with the claims behind them."""
    IpAddress(scenario.seed).query.connections()
    graph = incident.graph
    assert isinstance(graph, nx.MultiDiGraph)
    assert set(map(str, graph.nodes)) == keys(incident)
    for key, data in graph.nodes(data=True):
        assert data["entity"].key == key
        assert {"kind", "label", "verdict", "severity", "tags"} <= set(data)
    claims = [claim for *_, data in graph.edges(data=True) for claim in data["claims"]]
    assert len(claims) == len(incident.claims()) == len(incident.said())
    for source, target, relation, data in graph.edges(keys=True, data=True):
        assert {(claim.source, claim.relation, claim.target) for claim in data["claims"]} == {
            (source, relation, target)
        }
    graph.clear()
    assert incident.graph.number_of_nodes() == len(keys(incident))


def test_two_sources_for_one_edge_are_two_claims() -> None:
    """What two sources say is one edge with two claims, each with its source, its time and its evidence."""
    case = case_in_memory()
    one, other = IpAddress("198.51.100.7"), Host(FULL)
    for provider in ("logs", "other"):
        tell(case, one, link(other, one, Relation.COMMUNICATES_WITH, at=NOON), provider=provider, evidence=(provider,))
    (edge,) = case.edges().to_dict("records")
    assert (edge["claims"], edge["sources"]) == (2, 2)
    claims = case.graph.edges[other.key, one.key, Relation.COMMUNICATES_WITH]["claims"]
    assert [(claim.provider, claim.evidence, claim.step) for claim in claims] == [
        ("logs", "logs", 1),
        ("other", "other", 2),
    ]


def test_the_evidence_of_a_claim_is_the_raw_row(incident: Case, scenario: Scenario) -> None:
    """Behind a claim of a query are the very lines of the log that say so; behind another one, the whole reply."""
    seed = IpAddress(scenario.seed)
    seed.query.connections()
    lines = {line for path in scenario.logs.iterdir() for line in path.read_text("utf-8").splitlines()}
    rows = {json.dumps(json.loads(line), sort_keys=True) for line in lines}
    claims = incident.said()
    assert len(claims) > 5
    for claim in claims:
        raw = incident.evidence(claim)
        assert len(raw) == len(claim.pointers) > 0
        for text in raw:
            assert json.dumps(json.loads(text), sort_keys=True) in rows
        if claim.target == seed.key:
            assert all(seed.value in text for text in raw)


def test_what_was_asked_of_nobody_has_no_evidence(case: Case) -> None:
    """A claim that clew concluded by itself has no reply behind it, and says that it is inferred."""
    Process(GUID, host=FULL, command_line=f"{ENCODED} http://evil.example/x").transform.decode()
    URL.transform.parts()
    (claim,) = case.said()
    assert claim.inferred
    assert case.evidence(claim) == []


def test_asynchronous_pivots_are_recorded(incident: Case, scenario: Scenario) -> None:
    """Pivots that are awaited, also several at once, are recorded as the others are."""

    async def ask() -> list[Outcome]:
        seed = IpAddress(scenario.seed)
        answers = await asyncio.gather(
            seed.query.connections.aio(), seed.ti.lookup.aio(), seed.geo.locate.aio(), URL.transform.parts.aio(),
            File(sha256=scenario.truth.payload_sha256).ti.lookup.aio(),
        )  # fmt: skip
        return [answer.outcome for answer in answers]

    assert set(asyncio.run(ask())) == {Outcome.FOUND}
    names = sorted(event.invocation.pivot for event in pivots_recorded(incident))
    assert names == ["geo.locate", "query.connections", "ti.lookup", "ti.lookup", "transform.parts"]
    digest = incident.digest()
    incident._store.rebuild()
    assert incident.digest() == digest


def test_awaiting_or_not_is_the_same(tmp_path: Path, around: Workspace, scenario: Scenario) -> None:
    """The same pivots, awaited or not, leave the same nodes and the same claims."""
    graphs = []
    for name in ("sync", "async"):
        with Case.open(tmp_path / f"{name}.clew", workspace=around, replies=scenario.replies) as case:
            case.connect(scenario.logs)
            for call in (IpAddress(scenario.seed).query.connections, IpAddress(scenario.seed).ti.lookup):
                _ = call() if name == "sync" else asyncio.run(call.aio())
            graphs.append((case.nodes(), case.claims().drop(columns="asked_at")))
    pd.testing.assert_frame_equal(graphs[0][0], graphs[1][0])
    pd.testing.assert_frame_equal(graphs[0][1], graphs[1][1])
