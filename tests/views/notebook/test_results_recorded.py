"""The results of a case: what counts of all that was recorded in it."""

from __future__ import annotations

from clew.entities import Host, Outcome, Verdict
from clew.views.notebook.case_results import latest_results
from clew.views.notebook.result_panels import summary_html
from tests.views.hand import SERVER, tell


def test_a_case_shows_what_each_source_said_last(case):
    """An answer takes the place of the one before it; one that is none, and one that was taken back, do not."""
    tell(case, SERVER, provider="feed", pivot="ti.feed", verdict=Verdict.MALICIOUS, reason="first")
    tell(case, SERVER, provider="feed", pivot="ti.feed", verdict=Verdict.BENIGN, reason="second")
    tell(case, SERVER, provider="feed", pivot="ti.feed", outcome=Outcome.FAILED, reason="third")
    tell(case, SERVER, provider="vt", pivot="ti.vt", verdict=Verdict.MALICIOUS, reason="taken back")
    case.undo()
    (result,) = latest_results(case).results
    assert [part.reason for part in result.parts] == ["second"]
    assert result.verdict == Verdict.BENIGN == case.verdict(SERVER)
    assert latest_results(case).summary == f"1 subject: 1 benign (as of step {len(case.history)})"


def test_what_the_analyst_says_counts_and_stands_first(case):
    """A judgement is the verdict of the case, with its reason; taken back, the sources count again."""
    tell(case, SERVER, provider="vt", pivot="ti.vt", verdict=Verdict.MALICIOUS)
    case.judge(SERVER, Verdict.BENIGN, reason="our own scanner")
    (result,) = latest_results(case).results
    assert [(part.provider, part.verdict) for part in result.parts] == [("analyst", "benign"), ("vt", "malicious")]
    assert result.label == "+ benign (informational): IpAddress 198.51.100.7"
    assert "our own scanner" in summary_html(result)
    case.judge(SERVER, Verdict.UNKNOWN, reason="was another")
    assert_only_vt(case)


def test_a_judgement_that_was_undone_does_not_count(case):
    """Undoing the step is as if the analyst had said nothing."""
    tell(case, SERVER, provider="vt", pivot="ti.vt", verdict=Verdict.MALICIOUS)
    case.judge(SERVER, Verdict.BENIGN, reason="our own scanner")
    case.undo()
    assert_only_vt(case)


def assert_only_vt(case):
    (result,) = latest_results(case).results
    assert [part.provider for part in result.parts] == ["vt"]
    assert result.verdict is Verdict.MALICIOUS


def test_nodes_that_became_one_are_one_result(case):
    """What was said of a host under two names stands together."""
    one, other = Host("ws01.corp.example"), Host("ws02.corp.example")
    tell(case, one, provider="a", pivot="ti.a")
    tell(case, other, provider="b", pivot="ti.b", verdict=Verdict.MALICIOUS)
    case.merge(one, other, reason="renamed")
    (result,) = latest_results(case).results
    assert {part.provider for part in result.parts} == {"a", "b"}
    assert (result.subject, result.verdict) == (one, Verdict.MALICIOUS)


def test_an_empty_case_has_nothing_to_show(case):
    """A case in which nobody was asked says so."""
    case.add(SERVER)
    assert latest_results(case).results == ()
    assert str(latest_results(case)) == "there are no findings to show"
