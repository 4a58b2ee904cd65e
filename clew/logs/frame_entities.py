"""Rows of a DataFrame to entities, one for each row.

Which columns make which entity is said by the log views (`clew/logs/schemas`): the account of a
row of `logons`, the process or its parent of a row of `processes`. Rows with the same cells are looked at once.
"""

from __future__ import annotations

import re
import reprlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from numbers import Integral
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from clew.entities.entity import Entity
from clew.entities.vocabulary import VOCABULARY
from clew.errors import EntityError, QueryError
from clew.logs.row_entities import EntityRule
from clew.logs.schema_files import load_schemas

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw
    import pandas as pd
    from narwhals.stable.v2.typing import IntoDataFrame

Cells = tuple[object, ...]
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]{1,16}|[0-9]{1,20}")
_SAME_NAMES: Mapping[str, str | None] = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False)
class RowEntities:
    """What the rows of a frame name.

    Attributes:
        entities: one for each row, in the order of the rows; None where a row names none, or an impossible one.
        errors: why a row that names something has no entity, by the position of the row.
        index: the index of a pandas frame.
    """

    entities: tuple[Entity | None, ...]
    errors: Mapping[int, str]
    index: pd.Index[Any] | None = None

    @property
    def distinct(self) -> tuple[Entity, ...]:
        """Each entity once, in the order in which the rows name them."""
        return tuple(dict.fromkeys(entity for entity in self.entities if entity is not None))

    def to_series(self) -> pd.Series[Any]:
        """The entities as a column beside the frame that they are from."""
        import pandas as pd

        return pd.Series(list(self.entities), index=self.index, dtype=object)


def entities_of(
    frame: IntoDataFrame, *, view: str, part: str, columns: Mapping[str, str | None] = _SAME_NAMES
) -> RowEntities:
    r"""The entity that each row of a pandas, polars or pyarrow frame names.

    >>> import pandas as pd
    >>> rows = pd.DataFrame({"SubjectUserName": ["Alice", None, "a/b", "Alice"], "SubjectDomainName": "CORP"})
    >>> names = {"user_name": "SubjectUserName", "user_domain": "SubjectDomainName", "user_id": None, "host_name": None}
    >>> found = entities_of(rows, view="processes", part="account", columns=names)
    >>> found.distinct
    (Account('corp\\alice'), Account('corp\\a/b'))
    >>> [str(entity) for entity in found.entities]
    ['corp\\alice', 'None', 'corp\\a/b', 'corp\\alice']

    Args:
        frame: rows of a log.
        view: what the rows are about: `processes`, `logons`, `connections`, `resolutions`, `files` or `accesses`.
        part: which entity of a row: `host`, `account`, `process`, `parent` and so on.
        columns: for a column of the view, what the frame calls it, or None where the frame has no such column.

    Raises:
        QueryError: there is no such view, part or column; says which there are.
    """
    import narwhals.stable.v2 as nw
    import pandas as pd

    table = nw.from_native(frame, eager_only=True)
    rule = _entity_rule(view, part)
    errors: dict[int, str] = {}
    cells = [
        _cells(column, table.get_column(name), errors) if name is not None else [None] * len(table)
        for column, name in _column_names(rule, columns, table.columns).items()
    ]
    rows: list[Cells] = list(zip(*cells, strict=True))
    entities_by_row, errors_by_row = _make_entities(rule, rows)
    entities = list(map(entities_by_row.__getitem__, rows))
    for position in errors:
        entities[position] = None  # what is left of the row could be another entity
    if errors_by_row:
        errors = {position: errors_by_row[row] for position, row in enumerate(rows) if row in errors_by_row} | errors
    index = frame.index if isinstance(frame, pd.DataFrame) else None
    return RowEntities(tuple(entities), MappingProxyType(dict(sorted(errors.items()))), index)


def _make_entities(rule: EntityRule, rows: Sequence[Cells]) -> tuple[dict[Cells, Entity | None], dict[Cells, str]]:
    """The entity of each distinct row, and why there is none."""
    entities: dict[Cells, Entity | None] = dict.fromkeys(rows)
    errors: dict[Cells, str] = {}
    for row in entities:
        try:
            entities[row] = rule.make(*row)
        except EntityError as error:
            errors[row] = error.message
    return entities, errors


def _entity_rule(view: str, part: str) -> EntityRule:
    views = load_schemas().views
    if view not in views:
        raise QueryError(f"there is no view {view!r}", next_step=f"there are {', '.join(views)}")
    rules = views[view].rows.entities
    if part not in rules:
        raise QueryError(f"a row of {view} has no part {part!r}", next_step=f"it has {', '.join(rules)}")
    return rules[part]


def _column_names(rule: EntityRule, aliases: Mapping[str, str | None], columns: Sequence[str]) -> dict[str, str | None]:
    """What the frame calls each column of a part; None for those that it has not."""
    for column in aliases:
        if column not in rule.columns:
            raise QueryError(f"no column {column!r} is needed", next_step=f"needed are {', '.join(rule.columns)}")
    names = {column: aliases.get(column, column) for column in rule.columns}
    for column, name in names.items():
        if name is not None and name not in columns:
            raise QueryError(
                f"there is no column {name!r}",
                next_step=f"there are {', '.join(map(str, columns))}; say which of them it is with "
                f"columns={{{column!r}: ...}}, or None for none of them",
            )
    return names


def _cells(column: str, series: nw.Series[Any], errors: dict[int, str]) -> list[object]:
    """The cells of one column as plain values of its type. A cell that cannot be one is an error of its row."""
    import narwhals.stable.v2 as nw

    kind = VOCABULARY[column].type
    cells = _times(series) if isinstance(series.dtype, nw.Datetime) else series.to_list()
    if {*map(type, cells)} <= {kind, type(None)}:
        return cells
    for position, cell in enumerate(cells):
        if type(cell) is not kind:
            try:
                cells[position] = _READERS[kind](cell)
            except ValueError:
                cells[position] = None
                errors[position] = f"{column} cannot be {type(cell).__name__} {reprlib.repr(cell)}"
    return cells


def _times(series: nw.Series[Any]) -> list[object]:
    """A column of times as plain ones, to the microsecond; those without a time zone stay without."""
    import pandas as pd

    zone = cast("nw.Datetime", series.dtype).time_zone
    utc_series = series.dt.convert_time_zone("UTC") if zone else series
    codes, values = pd.factorize(utc_series.to_numpy().astype("datetime64[us]"))
    times = cast("list[object]", values.tolist())
    if zone:
        # Beyond the year 9999 there are numbers instead. `combine` takes a quarter of the time of `replace`.
        times = [datetime.combine(time, time.time(), UTC) if isinstance(time, datetime) else time for time in times]
    return list(map([*times, None].__getitem__, codes.tolist()))  # the code of an empty cell is -1: the last one


def _is_missing(cell: object) -> bool:
    import pandas as pd

    return pd.isna(cast("Any", cell)) is True  # a list has one answer for each of its items


def _text(cell: object) -> str | None:
    """Text, or nothing. Numbers are refused: `007` and `7` are two names, and a number cannot say which it was."""
    if isinstance(cell, str):
        return str(cell)
    if _is_missing(cell):
        return None
    raise ValueError


def _number(cell: object) -> int | None:
    """A whole number, or its text, decimal or hexadecimal; beside empty cells, whole numbers come with a point."""
    if _is_missing(cell) or cell == "":
        return None
    if isinstance(cell, str) and _NUMBER.fullmatch(cell):
        return int(cell, 16 if cell[1:2] in ("x", "X") else 10)
    is_whole = cell.is_integer() if isinstance(cell, float) else isinstance(cell, Integral)
    if is_whole and not isinstance(cell, bool):
        return int(cast("int | float", cell))
    raise ValueError


def _time(cell: object) -> datetime | str | None:
    """A time, or its text, which the entity reads."""
    import pandas as pd

    if _is_missing(cell) or cell == "":
        return None
    if isinstance(cell, pd.Timestamp):
        return cell.to_pydatetime(warn=False)
    if isinstance(cell, str | datetime):
        return cell
    raise ValueError


_READERS: Mapping[type, Callable[[object], object]] = MappingProxyType({str: _text, int: _number, datetime: _time})
