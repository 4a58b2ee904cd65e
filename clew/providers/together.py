"""Many operations at once: what leaves waits in threads of its own, and everything else happens in the one that asks.

Operations, recordings and the gate are run there one after the other, so nothing of theirs has to be safe for threads.
What a thread sends comes back as a value, and which comes first changes no answer.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from clew.providers.base import Batch, Provider
from clew.providers.bundles import sent_as_one
from clew.providers.exchange import Answer
from clew.providers.interrupts import held
from clew.providers.runner import Run, Sent

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Errand(Generic[T]):
    """One operation among many, and whose it is."""

    of: T
    run: Run


@dataclass(frozen=True, slots=True)
class _Sent(Generic[T]):
    """What came of sending errands as one: a reply or its trouble for each, or what must not happen."""

    errands: list[Errand[T]]
    got: list[Sent] | None = None
    mistake: BaseException | None = None


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[T]):
    """Errands that can be sent as one with others, until there are enough, or no more to come."""

    bundles: dict[tuple[type[Provider], int], list[Errand[T]]] = field(
        default_factory=dict[tuple[type[Provider], int], list[Errand[T]]]
    )

    def add(self, errand: Errand[T], batch: Batch) -> list[Errand[T]] | None:
        """Have an errand wait; the bundle that it makes full, if it does."""
        key = (errand.run.provider, id(batch))
        bundle = self.bundles.setdefault(key, [])
        bundle.append(errand)
        return self.bundles.pop(key) if len(bundle) >= batch.size else None

    def next(self) -> list[Errand[T]] | None:
        """A bundle that is not full."""
        return self.bundles.pop(next(iter(self.bundles))) if self.bundles else None


def together(errands: Iterable[Errand[T]], size: int, done: Callable[[T, Answer], None]) -> None:
    """Run operations, at most so many of them at once.

    When something ends it early, what was received by then is done, and the rest is left: those on their way too.

    Args:
        done: hears of each answer as it comes, in this thread.

    Raises:
        BaseException: whatever is raised by an operation, by `done`, by sending, or by a signal.
    """
    crew: _Crew[T] = _Crew(size)
    left = iter(errands)
    with held(crew.wake) as interrupts:
        try:
            while True:
                interrupts.check()
                errand = next(left, None) if crew.has_room else None
                if errand is not None:
                    _go_on(errand, crew, done)
                elif crew.has_room and (bundle := crew.waiting.next()):
                    crew.give(bundle)
                elif crew.out:
                    _hear(crew.next(), crew, done)
                else:
                    return
        finally:
            for sent in crew.dismiss():
                _hear(sent, None, done)


def _hear(sent: _Sent[T] | None, crew: _Crew[T] | None, done: Callable[[T, Answer], None]) -> None:
    """Go on with operations that have their replies. Without a crew they go no further than they can by themselves."""
    if sent is None:
        return  # a signal came
    if sent.got is not None:
        for errand, got in zip(sent.errands, sent.got, strict=True):
            errand.run.tell(got)
            _go_on(errand, crew, done)
    elif sent.mistake is not None and crew is not None:
        raise sent.mistake


def _go_on(errand: Errand[T], crew: _Crew[T] | None, done: Callable[[T, Answer], None]) -> None:
    run = errand.run
    while run.ask is not None:
        known = run.recall() if run.ask.bundled is not None else None
        if run.ask.leaves and known is None:
            break
        run.tell(known or run.send())
    if run.ask is None:
        done(errand.of, run.finish())
    elif crew is not None:
        batch = run.ask.bundled
        full = [errand] if batch is None else crew.waiting.add(errand, batch)
        if full:
            crew.give(full)


class _Crew(Generic[T]):
    """Threads that send. They are made as they are needed; nobody has to wait for one that hangs, not even the exit."""

    def __init__(self, size: int) -> None:
        #: How many bundles were given and not heard of, and those that are not full yet.
        self.out = 0
        self.waiting: _Waiting[T] = _Waiting()
        self._size = size
        self._threads = 0
        self._given: SimpleQueue[tuple[contextvars.Context, list[Errand[T]]] | None] = SimpleQueue()
        self._sent: SimpleQueue[_Sent[T] | None] = SimpleQueue()

    @property
    def has_room(self) -> bool:
        """Whether another bundle would be sent at once."""
        return self.out < self._size

    def give(self, errands: list[Errand[T]]) -> None:
        """Have the asks of errands sent as one, with the context variables of this moment."""
        self.out += 1
        self._given.put((contextvars.copy_context(), errands))
        if self._threads < self.out:
            self._threads += 1
            threading.Thread(target=self._work, name="clew-send", daemon=True).start()

    def next(self) -> _Sent[T] | None:
        """The next that comes; waits for it. None if it was woken instead."""
        sent = self._sent.get()
        self.out -= sent is not None
        return sent

    def wake(self) -> None:
        """Let `next` return, from a signal handler too."""
        self._sent.put(None)

    def dismiss(self) -> list[_Sent[T]]:
        """Send nothing more; returns what has come already."""
        came: list[_Sent[T]] = []
        with suppress(Empty):
            while True:
                self._given.get_nowait()
        with suppress(Empty):
            while True:
                sent = self._sent.get_nowait()
                came += [] if sent is None else [sent]
        for _ in range(self._threads):
            self._given.put(None)
        return came

    def _work(self) -> None:
        while (given := self._given.get()) is not None:
            context, errands = given
            try:
                self._sent.put(_Sent(errands, got=context.run(sent_as_one, [errand.run for errand in errands])))
            except BaseException as error:  # noqa: BLE001 - raised again by the thread that asks
                self._sent.put(_Sent(errands, mistake=error))
            del given, context, errands  # not kept while waiting for the next
