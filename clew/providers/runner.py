"""One driver for every operation: recordings first, then the gate, then the channel that answers.

The driver does no I/O. `run`, `arun` and `run_concurrently` are its shells; all see the same asks in the same order.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator, Mapping
from datetime import datetime

from clew.entities import Entity, Finding, Outcome
from clew.errors import AskError, AskSkipped, EntityError
from clew.providers.base import Ask, BatchingChannel, CachingChannel, Channel, Provider, Reply, Steps
from clew.providers.exchange import Answer, ErrorRecord, Exchange, Recordings
from clew.providers.gate import Gate

AskResult = Reply | AskError
#: How pure parsing fails on a reply that is not what the vendor documents.
PARSER_ERRORS = (ArithmeticError, AttributeError, EntityError, LookupError, TypeError, ValueError)


class Run:
    """One operation on its way: what it asks next, until it has its answer.

    Attributes:
        ask: what has to be sent next; None when the answer is there.
        provider: who is asked.
        replied_asks: asks that were sent and got a reply.
    """

    def __init__(
        self, driver: Generator[Ask, AskResult, Answer], provider: type[Provider], channels: Mapping[str, Channel]
    ) -> None:
        self.ask: Ask | None = None
        self._driver = driver
        self.provider = provider
        self._channels = channels
        self._answer: Answer | None = None
        self.replied_asks: list[Ask] = []
        self._advance(None)

    def send(self) -> AskResult:
        """Send the ask, and wait: the one part that may be done by another thread."""
        if self.ask is None:
            raise RuntimeError("there is nothing to send")
        channel = self.channel(self.ask)
        if channel is None:
            return no_channel_error(self.provider)
        try:
            return channel.send(self.ask, self.provider)
        except AskError as error:
            return error

    def recall(self) -> Reply | None:
        """The good reply that its channel keeps to the ask, if it keeps any."""
        channel = self.channel(self.ask) if self.ask is not None else None
        return channel.recall(self.ask, self.provider) if self.ask and isinstance(channel, BatchingChannel) else None

    def resume(self, result: AskResult) -> None:
        """What came of the ask; the operation goes on to the next, or to its answer."""
        if self.ask is not None and isinstance(result, Reply) and result.sent:
            self.replied_asks.append(self.ask)
        self._advance(result)

    def finish(self) -> Answer:
        """The answer. Channels that keep replies hear what theirs meant."""
        if self._answer is None:
            raise RuntimeError("the operation is not at its end")
        exchanges = self._answer.exchanges
        for ask in self.replied_asks:
            # An operation that went on, or met other trouble later, did understand this one.
            is_last = exchanges[-1].fingerprint == ask.fingerprint and exchanges[-1].trouble is None
            channel = self.channel(ask)
            if isinstance(channel, CachingChannel):
                channel.settle(ask, self.provider, self._answer.finding.outcome if is_last else Outcome.FOUND)
        return self._answer

    def _advance(self, result: AskResult | None) -> None:
        try:
            self.ask = next(self._driver) if result is None else self._driver.send(result)
        except StopIteration as stop:
            self.ask, self._answer = None, stop.value

    def channel(self, ask: Ask) -> Channel | None:
        """The way on which an ask goes; None where there is none."""
        return self._channels.get(ask.channel) or self.provider.channels().get(ask.channel)


def no_channel_error(provider: type[Provider]) -> AskSkipped:
    """What is said where there is no way to a source."""
    return AskSkipped(f"there is no way to ask {provider.title} here", kind="no-source", sent=False)


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
        run = self.start(pivot, provider, subject, steps)
        while run.ask is not None:
            run.resume(run.send())
        return run.finish()

    async def arun(self, pivot: str, provider: type[Provider], subject: Entity, steps: Steps | Finding) -> Answer:
        """The asynchronous twin of `run`; waiting happens in worker threads."""
        # Loaded here: most sessions are synchronous, and it is a tenth of importing clew.
        import asyncio

        run = self.start(pivot, provider, subject, steps)
        while run.ask is not None:
            run.resume(await asyncio.to_thread(run.send))
        return await asyncio.to_thread(run.finish) if run.replied_asks else run.finish()

    def start(self, pivot: str, provider: type[Provider], subject: Entity, steps: Steps | Finding) -> Run:
        """Begin an operation, and go on to the first ask that has to be sent."""
        return Run(self._drive(pivot, provider, subject, steps), provider, self.channels)

    def _drive(
        self, pivot: str, provider: type[Provider], subject: Entity, steps: Steps | Finding
    ) -> Generator[Ask, AskResult, Answer]:
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
        except PARSER_ERRORS as error:
            if not exchanges:
                raise  # nothing was received yet: a mistake in clew, not in a reply
            message = f"{provider.title}'s reply could not be understood: {type(error).__name__}: {error}"
            finding = Finding(subject, outcome=Outcome.FAILED, reason=message)
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
    ) -> Generator[Ask, AskResult, Finding]:
        try:
            ask = next(steps)
            while True:
                result, was_sent = self._local_result(ask, provider, subject), False
                if result is None:
                    result = yield ask
                    was_sent = result.sent
                exchanges.append(_record(ask, provider, result, was_sent=was_sent, now=self.clock()))
                if isinstance(result, AskError):
                    # The operation may know what the error means to it (a 404 can be an answer).
                    ask = steps.throw(result)
                else:
                    replies[result.fingerprint] = result
                    ask = steps.send(result)
        except StopIteration as stop:
            finding: Finding = stop.value
            return finding

    def _local_result(self, ask: Ask, provider: type[Provider], subject: Entity) -> AskResult | None:
        recording = self.recordings.find(ask, provider.name, self.clock())
        if recording is not None:
            return recording
        try:
            self.gate.check(ask, provider, subject)
        except AskError as error:
            return error
        return None


def _record(ask: Ask, provider: type[Provider], result: AskResult, *, was_sent: bool, now: datetime) -> Exchange:
    common = (ask.description(), ask.fingerprint, provider.name)
    if isinstance(result, AskError):
        return Exchange(
            *common,
            at=now,
            sent=was_sent,
            trouble=ErrorRecord.of(result),
            leaves=ask.leaves,
            attempts=result.attempts,
            together=result.together,
        )
    return Exchange(
        *common,
        at=result.at,
        sent=was_sent,
        evidence=result.fingerprint,
        media_type=result.media_type,
        status=result.status,
        leaves=ask.leaves,
        attempts=result.attempts,
        together=result.together,
    )
