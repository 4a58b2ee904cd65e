"""Pipelines run: in the open case, if there is one, so that every answer is recorded."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, assert_never

from clew.entities import Entity, Key
from clew.entities.codec import from_key
from clew.entities.spelling import free_names, spelling_hint
from clew.errors import EntityError, PipelineError
from clew.graph.export.table_files import write_table
from clew.pipelines.result import PipelineResult, StepRecord
from clew.pipelines.steps import BranchStep, DisplayStep, FilterStep, NoteStep, PivotStep, SelectStep, Step, TeeStep
from clew.pipelines.suggestions import fill_placeholders
from clew.pivots.bulk_call import Bulk
from clew.pivots.session import current_session

if TYPE_CHECKING:
    import pandas as pd

    from clew.pipelines.pipeline import Pipeline


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
            a column that is not there when its step comes. The step stands in `location`.
    """
    pipeline_run = _Run(pipeline, frame, column, show, Path(folder) if folder is not None else None, progress=progress)
    pipeline_run.check()
    last = pipeline_run.run_steps(pipeline.steps, frame, "")
    return PipelineResult(
        pipeline,
        last,
        pipeline_run.tees,
        pipeline_run.branches,
        tuple(pipeline_run.records),
        tuple(pipeline_run.notes),
        tuple(pipeline_run.files),
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
        duplicates = self._frame.columns[self._frame.columns.duplicated()]
        if len(duplicates):
            raise PipelineError(f"the column {duplicates[0]!r} stands twice", location=self._pipeline.name)
        if self._column:
            _require_columns(self._frame, [self._column], self._pipeline.name)
        elif not all(step.column for step in self._pipeline.pivots):
            raise PipelineError(
                "a pivot names no column, and none was given",
                location=self._pipeline.name,
                next_step='give column="..."',
            )
        for tee in self._pipeline.tees:
            if tee.file and self._folder is None:
                raise PipelineError(
                    f"there is no folder to write {tee.file} to",
                    location=self._pipeline.name,
                    next_step='give folder="..."',
                )
            if tee.file and self._folder is not None and (self._folder / tee.file).exists():
                raise PipelineError(
                    f"{tee.file} is there already",
                    location=str(self._folder),
                    next_step="remove it, or choose another folder",
                )

    def run_steps(self, steps: Iterable[Step], frame: pd.DataFrame, prefix: str) -> pd.DataFrame:
        """The table after some steps."""
        for number, step in enumerate(steps, start=1):
            position = f"{prefix}{number}"
            started_at = time.monotonic()
            rows = len(frame)
            try:
                frame = self._step(step, frame, position)
            except PipelineError as error:
                location = error.location or f"step {position} of {self._pipeline.name}, {step.keyword}"
                raise PipelineError(error.message, location=location, next_step=error.next_step) from None
            self.records.append(
                StepRecord(position, step_summary(step), rows, len(frame), time.monotonic() - started_at)
            )
        return frame

    def _step(self, step: Step, frame: pd.DataFrame, position: str) -> pd.DataFrame:
        match step:
            case PivotStep():
                return self._pivot(step, frame)
            case FilterStep():
                return _filter_rows(step, frame)
            case SelectStep():
                return _require_columns(frame, step.columns)[[*step.columns]].rename(columns=dict(step.rename))
            case BranchStep():
                for name, steps in step.branches.items():
                    self.branches[name] = self.run_steps(steps, frame, f"{position}.{name}.")
            case DisplayStep():
                if self._show is not None:
                    self._show(self._fill_placeholders(step.title, frame), frame.head(step.rows), len(frame))
            case TeeStep():
                self._tee(step, frame)
            case NoteStep():
                self._note(self._fill_placeholders(step.text, frame))
            case _:
                assert_never(step)
        return frame

    def _pivot(self, step: PivotStep, frame: pd.DataFrame) -> pd.DataFrame:
        import pandas as pd

        column = step.column or self._column
        kind, pivot = step.kind, step.resolved_pivot
        cells = _require_columns(frame, [column])[column].astype(object)
        values = pd.Series([_entity(cell, kind) for cell in cells], index=frame.index, dtype=object)
        arguments = {name: [*value] if isinstance(value, tuple) else value for name, value in step.arguments.items()}
        bulk: Bulk[Entity] = Bulk(pivot, kind, pivot.complete(arguments))
        answers = bulk.over(values, progress=self._progress).add_prefix(step.prefix)
        if step.join is None:
            return answers
        return pd.concat([frame, answers.rename(columns=free_names(answers.columns, frame.columns))], axis=1)

    def _tee(self, step: TeeStep, frame: pd.DataFrame) -> None:
        self.tees[step.name] = frame
        if step.file and self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_table(frame, self._folder / step.file)
            self.files.append(self._folder / step.file)

    def _note(self, text: str) -> None:
        self.notes.append(text)
        current_session().note(text)

    def _fill_placeholders(self, text: str, frame: pd.DataFrame) -> str:
        values: Mapping[str, object] = {
            "rows": f"{len(frame):,}",
            "all": f"{len(self._frame):,}",
            "name": self._pipeline.name,
            "version": self._pipeline.version,
        }
        return fill_placeholders(text, values)


def step_summary(step: Step) -> str:
    """A step in a few words."""
    match step:
        case PivotStep():
            return f"pivot {step.entity}.{step.pivot}"
        case FilterStep():
            return f"filter {', '.join(dict.fromkeys(condition.column for condition in step.conditions))}"
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


def _filter_rows(step: FilterStep, frame: pd.DataFrame) -> pd.DataFrame:
    _require_columns(frame, [condition.column for condition in step.conditions])
    mask, *other_masks = [condition.mask(frame) for condition in step.conditions]
    for other_mask in other_masks:
        mask = mask & other_mask if step.match == "all" else mask | other_mask
    return frame[mask]


def _require_columns(frame: pd.DataFrame, columns: Iterable[str], location: str = "") -> pd.DataFrame:
    """The frame, if it has these columns. Raises PipelineError otherwise."""
    for name in columns:
        if name not in frame.columns:
            column_names = map(str, frame.columns)
            raise PipelineError(
                f"there is no column {name!r}", location=location, next_step=spelling_hint(name, column_names)
            )
    return frame


def _entity(cell: Any, kind: type[Entity]) -> object:
    """A cell as a pivot takes it: `ip:198.51.100.7`, as clew writes entities into tables, is that entity."""
    if not isinstance(cell, str) or not cell.startswith((f"{kind.kind}:", f"{kind.kind}@")):
        return cell
    try:
        return from_key(Key.parse(cell))
    except EntityError:
        return cell
