"""What was done can be taken back, done again, looked at as it was, and gone on with in another file."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew import Host, Investigation, IpAddress, Relation, Verdict
from clew.errors import CaseError, CaseExists, QueryError
from clew.graph.case import Case
from clew.graph.case_sharing import branch_path
from clew.graph.format.events import Branched
from tests.graph.cases import case_in_memory, graph_of
from tests.graph.projection.test_fold import ACTS, Action, action, actions
from tests.graph.strategies import entities, texts
from tests.support import FEWER

IP, HOST = IpAddress("198.51.100.7"), Host("ws01.corp.example")


def known(case: Case, place: int) -> Any:
    """One of the entities of a case, picked by chance."""
    nodes = case.node_list()
    return nodes[place % len(nodes)].entity if nodes else None


def on_known(act: str, *more: Any, **named: Any):
    def run(case: Case, place: int) -> None:
        entity = known(case, place)
        if entity is not None:
            getattr(case if act == "judge" else case.layout, act)(entity, *more, **named)

    return run


DEEDS = ACTS | {
    "link": lambda case, one, other: case.link(one, Relation.RELATED_TO, other, reason="by chance"),
    "judge": on_known("judge", Verdict.BENIGN, reason="by chance"),
    "hide": on_known("hide"),
    "unhide": on_known("unhide"),
    "collapse": on_known("collapse"),
    "uncollapse": on_known("uncollapse"),
    "move": on_known("move", 1.5, -2.5),
}
places = st.integers(0, 30)
deeds = st.one_of(
    actions,
    action("link", entities, entities),
    *(action(name, places) for name in ("judge", "hide", "unhide", "collapse", "uncollapse", "move")),
)
moves = st.one_of(deeds, deeds, deeds, action("undo"), action("redo"))


def done(case: Case, name: str, arguments: tuple[Any, ...]) -> None:
    """One act; an undo or a redo of nothing is none."""
    if name in ("undo", "redo"):
        try:
            getattr(case, name)()
        except CaseError:
            return
    else:
        DEEDS[name](case, *arguments)


def shown(case: Any) -> Any:
    """The graph; which merges were taken back is remembered, and is no part of it."""
    return graph_of(case, without=("merge",))


@FEWER
@given(st.lists(moves, max_size=14))
def test_the_graph_is_what_follows_from_the_steps(history: list[Action]):
    """Whatever is done, undone and done again, the tables are what the steps give."""
    case = case_in_memory()
    for name, arguments in history:
        done(case, name, arguments)
    assert case.verify(), case.verify()


@FEWER
@given(st.lists(deeds, min_size=1, max_size=8), st.data())
def test_undoing_goes_back_and_redoing_forth(history: list[Action], data: st.DataObject):
    """After so many undos the graph is what it was before as many deeds, and redoing gives it back."""
    case = case_in_memory()
    states = [shown(case)]
    for name, arguments in history:
        before = len(case.history)
        done(case, name, arguments)
        if len(case.history) > before:
            states.append(shown(case))
    # A deed may be two steps of its own, each of which is undone alone.
    times = data.draw(st.integers(0, len(states) - 1))
    for _ in range(times):
        case.undo()
    if times:
        taken = shown(case)
        case.redo(times)
        assert shown(case) == states[-1]
        case.undo(times)
        assert shown(case) == taken
    assert case.verify()


def test_each_deed_is_undone_alone_and_in_order():
    """Undo takes back the latest deed, then the one before; redo does them again in order."""
    case = case_in_memory()
    case.add(IP)
    case.tag(IP, "c2")
    case.judge(IP, Verdict.MALICIOUS, reason="seen in the sandbox")
    assert case.verdict(IP) == "malicious"
    case.undo()
    assert case.verdict(IP) == "unknown"
    assert case.node_list()[0].tags == ("c2",)
    case.undo(2)
    assert case.node_list() == ()
    case.redo(3)
    assert case.verdict(IP) == "malicious"
    assert case.node_list()[0].tags == ("c2",)


def test_doing_something_else_ends_what_can_be_redone():
    """After an undo, a new deed is the latest; what was undone stays undone."""
    case = case_in_memory()
    case.add(IP)
    case.undo()
    case.add(HOST)
    with pytest.raises(CaseError, match="nothing to redo"):
        case.redo()
    assert [node.key.kind for node in case.node_list()] == ["host"]


def test_there_is_nothing_to_undo_in_an_empty_case():
    """Undoing more than was done is an error that changes nothing."""
    case = case_in_memory()
    case.add(IP)
    with pytest.raises(CaseError, match="nothing to undo"):
        case.undo(2)
    assert len(case.node_list()) == 1


def test_what_followed_from_a_step_goes_with_it():
    """A merge that followed from an entity is undone with it, and is not done again by itself."""
    case = case_in_memory()
    case.add(Host("ws01"))
    case.add(HOST)
    assert len(case.node_list()) == 1
    assert case.undo() == (3, 2)
    assert [str(node.key) for node in case.node_list()] == ["host:ws01"]
    case.redo()
    assert [str(node.key) for node in case.node_list()] == ["host:ws01.corp.example"]


def test_what_was_asked_is_not_forgotten(tmp_path: Path):
    """An undone pivot leaves the graph, and what was asked stays in the record of what was asked."""
    with Investigation.open(tmp_path / "x.clew") as case:
        IpAddress("8.8.4.4").geo.locate()
        rows = "SELECT count(*) FROM exchanges"
        asked = case._store.connection.execute(rows).fetchone()
        case.undo()
        assert case.node_list() == ()
        assert case._store.connection.execute(rows).fetchone() == asked == (1,)


@FEWER
@given(st.lists(moves, max_size=8), st.data())
def test_a_case_can_be_seen_as_it_was(history: list[Action], data: st.DataObject):
    """`at(step)` is the graph as it was after that step."""
    case = case_in_memory()
    case.add(IP)
    states = {len(case.history): graph_of(case)}
    for name, arguments in history:
        done(case, name, arguments)
        states[len(case.history)] = graph_of(case)
    step = data.draw(st.sampled_from(sorted(states)))
    past = case.at(step)
    assert len(past.history) == step
    assert graph_of(past) == states[step]


def test_a_case_can_be_seen_as_it_was_at_a_time(tmp_path: Path):
    """A time means the last step before it; before the case there is nothing."""
    clock = iter(datetime(2026, 3, 17, 9, minute, tzinfo=UTC) for minute in range(10))
    with Investigation.open(tmp_path / "x.clew") as case:
        case._recorder.clock = lambda: next(clock)
        case.add(IP)
        case.add(HOST)
        opened = next(iter(case.history)).at
        assert len(case.at(3).node_list()) == 2
        assert len(case.at("2026-03-17T09:00:30Z").node_list()) in (0, 1)
        with pytest.raises(CaseError, match="no case yet"):
            case.at(min(opened, datetime(2026, 3, 17, tzinfo=UTC)) - timedelta(days=1))
        with pytest.raises(CaseError, match="no step 9"):
            case.at(9)
        with pytest.raises(QueryError):
            case.at("yesterday-ish")


def test_what_happened_in_a_time_is_a_part_of_the_graph():
    """Claims whose source says that they happened then, with their nodes; those without a time are left out."""
    from tests.graph.cases import NOON, link, tell

    case = case_in_memory()
    other = IpAddress("203.0.113.9")
    tell(case, HOST, link(HOST, IP, at=NOON), link(HOST, other, at=NOON + timedelta(hours=2)))
    case.link(IP, Relation.RELATED_TO, other, reason="no time")
    found = case.activity(NOON - timedelta(minutes=1), NOON + timedelta(minutes=1))
    assert set(found.nodes) == {HOST.key, IP.key}
    assert found.number_of_edges() == 1
    assert set(case.activity(NOON + timedelta(hours=1)).nodes) == {HOST.key, other.key}
    assert case.activity(NOON + timedelta(days=1)).number_of_nodes() == 0


def test_a_branch_goes_on_alone(tmp_path: Path):
    """A branch is a case of its own that says where it came from; neither sees what is done in the other."""
    with Investigation.open(tmp_path / "ir.clew", title="the incident") as case:
        case.add(IP)
        with case.branch("what if: insider?") as other:
            assert other.path == tmp_path / "ir-what-if-insider.clew"
            other.add(HOST)
            assert [node.key.kind for node in other.node_list()] == ["ip", "host"]
            (event,) = [step.event for step in other.history if isinstance(step.event, Branched)]
            assert (event.name, event.origin, event.step) == ("what if: insider?", "the incident", 2)
            assert other.verify()
        assert [node.key.kind for node in case.node_list()] == ["ip"]
        with pytest.raises(CaseExists):
            case.branch("what if: insider?")
    with pytest.raises(CaseError, match="in memory"):
        case_in_memory().branch("x")


@given(texts)
def test_a_branch_is_written_beside_the_case(name: str):
    """Whatever a branch is called, its file stands in the folder of the case."""
    made = branch_path(Path("folder", "ir.clew"), name)
    assert made.parent == Path("folder")
    assert "\0" not in str(made)
    assert len(os.fsencode(made.name)) < 255


def test_a_copy_is_a_case(tmp_path: Path):
    """A copy made while the case is open opens as a case with the same content; an existing file is left alone."""
    with Investigation.open(tmp_path / "ir.clew") as case:
        case.add(IP, HOST)
        copy = case.sharing.export_copy(tmp_path / "copy.clew")
        case.add(IpAddress("203.0.113.9"))
        with pytest.raises(CaseExists):
            case.sharing.export_copy(copy)
    with Investigation.open(copy) as other:
        assert len(other.node_list()) == 2
        assert other.verify()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.clew", "ir.clew"]


def test_a_verdict_of_a_person_counts_most():
    """What an analyst says counts for more than sources, until it is taken back."""
    from tests.graph.cases import tell

    case = case_in_memory()
    tell(case, IP, verdict=Verdict.MALICIOUS)
    case.judge(IP, Verdict.BENIGN, reason="our own scanner")
    assert case.verdict(IP) == "benign"
    case.judge(IP, Verdict.UNKNOWN, reason="not ours after all")
    assert case.verdict(IP) == "malicious"
    with pytest.raises(CaseError, match="has no node"):
        case.judge(HOST, Verdict.BENIGN, reason="unheard of")
