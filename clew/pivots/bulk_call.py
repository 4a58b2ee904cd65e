"""A pivot over many values, ready to be asked: what `IpAddress.ti.abuseipdb` is, and `.with_arguments(...)` of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from clew.entities import Entity
from clew.pivots.bulk import over_frame, over_values
from clew.pivots.invocation import Pivot

if TYPE_CHECKING:
    import pandas as pd
    from narwhals.typing import IntoDataFrameT as IntoFrameT

    from clew.pivots.bulk import Join

E = TypeVar("E", bound=Entity)


class Bulk(Generic[E]):
    """A pivot with its arguments, ready to be asked over many values."""

    def __init__(self, pivot: Pivot, kind: type[Entity], arguments: Mapping[str, Any]) -> None:
        self._pivot = pivot
        self.kind = kind
        self._arguments = arguments

    @overload
    def over(
        self, values: pd.DataFrame, *, column: str, join: Join | None = None, progress: bool = False
    ) -> pd.DataFrame: ...
    @overload
    def over(
        self, values: IntoFrameT, *, column: str, join: Join | None = None, progress: bool = False
    ) -> IntoFrameT: ...
    @overload
    def over(self, values: Iterable[object], *, progress: bool = False) -> pd.DataFrame: ...
    def over(self, values: Any, *, column: str | None = None, join: Join | None = None, progress: bool = False) -> Any:
        """Ask about each distinct value once, and answer for every row.

        Args:
            values: a list, an iterator, a pandas Series; or, with `column`, a pandas, polars or pyarrow frame.
            column: the column of the frame that holds the values.
            join: `left` puts the answers beside the columns of the frame; without it they come alone.
            progress: show how far it is.

        Returns:
            As many rows as went in, in the same order and, for pandas, with the same index. `status` says what became
            of each: found, nothing, failed, refused, skipped, empty or unparsable.

        Raises:
            QueryError: the frame has no such column.
        """
        if column is None:
            return over_values(self._pivot, self.kind, self._arguments, values, progress=progress)
        return over_frame(self._pivot, self.kind, self._arguments, values, column, join=join, progress=progress)
