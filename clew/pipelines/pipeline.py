"""A pipeline as a value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from clew.errors import PipelineError
from clew.pipelines.pipeline_run import Show, run
from clew.pipelines.steps import BranchStep, PivotStep, Step, TeeStep
from clew.pipelines.suggestions import check_name
from clew.pipelines.yaml_reader import read_pipeline
from clew.pipelines.yaml_writer import write_pipeline

if TYPE_CHECKING:
    import pandas as pd

    from clew.pipelines.result import PipelineResult


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A named, versioned list of steps over a table.

    >>> from clew.pipelines import Condition, FilterStep, Pipeline, PivotStep
    >>> outside = Pipeline("outside", (
    ...     PivotStep("IpAddress", "net.kind"),
    ...     FilterStep((Condition("ip_kind", "eq", "documentation"),)),
    ... ))
    >>> print(outside.to_yaml())
    name: outside
    version: 1
    steps:
    - pivot: net.kind
      entity: IpAddress
    - filter:
      - column: ip_kind
        op: eq
        value: documentation

    Raises:
        PipelineError: no steps, or two tables, branches or files of one name.
    """

    name: str
    steps: tuple[Step, ...]
    version: int = 1
    about: str = ""

    def __post_init__(self) -> None:
        check_name(self.name, "a pipeline")
        if type(self.version) is not int or self.version < 1:
            raise PipelineError("a version is a whole number from 1 on", location="version")
        if not self.steps:
            raise PipelineError("a pipeline needs steps", location="steps")
        _check_unique((tee.name for tee in self.tees), "table")
        _check_unique(
            (name for step in self.all_steps if isinstance(step, BranchStep) for name in step.branches), "branch"
        )
        _check_unique((tee.file.lower() for tee in self.tees if tee.file), "file")

    @classmethod
    def from_yaml(cls, text: str, source: str = "pipeline") -> Self:
        """The pipeline that a YAML text describes.

        Args:
            source: what the text is called in errors: its file.

        Raises:
            PipelineError: all that is wrong with it, each with line, column and what to do.
        """
        return cls(**read_pipeline(text, source, cls))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The pipeline in a file. Raises PipelineError as `from_yaml` does, and where there is no such text."""
        try:
            text = Path(path).read_text("utf-8-sig")
        except OSError as error:
            raise PipelineError(f"cannot read the pipeline: {error.strerror}", location=str(path)) from None
        except UnicodeDecodeError:
            raise PipelineError("the pipeline is not UTF-8 text", location=str(path)) from None
        return cls.from_yaml(text, Path(path).name)

    def to_yaml(self) -> str:
        """The text that `from_yaml` reads as the same pipeline."""
        return write_pipeline(self)

    def run(
        self,
        frame: pd.DataFrame,
        *,
        column: str = "",
        show: Show | None = None,
        folder: str | Path | None = None,
        progress: bool = False,
    ) -> PipelineResult:
        """Run it; see `clew.pipelines.run`."""
        return run(self, frame, column=column, show=show, folder=folder, progress=progress)

    @property
    def all_steps(self) -> tuple[Step, ...]:
        """All steps, those of branches after their branch."""
        return tuple(_all_steps(self.steps))

    @property
    def tees(self) -> tuple[TeeStep, ...]:
        """Where tables are kept."""
        return tuple(step for step in self.all_steps if isinstance(step, TeeStep))

    @property
    def pivots(self) -> tuple[PivotStep, ...]:
        """What is asked."""
        return tuple(step for step in self.all_steps if isinstance(step, PivotStep))


def _all_steps(steps: Iterable[Step]) -> Iterator[Step]:
    for step in steps:
        yield step
        if isinstance(step, BranchStep):
            for branch in step.branches.values():
                yield from _all_steps(branch)


def _check_unique(names: Iterable[str], label: str) -> None:
    used_names: set[str] = set()
    for name in names:
        if name in used_names:
            raise PipelineError(
                f"the {label} {name!r} is used twice", location="steps", next_step="name one of them differently"
            )
        used_names.add(name)
