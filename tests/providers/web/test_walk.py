"""A call is one list of steps, walked once: what goes down comes up again, and little stands on the stack meanwhile."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Generator
from contextvars import copy_context
from pathlib import Path

import httpx
import pytest

import clew
from clew.entities import Finding, IpAddress, Outcome
from clew.errors import AskFailed
from clew.graph.case import Case
from clew.pivots.session import use_workspace
from clew.pivots.workspace import Workspace
from clew.providers.ti.abuseipdb import AbuseIpDb
from clew.providers.web.call_walk import Call, Step, walk
from clew.providers.web.clock import Clock, Deadline
from clew.providers.web.raw_response import RawResponse
from clew.settings import Settings
from tests.providers.web.doubles import Vendor, ask

PACKAGE = Path(clew.__file__).parent
#: Frames of clew from the call that an analyst writes down to the one that hands it to the transport.
FRAMES = [
    "PivotCall.__call__",
    "Workspace.perform",
    "execute",
    "Runner.run",
    "Run.send",
    "HttpChannel.send",
    "walk",
    "HttpChannel._exchange",
]
Response = Generator[None, RawResponse, RawResponse]


@pytest.fixture
def frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Finding]], list[str]]:
    """What stands on the stack between a call and `HttpTransport.fetch`, outermost first."""
    monkeypatch.setenv(AbuseIpDb.secret, "0123456789abcdef")
    stacks: list[list[str]] = []

    def respond(_: httpx.Request) -> httpx.Response:
        codes = [frame.f_code for frame, _ in traceback.walk_stack(None)]
        names = [code.co_qualname for code in reversed(codes) if Path(code.co_filename).is_relative_to(PACKAGE)]
        stacks.append(names[: names.index("HttpTransport.fetch")])
        return httpx.Response(200, json={"data": {"abuseConfidenceScore": 1, "totalReports": 1}})

    def call(pivot: Callable[[], Finding]) -> list[str]:
        around = Workspace(Settings(cache=tmp_path), transport=lambda: httpx.MockTransport(respond))
        context = copy_context()
        context.run(use_workspace, around)
        assert context.run(pivot).outcome is Outcome.FOUND
        (stack,) = stacks
        return stack

    return call


def test_eight_frames_stand_between_a_call_and_its_exchange(frames):
    """From `ip.ti.abuseipdb()` to the transport clew has 8 frames, the call itself among them."""
    assert frames(IpAddress("9.9.9.9").ti.abuseipdb) == FRAMES
    assert len(FRAMES) == 8


def test_a_case_stands_in_the_place_of_the_workspace(frames, tmp_path):
    """In an open case there are as many: it runs the pivot itself."""

    def in_case() -> Finding:
        with Case.open(tmp_path / "x.clew"):
            return IpAddress("9.9.9.9").ti.abuseipdb()

    assert frames(in_case) == [name.replace("Workspace", "CaseSession") for name in FRAMES]


def call() -> Call:
    return Call(ask(), Vendor, "Vendor", Deadline.after(10, Clock()))


def noting(name: str, log: list[str]) -> Step:
    """A step that writes down when it is passed, and how."""

    def step(_: Call) -> Response:
        log.append(f"> {name}")
        try:
            response = yield
        except BaseException as error:
            log.append(f"! {name} {type(error).__name__}")
            raise
        log.append(f"< {name}")
        return response

    return step


def test_steps_are_passed_downwards_and_back_up():
    """Each step sees the call before those below it, and what came of it after them."""
    log: list[str] = []
    steps = [noting("a", log), noting("b", log)]
    assert walk(steps, lambda _: RawResponse(200, {}, b"x"), call()).body == b"x"
    assert log == ["> a", "> b", "< b", "< a"]


def test_a_step_that_answers_is_the_last():
    """What it gives goes up, and neither the steps below it nor the exchange happen."""
    log: list[str] = []

    def answers(_: Call) -> Response:
        return RawResponse(304, {}, b"kept")
        yield

    def never(_: Call) -> RawResponse:
        raise AssertionError("it was asked")

    assert walk([noting("a", log), answers, noting("b", log)], never, call()).body == b"kept"
    assert log == ["> a", "< a"]


def test_a_step_has_those_below_it_repeated():
    """Each time they begin anew, whether they had a response or an error."""
    log: list[str] = []
    said = iter([AskFailed("no", kind="connect"), RawResponse(200, {}, b"x")])

    def twice(_: Call) -> Response:
        try:
            return (yield)
        except AskFailed:
            log.append("again")
        return (yield)

    def exchange(_: Call) -> RawResponse:
        result = next(said)
        if isinstance(result, AskFailed):
            raise result
        return result

    assert walk([twice, noting("b", log)], exchange, call()).body == b"x"
    assert log == ["> b", "! b AskFailed", "again", "> b", "< b"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, AskFailed("no", kind="connect"), ZeroDivisionError])
def test_every_step_hears_what_ends_a_call(error):
    """An interruption, too, goes through all of them, so that each lets go of what it holds; then it is raised."""
    log: list[str] = []
    steps = [noting("a", log), noting("b", log)]

    def exchange(_: Call) -> RawResponse:
        raise error

    with pytest.raises(error if isinstance(error, type) else type(error)):
        walk(steps, exchange, call())
    assert [line[:3] for line in log] == ["> a", "> b", "! b", "! a"]
