"""How far the reading of logs is, for whoever shows it to a person.

>>> def show(progress):
...     print(f"{progress.file}: {progress.rows:,} rows")
>>> with progress_listener(show):
...     tell_progress(ReadingProgress("auth.log", 10_000, 1_200_000, 5_000_000))
auth.log: 10,000 rows
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple


class ReadingProgress(NamedTuple):
    """What was read so far.

    Attributes:
        file: the one that is read now.
        rows: of all files.
        size: of these rows, in bytes, unpacked.
        total_size: of all files, in bytes; None where it is not known before they are unpacked.
    """

    file: str
    rows: int
    size: int
    total_size: int | None


ProgressListener = Callable[[ReadingProgress], None]
_listener: ContextVar[ProgressListener | None] = ContextVar("clew_reading_progress", default=None)


@contextmanager
def progress_listener(listener: ProgressListener) -> Generator[None]:
    """Tell somebody about all logs that are read in the block."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def is_heard() -> bool:
    """Whether somebody listens."""
    return _listener.get() is not None


def tell_progress(progress: ReadingProgress) -> None:
    """Tell whoever listens."""
    listener = _listener.get()
    if listener is not None:
        listener(progress)
