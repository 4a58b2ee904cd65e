"""Replies that are still good are not asked for again; nothing else is kept."""

from __future__ import annotations

import logging
import sqlite3
from datetime import timedelta
from typing import ClassVar

import httpx
import pytest

from clew.entities import IpAddress, Outcome
from clew.errors import AskError
from clew.providers.exchange import NoRecordings
from clew.providers.gate import Gate
from clew.providers.runner import Runner
from clew.providers.web.reply_cache import ReplyCache
from tests.providers.web.doubles import KEY, START, VARIABLE, Said, Time, Vendor, ask, channel

ADDRESS = IpAddress("9.9.9.9")
GOOD = httpx.Response(200, json={"said": "hello"})


class Fleeting(Vendor):
    """Is good for an hour, and for a minute where it knows nothing."""

    lifetime: ClassVar[timedelta] = timedelta(hours=1)
    lifetime_nothing: ClassVar[timedelta] = timedelta(minutes=1)


class Desk:
    """Asks one vendor, with a cache, on a clock that nobody waits for."""

    def __init__(self, folder, *said: Said, limit: int = 2**20, fresh: bool = False):
        self.time = Time()
        self.cache = ReplyCache(folder, limit, self.time.clock)
        self.way, self.asked = channel(*said, time=self.time, cache=self.cache, fresh=fresh)

    def pivot(self, address: IpAddress = ADDRESS):
        runner = Runner({"http": self.way}, NoRecordings(), Gate(), self.time.now)
        return runner.run("x.vendor", Fleeting, address, Fleeting.ip.steps(address))


def test_a_good_reply_is_kept(tmp_path):
    """The second answer is that of the first, with its time, and says that it was not sent."""
    desk = Desk(tmp_path, GOOD)
    first = desk.pivot()
    desk.time.seconds += 3500
    second = desk.pivot()
    assert len(desk.asked) == 1
    assert second.finding == first.finding
    assert [answer.exchanges[0].sent for answer in (first, second)] == [True, False]
    assert [answer.exchanges[0].at for answer in (first, second)] == [START, START]


def test_another_session_knows_it_too(tmp_path):
    """The cache is the user's, not the process's."""
    Desk(tmp_path, GOOD).pivot()
    desk = Desk(tmp_path, httpx.Response(500))
    assert (desk.pivot().finding.outcome, desk.asked) == (Outcome.FOUND, [])


@pytest.mark.parametrize(("status", "seconds", "times"), [(200, 3599, 1), (200, 3601, 2), (404, 59, 1), (404, 61, 2)])
def test_found_and_nothing_have_lifetimes_of_their_own(tmp_path, status, seconds, times):
    """What is unknown today may be known in a minute."""
    desk = Desk(tmp_path, httpx.Response(status, json={"said": "hello"}))
    desk.pivot()
    desk.time.seconds += seconds
    desk.pivot()
    assert len(desk.asked) == times


@pytest.mark.parametrize(
    "bad",
    [
        *[httpx.Response(status, json={"said": "x"}) for status in (401, 403, 429, 500, 503)],
        httpx.ReadTimeout(""),
        httpx.ReadError(""),
        httpx.Response(200, text="<html>busy</html>"),
        httpx.Response(200, json={"error": "quota"}),
    ],
    ids=str,
)
def test_trouble_is_never_kept(tmp_path, bad):
    """Refusals, errors, time-outs and pages that are no answer are no verdict, and are asked again the next time."""
    desk = Desk(tmp_path, bad)
    finding = desk.pivot().finding
    assert (finding.outcome in (Outcome.FAILED, Outcome.REFUSED), finding.verdict) == (True, "unknown")
    later = Desk(tmp_path, GOOD)
    later.pivot()
    assert len(later.asked) == 1


def test_a_reply_that_nobody_understood_yet_is_kept_for_a_moment(tmp_path):
    """Between its arrival and its meaning a process may die: then it is soon asked again."""
    desk = Desk(tmp_path, GOOD)
    desk.way.send(ask(), Vendor)
    assert desk.way.send(ask(), Vendor).sent is False
    desk.time.seconds += 61
    assert desk.way.send(ask(), Vendor).sent is True


def test_another_key_is_told_something_else(tmp_path, monkeypatch):
    """A reply belongs to the key that it was given to."""
    desk = Desk(tmp_path, GOOD)
    desk.pivot()
    monkeypatch.setenv(VARIABLE, "canary-of-another-tier")
    other = Desk(tmp_path, GOOD)
    other.pivot()
    assert len(other.asked) == 1


def test_asking_anew_passes_the_cache_by(tmp_path):
    """A live replay asks again what is known; what it hears is kept."""
    Desk(tmp_path, GOOD).pivot()
    desk = Desk(tmp_path, GOOD, fresh=True)
    desk.pivot()
    assert len(desk.asked) == 1


def test_the_oldest_go_when_there_is_no_room(tmp_path):
    """The bodies together stay within the limit; one that is larger than all of it is not kept."""
    desk = Desk(tmp_path, httpx.Response(200, json={"said": "x" * 1000}), limit=5 * 1012)
    addresses = [IpAddress(f"9.9.9.{number}") for number in range(1, 8)]
    for address in addresses:
        desk.pivot(address)
        desk.time.seconds += 1
    with sqlite3.connect(tmp_path / "replies.sqlite") as connection:
        assert connection.execute("SELECT count(*) FROM replies").fetchone() == (5,)
    connection.close()
    desk.pivot(addresses[-1])
    assert len(desk.asked) == 7
    desk.pivot(addresses[0])
    assert len(desk.asked) == 8
    assert Desk(tmp_path, GOOD, limit=5).pivot().finding.outcome is Outcome.FOUND


def test_a_changed_body_is_not_used(tmp_path):
    """A body that is not what was kept is asked for again."""
    desk = Desk(tmp_path, GOOD)
    desk.pivot()
    with sqlite3.connect(tmp_path / "replies.sqlite") as connection:
        connection.execute("UPDATE replies SET body = ?", (b'{"said": "goodbye"}',))
    connection.close()
    assert desk.pivot().finding.fact("said") == "hello"
    assert len(desk.asked) == 2


def test_a_damaged_cache_stops_nothing(tmp_path, caplog):
    """It is begun anew, and that is told."""
    Desk(tmp_path, GOOD).pivot()
    (tmp_path / "replies.sqlite").write_bytes(b"?" * 9000)
    with caplog.at_level(logging.WARNING, "clew"):
        desk = Desk(tmp_path, GOOD)
        assert [desk.pivot().finding.outcome for _ in range(2)] == [Outcome.FOUND] * 2
    assert len(desk.asked) == 1
    assert "begun anew" in caplog.text


def test_the_cache_can_be_cleared(tmp_path):
    """Afterwards everything is asked."""
    desk = Desk(tmp_path, GOOD)
    desk.pivot()
    desk.cache.clear()
    desk.pivot()
    assert len(desk.asked) == 2


def test_the_cache_knows_no_key(tmp_path):
    """A reply that says the key back is kept without it; the file is for the user alone."""
    desk = Desk(tmp_path, httpx.Response(200, json={"said": f"your key is {KEY}"}))
    desk.pivot()
    file = tmp_path / "replies.sqlite"
    assert KEY.encode() not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0


def test_an_ask_that_fails_says_so_although_the_cache_cannot_be_used(tmp_path):
    """A cache that cannot be opened changes no outcome."""
    (tmp_path / "web").write_text("a file")
    with pytest.raises(AskError):
        Desk(tmp_path / "web", httpx.Response(401)).way.send(ask(), Vendor)
