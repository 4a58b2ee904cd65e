"""Running pivots: one, or one of many subjects, with what leaves the machine on its way at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from clew.entities import Entity
from clew.pivots.invocation import Invocation, Leg, Pivot
from clew.providers.exchange import Answer
from clew.providers.runner import Runner
from clew.providers.together import Errand, together


def execute(runner: Runner, invocation: Invocation, pivot: Pivot) -> Answer:
    """Run all legs of a pivot and combine their answers."""
    subject = invocation.subject
    legs = pivot.legs(subject, invocation.arguments)
    if sum(leg.provider.leaves for leg in legs) > 1:
        return _at_once(runner, invocation, pivot, legs)
    answers = tuple(runner.run(leg.pivot, leg.provider, subject, leg.steps) for leg in legs)
    return pivot.combine(subject, answers, invocation.arguments)


async def aexecute(runner: Runner, invocation: Invocation, pivot: Pivot) -> Answer:
    """The asynchronous twin of `execute`."""
    import asyncio

    subject = invocation.subject
    legs = pivot.legs(subject, invocation.arguments)
    # What is here is asked one after the other, as always; what is not, meanwhile.
    away = {
        place: asyncio.ensure_future(runner.arun(leg.pivot, leg.provider, subject, leg.steps))
        for place, leg in enumerate(legs)
        if leg.provider.leaves
    }
    try:
        answers = [
            await (away[place] if place in away else runner.arun(leg.pivot, leg.provider, subject, leg.steps))
            for place, leg in enumerate(legs)
        ]
    finally:
        for waiting in away.values():
            waiting.cancel()
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
    asked = [provider for row in pivot.asked(arguments) for provider in row.providers]
    away = [provider.concurrency for provider in asked if provider.leaves]
    if not away:
        for place, subject in enumerate(subjects):
            keep(place, execute(runner, Invocation(pivot.name, subject, arguments), pivot))
        return

    def begun() -> Iterator[Errand[tuple[_Gathering, int]]]:
        for place, subject in enumerate(subjects):
            legs = pivot.legs(subject, arguments)
            gathering = _Gathering(place, subject, len(legs))
            if not legs:
                keep(place, pivot.combine(subject, (), arguments))
            yield from _errands(runner, subject, legs, gathering)

    def done(whose: tuple[_Gathering, int], answer: Answer) -> None:
        gathering, leg = whose
        whole = gathering.add(leg, answer)
        if whole is not None:
            keep(gathering.place, pivot.combine(gathering.subject, whole, arguments))

    # A thread for each place at each source: nobody waits because another source is slow.
    together(begun(), sum(away), done)


def _at_once(runner: Runner, invocation: Invocation, pivot: Pivot, legs: Sequence[Leg]) -> Answer:
    subject = invocation.subject
    gathering = _Gathering(0, subject, len(legs))

    def done(whose: tuple[_Gathering, int], answer: Answer) -> None:
        gathering.add(whose[1], answer)

    together(_errands(runner, subject, legs, gathering), len(legs), done)
    return pivot.combine(subject, gathering.whole(), invocation.arguments)


def _errands(
    runner: Runner, subject: Entity, legs: Sequence[Leg], gathering: _Gathering
) -> Iterator[Errand[tuple[_Gathering, int]]]:
    for number, leg in enumerate(legs):
        yield Errand((gathering, number), runner.start(leg.pivot, leg.provider, subject, leg.steps))


@dataclass(slots=True)
class _Gathering:
    """The answers of the legs of one subject, in the order of the legs, whichever comes first."""

    place: int
    subject: Entity
    size: int
    answers: dict[int, Answer] = field(default_factory=dict[int, Answer])

    def add(self, leg: int, answer: Answer) -> tuple[Answer, ...] | None:
        """The answers of all legs, if this was the last."""
        self.answers[leg] = answer
        return self.whole() if len(self.answers) == self.size else None

    def whole(self) -> tuple[Answer, ...]:
        return tuple(self.answers[leg] for leg in range(self.size))
