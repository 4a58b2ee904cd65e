"""Running pivots: one, or one of many subjects, with what leaves the machine on its way at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import starmap
from typing import Any

from clew.entities import Entity
from clew.pivots.invocation import Invocation, Pivot, SubQuery
from clew.providers.concurrency import Task, run_concurrently
from clew.providers.exchange import Answer
from clew.providers.runner import Runner


def execute(runner: Runner, invocation: Invocation, pivot: Pivot) -> Answer:
    """Run all sub-queries of a pivot and combine their answers."""
    subject = invocation.subject
    sub_queries = pivot.sub_queries(subject, invocation.arguments)
    if sum(sub_query.provider.leaves for sub_query in sub_queries) > 1:
        return _execute_concurrently(runner, invocation, pivot, sub_queries)
    operations = [(sub_query.pivot, sub_query.provider, subject, sub_query.steps) for sub_query in sub_queries]
    return pivot.combine(subject, tuple(starmap(runner.run, operations)), invocation.arguments)


async def aexecute(runner: Runner, invocation: Invocation, pivot: Pivot) -> Answer:
    """The asynchronous twin of `execute`."""
    import asyncio

    subject = invocation.subject
    sub_queries = pivot.sub_queries(subject, invocation.arguments)
    # What is here is asked one after the other, as always; what is not, meanwhile.
    tasks = {
        index: asyncio.ensure_future(runner.arun(sub_query.pivot, sub_query.provider, subject, sub_query.steps))
        for index, sub_query in enumerate(sub_queries)
        if sub_query.provider.leaves
    }
    try:
        answers = [
            await (
                tasks[index]
                if index in tasks
                else runner.arun(sub_query.pivot, sub_query.provider, subject, sub_query.steps)
            )
            for index, sub_query in enumerate(sub_queries)
        ]
    finally:
        for task in tasks.values():
            task.cancel()
    return pivot.combine(subject, tuple(answers), invocation.arguments)


def execute_all(
    runner: Runner,
    pivot: Pivot,
    subjects: Sequence[Entity],
    arguments: Mapping[str, Any],
    keep: Callable[[int, Answer], None],
) -> None:
    """Run a pivot for each subject. Those whose pivot asks somebody outside are under way at the same time.

    Args:
        keep: hears of each answer as it comes, with the place of its subject. When something ends it early, it has
            heard of every answer that was there.

    Raises:
        BaseException: a mistake, or a signal; an ask that fails is an outcome of its answer instead.
    """
    providers = [provider for row in pivot.source_pivots(arguments) for provider in row.providers]
    limits = [provider.concurrency for provider in providers if provider.leaves]
    if not limits:
        for index, subject in enumerate(subjects):
            keep(index, execute(runner, Invocation(pivot.name, subject, arguments), pivot))
        return

    def start_tasks() -> Iterator[Task[tuple[_PendingAnswer, int]]]:
        for index, subject in enumerate(subjects):
            sub_queries = pivot.sub_queries(subject, arguments)
            pending = _PendingAnswer(index, subject, len(sub_queries))
            if not sub_queries:
                keep(index, pivot.combine(subject, (), arguments))
            yield from _tasks(runner, subject, sub_queries, pending)

    def collect(key: tuple[_PendingAnswer, int], answer: Answer) -> None:
        pending, number = key
        answers = pending.add(number, answer)
        if answers is not None:
            keep(pending.index, pivot.combine(pending.subject, answers, arguments))

    # A thread for each place at each source: nobody waits because another source is slow.
    run_concurrently(start_tasks(), sum(limits), collect)


def _execute_concurrently(
    runner: Runner, invocation: Invocation, pivot: Pivot, sub_queries: Sequence[SubQuery]
) -> Answer:
    subject = invocation.subject
    pending = _PendingAnswer(0, subject, len(sub_queries))

    def collect(key: tuple[_PendingAnswer, int], answer: Answer) -> None:
        pending.add(key[1], answer)

    run_concurrently(_tasks(runner, subject, sub_queries, pending), len(sub_queries), collect)
    return pivot.combine(subject, pending.all_answers(), invocation.arguments)


def _tasks(
    runner: Runner, subject: Entity, sub_queries: Sequence[SubQuery], pending: _PendingAnswer
) -> Iterator[Task[tuple[_PendingAnswer, int]]]:
    for number, sub_query in enumerate(sub_queries):
        yield Task((pending, number), runner.start(sub_query.pivot, sub_query.provider, subject, sub_query.steps))


@dataclass(slots=True)
class _PendingAnswer:
    """The answers of the sub-queries of one subject, in their order, whichever comes first."""

    index: int
    subject: Entity
    size: int
    answers: dict[int, Answer] = field(default_factory=dict[int, Answer])

    def add(self, number: int, answer: Answer) -> tuple[Answer, ...] | None:
        """The answers of all sub-queries, if this was the last."""
        self.answers[number] = answer
        return self.all_answers() if len(self.answers) == self.size else None

    def all_answers(self) -> tuple[Answer, ...]:
        return tuple(self.answers[number] for number in range(self.size))
