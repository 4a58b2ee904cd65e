"""The columns that the tables of a path have, before all of them is read."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from clew.entities.spelling import spelling_hint
from clew.errors import ClewError, ConnectError
from clew.logs.engines.containers import DAMAGE
from clew.logs.engines.log_files import SkippedFile, log_files
from clew.logs.event_paths import unwrap

_MAX_FILES = 50
_MAX_EVENTS = 1_000


def check_columns(path: Path, columns: Iterable[str]) -> None:
    """That each column is in the first events of some file. Raises ConnectError, which names the nearest."""
    names = table_columns(path)
    for column in columns:
        if names and column not in names:
            raise ConnectError(
                f"there is no column {column!r}", location=str(path), next_step=spelling_hint(column, sorted(names))
            )


def table_columns(path: Path) -> set[str]:
    """The columns of the first events of each file, those of objects by their dotted paths too."""
    names: set[str] = set()
    for file in itertools.islice(log_files(path), _MAX_FILES):
        if isinstance(file, SkippedFile):
            continue
        try:
            for event in itertools.islice(file.format.events(file), _MAX_EVENTS):
                names.update(_names(unwrap(event.fields), "") if event.fields else ())
        except (*DAMAGE, ClewError, OSError, ValueError):
            continue  # reading all of it says what is wrong
    return names


def _names(fields: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for name, value in fields.items():
        yield f"{prefix}{name}"
        if isinstance(value, dict) and prefix.count(".") < 6:
            yield from _names(cast("dict[str, Any]", value), f"{prefix}{name}.")
