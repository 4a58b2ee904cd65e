"""Which answer counts, and which verdict follows."""

from hypothesis import given
from hypothesis import strategies as st

from clew.entities import IpAddress, Outcome, Severity, Verdict
from clew.entities.finding import CONCLUSIVE_OUTCOMES, VERDICT_ORDER
from clew.graph.projection.verdict import SourceAnswer, latest_answers, node_verdict
from clew.pivots.invocation import Invocation
from clew.pivots.lookup_policy import VerdictRule
from clew.pivots.lookup_verdict import combine_findings
from clew.providers.exchange import Answer
from tests.graph.cases import NOON, case_in_memory, told
from tests.support import FEWER

SERVER = IpAddress("198.51.100.7")
SAID = st.builds(
    lambda name, outcome, verdict, severity: told(
        SERVER, pivot=f"ti.{name}", provider=name, outcome=outcome, verdict=verdict, severity=severity
    ),
    st.sampled_from(["feed", "abuseipdb", "analyst"]),
    st.sampled_from(Outcome),
    st.sampled_from(Verdict),
    st.sampled_from(Severity),
)
LOOKUPS = st.builds(
    lambda parts, agree: combine_findings(SERVER, "ti.lookup", tuple(parts), VerdictRule(agree)),
    st.lists(SAID, min_size=1, max_size=3),
    st.sampled_from([1.0, 2.0]),
)


def source_answers(finding):
    """The answers of sources in a finding, as a value of the rule."""
    for part in finding.parts or (finding,):
        yield SourceAnswer(part.provider, part.pivot, part.outcome, part.verdict, part.severity, finding.verdict)


@FEWER
@given(st.lists(st.one_of(SAID, LOOKUPS), min_size=1, max_size=6))
def test_sql_and_python_agree_on_the_verdict_of_a_node(findings):
    """By any answers, alone or in look-ups, the case marks the node as the rule says."""
    case = case_in_memory()
    for finding in findings:
        case._recorder.steps.record_pivot(Invocation(finding.pivot, SERVER), Answer(finding, (), {}), NOON)
    (node,) = case.node_list()
    answers = [answer for finding in findings for answer in source_answers(finding)]
    wanted = node_verdict(answers) or (Verdict.UNKNOWN, Severity.INFORMATIONAL)
    assert (node.verdict, node.severity) == wanted
    rows = case.tables.findings()
    assert [*rows.counted] == [answer.counted_verdict.verdict for answer in answers]


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(Outcome)), max_size=12))
def test_the_latest_answer_is_the_last_that_is_one(answers):
    """Of each question: the last answer that says something; where none does, the last."""
    numbered = [(question, (number, outcome)) for number, (question, outcome) in enumerate(answers)]
    latest = latest_answers(numbered, lambda answer: answer[1])
    for question in {question for question, _ in answers}:
        given_answers = [answer for other, answer in numbered if other == question]
        conclusive = [answer for answer in given_answers if answer[1] in CONCLUSIVE_OUTCOMES]
        assert latest[question] == (conclusive or given_answers)[-1]
    assert latest.keys() == {question for question, _ in answers}


def test_the_word_of_a_person_counts_before_all():
    """Also where it is milder, and until it is taken back."""
    feed = SourceAnswer("feed", "ti.feed", Outcome.FOUND, Verdict.MALICIOUS, Severity.HIGH, Verdict.MALICIOUS)
    judged = SourceAnswer("analyst", "judge", Outcome.FOUND, Verdict.BENIGN, Severity.INFORMATIONAL, Verdict.BENIGN)
    taken_back = judged._replace(verdict=Verdict.UNKNOWN, lookup_verdict=Verdict.UNKNOWN)
    assert node_verdict([judged, feed]) == (Verdict.BENIGN, Severity.INFORMATIONAL)
    assert node_verdict([judged, feed, taken_back]) == (Verdict.MALICIOUS, Severity.HIGH)


def test_there_is_one_order_of_verdicts():
    """That in which they are listed is that in which they win."""
    assert [*VERDICT_ORDER] == [*Verdict]
