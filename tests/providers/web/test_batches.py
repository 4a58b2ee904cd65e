"""Many asks at once: every row comes back, what arrived is kept, and nothing depends on which comes first."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import httpx
import pytest

from clew import Investigation, IpAddress
from clew.entities import Finding, Outcome
from clew.graph.case import Case
from clew.graph.recording.case_recorder import CaseRecorder
from clew.graph.store import Store
from clew.pivots.binding import Menu, bind
from clew.pivots.execution import aexecute, execute
from clew.pivots.invocation import Invocation
from clew.pivots.lookup import Lookup
from clew.pivots.workspace import Workspace
from clew.providers.base import Provider, operation
from clew.providers.ti import abuseipdb
from clew.providers.web.connections import Connections
from clew.settings import Settings
from tests.providers.web.doubles import KEY, START, VARIABLE, Time, Vendor, addresses
from tests.providers.web.faults import Behaviour, Seen, Server, by, reply, reset, serving, slow

SAID = reply(b'{"said": "hello"}')


def vendor(name: str, url: str = Vendor.url, places: int = 10) -> type[Provider]:
    """A vendor of that name, at that address."""
    body = {"name": name, "title": name.title(), "url": url, "concurrency": places}
    return type(name, (Vendor,), {**body, "ip": operation(calls=1, facts=("said",))(Vendor.ip.function)})


def menu(*vendors: type[Provider]) -> type[Menu[Any]]:
    """A menu with a row for each vendor, and one that asks them all."""
    rows: dict[str, Any] = {each.name: bind(vars(each)["ip"]) for each in vendors}
    return type("Menu", (Menu,), {"__orig_bases__": (Menu[IpAddress],), "menu": "m", **rows, "all": Lookup()})


def perform(session: Any, pivot: Any, values: list[str]) -> list[Finding]:
    """What the pivot says of each value."""
    runs = session.session if isinstance(session, Case) else session
    return runs.perform_all(pivot, [IpAddress(value) for value in values], pivot.complete({}), lambda _: None)


def pretended(respond: Any, time: Time | None = None) -> Workspace:
    """A workspace whose network is a function, on a clock that nobody waits for."""
    made = Workspace(Settings(), transport=lambda: httpx.MockTransport(respond))
    made._shared_connections = Connections(lambda: httpx.MockTransport(respond), clock=(time or Time()).clock)
    return made


def said(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"said": "hello"})


@pytest.fixture
def around(tmp_path: Path) -> Workspace:
    return Workspace(Settings(cache=tmp_path / "cache"))


def asked(server: Server) -> list[str]:
    """The addresses that the server was asked about."""
    return [seen.path.partition("ip=")[2] for seen in server.seen]


# --- rows ------------------------------------------------------------------------------------------------------------


def test_300_rows_with_one_fault_are_299_answers_and_one_typed_row(around):
    """One value at which the source breaks costs its own row, and no other."""
    values = addresses(300)

    def choose(seen: Seen) -> Behaviour:
        return reply(status=500) if seen.path.endswith(f"={values[150]}") else SAID

    with serving(by(choose)) as server:
        heard = perform(around, menu(vendor("vendor", server.url)).vendor, values)
    assert [finding.subject.value for finding in heard] == values
    assert [finding.outcome for finding in heard].count(Outcome.FOUND) == 299
    assert (heard[150].outcome, heard[150].reason) == (Outcome.FAILED, "Vendor answered with status 500")
    assert len(server.seen) == 302


def test_a_reset_among_200_costs_no_row(around):
    """It is asked again, and the row is there."""
    with serving(*[SAID] * 100, reset(), SAID) as server:
        heard = perform(around, menu(vendor("vendor", server.url)).vendor, addresses(200))
    assert [finding.outcome for finding in heard] == [Outcome.FOUND] * 200
    assert len(server.seen) == 201


@pytest.mark.parametrize("places", [1, 3])
def test_no_more_are_on_their_way_than_a_source_has_places(around, places):
    """From all threads together, counted at the server."""
    with serving(slow(0.01, SAID)) as server:
        row = menu(vendor("vendor", server.url, places)).vendor
        threads = [
            threading.Thread(target=perform, args=(around, row, part))
            for part in (addresses(30)[:15], addresses(30)[15:])
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (server.most, len(server.seen)) == (places, 30)


def test_progress_is_told_as_it_comes():
    """Each answer is told once."""
    told: list[int] = []
    row = menu(vendor("vendor")).vendor
    pretended(said).perform_all(row, [IpAddress(value) for value in addresses(7)], {}, told.append)
    assert told == [1] * 7


def test_a_refused_key_is_one_message_for_the_batch(around):
    """The source is told a wrong key once for each place at most; all rows say the same."""
    with serving(reply(status=401)) as server:
        heard = perform(around, menu(vendor("vendor", server.url, 2)).vendor, addresses(40))
    assert {(finding.outcome, finding.reason) for finding in heard} == {
        (Outcome.REFUSED, f"Vendor refused the key (status 401); check the key {VARIABLE}")
    }
    assert len(server.seen) <= 2


def test_what_was_asked_is_not_asked_again(around):
    """A second run over a longer column asks for the rest; another workspace of the user too."""
    with serving(SAID) as server:
        row = menu(vendor("vendor", server.url)).vendor
        perform(around, row, addresses(20))
        perform(Workspace(around.settings), row, addresses(30))
    assert sorted(asked(server)) == sorted(addresses(30))


def test_replies_can_be_forgotten_or_not_kept_at_all(around):
    """The setting `reply_cache=0` keeps none; `forget_replies` forgets those that are kept."""
    none = Workspace(Settings(cache=around.settings.cache, reply_cache=0))
    with serving(SAID) as server:
        row = menu(vendor("vendor", server.url)).vendor
        for session in (none, none, around, around):
            perform(session, row, addresses(1))
        around.forget_replies()
        perform(around, row, addresses(1))
    assert len(server.seen) == 4


# --- several sources -------------------------------------------------------------------------------------------------


def test_sources_of_a_look_up_are_asked_at_the_same_time():
    """Each answers only when all are asked; the parts are in the order of the menu."""
    all_asked = threading.Barrier(3)

    def respond(_: httpx.Request) -> httpx.Response:
        all_asked.wait(10)
        return said(_)

    pivot = menu(vendor("one"), vendor("two"), vendor("three")).all
    invocation = Invocation(pivot.name, IpAddress("9.9.9.9"), pivot.complete({}))
    waited = execute(pretended(respond).runner(), invocation, pivot)
    other = asyncio.run(aexecute(pretended(respond).runner(), invocation, pivot))
    assert [part.provider for part in waited.finding.parts] == ["one", "two", "three"]
    assert waited == other
    assert [exchange.provider for exchange in waited.exchanges] == ["one", "two", "three"]


def test_a_case_is_the_same_whichever_answer_comes_first():
    """Two runs in which the answers overtake each other are one and the same case, to the byte."""

    def late(request: httpx.Request) -> httpx.Response:
        threading.Event().wait(random.random() / 100)
        return httpx.Response(200, json={"said": str(request.url)})

    digests = set()
    for _ in range(3):
        with Case(CaseRecorder(Store(None), workspace=pretended(late), clock=lambda: START)) as case:
            perform(case, menu(vendor("one"), vendor("two")).all, addresses(25))
            case.session.perform(
                Invocation("m.all", IpAddress("9.9.9.9"), {"providers": ["one", "two"]}),
                menu(vendor("one"), vendor("two")).all,
            )
            digests.add(case.tables.digest())
            orders = [
                [exchange.ask["params"]["ip"] for exchange in single.exchanges]
                for step in case.history
                for single in getattr(step.event, "answers", ())
            ]
            assert orders == [[value] * 2 for value in addresses(25)]
    assert len(digests) == 1


def test_context_variables_go_along():
    """What is set where a pivot is called is set where it is sent."""
    mark: ContextVar[str] = ContextVar("mark")
    heard: list[tuple[str, bool]] = []

    def respond(request: httpx.Request) -> httpx.Response:
        heard.append((mark.get(), threading.current_thread() is threading.main_thread()))
        return said(request)

    mark.set("here")
    perform(pretended(respond), menu(vendor("vendor")).vendor, addresses(5))
    assert heard == [("here", False)] * 5


def test_a_mistake_in_a_thread_is_raised():
    """What is no trouble of the network is a mistake, and is not hidden in a row."""

    def respond(_: httpx.Request) -> httpx.Response:
        raise ZeroDivisionError("a mistake")

    with pytest.raises(ZeroDivisionError, match="a mistake"):
        perform(pretended(respond), menu(vendor("vendor")).vendor, addresses(30))


def test_a_batch_does_not_change_what_signals_do():
    """The handlers are those from before, also after a mistake."""
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    perform(pretended(said), menu(vendor("vendor")).vendor, addresses(3))
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


# --- interruptions ---------------------------------------------------------------------------------------------------

# Asks about a column in a case; the server interrupts it in the middle.
_SESSION = """
import sys
from pathlib import Path
from clew import Investigation, IpAddress
from clew.pivots.workspace import Workspace
from clew.providers.ti import abuseipdb
from clew.settings import Settings

url, folder, count = sys.argv[1:]
abuseipdb._URL = url
values = [IpAddress(f"9.9.9.{number}") for number in range(1, int(count) + 1)]
around = Workspace(Settings(cache=Path(folder) / "cache"))
with Investigation.open(Path(folder) / "x.clew", workspace=around) as case:
    case.session.perform_all(IpAddress.ti.abuseipdb, values, {"max_age_days": 90}, lambda _: None)
"""
REPORT = reply(b'{"data": {"abuseConfidenceScore": 1, "totalReports": 1}}')


def session(server: Server, folder: Path, count: int) -> subprocess.Popen[bytes]:
    """A process that asks."""
    command = [sys.executable, "-c", _SESSION, server.url, str(folder), str(count)]
    return subprocess.Popen(command, env={**os.environ, "CLEW_ABUSEIPDB_KEY": KEY}, stderr=subprocess.PIPE)


def go_on(folder: Path, count: int) -> None:
    """The same in this process, some time later."""
    with Investigation.open(folder / "x.clew", workspace=Workspace(Settings(cache=folder / "cache"))):
        IpAddress.ti.abuseipdb.over([f"9.9.9.{number}" for number in range(1, count + 1)])


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Callable[[Behaviour], AbstractContextManager[Server]]:
    """AbuseIPDB, on loopback."""

    @contextmanager
    def start(behave: Behaviour) -> Iterator[Server]:
        monkeypatch.setenv("CLEW_ABUSEIPDB_KEY", KEY)
        with serving(behave) as server:
            monkeypatch.setattr(abuseipdb, "_URL", server.url)
            yield server

    return start


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, -signal.SIGINT), (signal.SIGTERM, 143)])
def test_what_arrived_before_an_interruption_is_kept(tmp_path, served, number, code):
    """Ctrl-C and SIGTERM: each answer that was received is in the case; running again asks only for what is missing."""
    hold, held = threading.Event(), threading.Semaphore(0)

    def behave(handler: Any) -> None:
        if len(handler.server.seen) > 20 and not hold.is_set():
            held.release()
            hold.wait(20)
        REPORT(handler)

    with served(behave) as server:
        first = session(server, tmp_path, 40)
        for _ in range(10):
            assert held.acquire(timeout=20)  # all places are taken by asks that hang
        first.send_signal(number)
        first.communicate(timeout=20)
        assert first.returncode == code
        with Investigation.open(tmp_path / "x.clew") as case:
            kept = [subject.removeprefix("ip:") for subject in case.tables.findings().subject]
        assert len(kept) == 20
        hold.set()
        server.seen.clear()
        go_on(tmp_path, 40)
        again = [seen.path.partition("ipAddress=")[2].partition("&")[0] for seen in server.seen]
        assert Investigation.replay(tmp_path / "x.clew").identical
    assert sorted([*kept, *again]) == sorted(f"9.9.9.{value}" for value in range(1, 41))


def test_a_session_that_is_killed_leaves_its_answers_in_the_cache(tmp_path, served):
    """Killed without a word, before the case has them: the next one asks only for what had not arrived."""
    last, free = threading.Event(), threading.Event()

    def behave(handler: Any) -> None:
        if len(handler.server.seen) >= 30 and not free.is_set():
            last.set()
            free.wait(20)
        REPORT(handler)

    with served(behave) as server:
        first = session(server, tmp_path, 30)
        assert last.wait(20)
        first.kill()
        first.communicate(timeout=20)
        free.set()
        server.seen.clear()
        go_on(tmp_path, 30)
        # At most those that were on their way: ten places.
        assert 1 <= len(server.seen) <= 10
