"""The history of a case in words."""

import json
import xml.etree.ElementTree as ET

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Domain, IpAddress, Key, Relation, Verdict
from clew.graph.format.events import Hidden, Pivoted
from clew.graph.format.undo import undone_steps
from clew.views.text.case_log import STEPS_SHOWN, Log, read_log
from clew.views.text.step_text import LINE, describe_event
from tests.graph.cases import case_in_memory
from tests.graph.strategies import EVENTS
from tests.graph.test_history import done, moves
from tests.support import FEWER, active, hiding
from tests.views.hand import SERVER, link, process, tell
from tests.views.hostile import PLACES, STRINGS


@pytest.mark.parametrize("kind", EVENTS)
def test_every_kind_of_event_has_its_words_in_one_line_that_hides_nothing(kind):
    @given(EVENTS[kind])
    def law(event):
        told = describe_event(event)
        assert 0 < len(told) <= LINE
        assert not hiding(told)

    law()


def told(case):
    return [entry.words for entry in case.log()]


def test_what_people_do_is_told_by_what_the_case_calls_it(case):
    client = process(1)
    case.add(SERVER, client)
    case.note("seen in the alert", about=SERVER)
    case.note("for everybody")
    case.tag(client, "c2")
    case.link(client, Relation.COMMUNICATES_WITH, SERVER, reason="says the owner")
    case.judge(SERVER, Verdict.BENIGN, reason="our own scanner")
    case.judge(SERVER, Verdict.UNKNOWN, reason="or not")
    case.layout.hide(client)
    case.layout.unhide(client)
    case.layout.collapse(client)
    case.layout.uncollapse(client)
    case.layout.move(client, 1200, -40)
    case.layout.move(client, 0, 0, pin=False)
    case.set_window("2026-03-17T09:00Z")
    assert told(case) == [
        "began the case made by hand",
        "added ip 198.51.100.7",
        "added process tool1.exe (1)",
        "noted about ip 198.51.100.7: seen in the alert",
        "noted: for everybody",
        "tagged process tool1.exe (1) as c2",
        "linked: process tool1.exe (1) communicates with ip 198.51.100.7: says the owner",
        "called benign: ip 198.51.100.7: our own scanner",
        "took back the verdict on ip 198.51.100.7: or not",
        "hid process tool1.exe (1)",
        "showed again process tool1.exe (1)",
        "folded what hangs on process tool1.exe (1)",
        "unfolded what hangs on process tool1.exe (1)",
        "pinned process tool1.exe (1) at 1,200, -40",
        "moved process tool1.exe (1) at 0, 0",
        "from here on queries ask for what was from 2026-03-17T09:00:00Z on (2026-03-17T09:00Z to open)",
    ]


def test_an_answer_is_told_with_its_outcome_its_verdict_and_why(case):
    tell(case, SERVER, [link(process(1), Relation.COMMUNICATES_WITH, SERVER)])
    tell(case, SERVER, provider="feed", pivot="ti.feed", verdict=Verdict.MALICIOUS, reason="listed as C2")
    assert told(case)[1:] == [
        "asked query.connections about ip 198.51.100.7: found, 1 link",
        "asked ti.feed about ip 198.51.100.7: found, malicious (informational): listed as C2",
    ]


def test_what_was_taken_back_says_by_which_step_and_what_was_done_again_does_not(case):
    case.add(SERVER)
    case.note("x")
    case.undo(2)
    case.redo()
    assert [(entry.number, entry.undone_by) for entry in case.log()] == [
        (1, 0),
        (2, 0),
        (3, 4),
        (4, 0),
        (5, 0),
        (6, 0),
    ]
    assert "noted: x (taken back by step 4)" in str(case.log())
    assert told(case)[3:] == ["took back step 3", "took back step 2", "did again step 2"]


def test_a_merge_that_was_taken_back_says_so(case):
    one, other = IpAddress("203.0.113.1"), IpAddress("203.0.113.2")
    case.add(one, other)
    step = case.merge(one, other, reason="one machine")
    case.unmerge(step, reason="it was two")
    entry = case.log()[step - 1]
    assert entry.words == "merged: ip:203.0.113.2 is ip:203.0.113.1: one machine"
    assert entry.mark == f"taken back by step {step + 1}"
    assert told(case)[-1] == f"took back the merge of step {step}: it was two"


@FEWER
@given(st.lists(moves, max_size=12))
def test_just_the_steps_that_do_not_count_are_marked(history):
    case = case_in_memory()
    for name, arguments in history:
        done(case, name, arguments)
    steps = list(case.history)
    marked = undone_steps(steps)
    assert {entry.number: entry.undone_by for entry in read_log(case) if entry.mark} == marked
    assert all(by > number for number, by in marked.items())
    assert [entry.number for entry in read_log(case)] == [step.number for step in steps]


def test_of_many_nodes_the_first_are_named_and_the_rest_counted():
    keys = tuple(Key("domain", f"d{number}.example") for number in range(9))
    assert describe_event(Hidden(keys, hidden=True)) == (
        "hid domain:d0.example, domain:d1.example, domain:d2.example and 6 more"
    )


def test_what_is_too_long_for_a_line_is_cut_and_says_so(case):
    case.note("y" * 1_000)
    assert told(case)[-1].endswith("y…")
    assert len(told(case)[-1]) == LINE


def test_a_log_is_text_a_table_records_and_a_frame(case):
    case.add(SERVER)
    log = case.log()
    assert str(log).splitlines()[1].split(maxsplit=4)[0] == "2"
    assert str(log).endswith("added ip 198.51.100.7")
    assert "<td>added ip 198.51.100.7</td>" in log._repr_html_()
    assert json.loads(json.dumps(log.records()))[1]["words"] == "added ip 198.51.100.7"
    frame = log.to_frame()
    assert list(frame.columns) == ["number", "at", "by", "kind", "words", "undone_by"]
    assert isinstance(frame["at"].dtype, pd.DatetimeTZDtype)
    assert frame["kind"].to_list() == ["opened", "added"]


def test_a_notebook_shows_the_last_of_a_long_log_and_counts_the_rest(case):
    entry = case.log()[0]
    long = Log([entry] * (STEPS_SHOWN + 12))
    assert "and 12 earlier steps" in long._repr_html_()
    assert len(list(ET.fromstring(f"<div>{long._repr_html_()}</div>").iter("tr"))) == STEPS_SHOWN + 1
    assert len(str(long).splitlines()) == STEPS_SHOWN + 12


@pytest.mark.parametrize("place", PLACES)
def test_hostile_text_in_a_step_is_text_in_the_log(case, place):
    case.add(SERVER)
    PLACES[place](case, STRINGS)
    log = case.log()
    assert active(log._repr_html_()) == []
    assert not hiding(str(log).replace("\n", ""))
    assert not hiding(json.dumps(log.records()))


def test_a_node_that_the_case_lost_is_told_by_its_key(case):
    case.add(Domain("gone.example"))
    case.note("x", about=Domain("gone.example"))
    case.undo(2)
    assert told(case)[2] == "noted about domain gone.example: x"
    assert not any(isinstance(step.event, Pivoted) for step in case.history)
