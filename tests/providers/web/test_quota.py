"""What a source allows a key holds for all windows, all threads and all processes of a user."""

from __future__ import annotations

import logging
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import httpx
import pytest

from clew.errors import AskRefused
from clew.providers.base import Quota
from clew.providers.web import HttpRequest
from clew.providers.web.clock import Deadline
from clew.providers.web.quota import Quotas
from tests.providers.web.doubles import KEY, VARIABLE, Time, Vendor, channel
from tests.providers.web.faults import reply, serving

OK = httpx.Response(200, json={})


class Rationed(Vendor):
    """Allows two calls a second and five a minute."""

    quotas: ClassVar[tuple[Quota, ...]] = (Quota(2, timedelta(seconds=1)), Quota(5, timedelta(minutes=1)))


def take(quotas: Quotas, time: Time, seconds: float = 3600, key: str = "k") -> float:
    """Make a call as soon as it is allowed; says when that was."""
    with quotas.turn(Rationed, key, Deadline.after(seconds, time.clock)):
        return time.seconds


def test_every_window_holds(tmp_path):
    """Of any second two calls are allowed, and of any minute five, whichever is the narrower at the time."""
    time, quotas = Time(), Quotas(tmp_path)
    taken = [take(quotas, time) for _ in range(12)]
    for calls, span in ((2, 1.0), (5, 60.0)):
        assert all(sum(first <= at < first + span for at in taken) <= calls for first in taken)
    assert taken[-1] < 60 * 2 + 5 * 1.1 + 1


def test_what_does_not_fit_the_deadline_is_told(tmp_path):
    """It is refused at once, with the time of the next call, and nothing is sent."""
    time = Time()
    way, asked = channel(OK, time=time, quotas=Quotas(tmp_path))
    for number in range(6):
        request = HttpRequest("GET", Vendor.url, (("n", str(number)),))
        if number < 5:
            way.send(request, Rationed)
    with pytest.raises(AskRefused) as refused:
        way.send(request, Rationed)
    assert (refused.value.kind, refused.value.sent, len(asked)) == ("quota", False, 5)
    assert "next call possible at 2026-03-17T09:16:0" in refused.value.next_step
    assert KEY not in str(refused.value)


def test_each_attempt_is_a_call(tmp_path):
    """The source counts what it is sent, and so retries count too."""
    time = Time()
    way, asked = channel(httpx.Response(503), time=time, quotas=Quotas(tmp_path), seconds=20)
    outcomes = []
    for number in range(3):
        with pytest.raises(Exception, match="Vendor") as error:
            way.send(HttpRequest("GET", Vendor.url, (("n", str(number)),)), Rationed)
        outcomes.append(error.value.kind)
    assert (len(asked), outcomes) == (5, ["status", "quota", "quota"])


def test_another_key_has_a_quota_of_its_own(tmp_path):
    """Quotas belong to keys."""
    time, quotas = Time(), Quotas(tmp_path)
    assert [take(quotas, time, key=key) for key in "aabbcc"] == [0.0] * 6


class OtherFace(Rationed):
    """Another way to ask the same vendor, with the same account."""

    name: ClassVar[str] = "other-face"
    counted_with: ClassVar[str] = Rationed.name


def test_two_ways_to_one_account_have_one_quota(tmp_path):
    """The calls of two providers with one account and one key are counted together."""
    time, quotas = Time(), Quotas(tmp_path)
    taken = [take(quotas, time)]
    with quotas.turn(OtherFace, "k", Deadline.after(3600, time.clock)):
        taken.append(time.seconds)
    taken.append(take(quotas, time))
    assert (taken[:2], taken[2] >= 1.0) == ([0.0, 0.0], True)


def test_what_an_account_allows_holds_instead(tmp_path):
    """What is said of an account replaces what its source allows everybody, for all ways to it; none is no limit."""
    time = Time()
    own = Quotas(tmp_path, {Rationed.name: (Quota(6, timedelta(seconds=1)),)})
    assert [take(own, time) for _ in range(6)] == [0.0] * 6
    assert own.quotas_of(OtherFace) == own.quotas_of(Rationed) == (Quota(6, timedelta(seconds=1)),)
    assert take(own, time) >= 1.0
    unlimited = Quotas(tmp_path, {Rationed.name: ()})
    began = time.seconds
    assert [take(unlimited, time) for _ in range(50)] == [began] * 50


def test_a_narrow_quota_forgets_nothing_that_others_count(tmp_path):
    """A process that is told of a second alone keeps the calls that another counts by the minute."""
    time = Time()
    narrow = Quotas(tmp_path, {Rationed.name: (Quota(5, timedelta(seconds=1)),)})
    for _ in range(5):
        take(Quotas(tmp_path), time)
    time.seconds += 10
    take(narrow, time)
    with pytest.raises(AskRefused):
        take(Quotas(tmp_path), time, seconds=5)


def test_another_session_goes_on_counting(tmp_path):
    """What one process used is used for the next."""
    time = Time()
    for _ in range(5):
        take(Quotas(tmp_path), time)
    with pytest.raises(AskRefused):
        take(Quotas(tmp_path), time, seconds=30)


def test_a_source_that_says_when_to_come_back_is_not_asked_before(tmp_path):
    """A Retry-After holds for everybody who has the key, for a day at most: it may be wrong about the year."""
    time = Time()
    said = httpx.Response(429, headers={"Retry-After": "99999999"})
    way, asked = channel(said, OK, time=time, quotas=Quotas(tmp_path))
    for _ in range(3):
        with pytest.raises(AskRefused, match="quota"):
            way.send(HttpRequest("GET", Vendor.url), Rationed)
    assert len(asked) == 1
    time.seconds += 24 * 3600
    assert way.send(HttpRequest("GET", Vendor.url), Rationed).status == 200


def test_a_call_that_never_ended_counts_until_its_deadline(tmp_path):
    """A process that was killed in the middle leaves its call behind: it counts for as long as it could have lasted."""
    time, quotas = Time(), Quotas(tmp_path)
    turns = [quotas.turn(Rationed, "k", Deadline.after(10, time.clock)) for _ in range(2)]
    for turn in turns:
        turn.__enter__()
    time.seconds += 5
    assert take(quotas, time) >= 10


def test_a_clock_that_was_put_back_blocks_nobody(tmp_path):
    """Calls that are said to be made next year count from now."""
    time, quotas = Time(seconds=365 * 86400), Quotas(tmp_path)
    for _ in range(5):
        take(quotas, time)
    time.seconds = 0
    assert take(quotas, time) < 70


def _with_other_tables(file: Path) -> None:
    connection = sqlite3.connect(file)
    connection.executescript("DROP TABLE calls; CREATE TABLE calls (x)")
    connection.close()


DAMAGE: dict[str, Callable[[Path], object]] = {
    "no database": lambda file: file.write_bytes(b"not a database" * 1000),
    "half a database": lambda file: os.truncate(file, file.stat().st_size // 2),
    "empty": lambda file: file.write_bytes(b""),
    "zeros inside": lambda file: file.write_bytes(file.read_bytes()[:100] + bytes(file.stat().st_size - 100)),
    "other tables": _with_other_tables,
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_count_is_begun_anew_and_told(tmp_path, caplog, damage):
    """Whatever the file has become, the call is made and counted."""
    time, quotas = Time(), Quotas(tmp_path)
    take(quotas, time)
    damage(tmp_path / "quotas.sqlite")
    with caplog.at_level(logging.WARNING, "clew"):
        taken = [take(quotas, time) for _ in range(3)]
    assert taken[2] > taken[0]
    # An empty file is one that was never written to.
    assert ("begun anew" in caplog.text) == (damage is not DAMAGE["empty"])


def test_a_folder_that_cannot_be_written_stops_no_call(tmp_path, caplog):
    """Where nothing can be counted the call is made, and that is told."""
    (tmp_path / "web").write_text("a file")
    with caplog.at_level(logging.WARNING, "clew"):
        take(Quotas(tmp_path / "web"), Time())
    assert "calls are not counted" in caplog.text


def test_the_count_knows_no_key(tmp_path):
    """The file is for the user alone, and holds fingerprints."""
    way, _ = channel(OK, quotas=Quotas(tmp_path))
    way.send(HttpRequest("GET", Vendor.url), Rationed)
    file = tmp_path / "quotas.sqlite"
    assert KEY.encode() not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0


# Loads everything once, and is then eight processes with three threads each.
_ASKER = """
import os, sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from clew.providers.base import Provider, Quota
from clew.providers.web import HttpRequest
from clew.providers.web.http_channel import HttpChannel
from clew.providers.web.quota import Quotas

class Vendor(Provider):
    name, title, leaves, secret = "vendor", "Vendor", True, "CLEW_TEST_KEY"
    quotas = (Quota(20, timedelta(seconds=0.25)),)

def work(who, url, folder):
    way = HttpChannel(quotas=Quotas(Path(folder)))
    asks = [HttpRequest("GET", url, (("n", f"{who}-{number}"),)) for number in range(30)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda ask: way.send(ask, Vendor), asks))

children = []
for who in range(8):
    child = os.fork()
    if not child:
        work(who, *sys.argv[1:])
        os._exit(0)
    children.append(child)
sys.exit(any(os.waitpid(child, 0)[1] for child in children))
"""


def test_processes_share_a_quota(tmp_path):
    """8 processes x 30 calls at a limit of 20 in a window: all are answered, and no window at the server has more."""
    environment = {**os.environ, VARIABLE: KEY}
    with serving(reply()) as server:
        command = [sys.executable, "-c", _ASKER, server.url, str(tmp_path)]
        subprocess.run(command, env=environment, check=True, timeout=60)
        at = sorted(seen.at for seen in server.seen)
    assert len({seen.path for seen in server.seen}) == len(at) == 240
    assert max(sum(first <= other < first + 0.25 for other in at) for first in at) <= 20
