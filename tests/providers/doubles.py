"""A made-up provider, and a channel that says what it is told."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from clew.entities import Fact, Finding, IpAddress
from clew.providers.base import Ask, Provider, Reply, Steps, operation
from clew.providers.exchange import NoRecordings, Recordings
from clew.providers.gate import Gate
from clew.providers.runner import Runner

NOW = datetime(2026, 3, 17, 9, 15, tzinfo=UTC)
# Public, so that the gate lets it pass; nobody is ever asked.
PUBLIC = IpAddress("8.8.4.4")


@dataclass(frozen=True, slots=True)
class Question(Ask):
    """An ask that leaves."""

    channel: ClassVar[str] = "double"
    leaves: ClassVar[bool] = True
    text: str = ""

    def description(self) -> dict[str, Any]:
        return {"text": self.text}


class Oracle(Provider):
    """Asks as often as it is told, and reports what it heard."""

    name: ClassVar[str] = "oracle"
    title: ClassVar[str] = "Oracle"
    leaves: ClassVar[bool] = True

    @operation(calls=1)
    def ip(self, ip: IpAddress, *, times: int = 1) -> Steps:
        """What the oracle says.

        Args:
            times: how often it is asked.
        """
        heard = []
        for number in range(times):
            reply = yield Question(f"{ip.value} {number}")
            heard.append(reply.object()["said"])
        return Finding(ip, facts=tuple(Fact("said", text) for text in heard), returned=len(heard), available=len(heard))


class Prober(Oracle):
    """Touches the suspect's own infrastructure."""

    name: ClassVar[str] = "prober"
    title: ClassVar[str] = "Prober"
    active: ClassVar[bool] = True


def answer(said: object) -> Reply:
    """A reply that the oracle understands."""
    return Reply(json.dumps({"said": said}).encode(), "application/json", NOW)


@dataclass
class Speaker:
    """A channel that gives its lines in order and keeps what it was asked."""

    lines: Iterable[Reply | Exception]
    asked: list[Ask] = field(default_factory=list)

    def send(self, ask: Ask, provider: type[Provider]) -> Reply:
        """The next line."""
        line = [*self.lines][len(self.asked)]
        self.asked.append(ask)
        if isinstance(line, Exception):
            raise line
        return line


def runner(speaker: Any, *, gate: Gate | None = None, recordings: Recordings | None = None) -> Runner:
    """A runner whose only way out is the speaker."""
    return Runner({"double": speaker}, recordings or NoRecordings(), gate or Gate(), lambda: NOW)
