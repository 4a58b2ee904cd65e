"""Compressed files and archives as streams of their members. Nothing is unpacked to a disk, and no name becomes a path.

What unpacks to far more than its size allows is given up, and so is what is nested too deeply.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple

import zstandard

from clew.logs.formats.log_format import HEAD_SIZE, FileHead

MAX_MEMBERS = 10_000
MAX_RATIO = 200
#: What even the smallest archive may unpack to, in bytes.
MIN_BUDGET = 64 * 2**20
MAX_DEPTH = 3
_ENDINGS = {b"\x1f\x8b": (".gz", ".tgz"), b"BZh": (".bz2",), b"\xfd7zXZ\0": (".xz",), b"\x28\xb5\x2f\xfd": (".zst",)}
_OPENERS: dict[bytes, Callable[[BinaryIO], Any]] = {
    b"\x1f\x8b": lambda stream: gzip.GzipFile(fileobj=stream),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\0": lzma.LZMAFile,
    b"\x28\xb5\x2f\xfd": lambda stream: zstandard.ZstdDecompressor().stream_reader(stream, read_across_frames=True),
}
_TAR_MAGIC = slice(257, 262)
#: What libraries raise for damaged data, apart from errors of the system.
DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    zstandard.ZstdError,
    EOFError,
    RuntimeError,  # how zipfile says "encrypted"
    NotImplementedError,  # and "unknown method"
)


class BudgetError(OSError):
    """An archive unpacks to far more than its size allows."""


@dataclass(slots=True)
class UnpackBudget:
    """How many bytes a file may unpack to."""

    bytes_left: int
    depth: int = 0

    @classmethod
    def of(cls, file: Path) -> UnpackBudget:
        """By the size of the file."""
        return cls(max(file.stat().st_size * MAX_RATIO, MIN_BUDGET))

    def spend(self, size: int) -> None:
        """Count bytes. Raises BudgetError once there are too many."""
        self.bytes_left -= size
        if self.bytes_left < 0:
            raise BudgetError("it unpacks to far more than its size allows; unpack it yourself if you trust it")


class Member(NamedTuple):
    """A file, or one of an archive.

    Attributes:
        name: with those of the archives around it before it.
        head: its beginning.
        stream: all of it, from the beginning.
        path: where it stands as a file of its own.
    """

    name: str
    head: FileHead
    stream: BinaryIO
    path: Path | None = None


class UnreadableMember(NamedTuple):
    """A member that cannot be opened, and why."""

    name: str
    reason: str


def open_file(name: str, stream: IO[bytes], path: Path | None = None, budget: UnpackBudget | None = None) -> Member:
    """A stream as a member whose beginning can be looked at."""
    head = stream.read(HEAD_SIZE)
    stream_again = io.BufferedReader(_CountedStream(head, stream, budget), HEAD_SIZE)
    return Member(name, FileHead(name.rpartition("/")[2].lower(), head), stream_again, path)


class _CountedStream(io.RawIOBase):
    """A stream with its beginning put back, counted."""

    def __init__(self, head: bytes, stream: IO[bytes], budget: UnpackBudget | None) -> None:
        self._head = memoryview(head)
        self._stream = stream
        self._budget = budget

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._head:
            size = min(len(buffer), len(self._head))
            buffer[:size] = self._head[:size]
            self._head = self._head[size:]
        else:
            chunk = self._stream.read(len(buffer))
            size = len(chunk)
            buffer[:size] = chunk
        if self._budget is not None:
            self._budget.spend(size)
        return size


def is_container(head: bytes) -> bool:
    """Whether a file with this beginning is compressed, or an archive."""
    return (head.startswith((*_OPENERS, b"PK\x03\x04", b"PK\x05\x06")) and not _is_office(head)) or _is_tar(head)


def _is_office(head: bytes) -> bool:
    # A workbook is a zip too, and is read as what it is.
    return b"[Content_Types].xml" in head[:4096] or b"xl/workbook.xml" in head


def _is_tar(head: bytes) -> bool:
    return head[_TAR_MAGIC] == b"ustar"


def iterate_members(member: Member, budget: UnpackBudget) -> Generator[Member | UnreadableMember]:
    """The members of a container. Each is to be read before the next one is asked for."""
    if budget.depth >= MAX_DEPTH:
        yield UnreadableMember(member.name, f"archives are nested more than {MAX_DEPTH} deep")
        return
    budget.depth += 1
    try:
        yield from _iterate(member, budget)
    except (*DAMAGE, BudgetError, OSError, ValueError) as error:
        yield UnreadableMember(member.name, str(error) or f"it is damaged ({type(error).__name__})")
    finally:
        budget.depth -= 1


def _iterate(member: Member, budget: UnpackBudget) -> Generator[Member | UnreadableMember]:
    head = member.head.content
    if _is_tar(head):
        yield from _tar_members(member, budget)
        return
    for magic, opener in _OPENERS.items():
        if head.startswith(magic):
            name = _without_ending(member.name, _ENDINGS[magic])
            inner = open_file(member.name, opener(member.stream), budget=budget)
            yield inner._replace(head=FileHead(name.rpartition("/")[2].lower(), inner.head.content))
            return
    yield from _zip_members(member, budget)


def _without_ending(name: str, endings: tuple[str, ...]) -> str:
    return next((name[: -len(ending)] for ending in endings if name.lower().endswith(ending)), name)


def _zip_members(member: Member, budget: UnpackBudget) -> Generator[Member | UnreadableMember]:
    # The directory of a zip stands at its end: one within another container is held in memory, within the budget.
    source: Any = member.path or io.BytesIO(member.stream.read())
    with zipfile.ZipFile(source) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        _check_count(len(entries))
        for entry in entries:
            name = f"{member.name}/{entry.filename}"
            try:
                with archive.open(entry) as stream:
                    yield open_file(name, stream, budget=budget)
            except (*DAMAGE, ValueError) as error:
                yield UnreadableMember(name, str(error) or "it is damaged")


def _tar_members(member: Member, budget: UnpackBudget) -> Generator[Member]:
    with tarfile.open(fileobj=member.stream, mode="r|") as archive:
        for number, entry in enumerate(archive):
            _check_count(number)
            stream = archive.extractfile(entry) if entry.isfile() else None
            if stream is not None:
                yield open_file(f"{member.name}/{entry.name}", stream, budget=budget)


def _check_count(count: int) -> None:
    if count > MAX_MEMBERS:
        raise ValueError(f"the archive has more than {MAX_MEMBERS:,} members")
