"""Which nodes are drawn as one."""

import itertools

import pytest

from clew.entities import Domain, File, Host, IpAddress, Relation, Verdict
from clew.views.explorer.grouping import Weight, fold
from clew.views.explorer.scene import read_scene
from tests.views.hand import HOST, SERVER, link, open_case, process, tell

PARENT = process(1, image=r"C:\Windows\services.exe")


@pytest.fixture
def case(tmp_path):
    with open_case(tmp_path) as opened:
        opened.add(SERVER)
        yield opened


def children(count, first=100):
    return [process(first + number) for number in range(count)]


def started(case, found):
    lines = [link(PARENT, Relation.CREATED, child, row) for row, child in enumerate(found)]
    lines += [link(child, Relation.RAN_ON, Host(HOST), row) for row, child in enumerate(found)]
    tell(case, PARENT, lines)


def labels(view):
    return [(group.label, group.place) for group in view.groups]


def test_more_than_ten_alike_around_one_neighbour_are_drawn_as_one(case):
    started(case, children(11))
    view = fold(read_scene(case))
    assert labels(view) == [("x11 processes", "services.exe (1)")]
    assert "more than 10 alike" in view.reason


def test_ten_alike_are_drawn_as_themselves(case):
    started(case, children(10))
    assert fold(read_scene(case)).groups == ()


def test_every_node_is_drawn_once_as_itself_or_in_one_group(case):
    started(case, children(30))
    tell(case, SERVER, [link(Domain(f"d{row}.example"), Relation.RESOLVES_TO, SERVER, row) for row in range(15)])
    view = fold(read_scene(case))
    drawn = [node.id for node in view.single] + [member for group in view.groups for member in group.members]
    assert sorted(drawn) == [node.id for node in view.scene.nodes]
    assert len(view.groups) == 2


def test_what_is_bad_tagged_or_noted_is_never_folded_away(case):
    found = children(30)
    started(case, found)
    tell(case, found[3], pivot="ti.feed", provider="feed", verdict=Verdict.SUSPICIOUS)
    case.tag(found[4], "odd")
    case.note("look again", about=found[5])
    single = {node.key for node in fold(read_scene(case)).single}
    assert {found[3].key, found[4].key, found[5].key} <= single
    assert found[6].key not in single


def test_a_node_with_something_of_its_own_is_not_one_of_a_crowd(case):
    found = children(30)
    started(case, found)
    tell(case, found[7], [link(found[7], Relation.COMMUNICATES_WITH, IpAddress("203.0.113.5"))])
    assert found[7].key in {node.key for node in fold(read_scene(case)).single}


def test_processes_that_only_did_what_the_crowd_did_are_one_for_each_host(case):
    names = [Domain(f"n{number}.corp.example") for number in range(3)]
    crowd = [process(200 + number, host=f"ws0{number % 2}.corp.example") for number in range(24)]
    tell(case, SERVER, [link(one, Relation.QUERIED, name) for one in crowd for name in names])
    assert sorted(labels(fold(read_scene(case)))) == [("x12 processes", "ws00"), ("x12 processes", "ws01")]


def test_programs_that_only_ran_are_one(case):
    found = children(12)
    files = [File(sha256=f"{number:064x}", path=rf"C:\Windows\t{number}.exe") for number in range(12)]
    tell(case, SERVER, [link(SERVER, Relation.RELATED_TO, one) for one in found])
    tell(case, SERVER, [link(one, Relation.EXECUTES, file) for one, file in zip(found, files, strict=True)])
    assert ("x12 files", "programs that ran") in labels(fold(read_scene(case)))


def test_edges_of_folded_nodes_are_one_edge_of_their_group(case):
    started(case, children(11))
    view = fold(read_scene(case))
    (group,) = view.groups
    touching = {
        bundle.relation: len(bundle.edges) for bundle in view.bundles() if group.id in (bundle.source, bundle.target)
    }
    assert touching == {Relation.CREATED: 11, Relation.RAN_ON: 11}


def test_background_is_drawn_more_faintly_than_what_happened_and_the_story_strongest(case):
    one, other = process(5), process(6)
    tell(
        case,
        SERVER,
        [
            link(one, Relation.COMMUNICATES_WITH, SERVER),
            link(one, Relation.RAN_ON, Host(HOST)),
            link(other, Relation.QUERIED, Domain("a.example")),
        ],
    )
    weights = {bundle.relation: bundle.weight for bundle in fold(read_scene(case)).bundles()}
    assert weights == {
        Relation.RAN_ON: Weight.FAINT,
        Relation.QUERIED: Weight.PLAIN,
        Relation.COMMUNICATES_WITH: Weight.STORY,
    }


def test_past_the_limit_a_case_is_drawn_by_kind_on_each_host_and_says_so(case):
    web = [process(number, host=f"ws0{number % 3}.corp.example") for number in range(60)]
    tell(case, SERVER, [link(one, Relation.CREATED, other) for one, other in itertools.pairwise(web)])
    view = fold(read_scene(case), limit=20)
    assert view.reason == "too big: aggregated by kind on each host"
    assert len(view.single) + len(view.groups) <= 20
    assert {label for label, _ in labels(view)} == {"x20 processes"}


def test_past_every_limit_a_case_is_drawn_by_kind_and_verdict_and_says_so(case):
    web = [process(number, host=f"ws{number}.corp.example") for number in range(60)]
    tell(case, SERVER, [link(one, Relation.RAN_ON, Host(one.host)) for one in web])
    view = fold(read_scene(case), limit=10)
    assert view.reason == "too big: aggregated by kind and verdict"
    assert len(view.single) + len(view.groups) <= 10
