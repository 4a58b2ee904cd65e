"""The hashes of all files of a folder: written once, and compared again by whoever gets it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

from clew.entities.display import visible
from clew.errors import CaseDamaged, CaseNotFound, CaseReadOnly

#: As `sha256sum --check` reads it. Who signs it may leave the signature beside it.
MANIFEST = "manifest-sha256.txt"
_BESIDE = frozenset((MANIFEST, f"{MANIFEST}.sig"))
_LINE = re.compile(r"([0-9a-f]{64}) [ *]((?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*)")
# No list of hashes is larger than this, in bytes.
_MAX = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FolderVerification:
    """What comparing a folder with its list of hashes found.

    Attributes:
        files: how many files the list has.
        name: the first file that is not as it was, in the order of names; empty if all are.
        problem: what is wrong with it: it differs, is missing, is extra, or is no file.
    """

    files: int
    name: str = ""
    problem: str = ""

    def __bool__(self) -> bool:
        return not self.name

    def __str__(self) -> str:
        if self.name:
            return f"not as it was written: {visible(self.name, 400)} {self.problem}"
        return f"as it was written: {self.files} files"


def write_manifest(folder: Path) -> None:
    """Write the hash of every file in a folder into a file of it."""
    lines = [f"{sha256_of(folder / name)}  {name}\n" for name in sorted(_files(folder)) if name not in _BESIDE]
    (folder / MANIFEST).write_text("".join(lines), "ascii", newline="\n")


def verify_crate(folder: str | Path) -> FolderVerification:
    """Whether every file of an exported folder is as it was written, and none is missing or extra.

    Raises:
        CaseNotFound: the folder has no list of hashes.
        CaseDamaged: the list cannot be read.
    """
    place = Path(folder)
    wanted = _wanted(place)
    try:
        there = _files(place)
        for name in sorted({*wanted, *there} - _BESIDE):
            if problem := _problem(place / name, wanted.get(name), known=there.get(name)):
                return FolderVerification(len(wanted), name, problem)
    except OSError as error:
        raise CaseReadOnly(f"the folder cannot be read: {error.strerror}", where=str(error.filename or place)) from None
    return FolderVerification(len(wanted))


def _problem(path: Path, wanted: str | None, *, known: bool | None) -> str:
    """What is wrong with a file; empty if nothing is."""
    if known is None:
        return "is missing"
    if wanted is None:
        return "is extra: nothing in the list says what it is"
    if not known:
        return "is no plain file"
    return "" if sha256_of(path) == wanted else "differs: it was changed after it was written"


def _files(folder: Path) -> dict[str, bool]:
    """Everything in a folder but folders, by its name from there, and whether it is a plain file. Follows no link."""
    return dict(_walked(folder, folder))


def _walked(folder: Path, top: Path) -> Iterator[tuple[str, bool]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _walked(Path(entry.path), top)
            else:
                name = Path(entry.path).relative_to(top).as_posix()
                yield name, entry.is_file(follow_symlinks=False)


def _wanted(folder: Path) -> Mapping[str, str]:
    path = folder / MANIFEST
    if not path.is_file() or path.is_symlink():
        raise CaseNotFound(f"the folder has no {MANIFEST}", where=str(folder), next_step="give a folder of clew crate")
    with path.open("rb") as file:
        lines = file.read(_MAX).decode("ascii", "backslashreplace").splitlines()
    found: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        parts = _LINE.fullmatch(line)
        if parts is None or parts[2] in found:
            why = f"line {number} is no hash of a file"
            raise CaseDamaged(why, where=str(path), next_step="do not trust this folder")
        found[parts[2]] = parts[1]
    return found


def sha256_of(path: Path) -> str:
    """The hash of a file."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
