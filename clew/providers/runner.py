"""One driver for every operation: recordings first, then the gate, then the channel that answers.

The driver does no I/O. `run` and `arun` are its two shells; both see the same asks in the same order.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator, Mapping
from datetime import datetime

from clew.entities import Entity, Finding, Outcome
from clew.errors import AskError, AskSkipped, EntityError
from clew.providers.base import Ask, Channel, Provider, Reply, Steps
from clew.providers.exchange import Answer, Exchange, Recordings, Trouble
from clew.providers.gate import Gate

Sent = Reply | AskError
# How pure parsing fails on a reply that is not what the vendor documents.
_PARSER_ERRORS = (ArithmeticError, AttributeError, EntityError, LookupError, TypeError, ValueError)


@dataclasses.dataclass(frozen=True, slots=True)
class Runner:
    """Runs operations.

    Attributes:
        channels: by the name that an ask gives.
        recordings: asked before anything is sent.
        gate: asked before anything leaves.
        clock: the time of an exchange, in UTC.
    """

    channels: Mapping[str, Channel]
    recordings: Recordings
    gate: Gate
    clock: Callable[[], datetime]

    def run(self, pivot: str, provider: type[Provider], subject: Entity, steps: Steps | Finding) -> Answer:
        """Run an operation to its end. An ask that fails becomes the outcome of the finding, not an exception."""
        driver = self._drive(pivot, provider, subject, steps)
        try:
            ask = next(driver)
            while True:
                ask = driver.send(self._send(ask, provider))
        except StopIteration as stop:
            return _answer(stop)

    async def arun(self, pivot: str, provider: type[Provider], subject: Entity, steps: Steps | Finding) -> Answer:
        """The asynchronous twin of `run`; waiting happens in worker threads."""
        # Loaded here: most sessions are synchronous, and it is a tenth of importing clew.
        import asyncio

        driver = self._drive(pivot, provider, subject, steps)
        try:
            ask = next(driver)
            while True:
                ask = driver.send(await asyncio.to_thread(self._send, ask, provider))
        except StopIteration as stop:
            return _answer(stop)

    def _send(self, ask: Ask, provider: type[Provider]) -> Sent:
        channel = self.channels.get(ask.channel) or provider.channels().get(ask.channel)
        if channel is None:
            return AskSkipped(f"there is no way to ask {provider.title} here", kind="no-source")
        try:
            return channel.send(ask, provider)
        except AskError as error:
            return error

    def _drive(
        self, pivot: str, provider: type[Provider], subject: Entity, steps: Steps | Finding
    ) -> Generator[Ask, Sent, Answer]:
        """Yields what really has to be sent; returns the answer."""
        exchanges: list[Exchange] = []
        replies: dict[str, Reply] = {}
        try:
            if isinstance(steps, Finding):
                finding = steps
            else:
                finding = yield from self._exchange(steps, provider, subject, exchanges, replies)
        except AskError as error:
            finding = Finding(subject, outcome=Outcome(error.outcome), reason=error.reason)
        except _PARSER_ERRORS as error:
            if not exchanges:
                raise  # nothing was received yet: a mistake in clew, not in a reply
            what = f"{provider.title}'s reply could not be understood: {type(error).__name__}: {error}"
            finding = Finding(subject, outcome=Outcome.FAILED, reason=what)
        finding = dataclasses.replace(
            finding,
            pivot=pivot,
            provider=provider.name,
            asked_at=exchanges[-1].at if exchanges else self.clock(),
            evidence=tuple(dict.fromkeys(exchange.evidence for exchange in exchanges if exchange.evidence)),
        )
        return Answer(finding, tuple(exchanges), replies)

    def _exchange(
        self,
        steps: Steps,
        provider: type[Provider],
        subject: Entity,
        exchanges: list[Exchange],
        replies: dict[str, Reply],
    ) -> Generator[Ask, Sent, Finding]:
        try:
            ask = next(steps)
            while True:
                got, sent = self._known(ask, provider, subject), False
                if got is None:
                    got, sent = (yield ask), True
                exchanges.append(_record(ask, provider, got, sent=sent, now=self.clock()))
                if isinstance(got, AskError):
                    # The operation may know what the error means to it (a 404 can be an answer).
                    ask = steps.throw(got)
                else:
                    replies[got.fingerprint] = got
                    ask = steps.send(got)
        except StopIteration as stop:
            finding: Finding = stop.value
            return finding

    def _known(self, ask: Ask, provider: type[Provider], subject: Entity) -> Sent | None:
        known = self.recordings.find(ask, provider.name, self.clock())
        if known is not None:
            return known
        try:
            self.gate.check(ask, provider, subject)
        except AskError as error:
            return error
        return None


def _record(ask: Ask, provider: type[Provider], got: Sent, *, sent: bool, now: datetime) -> Exchange:
    common = (ask.described(), ask.fingerprint, provider.name)
    if isinstance(got, AskError):
        return Exchange(*common, at=now, sent=sent, trouble=Trouble.of(got))
    return Exchange(*common, at=got.at, sent=sent, evidence=got.fingerprint, media_type=got.media_type,
                    status=got.status)  # fmt: skip


def _answer(stop: StopIteration) -> Answer:
    answer: Answer = stop.value
    return answer
