"""The files of rules: single ones, folders, zip archives."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from clew.errors import QueryError

RuleLocations = str | Path | Sequence[str | Path]
_ENDINGS = (".yml", ".yaml")
_MAX_FILE = 4 * 2**20
_MAX_FILES = 200_000
_ADVICE = "give a .yml file of a Sigma rule, a folder or a zip of them"


class RuleFile(NamedTuple):
    """A file that may hold rules.

    Attributes:
        fault: why it is not read; its content is empty then.
    """

    name: str
    content: bytes
    fault: str = ""


def rule_files(locations: RuleLocations) -> Iterator[RuleFile]:
    """The files at some locations, in the order of their names. A text of several lines is a rule itself.

    Raises:
        QueryError: nothing is there, or it cannot be read.
    """
    items = [locations] if isinstance(locations, (str, Path)) else locations
    for item in items:
        if isinstance(item, str) and "\n" in item:
            yield RuleFile("", item.encode("utf-8", "replace"))
            continue
        path = Path(item)
        try:
            if path.is_dir():
                yield from _folder(path)
            elif zipfile.is_zipfile(path):
                yield from _archive(path)
            else:
                with path.open("rb") as stream:
                    yield _read(path.name, stream)
        except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise QueryError(f"the rules cannot be read: {reason}", location=str(path), next_step=_ADVICE) from None


def _read(name: str, stream: IO[bytes]) -> RuleFile:
    content = stream.read(_MAX_FILE + 1)
    if len(content) > _MAX_FILE:
        return RuleFile(name, b"", f"it is larger than {_MAX_FILE // 2**20} MiB")
    return RuleFile(name, content)


def _folder(folder: Path) -> Iterator[RuleFile]:
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in _ENDINGS and path.is_file():
            with path.open("rb") as stream:
                yield _read(str(path.relative_to(folder)), stream)


def _archive(path: Path) -> Iterator[RuleFile]:
    with zipfile.ZipFile(path) as archive:
        members = sorted(name for name in archive.namelist() if name.lower().endswith(_ENDINGS))
        if len(members) > _MAX_FILES:
            raise ValueError(f"the zip has more than {_MAX_FILES:,} rules")
        for name in members:
            with archive.open(name) as stream:
                yield _read(name, stream)
