"""Pipelines: what an analyst does with a table again and again, written down once."""

from clew.graph.pipelines.conditions import Condition
from clew.graph.pipelines.pipeline import Pipeline
from clew.graph.pipelines.result import PipelineResult, StepRecord
from clew.graph.pipelines.running import Show, run
from clew.graph.pipelines.selection import selection
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

__all__ = [
    "BranchStep",
    "Condition",
    "DisplayStep",
    "FilterStep",
    "NoteStep",
    "Pipeline",
    "PipelineResult",
    "PivotStep",
    "SelectStep",
    "Show",
    "Step",
    "StepRecord",
    "TeeStep",
    "run",
    "selection",
]
