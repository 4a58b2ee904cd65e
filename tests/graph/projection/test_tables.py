"""What a case says: tables with fixed columns, a graph keyed by identity, and the raw evidence behind every claim."""

import asyncio
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import pandas as pd
import pytest

from clew.demo.scenario import Scenario
from clew.entities import File, Host, IpAddress, Outcome, Process, Relation, Url
from clew.graph.case import Case
from clew.pivots.workspace import Workspace
from tests.graph.cases import ENCODED, FULL, GUID, NOON, case_in_memory, keys, link, pivots_recorded, tell

URL = Url("https://evil.example/a?b=c")

TEXT, TIME, COUNT = "text", "time", "count"
COLUMNS = {
    "nodes": {
        "key": TEXT,
        "kind": TEXT,
        "label": TEXT,
        "verdict": TEXT,
        "severity": TEXT,
        "first_step": COUNT,
    },
    "edges": {
        "source": TEXT,
        "relation": TEXT,
        "target": TEXT,
        "claims": COUNT,
        "sources": COUNT,
        "observed_first": TIME,
        "observed_last": TIME,
    },
    "claims": {
        "source": TEXT,
        "relation": TEXT,
        "target": TEXT,
        "provider": TEXT,
        "pivot": TEXT,
        "step": COUNT,
        "asked_at": TIME,
        "evidence": TEXT,
        "pointers": TEXT,
        "observed_first": TIME,
        "observed_last": TIME,
        "inferred": COUNT,
    },
    "findings": {
        "step": COUNT,
        "subject": TEXT,
        "pivot": TEXT,
        "provider": TEXT,
        "outcome": TEXT,
        "verdict": TEXT,
        "severity": TEXT,
        "reason": TEXT,
        "reference": TEXT,
        "asked_at": TIME,
        "returned": COUNT,
        "available": COUNT,
        "truncated_by": TEXT,
        "counted": TEXT,
    },
    "timeline": {
        "time": TIME,
        "observed_last": TIME,
        "source": TEXT,
        "relation": TEXT,
        "target": TEXT,
        "provider": TEXT,
        "pivot": TEXT,
        "step": COUNT,
    },
    "merges": {"step": COUNT, "keep": TEXT, "gone": TEXT, "reason": TEXT, "undone_by": COUNT},
    "remarks": {"step": COUNT, "about": TEXT, "kind": TEXT, "text": TEXT},
}


def kind_of(column: "pd.Series[object]") -> str:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        assert str(column.dtype.tz) == "UTC"
        return TIME
    return COUNT if pd.api.types.is_integer_dtype(column.dtype) or pd.api.types.is_bool_dtype(column.dtype) else TEXT


@pytest.mark.parametrize("name", COLUMNS)
def test_tables_have_the_same_columns_always(incident: Case, scenario: Scenario, name: str) -> None:
    """Each table has its documented columns with their types, times in UTC, whether it is empty or full."""
    empty = getattr(incident.tables, name)()
    incident.expand(IpAddress(scenario.seed), depth=1)
    incident.add(Host("fs01"), Host("fs01.corp.example"))
    incident.note("x")
    full = getattr(incident.tables, name)()
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
    assert len(claims) == len(incident.tables.claims()) == len(incident.claim_list())
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
    (edge,) = case.tables.edges().to_dict("records")
    assert (edge["claims"], edge["sources"]) == (2, 2)
    claims = case.graph.edges[other.key, one.key, Relation.COMMUNICATES_WITH]["claims"]
    assert [(claim.provider, claim.evidence_ids, claim.step) for claim in claims] == [
        ("logs", ("logs",), 1),
        ("other", ("other",), 2),
    ]


def test_the_evidence_of_a_claim_is_the_raw_row(incident: Case, scenario: Scenario) -> None:
    """Behind a claim of a query are the very lines of the log that say so; behind another one, the whole reply."""
    seed = IpAddress(scenario.seed)
    seed.query.connections()
    lines = {line for path in scenario.logs.iterdir() for line in path.read_text("utf-8").splitlines()}
    rows = {json.dumps(json.loads(line), sort_keys=True) for line in lines}
    claims = incident.claim_list()
    assert len(claims) > 5
    for claim in claims:
        raw = claim.evidence()
        assert len(raw) == len(claim.pointers) > 0
        for text in raw:
            assert json.dumps(json.loads(text), sort_keys=True) in rows
        if claim.target == seed.key:
            assert all(seed.value in text for text in raw)


def test_what_was_asked_of_nobody_has_no_evidence(case: Case) -> None:
    """A claim that clew concluded by itself has no reply behind it, and says that it is inferred."""
    Process(GUID, host=FULL, command_line=f"{ENCODED} http://evil.example/x").transform.decode()
    URL.transform.parts()
    (claim,) = case.claim_list()
    assert claim.inferred
    assert claim.evidence() == []


def test_asynchronous_pivots_are_recorded(incident: Case, scenario: Scenario) -> None:
    """Pivots that are awaited, also several at once, are recorded as the others are."""

    async def ask() -> list[Outcome]:
        seed = IpAddress(scenario.seed)
        answers = await asyncio.gather(
            seed.query.connections.aio(),
            seed.ti.lookup.aio(),
            seed.geo.locate.aio(),
            URL.transform.parts.aio(),
            File(sha256=scenario.truth.payload_sha256).ti.lookup.aio(),
        )
        return [answer.outcome for answer in answers]

    assert set(asyncio.run(ask())) == {Outcome.FOUND}
    names = sorted(event.invocation.pivot for event in pivots_recorded(incident))
    assert names == ["geo.locate", "query.connections", "ti.lookup", "ti.lookup", "transform.parts"]
    digest = incident.tables.digest()
    incident._store.rebuild()
    assert incident.tables.digest() == digest


def test_awaiting_or_not_is_the_same(tmp_path: Path, around: Workspace, scenario: Scenario) -> None:
    """The same pivots, awaited or not, leave the same nodes and the same claims."""
    graphs = []
    for name in ("sync", "async"):
        with Case.open(tmp_path / f"{name}.clew", workspace=around, replies=scenario.replies) as case:
            case.connect(scenario.logs)
            for call in (IpAddress(scenario.seed).query.connections, IpAddress(scenario.seed).ti.lookup):
                _ = call() if name == "sync" else asyncio.run(call.aio())
            graphs.append((case.tables.nodes(), case.tables.claims().drop(columns="asked_at")))
    pd.testing.assert_frame_equal(graphs[0][0], graphs[1][0])
    pd.testing.assert_frame_equal(graphs[0][1], graphs[1][1])


@pytest.mark.parametrize(
    ("values", "frame", "renamed"),
    [
        (
            Case.answer_list,
            lambda case: case.tables.findings(),
            {"returned_count": "returned", "available_count": "available", "counted_verdict": "counted"},
        ),
        (Case.remark_list, lambda case: case.tables.remarks(), {}),
        (Case.merge_list, lambda case: case.tables.merges(), {"kept_key": "keep", "gone_key": "gone"}),
    ],
    ids=["answers", "remarks", "merges"],
)
def test_what_is_read_as_values_is_what_the_frames_say(
    values: Callable[[Case], tuple[Any, ...]],
    frame: Callable[[Case], pd.DataFrame],
    renamed: dict[str, str],
    sample: Path,
) -> None:
    """Answers, remarks and merges read as plain values are the rows of the frames, cell by cell."""
    with Case.open(sample) as case:
        rows, table = values(case), frame(case).astype(object)
    records = table.where(table.notna(), None).to_dict("records")
    assert len(rows) == len(records) > 0
    for row, record in zip(rows, records, strict=True):
        cells = {renamed.get(field.name, field.name): getattr(row, field.name) for field in dataclasses.fields(row)}
        assert {name: cells[name] for name in record} == record
