"""What logs were read once, kept in the user's cache: which they are, and how much room they take."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

#: The folder of the cache in which each source has one of its own.
LOGS = "logs"
_LOCATION = "location.txt"
_PARTIAL = ".partial"


@dataclass(frozen=True, slots=True)
class KeptLogs:
    """One source that was read.

    Attributes:
        size: in bytes.
        used: when it was last connected.
        location: where it was when it was read.
    """

    folder: Path
    size: int
    used: datetime
    location: str


def list_kept_logs(cache: Path) -> tuple[KeptLogs, ...]:
    """The sources that are kept, the one that was used last first; what is being read now is not among them."""
    folders = [folder for folder in _folders(cache / LOGS) if folder.suffix != _PARTIAL]
    return tuple(sorted(map(_read_folder, folders), key=lambda item: item.used, reverse=True))


def _folders(path: Path) -> list[Path]:
    try:
        return [Path(entry.path) for entry in os.scandir(path) if entry.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return []


def _read_folder(folder: Path) -> KeptLogs:
    size = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
    try:
        location = (folder / _LOCATION).read_text("utf-8")
    except (OSError, UnicodeError):
        location = ""
    return KeptLogs(folder, size, datetime.fromtimestamp(folder.stat().st_mtime, UTC), location)


def note_location(folder: Path, location: str) -> None:
    """Say beside a source where it was when it was read."""
    (folder / _LOCATION).write_text(location, "utf-8", "replace")


def mark_used(folder: Path) -> None:
    """Say that a source is used now."""
    os.utime(folder)


def trim_kept_logs(cache: Path, limit: int, in_use: Iterable[str] = ()) -> tuple[KeptLogs, ...]:
    """Delete what was not used for the longest time, until the rest fits.

    Args:
        limit: how many bytes may be kept.
        in_use: the locations of sources that stay, whatever their size.

    Returns:
        What was deleted. It costs reading the files again, and nothing else.
    """
    locations = {*in_use}
    removals: list[KeptLogs] = []
    total = 0
    for item in list_kept_logs(cache):
        total += item.size
        if total > limit and item.location not in locations:
            shutil.rmtree(item.folder, ignore_errors=True)
            total -= item.size
            removals.append(item)
    return tuple(removals)
