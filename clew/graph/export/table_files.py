"""Tables as files: the names they may have, and cells that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import json
import math
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from clew.entities import Entity
from clew.entities.checked_text import stamp
from clew.errors import MissingExtra, PipelineError

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
# Windows opens a device of that name, whatever its ending.
_DEVICE_NAME = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
# What a spreadsheet takes for the begin of a formula, in the width of both scripts.
_FORMULA = re.compile(r"\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?")


def check_file(name: object) -> None:
    """Raises PipelineError for what is no plain file name, or of no kind that can be written."""
    text = name if isinstance(name, str) else ""
    if text.rpartition(".")[2].lower() not in _WRITERS:
        known_suffixes = ", ".join(f".{suffix}" for suffix in _WRITERS)
        raise PipelineError(
            f"{name!r} is no file of a kind that is written", location="file", next_step=f"end it in {known_suffixes}"
        )
    if not _FILE_NAME.fullmatch(text) or _DEVICE_NAME.fullmatch(text):
        next_step = "letters, digits, dots and dashes; whoever runs the pipeline names the folder"
        raise PipelineError(f"{name!r} is no plain file name", location="file", next_step=next_step)


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a table to a file that is not there yet.

    Raises:
        PipelineError: the file is there, or cannot be written.
        MissingExtra: Parquet, without the log engine.
    """
    try:
        path.open("xb").close()
        _WRITERS[path.suffix[1:].lower()](frame, path)
    except OSError as error:
        raise PipelineError(f"cannot write the table: {error.strerror}", location=str(path)) from None


def read_table(path: Path) -> pd.DataFrame:
    """The table in a CSV, JSON, JSON Lines or Parquet file. In CSV, what is plainly a number is one; NA is a text.

    Raises:
        PipelineError: there is no such file, or no table in it.
        MissingExtra: Parquet, without the log engine.
    """
    reader = _READERS.get(path.suffix[1:].lower())
    if reader is None:
        raise PipelineError(
            "this is no kind of table", location=str(path), next_step=f"known are .{', .'.join(_READERS)}"
        )
    try:
        return reader(path)
    except OSError as error:
        raise PipelineError(f"cannot read the table: {error.strerror or error}", location=str(path)) from None
    except ValueError as error:  # what parsers raise, of text and of JSON
        raise PipelineError(f"there is no table in it: {error}", location=str(path)) from None


def json_value(cell: Any) -> Any:
    """A cell as JSON has it: entities as their keys, times in UTC, nothing for what is empty."""
    import pandas as pd

    if isinstance(cell, Entity):
        return str(cell.key)
    if pd.api.types.is_scalar(cell) and pd.isna(cell):
        return None
    if isinstance(cell, pd.Timestamp):
        return stamp(cell.to_pydatetime(warn=False)) if cell.tzinfo else cell.isoformat()
    value = python_value(cell)
    return str(value) if isinstance(value, float) and math.isinf(value) else value  # JSON has no such number


def python_value(cell: Any) -> Any:
    """A cell without the types of numpy."""
    return cell.item() if hasattr(cell, "item") else cell


def escape_formula(cell: object) -> object:
    """A text that a spreadsheet would run as a formula, with an apostrophe before it."""
    if isinstance(cell, str) and _FORMULA.match(cell) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


def _rows(frame: pd.DataFrame) -> Iterator[list[Any]]:
    """The rows, cell by cell: a column of pandas' own would make other values of some of them."""
    return ([json_value(cell) for cell in row] for row in frame.astype(object).itertuples(index=False, name=None))


def _to_csv(frame: pd.DataFrame, path: Path) -> None:
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as lines:
        writer = csv.writer(lines)  # ends lines as RFC 4180 says, and so puts every kind of break into quotes
        writer.writerow([escape_formula(str(name)) for name in frame.columns])
        writer.writerows([escape_formula(cell) for cell in row] for row in _rows(frame))


def _to_jsonl(frame: pd.DataFrame, path: Path) -> None:
    names = [str(name) for name in frame.columns]
    with path.open("w", encoding="utf-8", newline="") as lines:
        for row in _rows(frame):
            lines.write(f"{json.dumps(dict(zip(names, row, strict=True)), default=str)}\n")


def _to_parquet(frame: pd.DataFrame, path: Path) -> None:
    import pandas as pd

    columns = {str(name): _texts(column) if column.dtype.kind in "OUS" else column for name, column in frame.items()}
    with _engine() as engine:
        engine.from_df(pd.DataFrame(columns)).write_parquet(str(path))


def _texts(column: pd.Series[Any]) -> pd.Series[Any]:
    """A column of anything as text, which every cell can be."""
    import pandas as pd

    texts = [None if json_value(cell) is None else str(json_value(cell)) for cell in column.astype(object)]
    safe = [text and text.encode("utf-8", "backslashreplace").decode() for text in texts]
    return pd.Series(safe, index=column.index, dtype=object)


def _from_csv(path: Path) -> pd.DataFrame:
    import pandas as pd

    return pd.read_csv(path, keep_default_na=False, na_values=[""], low_memory=False, encoding="utf-8-sig")


def _from_json(path: Path) -> pd.DataFrame:
    return _records(json.loads(path.read_text("utf-8-sig")))


def _from_jsonl(path: Path) -> pd.DataFrame:
    lines = path.read_text("utf-8-sig").split("\n")
    return _records([json.loads(line) for line in lines if line.strip()])


def _records(rows: object) -> pd.DataFrame:
    import pandas as pd

    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in cast("list[object]", rows)):
        raise ValueError("it is no list of objects")
    records = cast("list[dict[str, Any]]", rows)
    try:
        return pd.DataFrame(records)
    except UnicodeEncodeError:  # JSON can hold half of a surrogate pair, a column of texts cannot
        return pd.DataFrame(records, dtype=object)


def _from_parquet(path: Path) -> pd.DataFrame:
    with path.open("rb"), _engine() as engine:
        import duckdb

        try:
            relation = engine.execute("SELECT * FROM read_parquet($path)", {"path": str(path)})
            with warnings.catch_warnings():
                # The engine calls pandas in a way that pandas has announced to end.
                warnings.simplefilter("ignore", DeprecationWarning)
                return relation.df()
        except duckdb.Error as error:
            raise ValueError(str(error).partition("\n")[0]) from None


def _engine() -> duckdb.DuckDBPyConnection:
    try:
        import duckdb
    except ImportError:
        raise MissingExtra("duckdb", extra="logs", purpose="reading and writing Parquet") from None
    config = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    return duckdb.connect(":memory:", config=cast("Any", config))


_WRITERS: Mapping[str, Callable[[pd.DataFrame, Path], None]] = {
    "csv": _to_csv,
    "jsonl": _to_jsonl,
    "parquet": _to_parquet,
}
_READERS: Mapping[str, Callable[[Path], pd.DataFrame]] = {
    "csv": _from_csv,
    "json": _from_json,
    "jsonl": _from_jsonl,
    "parquet": _from_parquet,
}
