"""What a run of a pipeline gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from clew.entities.display import html_table, visible

if TYPE_CHECKING:
    import pandas as pd

    from clew.pipelines.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One step that ran.

    Attributes:
        position: its number; in a branch, `3.bad.1`.
        step: what it did, in a few words.
        seconds: how long it took; no part of equality.
    """

    position: str
    step: str
    rows_in: int
    rows_out: int
    seconds: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PipelineResult:
    """What a run of a pipeline gives.

    Attributes:
        frame: the table after the last step.
        tees: the tables that were kept on the way, by name.
        branches: the tables where branches ended, by name.
        steps: what each step did, in the order in which they ran.
        notes: what was written down: into the case, if one was open.
        files: what was written into the folder of the run.
    """

    pipeline: Pipeline
    frame: pd.DataFrame
    tees: Mapping[str, pd.DataFrame]
    branches: Mapping[str, pd.DataFrame]
    steps: tuple[StepRecord, ...]
    notes: tuple[str, ...]
    files: tuple[Path, ...]

    def __str__(self) -> str:
        head = f"{self.pipeline.name}, version {self.pipeline.version}: {len(self.frame):,} rows"
        width = max(len(record.position) for record in self.steps)
        lines = [
            f"  {record.position:<{width}}  {visible(record.step, 80)}: {record.rows_in:,} -> {record.rows_out:,}"
            for record in self.steps
        ]
        tee_lines = [f"  kept {visible(name)}: {len(frame):,} rows" for name, frame in self.tees.items()]
        file_lines = [f"  wrote {visible(path)}" for path in self.files]
        return "\n".join([visible(head), *lines, *tee_lines, *file_lines])

    def __repr__(self) -> str:
        return f"<PipelineResult of {self.pipeline.name}: {len(self.frame):,} rows, {len(self.steps)} steps>"

    def _repr_html_(self) -> str:
        rows = [(record.position, record.step, f"{record.rows_in:,}", f"{record.rows_out:,}") for record in self.steps]
        return html_table(("", "step", "rows in", "rows out"), rows)
