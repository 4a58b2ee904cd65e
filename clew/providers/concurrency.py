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
from clew.providers.batching import send_batch
from clew.providers.deferred_signals import deferred_signals
from clew.providers.exchange import Answer
from clew.providers.runner import AskResult, Run

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Task(Generic[T]):
    """One operation among many, and whose it is."""

    owner: T
    run: Run


@dataclass(frozen=True, slots=True)
class _BatchResult(Generic[T]):
    """What came of sending tasks as one: a reply or an error for each, or what must not happen."""

    tasks: list[Task[T]]
    results: list[AskResult] | None = None
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class _PendingBatches(Generic[T]):
    """Errands that can be sent as one with others, until there are enough, or no more to come."""

    batches: dict[tuple[type[Provider], int], list[Task[T]]] = field(
        default_factory=dict[tuple[type[Provider], int], list[Task[T]]]
    )

    def add(self, task: Task[T], batch: Batch) -> list[Task[T]] | None:
        """Have a task wait; the batch that it makes full, if it does."""
        key = (task.run.provider, id(batch))
        tasks = self.batches.setdefault(key, [])
        tasks.append(task)
        return self.batches.pop(key) if len(tasks) >= batch.size else None

    def pop(self) -> list[Task[T]] | None:
        """A batch that is not full."""
        return self.batches.pop(next(iter(self.batches))) if self.batches else None


def run_concurrently(tasks: Iterable[Task[T]], size: int, on_answer: Callable[[T, Answer], None]) -> None:
    """Run operations, at most so many of them at once.

    When something ends it early, what was received by then is done, and the rest is left: those on their way too.

    Args:
        on_answer: hears of each answer as it comes, in this thread.

    Raises:
        BaseException: whatever is raised by an operation, by `on_answer`, by sending, or by a signal.
    """
    pool: _WorkerPool[T] = _WorkerPool(size)
    remaining = iter(tasks)
    with deferred_signals(pool.wake) as signals:
        try:
            while True:
                signals.check()
                task = next(remaining, None) if pool.has_capacity else None
                if task is not None:
                    _advance(task, pool, on_answer)
                elif pool.has_capacity and (batch := pool.pending.pop()):
                    pool.submit(batch)
                elif pool.in_flight:
                    _handle_result(pool.next_result(), pool, on_answer)
                else:
                    return
        finally:
            for batch_result in pool.shut_down():
                _handle_result(batch_result, None, on_answer)


def _handle_result(
    batch_result: _BatchResult[T] | None, pool: _WorkerPool[T] | None, on_answer: Callable[[T, Answer], None]
) -> None:
    """Go on with operations that have their replies. Without a pool they go no further than they can by themselves."""
    if batch_result is None:
        return  # a signal came
    if batch_result.results is not None:
        for task, result in zip(batch_result.tasks, batch_result.results, strict=True):
            task.run.resume(result)
            _advance(task, pool, on_answer)
    elif batch_result.error is not None and pool is not None:
        raise batch_result.error


def _advance(task: Task[T], pool: _WorkerPool[T] | None, on_answer: Callable[[T, Answer], None]) -> None:
    run = task.run
    while run.ask is not None:
        stored_reply = run.recall() if run.ask.batch_policy is not None else None
        if run.ask.leaves and stored_reply is None:
            break
        run.resume(stored_reply or run.send())
    if run.ask is None:
        on_answer(task.owner, run.finish())
    elif pool is not None:
        batch = run.ask.batch_policy
        tasks = [task] if batch is None else pool.pending.add(task, batch)
        if tasks:
            pool.submit(tasks)


class _WorkerPool(Generic[T]):
    """Threads that send. They are made as they are needed; nobody has to wait for one that hangs, not even the exit."""

    def __init__(self, size: int) -> None:
        #: How many batches were given and not heard of, and those that are not full yet.
        self.in_flight = 0
        self.pending: _PendingBatches[T] = _PendingBatches()
        self._size = size
        self._threads = 0
        self._jobs: SimpleQueue[tuple[contextvars.Context, list[Task[T]]] | None] = SimpleQueue()
        self._results: SimpleQueue[_BatchResult[T] | None] = SimpleQueue()

    @property
    def has_capacity(self) -> bool:
        """Whether another batch would be sent at once."""
        return self.in_flight < self._size

    def submit(self, tasks: list[Task[T]]) -> None:
        """Have the asks of tasks sent as one, with the context variables of this moment."""
        self.in_flight += 1
        self._jobs.put((contextvars.copy_context(), tasks))
        if self._threads < self.in_flight:
            self._threads += 1
            threading.Thread(target=self._work, name="clew-send", daemon=True).start()

    def next_result(self) -> _BatchResult[T] | None:
        """The next that comes; waits for it. None if it was woken instead."""
        result = self._results.get()
        self.in_flight -= result is not None
        return result

    def wake(self) -> None:
        """Let `next_result` return, from a signal handler too."""
        self._results.put(None)

    def shut_down(self) -> list[_BatchResult[T]]:
        """Send nothing more; returns what has come already."""
        results: list[_BatchResult[T]] = []
        with suppress(Empty):
            while True:
                self._jobs.get_nowait()
        with suppress(Empty):
            while True:
                result = self._results.get_nowait()
                results += [] if result is None else [result]
        for _ in range(self._threads):
            self._jobs.put(None)
        return results

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            context, tasks = job
            try:
                self._results.put(_BatchResult(tasks, results=context.run(send_batch, [task.run for task in tasks])))
            except BaseException as error:  # noqa: BLE001 - raised again by the thread that asks
                self._results.put(_BatchResult(tasks, error=error))
            del job, context, tasks  # not kept while waiting for the next
