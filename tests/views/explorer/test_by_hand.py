"""What people hide, fold and put somewhere is so in every picture of the case."""

import xml.etree.ElementTree as ET

import pytest

from clew.entities import Domain, Host, IpAddress, Relation, Verdict
from clew.views.explorer import case_page as explorer
from clew.views.explorer import page_content as content
from clew.views.explorer.collapse import collapsed_leaves
from clew.views.explorer.grouping import fold
from clew.views.explorer.scene import read_scene
from clew.views.notebook.case_display import case_bundle
from tests.views.hand import HOST, SERVER, link, process, tell
from tests.views.reading import Page

CLIENT, OTHER = process(1), process(2)
NAMES = [Domain(f"d{number}.example") for number in range(3)]


@pytest.fixture
def web(case):
    """Two clients of a server; one of them looked up three names that nobody else did."""
    case.add(SERVER)
    tell(case, SERVER, [link(one, Relation.COMMUNICATES_WITH, SERVER) for one in (CLIENT, OTHER)])
    tell(case, CLIENT, [link(CLIENT, Relation.QUERIED, name) for name in NAMES])
    tell(case, CLIENT, [link(one, Relation.RAN_ON, Host(HOST)) for one in (CLIENT, OTHER)])
    return case


def data_of(case):
    return Page(explorer.page_text(case)).case


def ids(case, *entities):
    numbers = {node.key: node.id for node in read_scene(case).nodes}
    return [numbers[entity.key] for entity in entities]


def drawn(case):
    return {node.label for node in fold(read_scene(case)).single}


def picture_words(case):
    return " ".join(element.text or "" for element in ET.fromstring(case_bundle(case)["image/svg+xml"]).iter())


def test_a_hidden_node_is_in_no_picture_and_in_the_case_still(web):
    web.layout.hide(OTHER, NAMES[0])
    assert not {OTHER.label, NAMES[0].label} & drawn(web)
    assert len(web.node_list()) == 7
    assert "Shown: 5 of 7 nodes; 2 hidden by hand" in picture_words(web)
    assert NAMES[0].label not in picture_words(web)


def test_a_page_has_what_is_hidden_so_that_it_can_be_shown_again(web):
    web.layout.hide(OTHER, NAMES[0])
    page = Page(explorer.page_text(web))
    assert page.case["hidden"] == {"total": 2, "members": sorted(ids(web, OTHER, NAMES[0]))}
    assert "domain d0.example, hidden by hand" in page.text


def test_of_many_hidden_nodes_a_page_holds_some_and_counts_the_rest(web, monkeypatch):
    monkeypatch.setattr(content, "HIDDEN_NODES", 1)
    web.layout.hide(*NAMES)
    hidden = data_of(web)["hidden"]
    assert (hidden["total"], len(hidden["members"]), hidden["came"]) == (3, 1, [[4, 2]])
    assert data_of(web)["absent"] == {"domain": [[4, 2]]}


def test_what_is_shown_again_is_as_if_it_had_never_been_hidden(web):
    before = data_of(web), case_bundle(web)["image/svg+xml"]
    web.layout.hide(OTHER)
    web.layout.unhide(OTHER)
    assert data_of(web) | {"steps": 0} == before[0] | {"steps": 0}
    assert case_bundle(web)["image/svg+xml"] == before[1]


def test_a_picture_of_which_all_is_hidden_says_so(case):
    case.add(SERVER)
    case.layout.hide(SERVER)
    assert "Everything in this case is hidden by hand" in picture_words(case)


def test_what_hangs_on_a_collapsed_node_alone_is_folded_into_it_with_a_count(web):
    web.layout.collapse(CLIENT)
    assert drawn(web) == {SERVER.label, CLIENT.label, OTHER.label, HOST}
    assert "+3 folded" in picture_words(web)
    assert "Shown: 4 of 7 nodes; 3 folded by hand" in picture_words(web)
    (folded,) = data_of(web)["folds"]
    assert folded == {"id": ids(web, CLIENT)[0], "total": 3, "members": ids(web, *NAMES)}
    web.layout.uncollapse(CLIENT)
    assert data_of(web)["folds"] == []


def test_what_something_else_leads_to_is_not_folded_away(web):
    tell(web, OTHER, [link(OTHER, Relation.QUERIED, NAMES[0])])
    web.layout.collapse(CLIENT)
    assert drawn(web) >= {NAMES[0].label, OTHER.label}
    assert NAMES[1].label not in drawn(web)


def test_background_binds_only_what_nothing_else_binds(case):
    alone, busy = process(3), process(4)
    case.add(SERVER)
    tell(case, SERVER, [link(busy, Relation.COMMUNICATES_WITH, SERVER)])
    tell(case, SERVER, [link(one, Relation.RAN_ON, Host(HOST)) for one in (alone, busy)])
    case.layout.collapse(Host(HOST))
    assert list(collapsed_leaves(read_scene(case)).values()) == [tuple(ids(case, alone))]


def test_the_start_and_what_is_collapsed_itself_are_never_folded_away(case):
    tell(case, SERVER, [link(CLIENT, Relation.COMMUNICATES_WITH, SERVER)])
    case.layout.collapse(SERVER, CLIENT)
    assert drawn(case) == {SERVER.label, CLIENT.label}


def test_what_is_bad_comes_first_of_what_is_folded(web):
    tell(web, NAMES[2], provider="feed", pivot="ti.feed", verdict=Verdict.MALICIOUS)
    web.layout.collapse(CLIENT)
    assert data_of(web)["folds"][0]["members"][0] == ids(web, NAMES[2])[0]


def test_nothing_is_folded_into_a_node_that_is_hidden(web):
    web.layout.collapse(CLIENT)
    web.layout.hide(CLIENT)
    assert drawn(web) >= {name.label for name in NAMES}


def test_a_node_stands_where_it_was_put_in_the_page_and_in_the_still_picture(web):
    web.layout.move(CLIENT, 1234.5, -321)
    data = data_of(web)
    node = next(node for node in data["nodes"] if node["id"] == ids(web, CLIENT)[0])
    assert (node["x"], node["y"]) == (1234.5, -321.0)
    assert data["put"] == ids(web, CLIENT)


def test_what_was_put_somewhere_or_collapsed_is_in_no_group(case):
    many = [Domain(f"m{number}.example") for number in range(14)]
    tell(case, SERVER, [link(name, Relation.RESOLVES_TO, SERVER, row) for row, name in enumerate(many)])
    case.layout.move(many[0], 10, 20)
    case.layout.collapse(many[1])
    case.layout.hide(many[2])
    (group,) = fold(read_scene(case)).groups
    assert len(group.members) == 11


@pytest.mark.parametrize("far", [1e300, -1e6])
def test_a_place_that_no_screen_reaches_is_not_taken(web, far):
    web.layout.move(CLIENT, far, 0)
    assert all(abs(node.get("x", 0)) < 10_000 for node in data_of(web)["nodes"])


def test_what_was_arranged_goes_along_with_a_merge_and_with_an_undo(case):
    one, other = Host("a.corp.example"), Host("b.corp.example")
    case.add(SERVER, one, other)
    case.layout.hide(other)
    case.merge(one, other, reason="the same machine")
    assert read_scene(case).user_layout.hidden_ids == frozenset(ids(case, one))
    case.undo(2)
    assert read_scene(case).user_layout.hidden_ids == frozenset()


def test_an_arranged_case_is_always_drawn_the_same(web):
    web.layout.hide(OTHER)
    web.layout.collapse(CLIENT)
    web.layout.move(SERVER, 400, 400)
    web.layout.move(IpAddress("198.51.100.7"), -90, 30, pin=False)
    assert explorer.page_text(web) == explorer.page_text(web)
    assert case_bundle(web) == case_bundle(web)
