"""The library between a child and the system: how it is made, and what it wrote down."""

from __future__ import annotations

import errno
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("faults.c")
#: As in the source: half of a write arrives and then the disk is full; the process is killed.
SHORT, KILL = -1, -2
FAULTS = {"EIO": errno.EIO, "ENOSPC": errno.ENOSPC, "short write": SHORT, "kill": KILL}
#: What a full disk refuses; a sync has to find room where that was put off.
NEEDS_ROOM = ("create", "link", "rename", "sync", "write")
CHANGES = ("create", "keep", "link", "rename", "sync", "truncate", "unlink", "write")


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that was done to a file of the folder.

    Attributes:
        number: its place among all; 0 for a mark.
        file: which file, whatever its name was; `place` is where in it, or how long it then was.
    """

    number: int
    what: str
    file: int
    place: int
    data: bytes
    first: str
    second: str


def library(folder: Path) -> Path:
    """Compile it. Skips, with the reason, where that cannot be done."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if sys.platform != "linux" or compiler is None:
        pytest.skip("faults need Linux, and a C compiler (cc)")
    made = folder / "faults.so"
    command = [compiler, "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", made, SOURCE, "-ldl"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return made


def operations(record: Path) -> Iterator[Operation]:
    """What the library wrote down, in order, up to where it was cut off."""
    with record.open("rb") as file:
        for line in file:
            number, what, inode, place, length, first, second = line.decode().split()
            data = file.read(int(length))
            yield Operation(int(number), what, int(inode), int(place), data, first, second)


def points(done: Sequence[Operation]) -> list[tuple[int, str, str]]:
    """Every fault that each of these operations can have: number, operation, fault."""
    found: list[tuple[int, str, str]] = []
    for operation in (each for each in done if each.number):
        found.append((operation.number, operation.what, "EIO"))
        if operation.what in NEEDS_ROOM:
            found.append((operation.number, operation.what, "ENOSPC"))
        if operation.what == "write":
            found.append((operation.number, operation.what, "short write"))
        if operation.what in CHANGES:
            found.append((operation.number, operation.what, "kill"))
    # Opening a file anew is two records of one operation.
    return list(dict.fromkeys(found))
