"""Trying again: what is worth it, when, and how often in all; and leaving a source alone that only fails."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.errors import AskError, AskFailed, AskRefused
from clew.providers.web import HttpRequest
from clew.providers.web.retry import MAX_SAVED, retry_after
from tests.providers.web.doubles import START, Free, Said, Time, Vendor, ask, channel

OK, DOWN = httpx.Response(200, json={}), httpx.Response(503)


def limited(wait: str) -> httpx.Response:
    return httpx.Response(429, headers={"Retry-After": wait})


@pytest.mark.parametrize(
    "passing",
    [
        DOWN,
        httpx.Response(500),
        httpx.Response(429),
        httpx.Response(408),
        httpx.ConnectError(""),
        httpx.ReadError(""),
        httpx.RemoteProtocolError(""),
    ],
    ids=str,
)
def test_passing_trouble_is_tried_three_times(passing: Said):
    """Two failures and an answer are an answer; the waits double, and chance takes up to all of them."""
    time = Time()
    way, asked = channel(passing, passing, OK, time=time)
    assert way.send(ask(), Vendor).status == 200
    assert (len(asked), time.waits) == (3, [0.5, 1.0])


@pytest.mark.parametrize("lasting", [httpx.Response(status) for status in (400, 401, 403, 404, 422, 501, 304)], ids=str)
def test_lasting_trouble_is_not_tried_again(lasting: httpx.Response):
    """What would be the same again is asked once."""
    way, asked = channel(lasting)
    with pytest.raises(AskError):
        way.send(ask(), Vendor)
    assert len(asked) == 1


def test_three_attempts_are_all():
    """The error is that of the last."""
    way, asked = channel(DOWN)
    with pytest.raises(AskFailed, match="status 503"):
        way.send(ask(), Vendor)
    assert len(asked) == 3


@pytest.mark.parametrize(("idempotent", "times"), [(False, 1), (True, 2)])
def test_a_post_is_repeated_only_if_it_may_be(idempotent, times):
    """Whoever asks has to say that sending it twice does no harm."""
    way, asked = channel(httpx.ReadError(""), OK)
    request = HttpRequest("POST", Vendor.url, json={}, idempotent=idempotent)
    if idempotent:
        way.send(request, Free)
    else:
        with pytest.raises(AskFailed):
            way.send(request, Free)
    assert len(asked) == times


@pytest.mark.parametrize("wait", ["7", " 7 ", format_datetime(START + timedelta(seconds=7), usegmt=True)])
def test_retry_after_is_honoured(wait):
    """As seconds and as a date: the next attempt is not made sooner."""
    time = Time()
    way, asked = channel(limited(wait), OK, time=time)
    way.send(ask(), Vendor)
    assert (len(asked), time.waits) == (2, [7.5])


@pytest.mark.parametrize(
    "wait",
    [
        "",
        "soon",
        "-5",
        "1e9",
        "<b>",
        "7.5",
        "Wed, 21 Oct 2015 07:28:00 GMT",
        "0",
        "Wed, 99 Foo 2015",
        "Mon, 01 Jan 0001 00:00:00 +2359",
    ],
)
def test_nonsense_and_the_past_in_retry_after_survive(wait):
    """They are as good as nothing: the usual wait, and none of it in what is said."""
    time = Time()
    way, asked = channel(limited(wait), time=time)
    with pytest.raises(AskRefused) as refused:
        way.send(ask(), Vendor)
    assert (len(asked), time.waits) == (3, [0.5, 1.0])
    assert not wait.strip() or wait == "0" or wait not in str(refused.value)


@pytest.mark.parametrize(
    ("wait", "when"),
    [
        ("3600", "2026-03-17T10:15:00"),
        ("Wed, 21 Apr 2027 09:15:00 GMT", "2027-04-21T09:15:00"),
        ("99999999999999999999", "2036-"),
    ],
)
def test_a_wait_beyond_the_deadline_is_told(wait, when):
    """It is not waited for: the refusal says when to try, and nothing more is sent."""
    time = Time()
    way, asked = channel(limited(wait), time=time)
    with pytest.raises(AskRefused) as refused:
        way.send(ask(), Vendor)
    assert refused.value.kind == "quota"
    assert f"try at {when}" in refused.value.next_step
    assert (len(asked), time.waits) == (1, [])


@given(st.one_of(st.text(), st.integers().map(str), st.datetimes().map(str)))
def test_any_retry_after_is_a_span_or_nothing(text):
    """Whatever stands there, it is seconds that a clock can count, or it is ignored."""
    seconds = retry_after({"retry-after": text}, START)
    assert seconds is None or START + timedelta(seconds=seconds) >= START


def test_all_retries_together_are_a_fifth_of_the_calls():
    """When all of a source is down, little is added to its load: a fifth, and what was saved up."""
    way, asked = channel(*[OK] * 100, *[DOWN, OK] * 100, *[httpx.Response(501)] * 1000)
    for number in range(300):
        try:
            way.send(HttpRequest("GET", Vendor.url, (("n", str(number)),)), Free)
        except AskFailed:
            continue
    assert len(asked) <= 300 * 1.2 + MAX_SAVED


def test_a_source_that_fails_is_left_alone_and_tried_later():
    """After five calls that failed nothing is sent; it says since when, and when it is tried again, with one call."""
    time = Time()
    way, asked = channel(DOWN, time=time)
    for _ in range(5):
        with pytest.raises(AskFailed, match="status 503"):
            way.send(ask(), Vendor)
    sent = len(asked)
    with pytest.raises(AskFailed, match="failed 5 times in a row since 2026-03-17T09:15") as left:
        way.send(ask(), Vendor)
    assert (left.value.kind, left.value.sent, len(asked)) == ("breaker", False, sent)
    assert "tried again at 2026-03-17T09:15" in left.value.next_step
    time.seconds += 30
    with pytest.raises(AskFailed, match="status 503"):
        way.send(ask(), Vendor)
    with pytest.raises(AskFailed, match="in a row"):
        way.send(ask(), Vendor)


def test_a_source_that_is_back_is_asked_again():
    """One call that is answered, be it with a refusal, is enough."""
    time = Time()
    failing = [httpx.Response(501)] * 5
    way, asked = channel(*failing, httpx.Response(403), OK, time=time)
    for _ in failing:
        with pytest.raises(AskFailed):
            way.send(ask(), Vendor)
    time.seconds += 30
    with pytest.raises(AskRefused):
        way.send(ask(), Vendor)
    assert way.send(ask(), Vendor).status == 200
    assert len(asked) == 7


def test_another_source_is_not_left_alone():
    """Each source has its own."""
    way, _ = channel(*[httpx.Response(501)] * 5, OK)
    for _ in range(5):
        with pytest.raises(AskFailed):
            way.send(ask(), Vendor)
    assert way.send(ask(), Free).status == 200
