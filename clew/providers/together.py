"""Many operations at once: what leaves waits in threads of its own, and everything else happens in the one that asks.

Operations, recordings and the gate are run there one after the other, so nothing of theirs has to be safe for threads.
What a thread sends comes back as a value, and which comes first changes no answer.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

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
    """What came of sending: a reply or its trouble, or what must not happen."""

    errand: Errand[T]
    got: Sent | None = None
    mistake: BaseException | None = None


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
                elif crew.out:
                    _hear(crew.next(), crew, done)
                else:
                    return
        finally:
            for sent in crew.dismiss():
                _hear(sent, None, done)


def _hear(sent: _Sent[T] | None, crew: _Crew[T] | None, done: Callable[[T, Answer], None]) -> None:
    """Go on with an operation that has its reply. Without a crew it goes no further than it can by itself."""
    if sent is None:
        return  # a signal came
    if sent.got is not None:
        sent.errand.run.tell(sent.got)
        _go_on(sent.errand, crew, done)
    elif sent.mistake is not None and crew is not None:
        raise sent.mistake


def _go_on(errand: Errand[T], crew: _Crew[T] | None, done: Callable[[T, Answer], None]) -> None:
    run = errand.run
    while run.ask is not None and not run.ask.leaves:
        run.tell(run.send())
    if run.ask is None:
        done(errand.of, run.finish())
    elif crew is not None:
        crew.give(errand)


class _Crew(Generic[T]):
    """Threads that send. They are made as they are needed; nobody has to wait for one that hangs, not even the exit."""

    def __init__(self, size: int) -> None:
        #: How many errands were given and not heard of.
        self.out = 0
        self._size = size
        self._threads = 0
        self._given: SimpleQueue[tuple[contextvars.Context, Errand[T]] | None] = SimpleQueue()
        self._sent: SimpleQueue[_Sent[T] | None] = SimpleQueue()

    @property
    def has_room(self) -> bool:
        """Whether another errand would be sent at once."""
        return self.out < self._size

    def give(self, errand: Errand[T]) -> None:
        """Have an errand's ask sent, with the context variables of this moment."""
        self.out += 1
        self._given.put((contextvars.copy_context(), errand))
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
            context, errand = given
            try:
                self._sent.put(_Sent(errand, got=context.run(errand.run.send)))
            except BaseException as error:  # noqa: BLE001 - raised again by the thread that asks
                self._sent.put(_Sent(errand, mistake=error))
            del given, context, errand  # not kept while waiting for the next
