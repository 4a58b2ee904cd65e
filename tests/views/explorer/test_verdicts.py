"""How verdicts changed from step to step."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from clew.entities import IpAddress, Outcome, Severity, Verdict
from clew.views.explorer.node_details import read_remarks
from tests.graph.cases import case_in_memory, tell
from tests.support import FEWER
from tests.views.hand import SERVER

SOURCES = st.sampled_from(["feed", "abuseipdb"])
SAID = st.tuples(SOURCES, st.sampled_from(Outcome), st.sampled_from(Verdict), st.sampled_from(Severity))
JUDGED = st.tuples(st.just("analyst"), st.just(Outcome.FOUND), st.sampled_from(Verdict), st.just(None))


def add(case, said):
    provider, outcome, verdict, severity = said
    if severity is None:
        case.judge(SERVER, verdict, reason="seen")
    else:
        tell(
            case, SERVER, provider=provider, pivot=f"ti.{provider}", outcome=outcome, verdict=verdict, severity=severity
        )


def known(case):
    (node,) = case.node_list()
    return "" if node.verdict is Verdict.UNKNOWN else f"{node.verdict} ({node.severity})"


@FEWER
@given(st.lists(st.one_of(SAID, JUDGED), max_size=8))
def test_the_verdict_of_a_step_is_what_the_case_knew_then(history):
    case = case_in_memory()
    case.add(SERVER)
    wanted = [(len(case.history), known(case))]
    for said in history:
        add(case, said)
        wanted.append((len(case.history), known(case)))
    changes = read_remarks(case).verdicts.get(str(SERVER.key), [])
    for step, verdict in wanted:
        assert next((told for at, told in reversed(changes) if at <= step), "") == verdict
    assert all(one[1] != other[1] for one, other in itertools.pairwise(changes))


def test_a_node_that_nobody_called_anything_has_no_changes(case):
    tell(case, IpAddress("203.0.113.1"), provider="feed", pivot="ti.feed", outcome=Outcome.NOTHING)
    assert read_remarks(case).verdicts == {}


def test_every_verdict_of_the_incident_is_the_last_of_its_changes(incident):
    changes = read_remarks(incident).verdicts
    bad = {
        str(node.key): f"{node.verdict} ({node.severity})"
        for node in incident.node_list()
        if node.verdict is not Verdict.UNKNOWN
    }
    assert {key: told[-1][1] for key, told in changes.items() if told[-1][1]} == bad
    assert len(bad) > 2
