"""Those who ask the same at the same time share one request."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from clew.errors import AskError, AskFailed
from clew.providers.base import Reply
from clew.providers.web.call_walk import Call, walk
from clew.providers.web.clock import Clock, Deadline
from clew.providers.web.connections import Connections
from clew.providers.web.http_channel import HttpChannel
from clew.providers.web.raw_response import RawResponse
from clew.providers.web.single_flight import SingleFlight
from tests.providers.web.doubles import Vendor, ask

MANY = 64


def asked_together(answer: Any) -> tuple[list[Any], int]:
    """What 64 threads hear that ask the same, and how many requests that took. None is answered before all wait."""
    requests: list[str] = []
    all_wait = threading.Event()

    def respond(request: httpx.Request) -> httpx.Response:
        requests.append(str(request.url))
        all_wait.wait(10)
        return answer()

    lines = Connections(lambda: httpx.MockTransport(respond), clock=Clock(sleep=lambda _: None))
    way = HttpChannel(lines)

    def one(_: int) -> Reply | AskError:
        try:
            return way.send(ask(), Vendor)
        except AskError as error:
            return error

    with ThreadPoolExecutor(MANY) as pool:
        heard = [pool.submit(one, number) for number in range(MANY)]
        while lines.flights.waiter_count < MANY - 1:
            threading.Event().wait(0.01)
        all_wait.set()
        return [each.result() for each in heard], len(requests)


def test_64_threads_that_ask_the_same_are_one_request():
    """All have the answer, and one of them says that it was sent."""
    heard, requests = asked_together(lambda: httpx.Response(200, json={"said": 1}))
    assert requests == 1
    assert {each.body for each in heard} == {b'{"said":1}'}
    assert sorted(each.sent for each in heard) == [False] * (MANY - 1) + [True]


def test_a_failure_is_everybodys():
    """If the one request fails, all hear the same error, and there are no 64 retries."""
    heard, requests = asked_together(lambda: httpx.Response(501))
    assert requests == 1
    assert {(type(each), each.kind, each.message) for each in heard} == {
        (AskFailed, "status", "Vendor answered with status 501")
    }
    assert len({id(each) for each in heard}) == MANY


def join(flights: SingleFlight, exchange: Callable[[Call], RawResponse], seconds: float = 10) -> RawResponse:
    """The same call of everybody, by way of the step that shares it."""
    call = Call(ask(), Vendor, "Vendor", Deadline.after(seconds, Clock()))
    response: RawResponse = walk([lambda one: flights.join("x", one.deadline, source=one.source)], exchange, call)
    return response


def test_whoever_waits_goes_on_if_the_first_is_interrupted():
    """An interruption is no answer: the next one asks."""
    flights = SingleFlight()
    begun, go_on = threading.Event(), threading.Event()

    def interrupted(_: Call) -> RawResponse:
        begun.set()
        go_on.wait(10)
        raise KeyboardInterrupt

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(join, flights, interrupted)
        begun.wait(10)
        second = pool.submit(join, flights, lambda _: RawResponse(200, {}, b"reply"))
        go_on.set()
        with pytest.raises(KeyboardInterrupt):
            first.result(10)
        assert second.result(10).body == b"reply"


def test_nobody_waits_longer_than_their_own_deadline():
    """One that is slower than the deadline of another is not waited for."""
    flights, landed = SingleFlight(), threading.Event()

    def slow(_: Call) -> RawResponse:
        landed.wait(10)
        raise AskFailed("slow", kind="timeout")

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(join, flights, slow)
        while not flights._flights:
            threading.Event().wait(0.01)
        with pytest.raises(AskFailed, match=r"did not answer within 0\.05 s"):
            join(flights, slow, 0.05)
        landed.set()
        with pytest.raises(AskFailed):
            first.result(10)
