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
_UNLISTED_FILES = frozenset((MANIFEST, f"{MANIFEST}.sig"))
_LINE = re.compile(r"([0-9a-f]{64}) [ *]((?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*)")
# No list of hashes is larger than this, in bytes.
_MAX_BYTES = 256 * 1024 * 1024


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
    lines = [f"{sha256_of(folder / name)}  {name}\n" for name in sorted(_files(folder)) if name not in _UNLISTED_FILES]
    (folder / MANIFEST).write_text("".join(lines), "ascii", newline="\n")


def verify_crate(folder: str | Path) -> FolderVerification:
    """Whether every file of an exported folder is as it was written, and none is missing or extra.

    Raises:
        CaseNotFound: the folder has no list of hashes.
        CaseDamaged: the list cannot be read.
    """
    root = Path(folder)
    expected_hashes = _read_manifest(root)
    try:
        actual_files = _files(root)
        for name in sorted({*expected_hashes, *actual_files} - _UNLISTED_FILES):
            if problem := _problem(root / name, expected_hashes.get(name), is_plain_file=actual_files.get(name)):
                return FolderVerification(len(expected_hashes), name, problem)
    except OSError as error:
        raise CaseReadOnly(
            f"the folder cannot be read: {error.strerror}", location=str(error.filename or root)
        ) from None
    return FolderVerification(len(expected_hashes))


def _problem(path: Path, expected_hash: str | None, *, is_plain_file: bool | None) -> str:
    """What is wrong with a file; empty if nothing is."""
    if is_plain_file is None:
        return "is missing"
    if expected_hash is None:
        return "is extra: nothing in the list says what it is"
    if not is_plain_file:
        return "is no plain file"
    return "" if sha256_of(path) == expected_hash else "differs: it was changed after it was written"


def _files(folder: Path) -> dict[str, bool]:
    """Everything in a folder but folders, by its name from there, and whether it is a plain file. Follows no link."""
    return dict(_walk_files(folder, folder))


def _walk_files(folder: Path, top: Path) -> Iterator[tuple[str, bool]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _walk_files(Path(entry.path), top)
            else:
                name = Path(entry.path).relative_to(top).as_posix()
                yield name, entry.is_file(follow_symlinks=False)


def _read_manifest(folder: Path) -> Mapping[str, str]:
    path = folder / MANIFEST
    if not path.is_file() or path.is_symlink():
        raise CaseNotFound(
            f"the folder has no {MANIFEST}", location=str(folder), next_step="give a folder of clew crate"
        )
    with path.open("rb") as file:
        lines = file.read(_MAX_BYTES).decode("ascii", "backslashreplace").splitlines()
    hashes: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        parts = _LINE.fullmatch(line)
        if parts is None or parts[2] in hashes:
            reason = f"line {number} is no hash of a file"
            raise CaseDamaged(reason, location=str(path), next_step="do not trust this folder")
        hashes[parts[2]] = parts[1]
    return hashes


def sha256_of(path: Path) -> str:
    """The hash of a file."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
