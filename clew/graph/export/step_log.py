"""The steps of a case, read once and checked on the way: what is said of each, and which do not count any more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from clew.graph.format.events import (
    Branched,
    Event,
    Imported,
    Opened,
    Pivoted,
    Step,
    pivot_events,
)
from clew.graph.format.undo import UndoTracker


@dataclass(frozen=True, slots=True)
class ExportLogEntry:
    """One step.

    Attributes:
        start: when it began; UTC.
        end: when it was done.
        pivot: which one ran; empty where none did.
        import_evidence: the content address of the rows that it brought in; empty where it brought none.
    """

    number: int
    hash: str
    by: str
    tool: str
    kind: str
    start: datetime
    end: datetime
    pivot: str
    import_evidence: str


@dataclass(slots=True)
class ExportLog:
    """All steps of a case.

    Attributes:
        title: of the case.
        start_hash: the hash of the step with which this case, or this branch, began: nothing else has that.
        taken_back: the steps that do not count, each with the step that took it back.
    """

    title: str = ""
    start_hash: str = ""
    entries: list[ExportLogEntry] = field(default_factory=list[ExportLogEntry])
    taken_back: Mapping[int, int] = field(default_factory=dict[int, int])

    @classmethod
    def of(cls, steps: Iterable[Step]) -> ExportLog:
        """Read the steps. Raises CaseDamaged at the first that was changed."""
        log = cls()
        tracker = UndoTracker()
        for step in steps:
            match step.event:
                case Opened(title):
                    log.title, log.start_hash = title, step.hash
                case Branched():
                    log.start_hash = step.hash
                case _:
                    pass
            tracker.follow(step)
            log.entries.append(_entry(step))
        log.taken_back = tracker.undone_by
        return log


def _entry(step: Step) -> ExportLogEntry:
    event = step.event
    pivot = event.invocation.pivot if isinstance(event, Pivoted) else getattr(event, "pivot", "")
    times = [step.at, *_times(event)]
    import_evidence = event.evidence if isinstance(event, Imported) else ""
    return ExportLogEntry(
        step.number, step.hash, step.by, step.tool, event.kind, min(times), max(times), pivot, import_evidence
    )


def _times(event: Event) -> list[datetime]:
    """When others were asked."""
    return [exchange.at for pivot_event in pivot_events(event) for exchange in pivot_event.exchanges if exchange.sent]
