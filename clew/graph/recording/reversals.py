"""Taking back and doing again: steps that say which steps do not count."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from clew.errors import CaseError
from clew.graph.format.events import Redone, Step, Undone
from clew.graph.format.undo import last_undoable, last_undone
from clew.graph.recording.case_recorder import CaseRecorder


def undo(recorder: CaseRecorder, times: int) -> tuple[int, ...]:
    """Take back what was done last; returns the steps, the latest first. Raises CaseError where there is nothing."""
    return _append_reversals(
        recorder, times, last_undoable, Undone, CaseError("there is nothing to undo", next_step="see case.history")
    )


def redo(recorder: CaseRecorder, times: int) -> tuple[int, ...]:
    """Do again what was taken back last; returns the steps. Raises CaseError where there is nothing."""
    return _append_reversals(
        recorder, times, last_undone, Redone, CaseError("there is nothing to redo", next_step="undo something first")
    )


def _append_reversals(
    recorder: CaseRecorder,
    times: int,
    choose_steps: Callable[[Sequence[Step]], tuple[int, ...]],
    event: Callable[[tuple[int, ...]], Undone | Redone],
    problem: CaseError,
) -> tuple[int, ...]:
    store, taken_steps = recorder.store, list[int]()
    with store.transaction():
        history = list(store.steps())
        for _ in range(times):
            steps = choose_steps(history)
            if not steps:
                raise problem
            history.append(store.step(recorder.record(event(steps))))
            taken_steps += steps
        store.rebuild()
    return tuple(taken_steps)
