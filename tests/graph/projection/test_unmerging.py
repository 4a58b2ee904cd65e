"""What a person can do about nodes: make two one, and take a merge back as if it had not been."""

import pytest

from clew.entities import Account, Entity, File, Host, IpAddress, Process, Relation, Severity, Verdict
from clew.errors import CaseError
from tests.graph.cases import (
    FULL,
    GUID,
    NOON,
    SHORT,
    active,
    case_in_memory,
    full_of,
    graph_of,
    host_of_many,
    keys,
    link,
    merged,
    tell,
    told,
)

SID, NAME = "S-1-5-21-1-2-3-1104", "corp\\alice"
MD5, SHA1, SHA256 = "a" * 32, "b" * 40, "c" * 64

# --- by hand ---------------------------------------------------------------------------------------------------------


def test_a_merge_by_hand_joins_everything() -> None:
    """Two nodes that a person says are one have one node with the claims, remarks and the worst verdict of both."""
    one, other = IpAddress("198.51.100.7"), IpAddress("198.51.100.8")
    case = merged(one, other)
    tell(case, one, link(one, Host(FULL)), verdict=Verdict.BENIGN)
    tell(case, other, link(other, Host(FULL)), verdict=Verdict.MALICIOUS, severity=Severity.HIGH)
    case.tag(other, "c2")
    step = case.merge(one, other, reason="the same load balancer")
    assert keys(case) == {str(one.key), f"host:{FULL}"}
    assert (case.verdict(one), case.verdict(other)) == ("malicious", "malicious")
    assert case.graph.nodes[one.key]["tags"] == ("c2",)
    assert len(case.graph.edges[one.key, Host(FULL).key, Relation.RELATED_TO]["claims"]) == 1 + 1
    assert case.tables.merges().iloc[-1][["step", "reason"]].to_list() == [step, "the same load balancer"]


@pytest.mark.parametrize(
    ("keep", "gone"),
    [
        (Account(NAME), Account(SID)),
        (Account(SID), Account(NAME)),
        (File(md5=MD5), File(sha256=SHA256)),
        (Host(SHORT), Host("other.corp.example", os="Windows")),
        (Process(host=FULL, pid=5, started=NOON), Process(GUID, host=FULL, image=r"C:\a.exe")),
        (Account("S-1-5-18", host=FULL), Account(SID, name=NAME)),
    ],
)
def test_the_kept_node_keeps_its_identity(keep: Entity, gone: Entity) -> None:
    """Whichever node a person keeps, the entity in it is the one that it is called by."""
    case = merged(keep, gone)
    case.merge(keep, gone, reason="a person said so")
    assert case.entity(keep).key == case.entity(gone).key == keep.key
    assert {node: data["entity"].key for node, data in case.graph.nodes(data=True)} == {keep.key: keep.key}


def test_what_cannot_be_merged_says_why() -> None:
    """A node that is not there, of another kind, or the same one already is not merged, and no step is written."""
    case = merged(Host(FULL), IpAddress("198.51.100.7"), Host(SHORT))
    steps = len(list(case.history))
    for keep, gone, why in (
        (Host(FULL), Host("nobody"), "no node host:nobody"),
        (Host("nobody"), Host(FULL), "no node host:nobody"),
        (Host(FULL), IpAddress("198.51.100.7"), "ip cannot be merged into a host"),
        (Host(FULL), Host(FULL), "one node already"),
        (Host(FULL), Host(SHORT), "one node already"),
    ):
        with pytest.raises(CaseError, match=why):
            case.merge(keep, gone, reason="x")
    assert len(list(case.history)) == steps


@pytest.mark.parametrize("step", [1, 2, 99, -1])
def test_only_a_merge_can_be_taken_back(step: int) -> None:
    """A step that is no merge cannot be taken back, and the error says where merges are listed."""
    case = merged(Host(FULL), Host(SHORT))
    with pytest.raises(CaseError, match="no merge"):
        case.unmerge(step, reason="x")


def test_a_merge_is_taken_back_once() -> None:
    """A merge that was taken back cannot be taken back again."""
    case = merged(Host(FULL), Host(SHORT))
    (step,) = case.tables.merges()["step"]
    case.unmerge(step, reason="x")
    with pytest.raises(CaseError, match="no merge"):
        case.unmerge(step, reason="x")


# --- taking back -----------------------------------------------------------------------------------------------------


def test_unmerging_is_as_if_it_had_not_been() -> None:
    """After a merge by hand is taken back, nodes, claims, findings and remarks equal those of a case without it."""
    one, other = IpAddress("198.51.100.7"), IpAddress("198.51.100.8")
    graphs: list[list[str]] = []
    for merging in (False, True):
        case = merged(one, other)
        tell(case, other, link(other, Host(FULL)), verdict=Verdict.MALICIOUS)
        # A step of another kind keeps the numbers of later steps equal.
        step = case.merge(one, other, reason="x") if merging else case.note("x") or 0
        tell(case, one, link(one, Host(SHORT)), link(other, Host(SHORT)), evidence=("later",))
        case.tag(other, "after")
        case.unmerge(step, reason="y") if merging else case.note("y")
        graphs.append([line for line in graph_of(case, without=("merge",)) if '"note"' not in line])
    assert graphs[0] == graphs[1]


def test_unmerging_machines_gives_back_what_was_on_each() -> None:
    """After the names of a machine are taken apart, what was on it under each name is back under that name."""
    case = merged(Host(SHORT), *host_of_many(), *map(full_of, host_of_many()), Host(FULL))
    (step,) = case.tables.merges().query(f"gone == 'host:{SHORT}'")["step"]
    case.unmerge(step, reason="two machines after all")
    things = (*host_of_many(), *map(full_of, host_of_many()), Host(SHORT), Host(FULL))
    assert keys(case) == {str(entity.key) for entity in things}
    for entity in things:
        assert case.entity(entity).filled_fields() == entity.filled_fields()


@pytest.mark.parametrize(
    "entities",
    [
        (Account(NAME), Account(SID, name=NAME)),
        (Host(SHORT), Host(FULL)),
        (File(sha1=SHA1, md5=MD5), File(sha256=SHA256, sha1=SHA1, md5=MD5)),
    ],
)
def test_a_merge_that_was_taken_back_is_not_proposed_again(entities: tuple[Entity, ...]) -> None:
    """What a person took apart stays apart, however often the same is said again."""
    case = merged(*entities)
    (step,) = case.tables.merges()["step"]
    case.unmerge(step, reason="no")
    before = keys(case)
    assert len(before) == 2
    case.add(*entities, *reversed(entities))
    tell(case, IpAddress("198.51.100.7"), *(link(entity, IpAddress("198.51.100.7")) for entity in entities))
    assert keys(case) == before | {"ip:198.51.100.7"}
    assert active(case) == []


def test_what_was_taken_apart_stays_apart_under_a_new_name() -> None:
    """Two files that a person took apart are not joined again when one of them gets a stronger hash."""
    case = merged(File(sha1=SHA1), File(sha256=SHA256, sha1=SHA1))
    (step,) = case.tables.merges()["step"]
    case.unmerge(step, reason="no")
    case.add(File(sha512="e" * 128, sha256=SHA256))
    case.add(File(sha256=SHA256, sha1=SHA1))
    assert keys(case) == {f"file:sha512:{'e' * 128}", f"file:sha1:{SHA1}"}


def test_a_person_can_merge_again_what_was_taken_apart() -> None:
    """Taking a merge back binds clew, not the analyst."""
    case = merged(Host(SHORT), Host(FULL))
    (step,) = case.tables.merges()["step"]
    case.unmerge(step, reason="no")
    case.merge(Host(FULL), Host(SHORT), reason="yes, after all")
    case.add(IpAddress("198.51.100.7"))
    case._store.rebuild()
    assert keys(case) == {f"host:{FULL}", "ip:198.51.100.7"}


def test_merges_survive_the_taking_back_of_others() -> None:
    """Of merges in a row, one in the middle can be taken back and the others hold."""
    a, b, c = (IpAddress(f"198.51.100.{number}") for number in (1, 2, 3))
    case = merged(a, b, c)
    first = case.merge(a, b, reason="x")
    case.merge(c, a, reason="y")
    assert keys(case) == {str(c.key)}
    case.unmerge(first, reason="z")
    assert keys(case) == {str(c.key), str(b.key)}
    assert case.entity(a).key == c.key


def test_a_told_answer_is_what_a_pivot_records() -> None:
    """The helper of these tests records answers in the form of real ones."""
    case = case_in_memory()
    finding = tell(case, Host(FULL), link(Host(FULL), IpAddress("198.51.100.7")))
    assert finding == told(Host(FULL), link(Host(FULL), IpAddress("198.51.100.7")))
    assert [event.finding for event in (step.event for step in case.history) if event.kind == "pivoted"] == [finding]
