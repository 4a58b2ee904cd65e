"""Pipelines run: in the open case, if there is one, so that every answer is recorded."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, assert_never

from clew.entities import Entity, Key
from clew.entities.codec import from_key
from clew.errors import EntityError, PipelineError
from clew.graph.case import Case
from clew.graph.pipelines.files import write_table
from clew.graph.pipelines.pipeline import Pipeline
from clew.graph.pipelines.result import PipelineResult, StepRecord
from clew.graph.pipelines.steps import (
    BranchStep,
    DisplayStep,
    FilterStep,
    NoteStep,
    PivotStep,
    SelectStep,
    Step,
    TeeStep,
)
from clew.graph.pipelines.wording import filled, nearest
from clew.pivots.binding import Bulk
from clew.pivots.context import current_session

if TYPE_CHECKING:
    import pandas as pd


class Show(Protocol):
    """What a display step calls: with a title, the first rows, and how many rows there are."""

    def __call__(self, title: str, frame: pd.DataFrame, rows: int) -> None:
        """Show it."""
        ...


def run(
    pipeline: Pipeline,
    frame: pd.DataFrame,
    *,
    column: str = "",
    show: Show | None = None,
    folder: str | Path | None = None,
    progress: bool = False,
) -> PipelineResult:
    """Run a pipeline over a table, in the open case if there is one.

    Args:
        column: the column that pivots ask about, where they name none.
        show: what display steps call; without it they show nothing.
        folder: where tables are written, made if it is not there. Files that are there are never written over.
        progress: show how far each pivot is.

    Raises:
        PipelineError: before anything is asked: no such column, no folder for the files, a file that is there; later:
            a column that is not there when its step comes. The step stands in `where`.
    """
    running = _Run(pipeline, frame, column, show, Path(folder) if folder is not None else None, progress=progress)
    running.check()
    last = running.do(pipeline.steps, frame, "")
    return PipelineResult(
        pipeline,
        last,
        running.tees,
        running.branches,
        tuple(running.records),
        tuple(running.notes),
        tuple(running.files),
    )


class _Run:
    """One run: what it was given, and what it has so far."""

    def __init__(
        self,
        pipeline: Pipeline,
        frame: pd.DataFrame,
        column: str,
        show: Show | None,
        folder: Path | None,
        *,
        progress: bool,
    ) -> None:
        self.tees: dict[str, pd.DataFrame] = {}
        self.branches: dict[str, pd.DataFrame] = {}
        self.records: list[StepRecord] = []
        self.notes: list[str] = []
        self.files: list[Path] = []
        self._pipeline = pipeline
        self._frame = frame
        self._column = column
        self._show = show
        self._folder = folder
        self._progress = progress

    def check(self) -> None:
        """Whatever would stop the run later and can be known now."""
        twice = self._frame.columns[self._frame.columns.duplicated()]
        if len(twice):
            raise PipelineError(f"the column {twice[0]!r} stands twice", where=self._pipeline.name)
        if self._column:
            _has(self._frame, [self._column], self._pipeline.name)
        elif not all(step.column for step in self._pipeline.pivots):
            raise PipelineError(
                "a pivot names no column, and none was given", where=self._pipeline.name, next_step='give column="..."'
            )
        for tee in self._pipeline.tees:
            if tee.file and self._folder is None:
                raise PipelineError(
                    f"there is no folder to write {tee.file} to",
                    where=self._pipeline.name,
                    next_step='give folder="..."',
                )
            if tee.file and self._folder is not None and (self._folder / tee.file).exists():
                raise PipelineError(
                    f"{tee.file} is there already",
                    where=str(self._folder),
                    next_step="remove it, or choose another folder",
                )

    def do(self, steps: Iterable[Step], frame: pd.DataFrame, before: str) -> pd.DataFrame:
        """The table after some steps."""
        for number, step in enumerate(steps, start=1):
            place = f"{before}{number}"
            begun = time.monotonic()
            rows = len(frame)
            try:
                frame = self._step(step, frame, place)
            except PipelineError as error:
                where = error.where or f"step {place} of {self._pipeline.name}, {step.word}"
                raise PipelineError(error.what, where=where, next_step=error.next_step) from None
            self.records.append(StepRecord(place, told(step), rows, len(frame), time.monotonic() - begun))
        return frame

    def _step(self, step: Step, frame: pd.DataFrame, place: str) -> pd.DataFrame:
        match step:
            case PivotStep():
                return self._pivot(step, frame)
            case FilterStep():
                return _filtered(step, frame)
            case SelectStep():
                return _has(frame, step.columns)[[*step.columns]].rename(columns=dict(step.rename))
            case BranchStep():
                for name, steps in step.branches.items():
                    self.branches[name] = self.do(steps, frame, f"{place}.{name}.")
            case DisplayStep():
                if self._show is not None:
                    self._show(self._filled(step.title, frame), frame.head(step.rows), len(frame))
            case TeeStep():
                self._tee(step, frame)
            case NoteStep():
                self._note(self._filled(step.text, frame))
            case _:
                assert_never(step)
        return frame

    def _pivot(self, step: PivotStep, frame: pd.DataFrame) -> pd.DataFrame:
        import pandas as pd

        column = step.column or self._column
        kind, pivot = step.kind, step.found
        cells = _has(frame, [column])[column].astype(object)
        values = pd.Series([_entity(cell, kind) for cell in cells], index=frame.index, dtype=object)
        given = {name: [*value] if isinstance(value, tuple) else value for name, value in step.arguments.items()}
        bulk: Bulk[Entity] = Bulk(pivot, kind, pivot.complete(given))
        answers = bulk.over(values, progress=self._progress).add_prefix(step.prefix)
        if step.join is None:
            return answers
        return pd.concat([frame, answers.rename(columns=_free(answers.columns, frame.columns))], axis=1)

    def _tee(self, step: TeeStep, frame: pd.DataFrame) -> None:
        self.tees[step.name] = frame
        if step.file and self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_table(frame, self._folder / step.file)
            self.files.append(self._folder / step.file)

    def _note(self, text: str) -> None:
        self.notes.append(text)
        session = current_session()
        if isinstance(session, Case):
            session.note(text)

    def _filled(self, text: str, frame: pd.DataFrame) -> str:
        known: Mapping[str, object] = {
            "rows": f"{len(frame):,}",
            "all": f"{len(self._frame):,}",
            "name": self._pipeline.name,
            "version": self._pipeline.version,
        }
        return filled(text, known)


def told(step: Step) -> str:
    """A step in a few words."""
    match step:
        case PivotStep():
            return f"pivot {step.entity}.{step.pivot}"
        case FilterStep():
            return f"filter {', '.join(dict.fromkeys(each.column for each in step.conditions))}"
        case SelectStep():
            return f"select {', '.join(step.names)}"
        case BranchStep():
            return f"branch {', '.join(step.branches)}"
        case DisplayStep():
            return f"display {step.title}"
        case TeeStep():
            return f"tee {step.name}"
        case NoteStep():
            return "note"
        case _:
            assert_never(step)


def _filtered(step: FilterStep, frame: pd.DataFrame) -> pd.DataFrame:
    _has(frame, [condition.column for condition in step.conditions])
    first, *others = [condition.holds(frame) for condition in step.conditions]
    for other in others:
        first = first & other if step.match == "all" else first | other
    return frame[first]


def _has(frame: pd.DataFrame, columns: Iterable[str], where: str = "") -> pd.DataFrame:
    """The frame, if it has these columns. Raises PipelineError otherwise."""
    for name in columns:
        if name not in frame.columns:
            known = map(str, frame.columns)
            raise PipelineError(f"there is no column {name!r}", where=where, next_step=nearest(name, known))
    return frame


def _entity(cell: Any, kind: type[Entity]) -> object:
    """A cell as a pivot takes it: `ip:198.51.100.7`, as clew writes entities into tables, is that entity."""
    if not isinstance(cell, str) or not cell.startswith((f"{kind.kind}:", f"{kind.kind}@")):
        return cell
    try:
        return from_key(Key.parse(cell))
    except EntityError:
        return cell


def _free(names: Iterable[str], taken: Iterable[object]) -> dict[str, str]:
    """New names for those that are taken."""
    used = set(taken)
    found: dict[str, str] = {}
    for name in names:
        free = name
        while free in used:
            free = f"clew_{free}"
        found[name] = free
        used.add(free)
    return found
