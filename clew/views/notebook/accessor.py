"""`df.clew`: pivots and pipelines on the table itself, for those who think in DataFrames."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from clew.entities import Entity, parse
from clew.entities.display import escape_html, visible
from clew.errors import EntityError, QueryError
from clew.pipelines import Pipeline, PipelineResult, Show

if TYPE_CHECKING:
    import pandas as pd

    from clew.pivots.bulk import Join


class SupportsOver(Protocol):
    """A pivot of any entity, with its arguments or its defaults: `IpAddress.ti.lookup`."""

    def over(self, values: pd.DataFrame, *, column: str, join: Join | None, progress: bool) -> pd.DataFrame:
        """Ask about every value of a column."""
        ...


class ClewFrame:
    """What `df.clew` is. Type checkers cannot see it on a DataFrame: for them, write `ClewFrame(df)`."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def pivot(
        self, pivot: SupportsOver, *, column: str, join: Join | None = "left", progress: bool = False
    ) -> pd.DataFrame:
        """Ask about every value of a column; the answers come beside the columns, or alone with `join=None`.

        `df.clew.pivot(IpAddress.ti.lookup, column="src")` is `IpAddress.ti.lookup.over(df, column="src", join="left")`.

        Raises:
            QueryError: there is no such column.
        """
        return pivot.over(self._frame, column=column, join=join, progress=progress)

    def run(
        self,
        pipeline: Pipeline,
        *,
        column: str = "",
        show: Show | None = None,
        folder: str | Path | None = None,
        progress: bool = False,
    ) -> PipelineResult:
        """Run a pipeline over the table; in a notebook, display steps show what they are to show.

        Raises:
            PipelineError: see `clew.pipelines.run`.
        """
        callback = show or (show_in_notebook if _in_notebook() else None)
        return pipeline.run(self._frame, column=column, show=callback, folder=folder, progress=progress)

    def entities(self, column: str, kind: type[Entity] | None = None) -> pd.Series[Any]:
        """The entities that a column names, row by row; None where a cell names none.

        Args:
            kind: what the column holds; without it each cell is recognised by its looks.

        Raises:
            QueryError: there is no such column.
        """
        import pandas as pd

        if column not in self._frame.columns:
            columns = ", ".join(map(str, self._frame.columns))
            raise QueryError(f"there is no column {column!r}", next_step=f"there are {columns}")
        cells = self._frame[column].astype(object)
        cell_entities = {cell: _entity(cell, kind) for cell in dict.fromkeys(cells)}
        return pd.Series([cell_entities[cell] for cell in cells], index=self._frame.index, dtype=object, name=column)


def extend_pandas() -> None:
    """Give every DataFrame of the process its `.clew`; `%load_ext clew` does it too. Twice is fine."""
    import pandas as pd

    if getattr(pd.DataFrame, "clew", None) is not ClewFrame:
        pd.api.extensions.register_dataframe_accessor("clew")(ClewFrame)


def show_in_notebook(title: str, frame: pd.DataFrame, rows: int) -> None:
    """What display steps call in a notebook."""
    # By its name: the function says nothing about its types.
    display: Callable[..., object] = import_module("IPython.display").display
    caption = f"{visible(title)} ({len(frame):,} of {rows:,} rows)"
    bundle = {"text/plain": caption, "text/html": f"<p><b>{escape_html(caption)}</b></p>"}
    display(bundle, raw=True)
    display(frame)


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    return shell is not None and shell.get_ipython() is not None


def _entity(cell: object, kind: type[Entity] | None) -> Entity | None:
    if isinstance(cell, Entity):
        return cell if kind is None or isinstance(cell, kind) else None
    if not isinstance(cell, str):
        return None
    make: Any = kind or parse
    try:
        entity: Entity = make(cell)
    except EntityError:
        return None
    return entity
