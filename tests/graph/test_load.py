"""Many nodes and edges at once."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from clew import Investigation, IpAddress, Relation
from clew.errors import QueryError
from clew.graph.projection import imports as batches
from clew.graph.projection.imports import ImportBatch
from tests.graph.cases import case_in_memory, graph_of
from tests.graph.strategies import entities, moments
from tests.support import FEWER

EDGES = pd.DataFrame(
    {
        "source": ["host:ws01.corp.example", "198.51.100.7"],
        "relation": ["communicates-with", "related-to"],
        "target": ["198[.]51[.]100[.]7", "c2.example"],
        "observed_first": ["2026-03-17T09:15:00Z", None],
    }
)


def test_frames_become_nodes_and_claims():
    """Each row of edges is a claim of the source, with the row it stands in; nodes only named there are made."""
    case = case_in_memory()
    assert case.load(pd.DataFrame({"entity": ["203.0.113.9"]}), EDGES, source="flows") == (1, 2)
    assert {str(node.key) for node in case.node_list()} == {
        "ip:203.0.113.9",
        "host:ws01.corp.example",
        "ip:198.51.100.7",
        "domain:c2.example",
    }
    first, second = case.claim_list()
    assert (str(first.source), first.relation, str(first.target)) == (
        "host:ws01.corp.example",
        "communicates-with",
        "ip:198.51.100.7",
    )
    assert (first.provider, first.pointers) == ("flows", ("/links/0",))
    assert str(first.observed_first) == "2026-03-17 09:15:00+00:00"
    assert second.observed_first is None
    assert "198.51.100.7" in case.evidence(first)[0]
    assert case.verify(), case.verify()


@FEWER
@given(
    st.lists(entities, max_size=6),
    st.lists(st.tuples(entities, st.sampled_from(list(Relation)), entities, st.none() | moments), max_size=6),
)
def test_a_batch_is_the_same_as_one_by_one(nodes, links):
    """The nodes and their names after a load are those after adding the same entities one after the other.

    But for short names: which machine one of them means depends on what was heard of until then.
    """
    together, alone = case_in_memory(), case_in_memory()
    edges = pd.DataFrame(
        {
            "source": [link[0] for link in links],
            "relation": [link[1].value for link in links],
            "target": [link[2] for link in links],
            "observed_first": [link[3] for link in links],
        }
    )
    together.load(pd.DataFrame({"entity": nodes}), edges if links else None, source="flows")
    for entity in nodes:
        alone.add(entity)
    for source, relation, target, _ in links:
        alone.link(source, relation, target, reason="")
    reasons = [*together.tables.merges()["reason"], *alone.tables.merges()["reason"]]
    assume(not any("is the short name of" in reason for reason in reasons))
    assert {str(node.key) for node in together.node_list()} == {str(node.key) for node in alone.node_list()}
    assert len(together.claim_list()) == len(links)
    assert together.verify()


def test_many_rows_are_several_steps(monkeypatch: pytest.MonkeyPatch):
    """Frames are read in steps of so many rows, and the same key in two of them is one node."""
    monkeypatch.setattr(batches, "BATCH", 3)
    case = case_in_memory()
    nodes = pd.DataFrame({"entity": [f"198.51.100.{n}" for n in range(8)]})
    edges = pd.DataFrame(
        {"source": nodes["entity"], "relation": "related-to", "target": nodes["entity"][::-1].tolist()}
    )
    case.load(nodes, edges, source="flows")
    assert [step.event.kind for step in case.history] == ["imported"] * 6
    assert len(case.node_list()) == len(case.claim_list()) == 8
    assert case.undo() == (6,)
    assert len(case.claim_list()) == 6
    assert case.verify()


BAD = {
    "no column": (pd.DataFrame({"x": [1]}), None, "there is no column 'entity'"),
    "no entity": (pd.DataFrame({"entity": ["198.51.100.7", "???"]}), None, "row 1, column 'entity'"),
    "a number": (pd.DataFrame({"entity": [7]}), None, "row 0, column 'entity': 7 is no entity"),
    "no relation": (None, EDGES.assign(relation=["loves", "related-to"]), "there is no relation 'loves'"),
    "no time": (None, EDGES.assign(observed_first=[None, "noon"]), "row 1, column 'observed_first': 'noon' is no time"),
    "no target": (None, EDGES.drop(columns="target"), "there is no column 'target'"),
}


@pytest.mark.parametrize(("nodes", "edges", "what"), BAD.values(), ids=BAD)
def test_a_bad_cell_is_named_and_nothing_of_its_step_is_kept(nodes, edges, what):
    """What cannot be read is an error with its row and column, and the case is as it was."""
    case = case_in_memory()
    with pytest.raises(QueryError) as refused:
        case.load(nodes, edges, source="flows")
    assert what in refused.value.message
    assert refused.value.next_step
    assert (len(case.history), case.node_list()) == (0, ())


@given(st.lists(st.text(max_size=5), max_size=4), st.lists(st.tuples(*[st.text(max_size=5)] * 5), max_size=4))
def test_a_batch_reads_as_it_was_written(nodes, links):
    """Rows that are written and read are the same."""
    again = ImportBatch.read(ImportBatch(nodes, links).body())
    assert ([*again.nodes], [tuple(row) for row in again.links]) == (nodes, links)


def test_around_a_node_is_what_is_near(tmp_path: Path):
    """So many hops from a node, whichever way edges point; a limit says that it cut."""
    edges = pd.DataFrame(
        {
            "source": [f"198.51.100.{n}" for n in range(9)],
            "relation": "related-to",
            "target": [f"198.51.100.{n + 1}" for n in range(9)],
        }
    )
    with Investigation.open(tmp_path / "x.clew") as case:
        case.load(edges=edges, source="flows")
        found = case.neighbourhood(IpAddress("198.51.100.4"), hops=2)
        assert [node.key.value[-1] for node in found.nodes] == ["4", "3", "5", "2", "6"]
        assert len(found.claims) == 4
        assert found.truncated_by == ""
        assert len(case.neighbourhood(IpAddress("198.51.100.4"), hops=9).nodes) == 10
        cut = case.neighbourhood(IpAddress("198.51.100.4"), hops=9, limit=4)
        assert (len(cut.nodes), cut.truncated_by) == (4, "limit 4")
        assert case.neighbourhood(IpAddress("198.51.100.4"), hops=0).claims == ()
        assert len(graph_of(case)) > 20
