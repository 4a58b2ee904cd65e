"""One driver runs every operation: what it asks, what it keeps, and what becomes of trouble."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Finding, IpAddress, Outcome, Verdict
from clew.errors import AskFailed, AskRefused, AskSkipped, QueryError
from clew.providers.base import Reply
from clew.providers.exchange import Answer, ErrorRecord, Playback
from clew.providers.gate import Gate
from clew.providers.runner import Runner
from tests.providers.doubles import NOW, PUBLIC, Oracle, Prober, Question, Speaker, answer, runner
from tests.support import HOSTILE

FAILURES = [
    AskFailed("it broke", kind="timeout"),
    AskFailed("it broke", kind="status", next_step="try later"),
    AskRefused("the vendor said no", kind="quota"),
    AskSkipped("no key", kind="no-key", next_step="set a variable"),
]
# Replies that no parser of ours expects.
MALFORMED = [
    b"",
    b"\x00\xff",
    b"{",
    b"null",
    b"[]",
    b'"text"',
    b"5",
    b"NaN",
    b'{"said"',
    b"[" * 100_000,
    b"{}",
    b'{"SAID": 1}',
    "{\u00fc}".encode("latin-1"),
    b"\xef\xbb\xbf{}",
    b"<html>",
    b"1" * 5000,
]


def run(given_runner: Runner, subject: IpAddress = PUBLIC, provider: type[Oracle] = Oracle, times: int = 1) -> Answer:
    return given_runner.run("ti.oracle", provider, subject, provider.ip.steps(subject, times=times))


def arun(given_runner: Runner, times: int = 1) -> Answer:
    return asyncio.run(given_runner.arun("ti.oracle", Oracle, PUBLIC, Oracle.ip.steps(PUBLIC, times=times)))


@given(
    st.lists(
        st.one_of(
            st.sampled_from(FAILURES),
            st.sampled_from(["yes", "no", *HOSTILE]).map(answer),
            st.sampled_from(MALFORMED).map(lambda body: Reply(body, "text/plain", NOW)),
        ),
        min_size=3,
        max_size=3,
    ),
    st.integers(0, 3),
)
def test_synchronous_and_asynchronous_are_the_same(lines, times):
    """Both shells ask the same in the same order and end in the same answer, whatever they are told."""
    one, other = Speaker(lines), Speaker(lines)
    assert run(runner(one), times=times) == arun(runner(other), times=times)
    assert one.asked == other.asked


def test_a_finding_says_who_was_asked_when_and_on_what_evidence():
    """The runner adds the pivot, the provider, the time and the content addresses of the replies."""
    replies = [answer("yes"), answer("no"), answer("yes")]
    done = run(runner(Speaker(replies)), times=3)
    finding = done.finding
    assert [fact.value for fact in finding.facts] == ["yes", "no", "yes"]
    assert (finding.pivot, finding.provider, finding.asked_at) == ("ti.oracle", "oracle", NOW)
    assert finding.evidence == (replies[0].fingerprint, replies[1].fingerprint)
    assert set(done.replies) == set(finding.evidence)
    assert [exchange.ask for exchange in done.exchanges] == [{"text": f"8.8.4.4 {number}"} for number in range(3)]
    assert all(exchange.sent and exchange.status == 200 for exchange in done.exchanges)


@pytest.mark.parametrize("error", FAILURES)
def test_an_ask_that_fails_becomes_the_outcome(error):
    """Trouble is never an exception and never a verdict: it is an outcome with a reason, and is recorded."""
    done = run(runner(Speaker([answer("yes"), error])), times=2)
    finding = done.finding
    assert (finding.outcome, finding.verdict) == (Outcome(error.outcome), Verdict.UNKNOWN)
    assert error.message in finding.reason
    assert error.next_step in finding.reason
    assert [exchange.trouble is None for exchange in done.exchanges] == [True, False]
    assert finding.evidence == (answer("yes").fingerprint,)


@pytest.mark.parametrize("error", FAILURES)
def test_trouble_comes_back_as_it_was(error):
    """A recorded error is the same error again."""
    again = ErrorRecord.of(error).error()
    assert type(again) is type(error)
    assert (again.message, again.kind, again.next_step, again.outcome) == (
        error.message,
        error.kind,
        error.next_step,
        error.outcome,
    )


@pytest.mark.parametrize("body", MALFORMED, ids=range(len(MALFORMED)))
def test_a_reply_that_cannot_be_understood_is_a_failed_ask(body):
    """Whatever a vendor sends, the finding is failed, says so, and keeps the reply as evidence."""
    done = run(runner(Speaker([Reply(body, "text/plain", NOW)])))
    assert done.finding.outcome is Outcome.FAILED
    assert "repl" in done.finding.reason
    assert done.replies[done.finding.evidence[0]].body == body


def test_a_mistake_before_the_first_reply_is_not_hidden():
    """What goes wrong before anything was received is a mistake of the caller, and is raised."""
    with pytest.raises(TypeError):
        run(runner(Speaker([])), times="many")


def test_what_is_recorded_is_not_asked():
    """Recordings come first: nothing is sent, and the exchange says that it was not."""

    class Known:
        def find(self, ask, provider, now):
            return answer("before") if ask == Question("8.8.4.4 0") else None

    speaker = Speaker([answer("now")])
    done = run(runner(speaker, recordings=Known()), times=2)
    assert [fact.value for fact in done.finding.facts] == ["before", "now"]
    assert [exchange.sent for exchange in done.exchanges] == [False, True]
    assert speaker.asked == [Question("8.8.4.4 1")]


def test_recordings_need_no_leave():
    """A case can be replayed where nothing may leave: the recording is asked before the gate."""
    recorded = run(runner(Speaker([answer("yes")])))
    silent = Speaker([])
    playback = Playback(recorded.exchanges, recorded.replies)
    again = run(runner(silent, gate=Gate(offline=True), recordings=playback))
    assert again.finding == recorded.finding
    assert silent.asked == []


def test_what_was_never_asked_cannot_be_replayed():
    """A playback answers its own asks only, and trouble is replayed as trouble."""
    recorded = run(runner(Speaker([FAILURES[0]])))
    playback = Playback(recorded.exchanges, recorded.replies)
    assert run(runner(Speaker([]), recordings=playback)).finding == recorded.finding
    other = IpAddress("9.9.9.9")
    assert run(runner(Speaker([]), recordings=playback), other).finding.outcome is Outcome.SKIPPED


def test_a_refusal_of_the_gate_is_recorded_and_explained():
    """What may not leave is not sent; the finding says why and what to do, and the exchange says it was not sent."""
    speaker = Speaker([answer("yes")])
    done = run(runner(speaker), IpAddress("10.0.0.1"))
    assert speaker.asked == []
    assert done.finding.outcome is Outcome.REFUSED
    assert "10.0.0.1 was not sent to Oracle: the address is private or reserved" in done.finding.reason
    (exchange,) = done.exchanges
    assert (exchange.sent, exchange.trouble.kind) == (False, "private")


@pytest.mark.parametrize(
    ("gate", "kind", "step"),
    [(Gate(offline=True), "offline", "CLEW_OFFLINE=0"), (Gate(), "active", "CLEW_ALLOW_ACTIVE=1")],
)
def test_a_refusal_says_how_to_allow(gate, kind, step):
    """Offline mode and active providers are refused by rule, and the refusal names the next step."""
    done = run(runner(Speaker([]), gate=gate), provider=Prober)
    assert done.exchanges[0].trouble.kind == kind
    assert step in done.finding.reason
    assert run(runner(Speaker([answer("yes")]), gate=Gate(allow_active=True)), provider=Prober).finding


def test_no_way_to_ask_is_a_skip():
    """A provider whose channel does not exist here is skipped, not failed."""
    nowhere = dataclasses.replace(runner(Speaker([])), channels={})
    assert run(nowhere).finding.outcome is Outcome.SKIPPED


def test_what_is_computed_here_asks_nobody():
    """An operation that is only a finding gets its pivot, provider and time, and no exchange."""
    done = runner(Speaker([])).run("transform.x", Oracle, PUBLIC, Finding(PUBLIC, returned=1))
    assert (done.exchanges, done.finding.asked_at, done.finding.provider) == ((), NOW, "oracle")


def test_an_operation_may_take_an_error_for_an_answer():
    """An error is thrown into the operation first: a 404 can mean "not known"."""

    def steps():
        try:
            yield Question()
        except AskFailed as error:
            return Finding(PUBLIC, outcome=Outcome.NOTHING, reason=error.kind)

    done = runner(Speaker([AskFailed("not there", kind="not-found")])).run("x.y", Oracle, PUBLIC, steps())
    assert (done.finding.outcome, done.finding.reason) == (Outcome.NOTHING, "not-found")


def test_a_question_that_cannot_be_asked_is_an_error():
    """A wrong question is the analyst's to mend: it is raised, not turned into a finding."""

    def steps():
        raise QueryError("limit must be smaller")
        yield

    with pytest.raises(QueryError):
        runner(Speaker([])).run("x.y", Oracle, PUBLIC, steps())


@given(st.text(), st.text())
def test_equal_asks_have_equal_fingerprints(one, other):
    """The fingerprint of an ask is that of its description, whatever text is in it."""
    assert (Question(one).fingerprint == Question(other).fingerprint) == (one == other)
    assert len(Question("\ud800").fingerprint) == 64


def test_the_address_of_a_reply_is_its_content():
    """Two replies with one body have one address, at whatever time they came."""
    body = json.dumps({"said": 1}).encode()
    early, late = Reply(body, "a", datetime(2020, 1, 1, tzinfo=UTC)), Reply(body, "b", NOW, 404)
    assert early.fingerprint == late.fingerprint != Reply(body + b" ", "a", NOW).fingerprint
