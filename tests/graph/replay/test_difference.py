"""Two graphs are compared: what is new, gone, changed, and what nobody confirmed, which is not the same as gone."""

import csv
import dataclasses
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Domain, Entity, Fact, Finding, Host, IpAddress, Outcome, Process, Relation, Verdict
from clew.errors import CaseNotFound, CaseReadOnly, QueryError
from clew.graph.case import Case
from clew.graph.case_reader import CaseReader
from clew.graph.replay.changes import Change, NodeChange, NodeName, Row
from clew.graph.replay.comparison import compare_readings
from clew.graph.replay.difference import Difference
from clew.graph.store import Store
from tests.graph.cases import FULL, GUID, NOON, SHORT, bare_workspace, case_in_memory, link, record, sha256, tell
from tests.graph.projection.test_fold import Action, histories, lived
from tests.graph.strategies import entities, findings
from tests.support import FEWER, HOSTILE, active, hiding

SEED, OTHER, NAME = IpAddress("198.51.100.7"), IpAddress("198.51.100.8"), Domain("evil.example")
FEED: dict[str, Any] = {"pivot": "ti.feed", "provider": "feed"}
SILENT = (Outcome.FAILED, Outcome.REFUSED, Outcome.SKIPPED)


def case_of(*findings: Finding) -> Case:
    """A case with these answers, in this order."""
    case = case_in_memory()
    for finding in findings:
        tell(
            case,
            finding.subject,
            *finding.links,
            **{
                name: getattr(finding, name)
                for name in ("pivot", "provider", "outcome", "verdict", "reason", "facts", "returned")
            },
        )
    return case


def said(subject: Entity, *targets: Entity, **fields: Any) -> Finding:
    """What the logs say of an entity: that it is related to others."""
    links = tuple(link(subject, target, at=NOON) for target in targets)
    return Finding(subject, links=links, **({"pivot": "query.connections", "provider": "logs"} | fields))


def edges(difference: Difference) -> set[tuple[str, str, str]]:
    return {(each.source.label, each.relation.value, each.target.label) for each in difference.edges}


def failed(subject: Entity, outcome: Outcome = Outcome.FAILED, **fields: Any) -> Finding:
    return said(subject, outcome=outcome, reason="no answer", **fields)


# --- what differs ----------------------------------------------------------------------------------------------------


def test_a_case_does_not_differ_from_itself() -> None:
    """Comparing a case with itself says so, and is false."""
    case = case_of(said(SEED, NAME))
    difference = case.compare(case)
    assert not difference
    assert (difference.changes, difference.counts, str(difference).splitlines()[0]) == ((), {}, "no difference")


def test_what_one_case_has_alone_is_new_or_gone() -> None:
    """Nodes and edges of one of both are new one way, and gone the other way."""
    one, other = case_of(said(SEED, NAME)), case_of(said(SEED, NAME, OTHER))
    for difference, change in ((one.compare(other), Change.NEW), (other.compare(one), Change.GONE)):
        assert [(each.change, each.node) for each in difference.nodes] == [(change, NodeName(OTHER.key, OTHER.label))]
        assert edges(difference) == {(SEED.label, "related-to", OTHER.label)}
        assert {each.change for each in difference.edges} == {change}


def test_an_edge_that_rests_on_something_else_is_changed() -> None:
    """The same edge with another source, time or count of evidence is changed, with what it rested on and rests on."""
    one = case_of(said(SEED, NAME))
    other = case_of(said(SEED, NAME), said(SEED, NAME, **FEED))
    (change,) = one.compare(other).edges
    assert (change.change, str(change.before), str(change.after)) == (
        Change.CHANGED,
        "by logs, 2026-03-17T12:00:00Z",
        "by feed+logs, 2 times, 2026-03-17T12:00:00Z",
    )


def test_a_verdict_that_is_another_is_told_with_the_reason() -> None:
    """A verdict that flips is told with both verdicts and with what its source says now."""
    bad = said(SEED, verdict=Verdict.MALICIOUS, reason="c2", **FEED)
    good = said(SEED, verdict=Verdict.BENIGN, reason="a CDN", **FEED)
    (change,) = case_of(bad).compare(case_of(good)).verdicts
    assert (change.change, change.before, change.after, change.reason) == (
        Change.CHANGED,
        Verdict.MALICIOUS,
        Verdict.BENIGN,
        "feed: a CDN",
    )


def test_what_an_analyst_says_counts_as_an_answer() -> None:
    """A verdict given by a person flips the verdict of the node, in that person's words."""
    one, other = case_of(said(SEED, **FEED)), case_of(said(SEED, **FEED))
    other.judge(SEED, Verdict.MALICIOUS, reason="seen before")
    (change,) = one.compare(other).verdicts
    assert (change.after, change.reason) == (Verdict.MALICIOUS, "analyst: seen before")


def test_facts_and_outcomes_of_answers_are_told() -> None:
    """An answer that differs is told with its outcome before and after, and with each fact that is another."""
    one = case_of(said(SEED, facts=(Fact("reports", 2), Fact("isp", "x")), **FEED))
    other = case_of(said(SEED, facts=(Fact("reports", 3), Fact("isp", "x")), **FEED))
    (answer,) = one.compare(other).answers
    assert [(fact.name, fact.before, fact.after) for fact in answer.facts] == [("reports", (2,), (3,))]
    nothing = case_of(said(SEED, outcome=Outcome.NOTHING, **FEED))
    for difference, turn in ((one.compare(nothing), "found nothing"), (nothing.compare(one), "nothing found")):
        (answer,) = difference.answers
        assert answer.before
        assert answer.after
        assert f"{answer.before.outcome} {answer.after.outcome}" == turn


def test_the_same_thing_under_another_name_is_one() -> None:
    """A node whose other name one case has learnt is called otherwise in it, and is neither new nor gone."""
    process = Process(GUID, host=SHORT)
    one, other = (case_of(said(process, NAME)) for _ in range(2))
    other.add(Host(SHORT), Host(FULL))
    for difference in (one.compare(other), other.compare(one)):
        assert edges(difference) == set()
        assert {each.change for each in difference.nodes if each.node.key.kind == "process"} == {Change.CHANGED}


def test_what_was_taken_back_does_not_count() -> None:
    """An answer that was undone is compared as if it had never been given."""
    one, other = case_of(), case_of(said(SEED, NAME))
    other.undo()
    assert not one.compare(other)


# --- what was not answered -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", SILENT)
def test_a_source_that_does_not_answer_makes_nothing_gone(outcome: Outcome) -> None:
    """What a source said that fails, refuses or is skipped today is not confirmed, with its reason."""
    before = case_of(said(SEED, NAME, verdict=Verdict.MALICIOUS), said(OTHER, SEED, **FEED))
    after = case_of(failed(SEED, outcome), said(OTHER, SEED, **FEED))
    difference = before.compare(after)
    assert difference.counts == {"not confirmed": 4}
    assert edges(difference) == {(SEED.label, "related-to", NAME.label)}
    assert [each.node.label for each in difference.nodes] == [NAME.label]
    assert [(each.before, each.after) for each in difference.verdicts] == [(Verdict.MALICIOUS, Verdict.UNKNOWN)]
    assert {row.reason.removeprefix("logs: ") for row in difference.rows()} == {"no answer"}


def test_a_source_that_answers_makes_things_gone() -> None:
    """What a source that answers does not say any more is gone, although another one did not answer."""
    before = case_of(said(SEED, NAME), said(SEED, OTHER, **FEED))
    after = case_of(said(SEED, outcome=Outcome.NOTHING), failed(SEED, **FEED))
    difference = before.compare(after)
    assert edges(difference.filter("gone")) == {(SEED.label, "related-to", NAME.label)}
    assert edges(difference.filter("not confirmed")) == {(SEED.label, "related-to", OTHER.label)}


def test_an_edge_with_a_second_source_stays() -> None:
    """An edge that another source still says is not changed because one did not answer: its claim is not confirmed."""
    before = case_of(said(SEED, NAME), said(SEED, NAME, **FEED))
    (change,) = before.compare(case_of(failed(SEED), said(SEED, NAME, **FEED))).edges
    assert (change.change, str(change.before)) == (Change.UNCONFIRMED, "by logs, 2026-03-17T12:00:00Z")


def test_an_earlier_answer_stands() -> None:
    """A failure does not hide the answer that the same source gave before it."""
    before = case_of(said(SEED, NAME))
    assert not before.compare(case_of(said(SEED, NAME), failed(SEED)))


def test_trouble_twice_is_no_difference() -> None:
    """A source that answered neither time says nothing, whatever the trouble was."""
    assert not case_of(failed(SEED)).compare(case_of(failed(SEED, Outcome.SKIPPED)))


# --- laws ------------------------------------------------------------------------------------------------------------


@given(histories)
@FEWER
def test_no_case_differs_from_itself(history: list[Action]) -> None:
    """Whatever happened in a case, it does not differ from itself."""
    case = lived(history)
    difference = case.compare(case)
    assert not difference, str(difference)


@given(histories, histories)
@FEWER
def test_comparing_the_other_way_round_mirrors(history: list[Action], other: list[Action]) -> None:
    """What is new one way is gone, or not confirmed, the other way; and the two agree on what neither has alone."""
    one, two = lived(history), lived([*history, *other])
    there, back = one.compare(two), two.compare(one)
    assert lost(there) == found(back)
    assert lost(back) == found(there)


@given(
    st.lists(
        st.tuples(findings(entities), st.sampled_from(SILENT)),
        max_size=6,
        unique_by=lambda each: (each[0].subject.key, each[0].pivot, each[0].provider),
    )
)
@FEWER
def test_silence_makes_nothing_gone(asked: list[tuple[Finding, Outcome]]) -> None:
    """Whatever was said, if nobody answers the second time, nothing is gone, and nothing is new."""
    before, after = case_in_memory(), case_in_memory()
    for finding, outcome in asked:
        keep(before, finding)
        keep(
            after,
            dataclasses.replace(
                failed(finding.subject, outcome), links=(), pivot=finding.pivot, provider=finding.provider
            ),
        )
    difference = before.compare(after)
    assert not {"gone", "new"} & {*difference.counts}, str(difference)


def keep(case: Case, finding: Finding) -> None:
    record(case, finding)


def found(difference: Difference) -> set[tuple[str, ...]]:
    return {row[2:5] for row in difference.filter("new").rows() if row.kind in ("node", "edge")}


def lost(difference: Difference) -> set[tuple[str, ...]]:
    """What the second case has not: gone, or not confirmed and without anybody who still says it."""
    rows = [*difference.filter("gone").rows(), *difference.filter("not confirmed").rows()]
    return {row[2:5] for row in rows if row.kind in ("node", "edge") and not row.after}


# --- how it is shown -------------------------------------------------------------------------------------------------


def hostile() -> Difference:
    """A difference in which every text is one that breaks something."""
    nodes = tuple(
        NodeChange(change, NodeName(IpAddress(f"198.51.100.{number}").key, text), reason=text)
        for number, text in enumerate(HOSTILE)
        for change in Change
    )
    return Difference(nodes, about=HOSTILE[0])


def test_text_is_shown_and_does_nothing(tmp_path: Path) -> None:
    """Nothing in a difference is active in a terminal, a notebook, a page or a spreadsheet."""
    difference = hostile()
    assert hiding(str(difference)) == set()
    assert active(difference._repr_html_()) == []
    page = difference.to_html(tmp_path / "x.html").read_text("utf-8")
    assert "default-src 'none'" in page
    assert active(page.partition("<h1>")[2].partition("</body>")[0]) == []
    with difference.save(tmp_path / "x.csv").open(newline="", encoding="utf-8") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert [cell for cell in cells if cell[:1] in "=+-@\t\r" and cell] == []


def test_every_form_has_every_change(tmp_path: Path) -> None:
    """Frame, JSON, CSV, text and page each have one entry for each row, however many there are."""
    difference = case_of(*(said(IpAddress(f"198.51.100.{n}"), NAME) for n in range(60))).compare(case_of())
    rows = [*difference.rows()]
    frame = difference.to_frame()
    assert [*frame.columns] == [*Row._fields]
    assert [tuple(row) for row in frame.itertuples(index=False)] == rows
    assert [Row(**each) for each in json.loads(difference.save(tmp_path / "x.json").read_text())["changes"]] == rows
    assert len(pd.read_csv(difference.save(tmp_path / "x.csv"))) == len(rows)
    assert difference.save(tmp_path / "x.txt").read_text("utf-8").count("\n  ") == len(difference.changes)
    assert difference.save(tmp_path / "x.html").read_text("utf-8").count("<tr>") == len(rows) + 1
    assert "more: see .to_frame()" in str(difference)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.csv", "x.html", "x.json", "x.txt"]


def test_rows_are_plain_text() -> None:
    """No cell is a member of an enumeration, which a frame shows as one where pandas has no pyarrow."""
    bad, good = said(SEED, NAME, verdict=Verdict.MALICIOUS, **FEED), said(SEED, OTHER, verdict=Verdict.BENIGN, **FEED)
    rows = [*case_of(bad).compare(case_of(good)).rows()]
    assert {"node", "edge", "verdict", "answer"} <= {row.kind for row in rows}
    assert {type(cell) for row in rows for cell in row} == {str}


def test_a_difference_without_changes_has_every_form(tmp_path: Path) -> None:
    """No difference is a frame without rows, and files that say so."""
    assert [*Difference().to_frame().columns] == [*Row._fields]
    assert Difference().save(tmp_path / "x.txt").read_text("utf-8") == "no difference\n"
    assert "no difference" in Difference().save(tmp_path / "x.html").read_text("utf-8")


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    """Another ending is an error, and so is a folder that is not there; neither leaves anything behind."""
    with pytest.raises(QueryError, match=r"not written as x\.xlsx"):
        Difference().save(tmp_path / "x.xlsx")
    with pytest.raises(CaseReadOnly):
        Difference().save(tmp_path / "nowhere" / "x.txt")
    assert [*tmp_path.iterdir()] == []


def test_a_part_of_it_is_a_difference(tmp_path: Path) -> None:
    """`where` gives the changes of one sort; a word that is none is a mistake."""
    difference = case_of(said(SEED, NAME)).compare(case_of(said(SEED, OTHER)))
    assert difference.counts == {"new": 2, "gone": 2}
    assert [each.node.label for each in difference.filter("new").nodes] == [OTHER.label]
    with pytest.raises(ValueError, match="lost"):
        difference.filter("lost")


# --- files -----------------------------------------------------------------------------------------------------------


def test_a_case_is_compared_with_a_file(tmp_path: Path, sample: Path) -> None:
    """The other case may be a file: it is only read, and a name that leads nowhere makes none."""
    before = sha256(sample)
    with Store(sample) as store:
        assert not compare_readings(CaseReader(store), sample)
    case = Case.open(tmp_path / "x.clew", workspace=bare_workspace(tmp_path))
    assert case.compare(sample).filter("new").nodes
    assert sha256(sample) == before
    with pytest.raises(CaseNotFound):
        case.compare(tmp_path / "nothing.clew")
    assert not (tmp_path / "nothing.clew").exists()
    case.close()


def test_relations_are_kept_apart() -> None:
    """Two relations between the same nodes are two edges."""
    one = case_of(said(SEED, NAME))
    other = case_in_memory()
    tell(other, SEED, link(SEED, NAME, Relation.RESOLVES_TO, at=NOON))
    assert [each.change for each in one.compare(other).edges] == [Change.GONE, Change.NEW]
