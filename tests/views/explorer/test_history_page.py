"""The page of a case knows when each part of it came."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Domain, IpAddress, Relation, Verdict
from clew.views.explorer import page
from clew.views.explorer import page_content as content
from clew.views.explorer.case_page import page_text
from tests.graph.cases import case_in_memory
from tests.support import FEWER
from tests.views.hand import SERVER, link, process, tell
from tests.views.reading import Page

RELATIONS = st.sampled_from([Relation.COMMUNICATES_WITH, Relation.RELATED_TO])
NODES = st.sampled_from([SERVER, *(IpAddress(f"203.0.113.{number}") for number in range(4))])
ANSWERS = st.lists(st.tuples(NODES, RELATIONS, NODES, st.sampled_from(["logs", "sensor", "feed"])), max_size=6)


def data_of(case):
    return Page(page_text(case)).case


def seen_at(data, step):
    """The graph that a page shows at a step: its nodes, and its edges with how many sources each has."""
    names = {node["id"]: about["name"] for node, about in zip(data["nodes"], data["about"], strict=True)}
    nodes = {about["name"] for about in data["about"] if about["step"] <= step}
    edges = {
        (names[edge["from"]], edge["relation"], names[edge["to"]], sum(each <= step for each in edge["steps"]))
        for edge in data["edges"]
        if edge["steps"][0] <= step
    }
    return nodes, edges


@FEWER
@given(ANSWERS)
def test_a_page_shows_at_each_step_what_the_case_knew_then(answers):
    case = case_in_memory()
    case.add(SERVER)
    for source, relation, target, provider in answers:
        tell(case, source, [link(source, relation, target)], provider=provider)
    data = data_of(case)
    for step in range(2, len(case.history) + 1):
        past = case.at(step)
        edges = past.tables.edges()
        wanted = {(row.source[3:], row.relation, row.target[3:], row.sources) for row in edges.itertuples()}
        assert seen_at(data, step) == ({node.label for node in past.node_list()}, wanted)


def test_what_a_page_has_no_room_for_is_counted_by_its_step(case, monkeypatch):
    monkeypatch.setattr(content, "MEMBERS", 5)
    case.add(SERVER)
    for batch in range(2):
        names = [Domain(f"d{batch}{number}.example") for number in range(6)]
        tell(case, SERVER, [link(name, Relation.RESOLVES_TO, SERVER) for name in names])
    data = data_of(case)
    (group,) = data["groups"]
    assert (group["total"], len(group["members"]), group["came"]) == (12, 5, [[3, 1], [4, 6]])
    assert data["absent"] == {"domain": [[3, 1], [4, 6]]}
    assert [edge["came"] for edge in data["edges"] if "came" in edge] == [[[3, 1], [4, 6]]]


def test_verdicts_notes_tags_and_merges_are_told_with_their_steps(case):
    case.add(SERVER)
    case.note("first", about=SERVER)
    case.tag(SERVER, "c2")
    tell(case, SERVER, provider="feed", pivot="ti.feed", verdict=Verdict.MALICIOUS)
    case.judge(SERVER, Verdict.BENIGN, reason="our own")
    (about,) = data_of(case)["about"]
    assert (about["notes"], about["tags"]) == ([[3, "first"]], [[4, "c2"]])
    assert about["verdicts"] == [[5, "malicious (informational)"], [6, "benign (informational)"]]


def test_the_page_lists_every_step_in_words_with_what_was_taken_back(case):
    case.add(SERVER)
    case.note("x")
    case.undo()
    text = Page(page_text(case)).text
    for words in ("2. ", "added ip 198.51.100.7", "noted: x (taken back by step 4)", "took back step 3"):
        assert words in text


def test_of_many_steps_the_last_are_listed_and_the_others_counted(case, monkeypatch):
    monkeypatch.setattr(page, "ENTRIES_SHOWN", 3)
    for number in range(5):
        case.note(f"note {number}")
    text = Page(page_text(case)).text
    assert "3 earlier steps without words here: clew history has them" in text
    assert "noted: note 2" in text
    assert "noted: note 1" not in text


@pytest.mark.parametrize("words", ["</script><script>window.__pwned=1</script>", "a\u202eb"])
def test_hostile_words_of_a_step_are_text(case, words):
    case.note(words)
    assert Page(page_text(case)).active() == []


def test_a_step_costs_a_page_less_than_three_hundred_bytes(case):
    case.add(SERVER)
    before = len(page_text(case).encode())
    for _ in range(50):
        case.layout.hide(SERVER)
        case.layout.unhide(SERVER)
    assert len(page_text(case).encode()) - before < 100 * 300


def test_an_edge_that_several_say_has_the_step_of_each(case):
    call = link(process(1), Relation.COMMUNICATES_WITH, SERVER)
    for provider in ("logs", "logs", "sensor"):
        tell(case, SERVER, [call], provider=provider, asked_at=None)
    (edge,) = data_of(case)["edges"]
    assert (edge["steps"], edge["width"]) == ([2, 4], 2)
