"""Which steps count, and which can be taken back or done again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import get_args

from clew.graph.format.events import BulkPivoted, Merged, Pivoted, Redone, Step, Undone, Unmerged, UserEvent

#: What `undo` takes back. The other steps say what was opened, connected, planned or taken back itself.
_UNDOABLE = (*get_args(UserEvent), Pivoted, BulkPivoted, Merged)


class UndoTracker:
    """Which steps do not count, as known after the steps that it was shown."""

    def __init__(self) -> None:
        self._undone: dict[int, int] = {}
        self._unmerges: dict[int, int] = {}

    def follow(self, step: Step) -> None:
        """Look at the next step."""
        match step.event:
            case Undone(numbers):
                self._undone |= dict.fromkeys(numbers, step.number)
            case Redone(numbers):
                for number in numbers:
                    self._undone.pop(number, None)
            case Unmerged(merge):
                self._unmerges[step.number] = merge
            case _:
                pass

    @property
    def undone_by(self) -> Mapping[int, int]:
        """The numbers of the steps that do not count, each with that of the step that took it back."""
        return {merge: by for by, merge in self._unmerges.items() if by not in self._undone} | self._undone


def undone_steps(history: Iterable[Step]) -> Mapping[int, int]:
    """The numbers of the steps that do not count, each with that of the step that took it back."""
    tracker = UndoTracker()
    for step in history:
        tracker.follow(step)
    return tracker.undone_by


def inactive_steps(history: Iterable[Step]) -> frozenset[int]:
    """The numbers of the steps that were taken back, and of the merges that were unmerged."""
    return frozenset(undone_steps(history))


def last_undoable(history: Iterable[Step]) -> tuple[int, ...]:
    """The last step that counts and can be taken back, with the merges that followed from it; the latest first."""
    undoable: dict[int, list[int]] = {}
    for step in history:
        match step.event:
            case Undone(steps):
                for number in steps:
                    undoable.pop(number, None)
            case Redone(steps):
                undoable |= _groups(steps)
            case Merged() as merge if merge.follows in undoable:
                undoable[merge.follows].append(step.number)
            case event if isinstance(event, _UNDOABLE):
                undoable[step.number] = [step.number]
            case _:
                pass
    return tuple(reversed(undoable[max(undoable)])) if undoable else ()


def _groups(steps: tuple[int, ...]) -> dict[int, list[int]]:
    """What was undone together: the deed is the first of it, its merges come after."""
    return {min(steps): sorted(steps)}


def last_undone(history: Iterable[Step]) -> tuple[int, ...]:
    """What was taken back last and can be done again: nothing else was done since."""
    undone: list[tuple[int, ...]] = []
    for step in history:
        match step.event:
            case Undone(steps):
                undone.append(steps)
            case Redone():
                undone.pop()
            case event if isinstance(event, _UNDOABLE):
                undone.clear()
            case _:
                pass
    return undone[-1] if undone else ()
