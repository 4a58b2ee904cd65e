"""The steps of a case, read once and checked on the way: what is said of each, and which do not count any more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from clew.graph.events import Branched, Event, Imported, Opened, Pivoted, Redone, Step, Undone, Unmerged, singles


@dataclass(frozen=True, slots=True)
class Entry:
    """One step.

    Attributes:
        start: when it began; UTC.
        end: when it was done.
        pivot: which one ran; empty where none did.
        imported: the content address of the rows that it brought in; empty where it brought none.
    """

    number: int
    hash: str
    by: str
    tool: str
    kind: str
    start: datetime
    end: datetime
    pivot: str
    imported: str


@dataclass(slots=True)
class Log:
    """All steps of a case.

    Attributes:
        title: of the case.
        begun: the hash of the step with which this case, or this branch, began: nothing else has that.
        taken_back: the steps that do not count, each with the step that took it back.
    """

    title: str = ""
    begun: str = ""
    entries: list[Entry] = field(default_factory=list[Entry])
    taken_back: dict[int, int] = field(default_factory=dict[int, int])

    @classmethod
    def of(cls, steps: Iterable[Step]) -> Log:
        """Read the steps. Raises CaseDamaged at the first that was changed."""
        log = cls()
        unmerged: dict[int, int] = {}
        for step in steps:
            match step.event:
                case Opened(title):
                    log.title, log.begun = title, step.hash
                case Branched():
                    log.begun = step.hash
                case Undone(taken):
                    log.taken_back |= dict.fromkeys(taken, step.number)
                case Redone(taken):
                    for number in taken:
                        log.taken_back.pop(number, None)
                case Unmerged(merge):
                    unmerged[step.number] = merge
                case _:
                    pass
            log.entries.append(_entry(step))
        log.taken_back |= {merge: by for by, merge in unmerged.items() if by not in log.taken_back}
        return log


def _entry(step: Step) -> Entry:
    event = step.event
    pivot = event.invocation.pivot if isinstance(event, Pivoted) else getattr(event, "pivot", "")
    times = [step.at, *_times(event)]
    imported = event.evidence if isinstance(event, Imported) else ""
    return Entry(step.number, step.hash, step.by, step.tool, event.kind, min(times), max(times), pivot, imported)


def _times(event: Event) -> list[datetime]:
    """When others were asked."""
    return [exchange.at for single in singles(event) for exchange in single.exchanges if exchange.sent]
