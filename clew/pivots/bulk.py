"""A pivot over a column: each distinct value is asked once, and every row of the input is answered for.

What comes back has one row for each value that went in, in the same order and, for pandas, with the same index:
duplicates, empty cells and cells that are no such entity included. The column `status` says what became of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, cast

from clew.entities import Entity, Finding
from clew.entities.checked_text import stamp
from clew.entities.finding import Scalar
from clew.entities.key import Key
from clew.entities.spelling import free_names
from clew.entities.vocabulary import COMMON
from clew.errors import EntityError, QueryError
from clew.pivots.invocation import Pivot
from clew.pivots.session import current_session
from clew.providers.web.clock import now

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

Join = Literal["left"]
Column = list[Scalar]
#: The columns that every bulk answer has, before its facts: those of a finding, and what became of the row. `status` is
#: the outcome of the ask, or says why nothing could be asked: `empty`, `unparsable`.
COLUMNS = ("status", *COMMON)
_TIMES = ("observed_first", "observed_last", "asked_at")


@dataclass(frozen=True, slots=True)
class DistinctValues:
    """A column by its distinct values.

    Attributes:
        codes: for each row the place of its value, -1 for an empty cell.
        values: the distinct values, in the order in which they first stand in the column.
    """

    codes: np.ndarray[Any, Any]
    values: Sequence[object]

    @classmethod
    def of(cls, column: object) -> DistinctValues:
        """The distinct values of a list, an array or a pandas Series."""
        import pandas as pd

        codes, values = cast("tuple[Any, Any]", pd.factorize(cast("Any", column)))
        return cls(codes, list(values))


def ask_all(
    pivot: Pivot,
    kind: type[Entity],
    arguments: Mapping[str, Any],
    column: DistinctValues,
    tell: Callable[[int], None],
) -> pd.DataFrame:
    """One row for each row of the column: `COLUMNS`, then the facts of the answers."""
    subjects, errors = _entities(kind, column.values)
    distinct_subjects: dict[Key, Entity] = {}
    index_by_key: dict[Key, int] = {}
    subject_indices: list[int] = []
    for subject in subjects:
        if subject is None:
            subject_indices.append(-1)
        else:
            key = subject.key
            subject_indices.append(index_by_key.setdefault(key, len(distinct_subjects)))
            distinct_subjects.setdefault(key, subject)
    return _frame(column, _answers(pivot, distinct_subjects, arguments, tell), subject_indices, errors)


def _entities(kind: type[Entity], values: Sequence[object]) -> tuple[list[Entity | None], dict[int, str]]:
    """The entity of each value, and why there is none."""
    subjects: list[Entity | None] = []
    errors: dict[int, str] = {}
    make = cast("Callable[[Any], Entity]", kind)
    for index, value in enumerate(values):
        try:
            subjects.append(value if isinstance(value, kind) else make(value))
        except EntityError as error:
            subjects.append(None)
            errors[index] = error.message
    return subjects, errors


def _answers(
    pivot: Pivot, subjects: Mapping[Key, Entity], arguments: Mapping[str, Any], tell: Callable[[int], None]
) -> dict[str, Column]:
    """Columns with one cell for each subject."""
    session = current_session()
    entities = [*subjects.values()]
    columns = session.columns(pivot, entities, arguments)
    if columns is None:
        return _from_findings(session.perform_all(pivot, entities, arguments, tell))
    tell(len(entities))
    size = len(entities)
    constants: dict[str, Column] = {
        "subject": [str(key) for key in subjects],
        "outcome": ["found"] * size,
        "verdict": ["unknown"] * size,
        "severity": ["informational"] * size,
        "provider": [pivot.providers[0].name] * size,
        "reference": [""] * size,
        "asked_at": [stamp(now())] * size,
        "returned": [1] * size,
        "available": [1] * size,
        "truncated_by": [""] * size,
    }
    answers = constants | {name: list(cells) for name, cells in columns.items()}
    return {"status": answers["outcome"], **answers}


def _from_findings(findings: Sequence[Finding]) -> dict[str, Column]:
    names = dict.fromkeys(fact.name for finding in findings for fact in finding.facts)
    columns: dict[str, Column] = {name: [] for name in (*COLUMNS, *names)}
    for finding in findings:
        facts = {fact.name: fact.value for fact in reversed(finding.facts)}  # the first source that says it counts
        for name in names:
            columns[name].append(facts.get(name))
        common_cells: tuple[Scalar, ...] = (
            str(finding.subject.key),
            finding.outcome.value,
            finding.verdict.value,
            finding.severity.value,
            finding.provider,
            finding.reason,
            finding.reference,
            _text(finding.observed_first),
            _text(finding.observed_last),
            _text(finding.asked_at),
            finding.returned,
            finding.available,
            finding.truncated_by,
        )
        for name, cell in zip(COMMON, common_cells, strict=True):
            columns[name].append(cell)
        columns["status"].append(finding.outcome.value)
    return columns


def _text(time: datetime | None) -> str | None:
    return stamp(time) if time else None


def _frame(
    column: DistinctValues, answers: dict[str, Column], subject_indices: list[int], errors: dict[int, str]
) -> pd.DataFrame:
    """Answers by subject to rows by value to rows of the input."""
    import numpy as np
    import pandas as pd

    facts = [name for name in answers if name not in COLUMNS]
    table = pd.DataFrame({name: pd.Series(answers.get(name, []), dtype=object) for name in (*COLUMNS, *facts)})
    for name in (*facts, "returned", "available"):
        table[name] = table[name].convert_dtypes()  # whole numbers stay whole where some are missing
    for name in _TIMES:
        table[name] = pd.to_datetime(table[name], utc=True)
    by_value = (
        table.reindex(pd.Index(subject_indices))
        if -1 in subject_indices or len(subject_indices) != len(table)
        else table
    )
    by_value = by_value.reset_index(drop=True)
    for index, reason in errors.items():
        by_value.loc[index, ["status", "reason"]] = ["unparsable", reason]
    codes = column.codes
    if (codes < 0).any():
        # One more row, for the empty cells.
        by_value = by_value.reindex(range(len(by_value) + 1))
        by_value.loc[len(by_value) - 1, ["status", "reason"]] = ["empty", "there is no value"]
        codes = np.where(codes < 0, len(by_value) - 1, codes)
    return by_value.take(codes).reset_index(drop=True)


def over_values(
    pivot: Pivot, kind: type[Entity], arguments: Mapping[str, Any], values: Iterable[object], *, progress: bool
) -> pd.DataFrame:
    """The answers for a list, an iterator or a pandas Series, whose index is kept."""
    import pandas as pd

    index = values.index if isinstance(values, pd.Series) else None
    column = pd.Series([*cast("Iterable[Any]", values)], dtype=object)
    with ProgressBar(pivot.name, is_visible=progress) as bar:
        frame = ask_all(pivot, kind, arguments, DistinctValues.of(column), bar.advance)
    return frame if index is None else frame.set_axis(index)


def over_frame(
    pivot: Pivot,
    kind: type[Entity],
    arguments: Mapping[str, Any],
    frame: Any,
    column: str,
    *,
    join: Join | None,
    progress: bool,
) -> Any:
    """The answers for a column of a pandas, polars or pyarrow frame, as a frame of the same library.

    Raises:
        QueryError: the frame has no such column.
    """
    import narwhals.stable.v2 as nw
    import pandas as pd

    table = nw.from_native(frame, eager_only=True)
    if column not in table.columns:
        raise QueryError(f"there is no column {column!r}", next_step=f"there are {', '.join(table.columns)}")
    with ProgressBar(pivot.name, is_visible=progress) as bar:
        values = pd.Series(table.get_column(column).to_list(), dtype=object)
        answers = ask_all(pivot, kind, arguments, DistinctValues.of(values), bar.advance)
    if join is not None:
        answers = answers.rename(columns=free_names(answers.columns, table.columns))
    if isinstance(frame, pd.DataFrame):
        answers.index = frame.index
        return answers if join is None else pd.concat([frame, answers], axis=1)
    result = nw.from_dict({name: _cells(answers[name]) for name in answers.columns}, backend=table.implementation)
    return (result if join is None else nw.concat([table, result], how="horizontal")).to_native()


def _cells(column: pd.Series[Any]) -> list[Any]:
    """Cells as Python values, for libraries that do not know pandas' own."""
    return [
        cell.to_pydatetime() if hasattr(cell, "to_pydatetime") else cell
        for cell in column.astype(object).where(column.notna(), None)
    ]


class ProgressBar:
    """How far a long answer is: rich in a terminal, nothing where nobody asked for it."""

    def __init__(self, title: str, *, is_visible: bool) -> None:
        self._title = title
        self._is_visible = is_visible
        self._count = 0
        self._bar: Any = None

    def __enter__(self) -> Self:
        if self._is_visible:
            from rich.progress import Progress as Bar

            self._bar = Bar(transient=True)
            self._bar.start()
            self._bar.add_task(self._title, total=None)
        return self

    def advance(self, count: int) -> None:
        """So many more are answered."""
        self._count += count
        if self._bar is not None:
            self._bar.update(
                self._bar.task_ids[0], completed=self._count, description=f"{self._title}: {self._count:,}"
            )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
