"""What a pivot gives back, as it is used: truth value, length, entities, frames."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import (
    Domain,
    Fact,
    Finding,
    Host,
    IpAddress,
    Link,
    Outcome,
    Relation,
    Severity,
    Table,
    Url,
    Verdict,
)
from clew.entities.finding import VERDICT_ORDER
from clew.entities.vocabulary import COMMON
from tests.support import FEWER, HOSTILE, entities, texts

IP, URL, DOMAIN, HOST = IpAddress("192.0.2.1"), Url("https://a.example/"), Domain("a.example"), Host("ws01")
AT = datetime(2026, 3, 17, 9, 15, tzinfo=UTC)
DOCUMENTED = [
    "subject",
    "outcome",
    "verdict",
    "severity",
    "provider",
    "reason",
    "reference",
    "observed_first",
    "observed_last",
    "asked_at",
    "returned",
    "available",
    "truncated_by",
]


@pytest.mark.parametrize("outcome", Outcome)
def test_only_what_was_found_is_true(outcome):
    """A finding is true when something was found; nothing, failed, refused and skipped are false."""
    assert bool(Finding(IP, outcome=outcome, returned=3)) == (outcome is Outcome.FOUND)


@given(st.integers(0, 1000))
def test_the_length_is_what_came_back(returned):
    """`len` counts what was returned, not what is available."""
    assert len(Finding(IP, returned=returned, available=5000)) == returned


def test_entities_come_in_the_order_in_which_they_are_named():
    """Each other entity once, in its order, those of the parts last; the subject is not among them."""
    part = Finding(IP, links=(Link(IP, Relation.RELATED_TO, URL), Link(HOST, Relation.RELATED_TO, IP)))
    whole = Finding(
        IP, links=(Link(DOMAIN, Relation.RESOLVES_TO, IP), Link(IP, Relation.RELATED_TO, HOST)), parts=(part,)
    )
    assert whole.entities == (DOMAIN, HOST, URL)
    assert Finding(IP).entities == ()


@FEWER
@given(st.lists(st.tuples(entities, entities), max_size=6), entities)
def test_entities_are_those_of_the_links(pairs, subject):
    """The entities of a finding are exactly the other ends of its links, each once."""
    finding = Finding(subject, links=tuple(Link(a, Relation.RELATED_TO, b) for a, b in pairs))
    assert set(finding.entities) == {end for pair in pairs for end in pair} - {subject}
    assert len(finding.entities) == len(set(finding.entities))


def test_a_fact_is_found_by_its_name():
    """`fact` gives the value of the first fact of that name, or None."""
    finding = Finding(IP, facts=(Fact("score", 7), Fact("score", 8)))
    assert (finding.fact("score"), finding.fact("country")) == (7, None)


def test_every_finding_is_a_frame_of_the_same_columns():
    """Without a table a finding is one row, with the documented columns first and its facts after them."""
    assert list(COMMON) == DOCUMENTED
    finding = Finding(
        IP,
        provider="feed",
        verdict=Verdict.MALICIOUS,
        severity=Severity.HIGH,
        facts=(Fact("score", 7),),
        observed_first=AT,
        asked_at=AT,
        returned=1,
        available=2,
        reason="listed",
        truncated_by="limit 1",
    )
    frame = finding.to_frame()
    assert list(frame.columns) == [*DOCUMENTED, "score"]
    (row,) = frame.to_dict("records")
    assert row["subject"] == "ip:192.0.2.1"
    assert (row["outcome"], row["verdict"], row["severity"], row["score"]) == ("found", "malicious", "high", 7)
    assert row["observed_first"] == pd.Timestamp(AT)
    assert (row["returned"], row["available"], row["truncated_by"]) == (1, 2, "limit 1")
    assert list(Finding(IP).to_frame().columns) == DOCUMENTED


def test_parts_are_rows():
    """A finding made of parts is one row per part; a fact that one part lacks is empty there."""
    parts = (Finding(IP, provider="a", facts=(Fact("x", 1),)), Finding(IP, provider="b", facts=(Fact("y", 2),)))
    frame = Finding(IP, provider="a+b", parts=parts).to_frame()
    assert list(frame["provider"]) == ["a", "b"]
    assert list(frame.columns) == [*DOCUMENTED, "x", "y"]
    assert frame["y"].isna().tolist() == [True, False]


@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_fact_cannot_take_the_place_of_a_column(name):
    """A fact that is named like a column, such as `verdict`, does not overwrite it."""
    frame = Finding(IP, facts=(Fact(name, "forged"),), observed_first=AT, observed_last=AT, asked_at=AT).to_frame()
    assert list(frame.columns) == DOCUMENTED
    assert frame[name][0] != "forged"


@given(st.lists(st.tuples(texts, st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1), texts)), max_size=5))
def test_a_table_is_a_frame_of_the_same_shape(rows):
    """The rows of a query keep their columns, their order and their cells, hostile ones too."""
    table = Table(("time", "name", "value"), tuple(("2026-03-17T09:15:00Z", name, value) for name, value in rows))
    frame = Finding(IP, table=table).to_frame()
    assert list(frame.columns) == ["time", "name", "value"]
    names = [name.encode("utf-8", "backslashreplace").decode() for name, _ in rows]
    assert frame["name"].tolist() == names
    assert len(table) == len(frame) == len(rows)
    assert str(frame["time"].dtype).startswith("datetime64[")
    assert str(frame["time"].dt.tz) == "UTC"
    assert [record["value"] for record in table.records()] == [value for _, value in rows]


def test_the_worst_verdict_comes_first():
    """Malicious wins over suspicious, suspicious over benign, and benign over knowing nothing."""
    assert [*VERDICT_ORDER] == [Verdict.MALICIOUS, Verdict.SUSPICIOUS, Verdict.BENIGN, Verdict.UNKNOWN]


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_facts_survive_a_frame(value):
    """What a source said is in the frame as it was said."""
    frame = Finding(IP, reason=value, facts=(Fact("said", value),)).to_frame()
    said = value.encode("utf-8", "backslashreplace").decode()  # a lone surrogate is no text that a column can hold
    assert (frame["reason"].tolist(), frame["said"].tolist()) == ([said], [said])
