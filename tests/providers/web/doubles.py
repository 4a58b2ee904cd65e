"""A vendor that does not exist, a clock that nobody waits for, and a channel to a server on loopback."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import httpx

from clew.entities import Fact, Finding, IpAddress, Outcome
from clew.providers.base import Provider, Steps, operation
from clew.providers.web import HttpRequest, SecretLocation
from clew.providers.web.api_keys import Keys
from clew.providers.web.clock import Clock
from clew.providers.web.connections import Connections
from clew.providers.web.http_channel import HttpChannel

VARIABLE = "CLEW_TEST_KEY"
KEY = "canary-0123456789/ab+cd=="
START = datetime(2026, 3, 17, 9, 15, tzinfo=UTC)
HEADER = SecretLocation("header", "Key")


class Vendor(Provider):
    """A vendor with a key."""

    name: ClassVar[str] = "vendor"
    title: ClassVar[str] = "Vendor"
    leaves: ClassVar[bool] = True
    secret: ClassVar[str] = VARIABLE
    #: Where it is, for the time of a test.
    url: ClassVar[str] = "https://vendor.example/check"

    @operation(calls=1)
    def ip(self, ip: IpAddress) -> Steps:
        """What the vendor says."""
        reply = yield HttpRequest("GET", self.url, (("ip", ip.value),), HEADER, answers=frozenset({404}))
        if reply.status == 404:
            return Finding(ip, outcome=Outcome.NOTHING, reason="not known")
        return Finding(ip, facts=(Fact("said", str(reply.object()["said"])),), returned=1, available=1)


class Free(Provider):
    """A vendor without one."""

    name: ClassVar[str] = "free"
    title: ClassVar[str] = "Free"
    leaves: ClassVar[bool] = True


@dataclass
class Time:
    """Passes when somebody waits, and not otherwise. Chance always takes the most."""

    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)

    @property
    def clock(self) -> Clock:
        return Clock(self.now, lambda: self.seconds, self.wait, lambda: 1.0)

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds


Said = httpx.Response | Exception


def network(*said: Said) -> tuple[Callable[[], httpx.BaseTransport], list[httpx.Request]]:
    """A network that says this, in order, and goes on with the last; and what it was asked."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        line = said[min(len(asked), len(said)) - 1]
        if isinstance(line, Exception):
            raise line
        return httpx.Response(line.status_code, headers=line.headers, content=line.content)

    return lambda: httpx.MockTransport(answer), asked


def channel(*said: Said, time: Time | None = None, **more: Any) -> tuple[HttpChannel, list[httpx.Request]]:
    """A channel to such a network, on a clock that nobody waits for."""
    instead, asked = network(*said)
    return HttpChannel(Connections(instead, clock=(time or Time()).clock), keys=Keys(), **more), asked


def ask(url: str = Vendor.url, **more: Any) -> HttpRequest:
    """A request that everybody makes here."""
    return HttpRequest("GET", url, (("q", "a b&c"), ("verbose", "")), more.pop("secret", HEADER), **more)


def addresses(count: int) -> list[str]:
    """Public addresses; nobody is ever asked at any of them."""
    return [f"9.9.{number // 250}.{number % 250 + 1}" for number in range(count)]
