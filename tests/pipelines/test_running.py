"""Pipelines run: each step does what it says, in the open case if there is one."""

from __future__ import annotations

import httpx
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Host, IpAddress, Url, Verdict
from clew.errors import PipelineError
from clew.graph.case import Case
from clew.graph.format.events import BulkPivoted
from clew.pipelines import (
    BranchStep,
    Condition,
    DisplayStep,
    FilterStep,
    NoteStep,
    Pipeline,
    PivotStep,
    SelectStep,
    StepRecord,
    TeeStep,
    run,
    selection,
)
from clew.pivots import session
from clew.pivots.workspace import Workspace
from clew.settings import Settings
from tests.pipelines.strategies import pipelines
from tests.support import FEWER

FLOWS = pd.DataFrame(
    {"src": ["10.0.0.1", "198[.]51[.]100[.]7", None, "n/a", "10.0.0.1"], "bytes": [5, 4, 3, 2, 1]},
    index=[9, 8, 7, 6, 5],
)
INSIDE = FilterStep((Condition("ip_kind", "eq", "private"),))
KINDS = Pipeline("kinds", (PivotStep("ip", "net.kind"),))


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """Addresses that AbuseIPDB was asked about, in order; it answers with a score of the last octet."""
    seen = []

    def answer(request):
        seen.append(request.url.params["ipAddress"])
        score = int(seen[-1].rpartition(".")[2])
        return httpx.Response(200, json={"data": {"abuseConfidenceScore": score, "totalReports": 1}})

    around = Workspace(Settings(cache=tmp_path), transport=lambda: httpx.MockTransport(answer))
    monkeypatch.setattr(session, "_default_workspace", lambda: around)
    monkeypatch.setenv("CLEW_ABUSEIPDB_KEY", "0123456789abcdef")
    return seen


def test_answers_stand_beside_the_columns():
    """A pivot keeps rows, columns and index, and adds its answers."""
    told = KINDS.run(FLOWS, column="src").frame
    assert told.index.tolist() == FLOWS.index.tolist()
    assert told.columns.tolist()[:2] == ["src", "bytes"]
    assert told["ip_kind"].fillna("").tolist() == ["private", "documentation", "", "", "private"]


def test_a_name_that_is_taken_gets_another():
    """Two pivots over one table never make two columns of one name; a prefix keeps them apart."""
    twice = Pipeline("p", (*KINDS.steps, *KINDS.steps, *KINDS.steps, PivotStep("ip", "net.kind", prefix="last_")))
    names = twice.run(FLOWS, column="src").frame.columns.tolist()
    assert len(set(names)) == len(names)
    assert {"ip_kind", "clew_ip_kind", "clew_clew_ip_kind", "last_ip_kind"} <= set(names)


def test_answers_alone_can_be_asked_about():
    """Without a join the answers come alone, and their subjects are entities to the next pivot."""
    steps = (
        PivotStep("ip", "net.kind", "src", join=None),
        PivotStep("IpAddress", "net.kind", "subject", prefix="next_"),
    )
    frame = Pipeline("p", steps).run(FLOWS).frame
    assert "src" not in frame
    assert frame["ip_kind"].equals(frame["next_ip_kind"])


def test_arguments_reach_the_pivot(asked):
    """The arguments of a step are those of the call, and the others are its defaults."""
    steps = (PivotStep("ip", "ti.lookup", "src", {"providers": ("abuseipdb",)}),)
    frame = pd.DataFrame({"src": ["9.9.9.80", "9.9.9.1", "9.9.9.80"]})
    result = Pipeline("p", steps).run(frame)
    assert result.frame["verdict"].tolist() == ["malicious", "unknown", "malicious"]
    assert asked == ["9.9.9.80", "9.9.9.1"]


def test_each_branch_begins_with_the_same_rows(tmp_path):
    """Branches do not see each other, and what follows them goes on with the rows from before."""
    outside = FilterStep((Condition("ip_kind", "ne", "private"), Condition("ip_kind", "is_filled")))
    shown = []
    steps = (
        PivotStep("ip", "net.kind"),
        BranchStep(
            {
                "inside": (INSIDE, TeeStep("inside", "inside.csv"), SelectStep(("src",))),
                "outside": (outside, DisplayStep("{rows} of {all} are outside, says {name} {version}", 1)),
            }
        ),
        SelectStep(("ip_kind", "src"), {"src": "address"}),
        TeeStep("all"),
    )
    pipeline = Pipeline("triage", steps, 7)
    result = run(
        pipeline,
        FLOWS,
        column="src",
        folder=tmp_path / "new",
        show=lambda *what: shown.append((what[0], len(what[1]), what[2])),
    )
    assert result.branches["inside"]["src"].tolist() == ["10.0.0.1", "10.0.0.1"]
    assert result.branches["outside"].index.tolist() == [8]
    assert result.frame.columns.tolist() == ["ip_kind", "address"]
    assert len(result.frame) == 5
    assert result.tees["all"] is result.frame
    assert len(result.tees["inside"].columns) > 3
    assert shown == [("1 of 5 are outside, says triage 7", 1, 1)]
    assert result.files == (tmp_path / "new" / "inside.csv",)
    assert [(each.position, each.rows_in, each.rows_out) for each in result.steps] == [
        ("1", 5, 5),
        ("2.inside.1", 5, 2),
        ("2.inside.2", 2, 2),
        ("2.inside.3", 2, 2),
        ("2.outside.1", 5, 1),
        ("2.outside.2", 1, 1),
        ("2", 5, 5),
        ("3", 5, 5),
        ("4", 5, 5),
    ]
    assert "2.inside.1   filter ip_kind: 5 -> 2" in str(result)


def test_records_are_equal_whatever_time_they_took():
    """No clock takes part in equality."""
    assert StepRecord("1", "note", 1, 1, 0.5) == StepRecord("1", "note", 1, 1, 2.5)


def test_nothing_is_shown_without_being_asked(capsys):
    """A run prints nothing by itself."""
    Pipeline("p", (DisplayStep("x"), NoteStep("{rows} rows"))).run(FLOWS)
    assert capsys.readouterr() == ("", "")


def test_in_a_case_answers_and_notes_are_recorded(case: Case):
    """In an open case each pivot is a step of it, and a note is a note."""
    with case:
        result = Pipeline("p", (*KINDS.steps, INSIDE, NoteStep("{rows} of {all} inside"))).run(FLOWS, column="src")
        assert result.notes == ("2 of 5 inside",)
        assert case.tables.remarks()["text"].tolist() == ["2 of 5 inside"]
        assert sum(isinstance(step.event, BulkPivoted) for step in case.history) == 1
        assert {node.key.value for node in case.node_list()} >= {"10.0.0.1", "198.51.100.7"}


def test_without_a_case_a_note_is_in_the_result():
    """What is noted is never lost."""
    assert Pipeline("p", (NoteStep("x"),)).run(FLOWS).notes == ("x",)


def test_nodes_of_a_case_are_a_table(case: Case):
    """Nodes of one kind, with a verdict or a tag, are rows that the same pipeline runs over."""
    with case:
        case.add(IpAddress("10.0.0.1"), IpAddress("198.51.100.7"), Host("ws01"), Url("https://evil.example/"))
        case.tag(IpAddress("10.0.0.1"), "watch", "seen")
        frame = selection(case, IpAddress)
        assert frame["label"].tolist() == ["10.0.0.1", "198.51.100.7"]
        assert frame["case_tags"].tolist() == ["watch, seen", ""]
        assert KINDS.run(frame, column="entity").frame["ip_kind"].tolist() == ["private", "documentation"]
        assert selection(case, IpAddress, tag="watch")["label"].tolist() == ["10.0.0.1"]
        assert len(selection(case, IpAddress, verdict=Verdict.UNKNOWN)) == 2
        assert len(KINDS.run(selection(case, IpAddress, verdict=Verdict.MALICIOUS), column="entity").frame) == 0


def test_nodes_of_an_incident_are_chosen_by_verdict(incident: Case):
    """The verdict that the case has decides which nodes are chosen."""
    IpAddress("198.51.100.23").ti.feed()
    IpAddress("10.20.0.5").net.kind()
    assert selection(incident, IpAddress, verdict=Verdict.MALICIOUS)["label"].tolist() == ["198.51.100.23"]


@pytest.mark.parametrize(
    ("steps", "column", "folder", "what", "next_step"),
    [
        ((PivotStep("ip", "net.kind"),), "", "", "a pivot names no column", 'give column="..."'),
        ((PivotStep("ip", "net.kind"),), "scr", "", "there is no column 'scr'", "did you mean src?"),
        ((TeeStep("x", "x.csv"),), "", "", "there is no folder to write x.csv to", 'give folder="..."'),
        ((NoteStep("x"), TeeStep("x", "there.csv")), "", ".", "there.csv is there already", "choose another folder"),
    ],
)
def test_what_cannot_run_is_told_before_anything_is_asked(tmp_path, case, steps, column, folder, what, next_step):
    """A column or a folder that is missing, and a file that is there, stop a run before its first step."""
    (tmp_path / "there.csv").write_text("mine")
    with case, pytest.raises(PipelineError, match=what) as caught:
        Pipeline("p", steps).run(FLOWS, column=column, folder=tmp_path if folder else None)
    assert next_step in caught.value.next_step


@pytest.mark.parametrize(
    ("steps", "where"),
    [
        ((SelectStep(("src",)), FilterStep((Condition("bytes", "gt", 1),))), "step 2 of p, filter"),
        ((BranchStep({"a": (PivotStep("ip", "net.kind", "nothing"),)}),), "step 1.a.1 of p, pivot"),
        ((FilterStep((Condition("src", "gt", 1),)),), "step 1 of p, filter"),
    ],
)
def test_an_error_says_in_which_step(steps, where):
    """What goes wrong on the way is told with its step."""
    with pytest.raises(PipelineError) as caught:
        Pipeline("p", steps).run(FLOWS)
    assert caught.value.location == where


def test_two_columns_of_one_name_are_refused():
    """A table in which a name means two things is no input."""
    with pytest.raises(PipelineError, match="stands twice"):
        Pipeline("p", (NoteStep("x"),)).run(pd.concat([FLOWS, FLOWS], axis=1))


@FEWER
@given(pipelines, st.lists(st.sampled_from(["10.0.0.1", "198.51.100.7", None, "x", "ip:10.0.0.1"]), max_size=4))
def test_a_run_is_a_result_or_an_error(tmp_path_factory, pipeline, cells):
    """Any pipeline over any table ends in a result or a PipelineError, and leaves the table as it was."""
    frame = pd.DataFrame({"src": pd.Series(cells, dtype=object), "5": 1, "no": "a"})
    before = frame.copy()
    try:
        result = pipeline.run(frame, column="src", folder=tmp_path_factory.mktemp("out"))
    except PipelineError:
        pass
    else:
        assert result.frame.columns.is_unique
    assert frame.equals(before)
