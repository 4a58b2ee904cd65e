"""The steps of a pipeline: frozen values that refuse what could not run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, get_args

from clew.entities import Entity, entity_type
from clew.entities.spelling import spelling_hint
from clew.errors import ClewError, PipelineError
from clew.graph.export.table_files import check_file
from clew.pipelines.conditions import Condition
from clew.pipelines.suggestions import Value, check_name, check_text, checked_value
from clew.pivots.invocation import Pivot
from clew.pivots.registry import find_pivot, pivots_for

Join = Literal["left"]
Match = Literal["all", "any"]
#: How deep branches may stand in branches.
MAX_DEPTH = 4


@dataclass(frozen=True, slots=True)
class PivotStep:
    """Ask about every value of a column.

    Attributes:
        entity: what the column holds: `IpAddress`, or `ip`.
        pivot: its full name, `ti.lookup`.
        column: which column; the one that the run is over, if not given.
        arguments: those of the pivot that are not its defaults.
        join: `left` puts the answers beside the columns; without it they replace them.
        prefix: before every column of the answer. Without one, a name that is taken gets `clew_`.
    """

    keyword: ClassVar[str] = "pivot"
    entity: str
    pivot: str
    column: str = ""
    arguments: Mapping[str, Value] = field(default_factory=dict[str, Value])
    join: Join | None = "left"
    prefix: str = ""

    def __post_init__(self) -> None:
        arguments = {name: checked_value(value, f"the argument {name}") for name, value in self.arguments.items()}
        object.__setattr__(self, "arguments", arguments)
        if self.join not in (None, "left"):
            raise PipelineError(f"there is no join {self.join!r}", location="join", next_step="write left, or none")
        pivot = self.resolved_pivot
        for name in arguments:
            if name not in pivot.signature.parameters:
                problem = f"{self.pivot} has no argument {name!r}"
                hint = (
                    spelling_hint(name, pivot.signature.parameters) if pivot.signature.parameters else "it takes none"
                )
                raise PipelineError(problem, location=f"arguments/{name}", next_step=hint)
        try:
            pivot.signature.bind(**arguments)
            pivot.complete(arguments)
        except (TypeError, ValueError) as error:
            raise PipelineError(f"{self.pivot}: {error}", location="arguments") from None

    @property
    def kind(self) -> type[Entity]:
        """The class of what the column holds. Raises PipelineError where there is none of that name."""
        try:
            return entity_type(self.entity)
        except ClewError as error:
            raise PipelineError(error.message, location="entity", next_step=error.next_step) from None

    @property
    def resolved_pivot(self) -> Pivot:
        """The pivot itself. Raises PipelineError where the entity has none of that name."""
        kind = self.kind
        try:
            return find_pivot(kind, self.pivot)
        except ClewError as error:
            raise PipelineError(
                error.message, location="pivot", next_step=spelling_hint(self.pivot, pivots_for(kind))
            ) from None


@dataclass(frozen=True, slots=True)
class FilterStep:
    """Keep the rows that satisfy the conditions: all of them, or any."""

    keyword: ClassVar[str] = "filter"
    conditions: tuple[Condition, ...]
    match: Match = "all"

    def __post_init__(self) -> None:
        if not self.conditions:
            raise PipelineError("a filter needs a condition", location="conditions")
        if self.match not in get_args(Match):
            raise PipelineError(f"a filter matches all or any, not {self.match!r}", location="match")


@dataclass(frozen=True, slots=True)
class SelectStep:
    """Keep these columns, in this order, some under another name."""

    keyword: ClassVar[str] = "select"
    columns: tuple[str, ...]
    rename: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        if not self.columns or not all(self.columns):
            raise PipelineError("a selection needs columns", location="columns")
        for name in self.rename:
            if name not in self.columns:
                raise PipelineError(
                    f"the column {name!r} is renamed and not selected",
                    location=f"rename/{name}",
                    next_step=spelling_hint(name, self.columns),
                )
        if not all(self.names) or len(set(self.names)) < len(self.names):
            raise PipelineError("two columns would have one name", location="columns")

    @property
    def names(self) -> tuple[str, ...]:
        """What the columns are called afterwards."""
        return tuple(self.rename.get(name, name) for name in self.columns)


@dataclass(frozen=True, slots=True)
class BranchStep:
    """Some ways from here: each begins with the same rows, and what follows the branches goes on with those rows.

    Where each way ends is kept in the result under its name. Rows never come together again: what would be made of
    a row that went two ways, or none, is a question that no pipeline should answer in silence.
    """

    keyword: ClassVar[str] = "branch"
    branches: Mapping[str, tuple[Step, ...]]

    def __post_init__(self) -> None:
        if not self.branches:
            raise PipelineError("a branch needs ways to go", location="branches")
        for name, steps in self.branches.items():
            check_name(name, "a branch")
            if not steps:
                raise PipelineError(f"the branch {name!r} has no steps", location=f"branches/{name}")
        if depth(self) > MAX_DEPTH:
            raise PipelineError(f"branches stand more than {MAX_DEPTH} deep in branches", location="branches")


@dataclass(frozen=True, slots=True)
class DisplayStep:
    """Show the first rows to whoever runs the pipeline. `{rows}` and others may stand in the title."""

    keyword: ClassVar[str] = "display"
    title: str
    rows: int = 20

    def __post_init__(self) -> None:
        check_text(self.title, "a title")
        if type(self.rows) is not int or not 0 < self.rows <= 10_000:
            raise PipelineError("rows has to be from 1 to 10000", location="rows")


@dataclass(frozen=True, slots=True)
class TeeStep:
    """Keep the table as it is here, in the result under a name, and in a file if one is named."""

    keyword: ClassVar[str] = "tee"
    name: str
    file: str = ""

    def __post_init__(self) -> None:
        check_name(self.name, "a table")
        if self.file:
            check_file(self.file)


@dataclass(frozen=True, slots=True)
class NoteStep:
    """Write something into the open case. `{rows}` and others may stand in the text."""

    keyword: ClassVar[str] = "note"
    text: str

    def __post_init__(self) -> None:
        check_text(self.text, "a note")


Step = PivotStep | FilterStep | SelectStep | BranchStep | DisplayStep | TeeStep | NoteStep
STEPS: Mapping[str, type[Step]] = {step.keyword: step for step in get_args(Step)}


def depth(step: Step) -> int:
    """How deep branches stand in it."""
    if not isinstance(step, BranchStep):
        return 0
    return 1 + max(depth(child) for steps in step.branches.values() for child in steps)
