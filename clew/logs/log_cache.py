"""What logs were read once, kept in the user's cache: which they are, and how much room they take."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

#: The folder of the cache in which each source has one of its own.
LOGS = "logs"
_LOCATION = "location.txt"
_PARTIAL = ".partial"
_DIGESTS = "log-digests"
_DIGEST = re.compile(r"[0-9a-f]{64}")
#: After so long, nobody reads logs into a folder any more: whoever did was ended.
_MAX_READING_TIME = timedelta(days=1)


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


def known_digest(cache: Path, fingerprint: str) -> str:
    """The digest of the content of files that were read before; empty where these were not.

    Args:
        fingerprint: of the files, as sizes, times and samples tell them.
    """
    try:
        digest = (cache / _DIGESTS / fingerprint).read_text("ascii")
    except (OSError, ValueError):
        return ""
    return digest if _DIGEST.fullmatch(digest) else ""


def remember_digest(cache: Path, fingerprint: str, digest: str) -> None:
    """Say which content files with this fingerprint have."""
    folder = cache / _DIGESTS
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / fingerprint).write_text(digest, "ascii")


def _forget_digests(cache: Path, names: set[str]) -> None:
    """Forget files of whose content nothing is kept."""
    folder = cache / _DIGESTS
    for file in folder.iterdir() if folder.is_dir() else ():
        if not any(name.startswith(known_digest(cache, file.name)[:32] or "-") for name in names):
            file.unlink(missing_ok=True)


def _remove_abandoned(cache: Path) -> None:
    for folder in _folders(cache / LOGS):
        change_time = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
        if folder.suffix == _PARTIAL and datetime.now(UTC) - change_time > _MAX_READING_TIME:
            shutil.rmtree(folder, ignore_errors=True)


def trim_kept_logs(cache: Path, limit: int, in_use: Iterable[str] = ()) -> tuple[KeptLogs, ...]:
    """Delete what was not used for the longest time, until the rest fits; and what was never read to its end.

    Args:
        limit: how many bytes may be kept.
        in_use: the locations of sources that stay, whatever their size.

    Returns:
        What was deleted. It costs reading the files again, and nothing else.
    """
    _remove_abandoned(cache)
    locations = {*in_use}
    removals: list[KeptLogs] = []
    total = 0
    for item in list_kept_logs(cache):
        total += item.size
        if total > limit and item.location not in locations:
            shutil.rmtree(item.folder, ignore_errors=True)
            total -= item.size
            removals.append(item)
    if removals:
        _forget_digests(cache, {item.folder.name for item in list_kept_logs(cache)})
    return tuple(removals)
