"""Pipelines: what an analyst does with a table again and again, written down once."""

from clew.pipelines.conditions import Condition
from clew.pipelines.node_selection import selection
from clew.pipelines.pipeline import Pipeline
from clew.pipelines.pipeline_run import Show, run
from clew.pipelines.result import PipelineResult, StepRecord
from clew.pipelines.steps import BranchStep, DisplayStep, FilterStep, NoteStep, PivotStep, SelectStep, Step, TeeStep

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
