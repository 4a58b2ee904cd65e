"""One verdict out of several answers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Domain, Fact, Finding, IpAddress, Link, Outcome, Relation, Severity, Verdict
from clew.entities.finding import VERDICT_ORDER
from clew.pivots.lookup_policy import VerdictRule
from clew.pivots.lookup_verdict import combine_findings

IP = IpAddress("8.8.4.4")
EARLY, LATE = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)


def part(
    provider: str, outcome: Outcome = Outcome.FOUND, verdict: Verdict = Verdict.UNKNOWN, **more: object
) -> Finding:
    return Finding(IP, provider=provider, outcome=outcome, verdict=verdict, **more)


def combined(*parts: Finding, rule: VerdictRule | None = None) -> Finding:
    return combine_findings(IP, "ti.lookup", parts, rule or VerdictRule())


parts_strategy = st.lists(
    st.builds(
        part,
        st.sampled_from("abcdef"),
        st.sampled_from(Outcome),
        st.sampled_from(Verdict),
        severity=st.sampled_from(Severity),
        returned=st.integers(0, 5),
        reason=st.sampled_from(["", "because"]),
        asked_at=st.sampled_from([None, EARLY, LATE]),
    ),
    max_size=5,
)


@given(parts_strategy)
def test_the_worst_of_those_who_found_something_counts(parts):
    """The verdict is the worst among findings; who found nothing, failed or refused has no say in it."""
    whole = combined(*parts)
    found = [each for each in parts if each.outcome is Outcome.FOUND]
    assert whole.verdict == min((each.verdict for each in found), key=VERDICT_ORDER.index, default=Verdict.UNKNOWN)
    assert whole.severity == min(
        (each.severity for each in found), key=[*Severity].index, default=Severity.INFORMATIONAL
    )
    assert whole.parts == tuple(parts)
    assert whole.returned == sum(each.returned for each in parts)


@given(parts_strategy)
def test_the_outcome_is_the_best_that_happened(parts):
    """Found if anybody found something, else nothing if anybody looked, else the first trouble."""
    outcomes = [each.outcome for each in parts]
    expected = (
        Outcome.FOUND
        if Outcome.FOUND in outcomes
        else Outcome.NOTHING
        if Outcome.NOTHING in outcomes
        else outcomes[0]
        if outcomes
        else Outcome.SKIPPED
    )
    assert combined(*parts).outcome is expected


@given(parts_strategy)
def test_everybody_is_heard(parts):
    """The reason names every source with its reason or its outcome; the providers are those who answered."""
    whole = combined(*parts)
    for each in parts:
        assert f"{each.provider}: {each.reason or each.outcome}" in whole.reason
    answered = [each.provider for each in parts if each.outcome in (Outcome.FOUND, Outcome.NOTHING)]
    assert whole.provider == "+".join(answered)


@pytest.mark.parametrize("silent", [Outcome.FAILED, Outcome.REFUSED, Outcome.SKIPPED])
def test_silence_is_not_innocence(silent):
    """A source that did not answer makes nothing benign, and does not hide who found something."""
    assert combined(part("a", silent, Verdict.BENIGN)).verdict is Verdict.UNKNOWN
    both = combined(part("a", silent), part("b", verdict=Verdict.MALICIOUS))
    assert (both.outcome, both.verdict) == (Outcome.FOUND, Verdict.MALICIOUS)


def test_a_benign_verdict_does_not_outweigh_a_bad_one():
    """One `benign` against one `suspicious` is suspicious, and both are told, the worse first."""
    whole = combined(
        part("a", verdict=Verdict.BENIGN, reason="fine"), part("b", verdict=Verdict.SUSPICIOUS, reason="odd")
    )
    assert whole.verdict is Verdict.SUSPICIOUS
    assert whole.reason == "b: odd; a: fine"


def test_what_was_said_is_kept():
    """Facts and links of all who found something, evidence once, and the span of all times."""
    link = Link(Domain("evil.example"), Relation.RESOLVES_TO, IP)
    whole = combined(
        part("a", facts=(Fact("x", 1),), evidence=("e1", "e2"), observed_first=LATE, asked_at=EARLY),
        part(
            "b",
            facts=(Fact("y", 2),),
            evidence=("e2",),
            observed_first=EARLY,
            observed_last=LATE,
            links=(link,),
            asked_at=LATE,
            reference="https://b.example",
        ),
        part("c", Outcome.FAILED, facts=(Fact("z", 3),), observed_first=EARLY),
    )
    assert [fact.name for fact in whole.facts] == ["x", "y"]
    assert whole.links == (link,)
    assert whole.evidence == ("e1", "e2")
    assert (whole.observed_first, whole.observed_last, whole.asked_at) == (EARLY, LATE, LATE)
    assert whole.entities == (Domain("evil.example"),)
    assert whole.available is None


# --- rules -----------------------------------------------------------------------------------------------------------


def says(provider: str, verdict: Verdict, severity: Severity = Severity.HIGH) -> Finding:
    return part(provider, verdict=verdict, severity=severity, reason=f"{provider} says so")


BAD, DOUBTED, GOOD = Verdict.MALICIOUS, Verdict.SUSPICIOUS, Verdict.BENIGN


@pytest.mark.parametrize(
    ("rule", "said", "verdict"),
    [
        (VerdictRule(), {"a": BAD}, BAD),
        (VerdictRule(2), {"a": BAD}, DOUBTED),
        (VerdictRule(2), {"a": BAD, "b": DOUBTED, "c": GOOD}, DOUBTED),
        (VerdictRule(2), {"a": BAD, "b": BAD}, BAD),
        (VerdictRule(weights={"a": 0.5}), {"a": BAD}, DOUBTED),
        (VerdictRule(weights={"a": 0.5, "b": 0.5}), {"a": BAD, "b": BAD}, BAD),
        (VerdictRule(weights={"a": 0}), {"a": BAD}, Verdict.UNKNOWN),
        (VerdictRule(weights={"a": 0}), {"a": BAD, "b": GOOD}, GOOD),
        (VerdictRule(2, {"a": 2}), {"a": BAD, "b": GOOD}, BAD),
        (VerdictRule(0.5, {"a": 0.5}), {"a": BAD}, BAD),
    ],
)
def test_a_rule_says_whose_word_is_enough(rule, said, verdict):
    """Malicious needs the weight of the rule; with less it is suspicious; who has no weight has no say."""
    whole = combined(*(says(name, each) for name, each in said.items()), rule=rule)
    assert whole.verdict is verdict
    assert all(f"{name} says so" in whole.reason for name in said)


def test_a_verdict_that_was_lowered_says_so():
    """The reason begins with the rule, and the severity is no longer high."""
    whole = combined(says("a", BAD), rule=VerdictRule(2))
    assert whole.reason == "malicious needs the word of 2; a: a says so"
    assert whole.severity is Severity.MEDIUM


@given(parts_strategy, st.floats(0.1, 5), st.dictionaries(st.sampled_from("abcdef"), st.floats(0, 3)))
def test_no_rule_makes_it_worse_than_the_worst_that_is_said(parts, agree, weights):
    """A rule can only lower a verdict, and never drops a part, a reason or a link."""
    plain, judged = combined(*parts), combined(*parts, rule=VerdictRule(agree, weights))
    assert VERDICT_ORDER.index(judged.verdict) >= VERDICT_ORDER.index(plain.verdict) or Verdict.UNKNOWN is plain.verdict
    assert (judged.parts, judged.links, judged.outcome) == (plain.parts, plain.links, plain.outcome)
