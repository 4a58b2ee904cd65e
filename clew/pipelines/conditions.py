"""Conditions of a filter: small, typed, and never evaluated as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from operator import ge, gt, le, lt
from typing import TYPE_CHECKING, Any, Literal, get_args

from clew.entities.spelling import spelling_hint
from clew.errors import PipelineError
from clew.graph.export.table_files import python_value
from clew.pipelines.suggestions import Value, checked_value

if TYPE_CHECKING:
    import pandas as pd

Op = Literal["eq", "ne", "gt", "ge", "lt", "le", "in", "not_in", "contains", "is_empty", "is_filled"]
OPS: tuple[str, ...] = get_args(Op)
_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {"gt": gt, "ge": ge, "lt": lt, "le": le}


@dataclass(frozen=True, slots=True)
class Condition:
    """What a cell of a column has to be.

    Attributes:
        op: `eq`, `ne`; `gt`, `ge`, `lt`, `le` for numbers, texts and times; `in`, `not_in` with a list; `contains` for
            a part of a text, whatever its case; `is_empty`, `is_filled`.
        value: what to compare with; nothing for `is_empty` and `is_filled`. Times are ISO 8601, UTC if they do not say.

    An empty cell is no value, so it satisfies `ne`, `not_in` and `is_empty` alone.
    """

    column: str
    op: Op
    value: Value = None

    def __post_init__(self) -> None:
        if type(self.column) is not str or not self.column:
            raise PipelineError("a condition needs a column", location="column")
        if self.op not in OPS:
            raise PipelineError(
                f"there is no comparison {self.op!r}", location="op", next_step=spelling_hint(str(self.op), OPS)
            )
        object.__setattr__(self, "value", checked_value(self.value, f"the value of {self.op}"))
        problem = _value_problem(self.op, self.value)
        if problem:
            raise PipelineError(f"{self.op} {problem}", location="value")

    def mask(self, frame: pd.DataFrame) -> pd.Series[bool]:
        """Which rows satisfy it.

        Raises:
            PipelineError: no cell of the column can be compared with the value.
        """
        import pandas as pd

        cells = frame[self.column]
        empty = cells.isna() | cells.map(lambda cell: isinstance(cell, str) and not cell.strip()).astype(bool)
        if self.op in ("is_empty", "is_filled"):
            return empty if self.op == "is_empty" else ~empty
        test, left_out = self._test(), self.op in ("ne", "not_in")
        results = [left_out if none else test(cell) for cell, none in zip(cells, empty, strict=True)]
        if None in results and all(result is None or none for result, none in zip(results, empty, strict=True)):
            problem = f"nothing in the column {self.column!r} can be compared with {self.value!r}"
            raise PipelineError(problem, next_step="numbers compare with numbers, texts with texts, times with times")
        return pd.Series([bool(result) for result in results], index=frame.index, dtype=bool)

    def _test(self) -> Callable[[object], bool | None]:
        """For a filled cell: whether it does; None where it cannot be compared."""
        value = self.value
        if self.op == "contains":
            part = str(value).casefold()
            return lambda cell: part in str(cell).casefold()
        if isinstance(value, tuple):
            among = self.op == "in"
            return lambda cell: any(_is_equal(cell, option) for option in value) is among
        if self.op in ("eq", "ne"):
            equal = self.op == "eq"
            return lambda cell: _is_equal(cell, value) is equal
        order = _ORDER[self.op]

        def compare(cell: object) -> bool | None:
            cell_value, operand = _comparable_pair(cell, value)
            return None if cell_value is None else order(cell_value, operand)

        return compare


def _value_problem(op: str, value: Value) -> str:
    """What is wrong with comparing so; nothing if it is right."""
    if op in ("is_empty", "is_filled"):
        return "" if value is None else "takes no value"
    if op in ("in", "not_in"):
        return "" if isinstance(value, tuple) and value else "takes a list of values"
    if value is None or isinstance(value, tuple):
        return "takes one value; is_empty and in are comparisons of their own"
    if op == "contains":
        return "" if isinstance(value, str) and value else "takes a text"
    return "takes a number, a text or a time" if op in _ORDER and isinstance(value, bool) else ""


def _is_equal(cell: object, value: object) -> bool:
    cell_value, operand = _comparable_pair(cell, value)
    return bool(cell_value == operand) if cell_value is not None else False


def _comparable_pair(cell: Any, value: Any) -> tuple[Any, Any]:
    """Both as they can be compared; None twice where they cannot."""
    cell = python_value(cell)
    if isinstance(cell, bool) or isinstance(value, bool):
        return (cell, value) if isinstance(cell, bool) and isinstance(value, bool) else (None, None)
    if isinstance(cell, date):  # a datetime and a Timestamp are dates too
        return _comparable_times(cell, value)
    if isinstance(cell, int | float) and isinstance(value, int | float):
        return cell, value
    if isinstance(value, str) and not isinstance(cell, int | float):
        return str(cell), value
    return None, None


def _comparable_times(cell: date, value: object) -> tuple[datetime, datetime] | tuple[None, None]:
    try:
        value_time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        value_time = None
    if value_time is None:
        return None, None
    cell_time = cell if isinstance(cell, datetime) else datetime(cell.year, cell.month, cell.day, tzinfo=UTC)
    return _aware(cell_time), _aware(value_time)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
