"""The channel of WHOIS: whatever the server does, the answer is bounded in time and size, and goes to nobody inside."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from clew.entities import Outcome
from clew.errors import AskFailed, AskRefused
from clew.providers.base import Quota
from clew.providers.web.clock import Clock
from clew.providers.web.connections import Connections
from clew.providers.web.quota import Quotas
from clew.providers.web.reply_cache import ReplyCache
from clew.providers.whois.whois import Whois
from clew.providers.whois.whois_channel import MAX_REPLY, WhoisQuestion
from tests.providers.web.doubles import Time
from tests.providers.whois.servers import Handler, channel, drips, floods, hangs, resets, says, serving

QUESTION = WhoisQuestion("whois.nic.example", "update-check.example")


def test_a_question_is_one_line_and_the_answer_is_all_that_is_said():
    """The query goes out with the end of a line, and what comes back until the end is the reply, byte by byte."""
    with serving(says(b"Domain Name: UPDATE-CHECK.EXAMPLE\r\n\xff\x00")) as server:
        reply = channel(server.port).send(QUESTION, Whois)
    assert server.seen == [b"update-check.example\r\n"]
    assert (reply.body, reply.status, reply.sent) == (b"Domain Name: UPDATE-CHECK.EXAMPLE\r\n\xff\x00", 200, True)


@pytest.mark.parametrize(
    ("behaviour", "kind", "told"),
    [
        (drips, "timeout", "did not answer within 0.3 s"),
        (hangs, "timeout", "did not answer within 0.3 s"),
        (resets, "connect", "could not be asked"),
        (floods, "reply", "more than 1 MiB"),
    ],
)
def test_bad_servers_are_failures(behaviour, kind, told):
    """A server that drips, hangs, tears down or floods is a failure that says which, within the deadline."""
    seconds = 30.0 if kind == "reply" else 0.3
    with serving(behaviour) as server, pytest.raises(AskFailed, match=told) as caught:
        channel(server.port, seconds=seconds, lines=Connections(clock=Clock(sleep=lambda _: None))).send(
            QUESTION, Whois
        )
    assert caught.value.kind == kind


def test_a_connection_that_breaks_is_tried_again():
    """A torn connection is tried three times in all, and the first whole answer counts."""
    with serving(resets, resets, says(b"found")) as server:
        waited = Connections(clock=Clock(sleep=lambda _: None))
        assert channel(server.port, lines=waited).send(QUESTION, Whois).body == b"found"
    assert len(server.seen) == 3


def test_the_largest_reply_is_read_whole():
    """A reply as large as the bound is no failure."""
    with serving(says(b"x" * MAX_REPLY)) as server:
        assert len(channel(server.port).send(QUESTION, Whois).body) == MAX_REPLY


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1", "::1", "fe80::1"])
def test_a_server_that_leads_inside_is_not_dialled(inside):
    """A name out of a referral that resolves to an address inside is refused before anything is sent."""
    with serving(says(b"secrets")) as server, pytest.raises(AskRefused, match="leads inside") as caught:
        channel(server.port, leads_to=inside, allowed=False).send(QUESTION, Whois)
    assert (caught.value.kind, caught.value.sent, server.seen) == ("address", False, [])


def test_a_query_cannot_carry_a_second_one():
    """Control characters in a query are refused: nobody can smuggle a line into what is sent."""
    with serving(says(b"")) as server, pytest.raises(AskRefused, match="control characters"):
        channel(server.port).send(WhoisQuestion("whois.nic.example", "a.example\r\nb.example"), Whois)
    assert server.seen == []


def test_the_same_question_at_once_is_one():
    """Sixteen threads that ask the same while an answer is on its way get one answer, which was asked for once."""
    gate, bodies, lines = threading.Event(), list[bytes](), Connections()

    def behave(handler: Handler) -> None:
        gate.wait()
        handler.slowly(b"found")

    with serving(behave) as server:
        ways = channel(server.port, lines=lines, seconds=20)

        def ask() -> None:
            bodies.append(ways.send(QUESTION, Whois).body)

        threads = [threading.Thread(target=ask) for _ in range(16)]
        for thread in threads:
            thread.start()
        while lines.flights.waiter_count < 15:
            threading.Event().wait(0.001)  # until all of them wait for the first
        gate.set()
        for thread in threads:
            thread.join()
    assert (bodies, len(server.seen)) == ([b"found"] * 16, 1)


def test_a_good_answer_is_kept_and_a_bad_one_is_not(tmp_path):
    """What was understood is not asked again; what was not understood is."""
    with serving(says(b"one"), says(b"two")) as server:
        ways = channel(server.port, cache=ReplyCache(tmp_path, 2**20, Clock()))
        assert ways.send(QUESTION, Whois).body == b"one"
        ways.settle(QUESTION, Whois, Outcome.FAILED)
        assert ways.send(QUESTION, Whois).body == b"two"
        ways.settle(QUESTION, Whois, Outcome.FOUND)
        again = ways.send(QUESTION, Whois)
    assert (again.body, again.sent, len(server.seen)) == (b"two", False, 2)


class Sparing(Whois):
    """Allows one question a minute."""

    quotas = (Quota(1, timedelta(minutes=1)),)


def test_quotas_are_counted_for_each_server(tmp_path):
    """A server whose quota is used up is not asked, and says when it is; another one is."""
    with serving(says(b"found")) as server:
        ways = channel(server.port, quotas=Quotas(tmp_path), lines=Connections(clock=Time().clock))
        ways.send(QUESTION, Sparing)
        with pytest.raises(AskRefused, match="quota") as caught:
            ways.send(WhoisQuestion("whois.nic.example", "other.example"), Sparing)
        ways.send(WhoisQuestion("whois.registrar.example", "other.example"), Sparing)
    assert "next call possible at" in caught.value.next_step
    assert len(server.seen) == 2


def test_one_server_that_fails_is_left_alone_and_others_are_not():
    """After five failures in a row a server is not asked for a while; the breaker of another one is its own."""
    lines = Connections(clock=Clock(sleep=lambda _: None))
    with serving(resets) as server:
        ways = channel(server.port, lines=lines)
        for number in range(5):
            with pytest.raises(AskFailed):
                ways.send(WhoisQuestion("whois.nic.example", f"a{number}.example"), Whois)
        before = len(server.seen)
        with pytest.raises(AskFailed, match="it failed 5 times in a row") as caught:
            ways.send(QUESTION, Whois)
        assert (caught.value.kind, len(server.seen)) == ("breaker", before)
        with pytest.raises(AskFailed, match="could not be asked"):
            ways.send(WhoisQuestion("whois.other.example", "a.example"), Whois)
        assert len(server.seen) > before
