"""From a path to the log files in it: folders, compressed files and archives, bounded and named by their content."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from clew.errors import ConnectError
from clew.logs.engines.containers import Member, UnpackBudget, is_container, iterate_members, open_file
from clew.logs.formats.log_format import HEAD_SIZE, FileHead, LogFile
from clew.logs.formats.registry import recognised_format

_CHUNK = 1 << 20
#: A fingerprint looks at so many places of a file.
_SAMPLES = 16
_SAMPLE_SIZE = 4096
_NO_FORMAT = "no known format of logs"


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file of which no event was read, or no more from some place on; and why."""

    name: str
    reason: str


def content_digest(path: Path) -> str:
    """sha256 over the content of a file, or over names and contents of the log files of a folder.

    Raises:
        ConnectError: nothing is there, or it cannot be read.
    """
    digest = hashlib.sha256()
    with _reading(path):
        for file in list_files(path):
            if path.is_dir():
                digest.update(f"{file.relative_to(path).as_posix()}\0{file.stat().st_size}\0".encode())
            with file.open("rb") as stream:
                while chunk := stream.read(_CHUNK):
                    digest.update(chunk)
    return digest.hexdigest()


def fingerprint(path: Path) -> str:
    """What tells that files are those of before without reading all of them: names, sizes, times and samples.

    Raises:
        ConnectError: nothing is there, or it cannot be read.
    """
    digest = hashlib.sha256()
    with _reading(path):
        for file in list_files(path):
            status = file.stat()
            name = file.relative_to(path).as_posix() if path.is_dir() else ""
            digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
            with file.open("rb") as stream:
                for number in range(_SAMPLES):
                    stream.seek(number * status.st_size // _SAMPLES)
                    digest.update(stream.read(_SAMPLE_SIZE))
    return digest.hexdigest()


@contextmanager
def _reading(path: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise ConnectError(f"the logs cannot be read: {error}", location=str(path)) from None


def list_files(path: Path) -> list[Path]:
    """The files of a path that may be logs: those that a format recognises, compressed files and archives.

    Raises:
        ConnectError: nothing is there, or it is no file and no folder.
    """
    return [file for file in all_files(path) if file == path or _may_be_log(file)]


def all_files(path: Path) -> list[Path]:
    """The files of a path, logs or not.

    Raises:
        ConnectError: nothing is there, or it is no file and no folder.
    """
    if path.is_dir():
        # Links are not followed: a folder from somewhere else may point anywhere.
        return sorted(file for file in path.rglob("*") if file.is_file() and not file.is_symlink())
    if not path.exists():
        raise ConnectError("there are no logs", location=str(path), next_step="give a folder, a file or an archive")
    if not path.is_file():
        # A device or a named pipe may have no end.
        raise ConnectError("this is no file", location=str(path), next_step="give a folder, a file or an archive")
    return [path]


def _may_be_log(file: Path) -> bool:
    with file.open("rb") as stream:
        content = stream.read(HEAD_SIZE)
    return is_container(content) or recognised_format(FileHead(file.name.lower(), content)) is not None


def unpacked_size(path: Path) -> int | None:
    """How large the log files of a path are, in bytes; None where some of them are packed."""
    files = list_files(path)
    return None if any(map(_is_packed, files)) else sum(file.stat().st_size for file in files)


def _is_packed(file: Path) -> bool:
    with file.open("rb") as stream:
        return is_container(stream.read(HEAD_SIZE))


def log_files(path: Path) -> Iterator[LogFile | SkippedFile]:
    """The log files of a path. Each is to be read before the next one is asked for.

    Raises:
        ConnectError: nothing is there.
    """
    for file in all_files(path):
        name = file.relative_to(path).as_posix() if path.is_dir() else file.name
        budget = UnpackBudget.of(file)
        try:
            if not _may_be_log(file):
                yield SkippedFile(name, _NO_FORMAT)
                continue
            with file.open("rb") as stream:
                yield from _log_files_of(open_file(name, stream, file), budget, file.stat().st_mtime)
        except OSError as error:
            yield SkippedFile(name, f"it cannot be read: {error}")


def _log_files_of(member: Member, budget: UnpackBudget, modified_at: float) -> Generator[LogFile | SkippedFile]:
    if is_container(member.head.content):
        for inner_member in iterate_members(member, budget):
            if isinstance(inner_member, Member):
                yield from _log_files_of(inner_member, budget, modified_at)
            else:
                yield SkippedFile(*inner_member)
        return
    log_format = recognised_format(member.head)
    if log_format is None:
        yield SkippedFile(member.name, _NO_FORMAT)
    elif not member.head.content.strip():
        yield SkippedFile(member.name, "the file is empty")
    else:
        yield LogFile(member.name, log_format, member.stream, member.path, modified_at)
