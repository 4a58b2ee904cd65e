"""From a path to the log files in it: a folder, a file or a zip, each bounded and identified by its content."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from clew.entities.display import visible
from clew.errors import ConnectError
from clew.logs.formats.log_format import HEAD_SIZE, LogFile, LogFormat
from clew.logs.formats.registry import format_endings, recognised_format

MAX_MEMBERS = 1_000
MAX_UNPACKED = 8 * 2**30
MAX_RATIO = 200
_CHUNK = 1 << 20


def content_digest(path: Path) -> str:
    """sha256 over the content of a file, or over names and contents of a folder.

    Raises:
        ConnectError: nothing is there, or it cannot be read.
    """
    digest = hashlib.sha256()
    try:
        for file in _list_files(path):
            if path.is_dir():
                digest.update(f"{file.relative_to(path).as_posix()}\0{file.stat().st_size}\0".encode())
            with file.open("rb") as stream:
                while chunk := stream.read(_CHUNK):
                    digest.update(chunk)
    except OSError as error:
        raise ConnectError(f"the logs cannot be read: {error}", location=str(path)) from None
    return digest.hexdigest()


def _list_files(path: Path) -> list[Path]:
    if path.is_dir():
        # Links are not followed: a folder from somewhere else may point anywhere.
        files = sorted(file for file in path.rglob("*") if file.is_file() and not file.is_symlink())
        return [file for file in files if _is_zip(file) or _file_format(file) is not None]
    if not path.exists():
        raise ConnectError("there are no logs", location=str(path), next_step="give a folder, a file or a zip")
    if not path.is_file():
        # A device or a named pipe may have no end.
        raise ConnectError("this is no file", location=str(path), next_step="give a folder, a file or a zip")
    return [path]


def _is_zip(file: Path) -> bool:
    return file.suffix.lower() == ".zip"


def _file_format(file: Path) -> LogFormat | None:
    def read_head() -> bytes:
        with file.open("rb") as stream:
            return stream.read(HEAD_SIZE)

    return recognised_format(file.name, read_head)


@contextmanager
def log_files(path: Path) -> Generator[list[LogFile]]:
    """The log files of a path; those in a zip are unpacked for the time of the `with` block.

    Raises:
        ConnectError: no log file, or a zip that is damaged or larger than the limits.
    """
    with TemporaryDirectory(prefix="clew-logs-") as scratch:
        files: list[LogFile] = []
        for number, file in enumerate(_list_files(path)):
            name = file.relative_to(path).as_posix() if path.is_dir() else file.name
            if _is_zip(file):
                files += _unpack_zip(file, Path(scratch) / str(number), name)
            elif (log_format := _file_format(file)) is not None:
                files.append(LogFile(name, file, log_format))
        if not files:
            raise ConnectError(
                "there is no log file in it",
                location=str(path),
                next_step=f"clew reads {', '.join(format_endings())} and zips of them",
            )
        yield files


def _unpack_zip(archive: Path, folder: Path, name: str) -> list[LogFile]:
    """The log members of a zip, written under names of our own: a member's name never becomes a path."""
    folder.mkdir()
    files: list[LogFile] = []
    try:
        with zipfile.ZipFile(archive) as content:
            members = [member for member in content.infolist() if not member.is_dir()]
            if len(members) > MAX_MEMBERS:
                raise ConnectError(f"the zip has more than {MAX_MEMBERS} members", location=str(archive))
            budget = min(MAX_UNPACKED, max(archive.stat().st_size, _CHUNK) * MAX_RATIO)
            for member in members:
                log_format = _member_format(content, member)
                if log_format is not None:
                    target = folder / f"{len(files)}"
                    budget -= _copy(content, member, target, budget)
                    files.append(LogFile(f"{name}/{member.filename}", target, log_format))
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
        # RuntimeError is how zipfile says "encrypted", NotImplementedError "unknown method".
        raise ConnectError(f"the zip cannot be unpacked: {error}", location=str(archive)) from None
    except Exception as error:
        # zlib, lzma and bz2 each have an error class of their own for damaged data.
        if type(error).__module__ in ("zlib", "_lzma", "lzma"):
            raise ConnectError(f"the zip is damaged: {error}", location=str(archive)) from None
        raise
    return files


def _member_format(content: zipfile.ZipFile, member: zipfile.ZipInfo) -> LogFormat | None:
    def read_head() -> bytes:
        with content.open(member) as stream:
            return stream.read(HEAD_SIZE)

    return recognised_format(member.filename, read_head)


def _copy(content: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, budget: int) -> int:
    size = 0
    with content.open(member) as stream, target.open("wb") as target_stream:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > budget:
                raise ConnectError(
                    "the zip unpacks to far more than its size allows",
                    location=visible(member.filename),
                    next_step="unpack it yourself if you trust it, and connect the folder",
                )
            target_stream.write(chunk)
    return size
