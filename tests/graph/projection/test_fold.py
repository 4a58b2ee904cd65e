"""Whatever the history, the graph in the file is what its events say, and nothing in it hangs in the air."""

from collections.abc import Callable, Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Entity, Finding, Key
from clew.graph.case import Case
from clew.graph.format.events import Step
from clew.graph.format.undo import inactive_steps
from clew.graph.projection.fold import Fold
from clew.graph.projection.nodes import NodeTable
from clew.graph.recording.case_recorder import CaseRecorder
from clew.graph.store import Store
from clew.pivots.invocation import Invocation
from clew.providers.exchange import Answer
from tests.graph.cases import case_in_memory, graph_of
from tests.graph.strategies import combined, entities, exchanges, findings, texts

Action = tuple[str, tuple[Any, ...]]


def action(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Action]:
    return st.tuples(st.just(name), st.tuples(*arguments))


places = st.integers(0, 30)
actions = st.one_of(
    action("add", entities),
    action("add", entities),
    action("answer", findings(entities) | combined(entities), st.lists(exchanges, max_size=1)),
    action("answers", st.lists(findings(entities), max_size=3)),
    action("note", texts, st.none() | entities),
    action("tag", entities, texts),
    action("merge", places, places),
    action("unmerge", places),
)
histories = st.lists(actions, max_size=14)


def answer(case: Case, finding: Finding, made: list[Any]) -> None:
    at = case._recorder.clock()
    case._recorder.steps.record_pivot(Invocation(finding.pivot, finding.subject), Answer(finding, tuple(made), {}), at)


def answers(case: Case, made: list[Finding]) -> None:
    case._recorder.steps.record_bulk(
        "query.connections", {}, [Answer(finding, (), {}) for finding in made], case._recorder.clock()
    )


def merge(case: Case, one: int, other: int) -> None:
    """Two nodes of one kind, picked by chance from those that there are."""
    known = [node.entity for node in case.node_list()]
    if known:
        keep = known[one % len(known)]
        same = [entity for entity in known if entity.kind == keep.kind and entity.key != keep.key]
        if same:
            case.merge(keep, same[other % len(same)], reason="by chance")


def active(case: Case) -> list[int]:
    table = case.tables.merges()
    return [int(step) for step in table[table["undone_by"].isna()]["step"]]


def unmerge(case: Case, which: int) -> None:
    steps = active(case)
    if steps:
        case.unmerge(steps[which % len(steps)], reason="by chance")


ACTS: dict[str, Callable[..., object]] = {
    "add": Case.add,
    "answer": answer,
    "answers": answers,
    "note": Case.note,
    "tag": Case.tag,
    "merge": merge,
    "unmerge": unmerge,
}


def answered(name: str, arguments: tuple[Any, ...]) -> list[Finding]:
    return [arguments[0]] if name == "answer" else arguments[0] if name == "answers" else []


def lived(history: Iterable[Action]) -> Case:
    case = case_in_memory()
    for name, arguments in history:
        ACTS[name](case, *arguments)
    return case


def replayed(steps: Iterable[Step]) -> Case:
    """The same steps, one after the other, in a case of its own."""
    store = Store(None)
    for step in steps:
        store.append(step.event, at=step.at, by=step.by, tool=step.tool)
    if inactive_steps(steps):
        store.rebuild()
    return Case(CaseRecorder(store))


def column(case: Case, sql: str) -> set[str]:
    return {row[0] for row in case._store.connection.execute(sql)}


@given(histories)
def test_the_graph_is_what_the_events_say(history: list[Action]) -> None:
    """What was updated step by step equals what is made anew from all steps, here and in a case of its own."""
    case = lived(history)
    written = graph_of(case)
    case._store.rebuild()
    assert graph_of(case) == written
    steps = list(case.history)
    again = replayed(steps)
    assert graph_of(again) == written
    assert [step.hash for step in again.history] == [step.hash for step in steps]


@given(histories)
def test_nothing_hangs_in_the_air(history: list[Action]) -> None:
    """Claims, findings and aliases point at nodes that there are; a node is found by its key, and holds its entity."""
    case = lived(history)
    nodes = column(case, "SELECT key FROM nodes")
    numbers = column(case, "SELECT id FROM nodes")
    for sql in ("source FROM claims", "target FROM claims", "subject FROM findings", "node FROM aliases"):
        assert column(case, f"SELECT {sql}") <= numbers
    assert column(case, "SELECT origin FROM claims") <= column(case, "SELECT id FROM origins")
    assert not nodes & column(case, "SELECT alias FROM aliases")
    fold = NodeTable(case._store.connection)
    for node in case.node_list():
        assert fold.resolve(node.key) == str(node.key) == str(node.entity.key)
        assert (node.key.kind, node.label) == (node.entity.kind, node.entity.label)
        assert case.entity(node.entity).filled_fields() == node.entity.filled_fields()
    for claim in case._store.connection.execute("SELECT source, said_source, target, said_target FROM said"):
        source, said_source, target, said_target = claim
        assert Key.parse(said_source).kind == Key.parse(source).kind
        assert Key.parse(said_target).kind == Key.parse(target).kind
    assert set(case.graph.nodes) == {Key.parse(node) for node in nodes}


@given(histories)
def test_everything_said_is_found_again(history: list[Action]) -> None:
    """Whatever was put on the table or named by an answer has a node that is found by the same name."""
    case = lived(history)
    named: list[Entity] = []
    for name, arguments in history:
        if name == "add":
            named.append(arguments[0])
        for finding in answered(name, arguments):
            named += [finding.subject, *finding.entities]
    nodes = column(case, "SELECT key FROM nodes")
    for entity in named:
        found = case.entity(entity)
        assert str(found.key) in nodes
        assert type(found) is type(entity)


@given(histories)
def test_every_claim_stays(history: list[Action]) -> None:
    """Merging and taking back neither lose a claim nor make one: there is one for each thing that a source said."""
    case = lived(history)
    said = set()
    for name, arguments in history:
        for finding in answered(name, arguments):
            for part in finding.parts or (finding,):
                said |= {
                    (str(one.source.key), one.relation, str(one.target.key), part.provider, part.evidence, one.pointers)
                    for one in part.links
                }
    assert len(case.claim_list()) == len(said)


@given(histories)
def test_taking_all_merges_back_leaves_none_behind(history: list[Action]) -> None:
    """When every merge has been taken back, the graph is that of the same events without any merge."""
    case = lived(history)
    for step in reversed(active(case)):
        case.unmerge(step, reason="all of them")
    assert active(case) == []
    plain = Store(None)
    for step in case.history:
        if step.event.kind not in ("merged", "unmerged"):
            Fold(plain.connection).apply(step.number, step.event)
    assert graph_of(case, without=("merge",)) == graph_of(Case(CaseRecorder(plain)), without=("merge",))


@given(histories, entities)
def test_saying_it_again_adds_nothing(history: list[Action], entity: Entity) -> None:
    """Adding what is there already makes a step, and neither a node nor a claim nor a merge."""
    case = lived([*history, ("add", (entity,))])
    before = graph_of(case)
    case.add(entity)
    assert graph_of(case) == before


@given(histories)
def test_merging_follows_no_contradiction(history: list[Action]) -> None:
    """No node that became one by itself has two SIDs, two process GUIDs, two full names or two strongest hashes."""
    case = lived([step for step in history if step[0] not in ("merge", "unmerge")])
    sql = "SELECT key, alias FROM names JOIN nodes ON nodes.id = names.node"
    rows = case._store.connection.execute(sql).fetchall()
    for node, _ in rows:
        aliases = [Key.parse(alias) for other, alias in rows if other == node]
        entity = next(known.entity for known in case.node_list() if str(known.key) == node)
        schemes = {
            scheme: {key.value for key in aliases if type(entity).scheme(key) == scheme} for scheme in entity.exclusive
        }
        # A source may give two weak hashes for one strong one; then both are names of it.
        strongest = next((found for found in schemes.values() if found), set())
        assert len(strongest) <= 1, (node, aliases)
