"""Pipelines as text: what is written reads back, and what is wrong is told with its line and what to do."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.errors import PipelineError
from clew.pipelines import (
    BranchStep,
    Condition,
    DisplayStep,
    FilterStep,
    NoteStep,
    Pipeline,
    PivotStep,
    SelectStep,
    Step,
    TeeStep,
)
from tests.pipelines.strategies import pipelines
from tests.support import HOSTILE

TRIAGE = """\
name: triage
version: 3
about: Which addresses are worth a look.
steps:
  - pivot: ti.abuseipdb
    entity: IpAddress
    column: src
    arguments: {max_age_days: 7}
    prefix: abuse_
  - filter:
      - {column: abuse_verdict, op: in, value: [malicious, suspicious]}
      - {column: src, op: is_filled}
    match: any
  - branch:
      worst:
        - tee: worst
          file: worst.csv
      rest:
        - note: "{rows} of {all}"
  - pivot: net.kind
    entity: ip
    join: none
  - select: [subject, ip_kind]
    rename: {subject: address}
  - display: Kinds
    rows: 5
"""


@given(pipelines)
def test_what_is_written_reads_back(pipeline):
    """Every pipeline is the one that its own text describes."""
    assert Pipeline.from_yaml(pipeline.to_yaml()) == pipeline


def test_a_file_is_the_pipeline_that_it_looks_like(tmp_path):
    """Each key of the text is a field of its step."""
    path = tmp_path / "triage.yaml"
    path.write_text(TRIAGE, "utf-8")
    assert Pipeline.load(path) == Pipeline(
        "triage",
        (
            PivotStep("IpAddress", "ti.abuseipdb", "src", {"max_age_days": 7}, prefix="abuse_"),
            FilterStep(
                (Condition("abuse_verdict", "in", ("malicious", "suspicious")), Condition("src", "is_filled")), "any"
            ),
            BranchStep({"worst": (TeeStep("worst", "worst.csv"),), "rest": (NoteStep("{rows} of {all}"),)}),
            PivotStep("ip", "net.kind", join=None),
            SelectStep(("subject", "ip_kind"), {"subject": "address"}),
            DisplayStep("Kinds", 5),
        ),
        3,
        "Which addresses are worth a look.",
    )


@pytest.mark.parametrize(
    ("steps", "where", "what", "next_step"),
    [
        ("- filtr: []", "3:3", "there is no step 'filtr'", "did you mean filter?"),
        ("- pivot: ti.lokup\n  entity: ip", "3:3", "IpAddress has no pivot 'ti.lokup'", "did you mean ti.lookup?"),
        ("- pivot: ti.lookup\n  entity: Adress", "4:3", "there is no entity 'Adress'", "choose one of"),
        ("- pivot: ti.lookup", "3:3", "pivot needs 'entity'", "it has pivot, entity"),
        (
            "- pivot: ti.abuseipdb\n  entity: ip\n  arguments: {max_age: 7}",
            "5:15",
            "ti.abuseipdb has no argument 'max_age'",
            "did you mean max_age_days?",
        ),
        ("- pivot: net.kind\n  entity: ip\n  arguments: {a: 7}", "5:15", "net.kind has no argument 'a'", "takes none"),
        (
            "- pivot: ti.lookup\n  entity: ip\n  arguments: {providers: [nobody]}",
            "5:3",
            "ti.lookup has no provider 'nobody'",
            "",
        ),
        ("- pivot: ti.lookup\n  entity: ip\n  join: right", "5:3", "there is no join 'right'", "write left, or none"),
        ("- pivot: ti.lookup\n  entity: ip\n  colum: src", "5:3", "pivot has no 'colum'", "did you mean column?"),
        ("- filter: [{column: a, op: equals, value: 1}]", "3:24", "there is no comparison 'equals'", "there are eq"),
        ("- filter: [{column: a, op: in, value: 1}]", "3:32", "in takes a list", ""),
        ("- filter: [{column: a, op: eq, value: [1]}]", "3:32", "eq takes one value", ""),
        ("- filter: [{column: a, op: is_empty, value: 1}]", "3:38", "is_empty takes no value", ""),
        ("- filter: [{column: a, op: eq, value: {a: 1}}]", "3:12", "has to be a text or a number, not dict", ""),
        ("- filter: []", "3:3", "a filter needs a condition", ""),
        ("- filter: {column: a}", "3:3", "filter is a list, not a mapping", "begin each line of it with a dash"),
        ("- filter: [a]", "3:12", "a condition is a mapping, not a text", "it has column, op, value"),
        ("- filter: [{column: a, op: is_empty}]\n  match: both", "4:3", "matches all or any, not 'both'", ""),
        ("- select: [a, 5]", "3:15", "1 is a text, not a number", "write it in quotes"),
        ("- select: [a]\n  rename: {b: c}", "4:12", "the column 'b' is renamed and not selected", "there are a"),
        ("- select: [a, b]\n  rename: {a: b}", "3:3", "two columns would have one name", ""),
        ("- branch: {}", "3:3", "a branch needs ways to go", ""),
        ("- branch: {a: []}", "3:12", "the branch 'a' has no steps", ""),
        ("- branch: {a: [{tee: x}], b: [{nte: x}]}", "3:32", "there is no step 'nte'", "did you mean note?"),
        ("- display: x\n  rows: 0", "4:3", "rows has to be from 1 to 10000", ""),
        ("- display: x\n  rows: yes", "4:3", "rows is a whole number, not a text", ""),
        ("- display: x\n  rows: true", "4:3", "rows is a whole number, not yes or no", ""),
        ("- tee: x\n  file: ../x.csv", "4:3", "'../x.csv' is no plain file name", "whoever runs the pipeline"),
        ("- tee: x\n  file: x.exe", "4:3", "'x.exe' is no file of a kind that is written", "end it in .csv"),
        ("- tee: x\n- tee: x", "2:1", "the table 'x' is used twice", "name one of them differently"),
        ("- note: '{nobody}'", "3:3", "{nobody} stands for nothing", "there are {rows}"),
        ("- note: x\n  tee: y", "4:3", "note and tee are steps of their own", "begin each with a dash"),
        ("- text", "3:3", "a step is a mapping, not a text", "begin it with one of pivot"),
        ("- &a {note: x}\n- *a", "3:3", "aliases are not allowed", "write the value again"),
        ("- note: [", "", "not usable YAML", ""),
    ],
)
def test_what_is_wrong_is_told_with_its_place(steps, where, what, next_step):
    """An error says which line and column, what is wrong there, and what to do."""
    with pytest.raises(PipelineError) as caught:
        Pipeline.from_yaml(f"name: x\nsteps:\n{steps}", "x.yaml")
    assert len(caught.value.problems) == 1
    assert caught.value.location == (f"x.yaml:{where}" if where else "x.yaml")
    assert what in caught.value.message
    assert next_step in caught.value.next_step


def test_all_that_is_wrong_is_told_at_once():
    """Two mistakes are two problems of one error, in the order of the text."""
    with pytest.raises(PipelineError) as caught:
        Pipeline.from_yaml("nam: x\nversion: one\nsteps: [{filtr: []}, {note: 5}]", "x.yaml")
    assert [problem.location for problem in caught.value.problems] == [
        "x.yaml:1:1",
        "x.yaml:1:1",
        "x.yaml:2:1",
        "x.yaml:3:10",
        "x.yaml:3:23",
    ]
    assert str(caught.value).startswith("5 things are wrong in x.yaml\na pipeline has no 'nam'")


@given(st.text(max_size=60) | st.text("nameps: -[]{}x\n'\"&*!5", max_size=60) | st.sampled_from(HOSTILE))
def test_any_text_is_a_pipeline_or_an_error(text):
    """Nothing but a pipeline or a PipelineError comes of a text, wherever in a pipeline it stands."""
    for whole in (text, f"name: x\nsteps: {text}", f"name: x\nsteps:\n- note: x\n- {text}", f"name: {text}\nsteps: []"):
        with contextlib.suppress(PipelineError):
            assert isinstance(Pipeline.from_yaml(whole), Pipeline)


def test_branches_stand_only_so_deep():
    """Nesting ends with an error of the pipeline, before that of YAML."""
    step: Step = NoteStep("x")
    for number in range(4):
        step = BranchStep({f"b{number}": (step,)})
    assert Pipeline.from_yaml(Pipeline("x", (step,)).to_yaml()) == Pipeline("x", (step,))
    with pytest.raises(PipelineError, match="more than 4 deep"):
        BranchStep({"b4": (step,)})


def test_a_number_that_yaml_has_not_is_told():
    """What cannot be written without loss is refused."""
    with pytest.raises(PipelineError, match="cannot be written as YAML"):
        Pipeline("x", (FilterStep((Condition("a", "eq", 10.0**200),)),)).to_yaml()


@pytest.mark.parametrize(("content", "what"), [(None, "cannot read the pipeline"), (b"\xff\xfe", "is not UTF-8 text")])
def test_a_file_that_is_none_is_told(tmp_path, content, what):
    """No file, and a file of something else, are errors that name it."""
    if content is not None:
        (tmp_path / "x.yaml").write_bytes(content)
    with pytest.raises(PipelineError, match=what):
        Pipeline.load(tmp_path / "x.yaml")
