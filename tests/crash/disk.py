"""A disk that loses its power: what was synced is there, and of everything since, nobody knows."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.faults import Operation

SECTOR = 512
#: What becomes of what was not synced: nothing of it arrived, all, some operations, or some sectors of some.
FATES = ("nothing", "everything", "some", "torn")


@dataclass(slots=True)
class Contents:
    """A file: what is safe, and what was done to it since."""

    safe: bytearray = field(default_factory=bytearray)
    waiting: list[Operation] = field(default_factory=list)

    def sync(self) -> None:
        for operation in self.waiting:
            _apply(self.safe, operation)
        self.waiting.clear()

    def after(self, fate: str, rng: random.Random) -> bytes:
        """What may be there when the power comes back."""
        data = bytearray(self.safe)
        for operation in self.waiting:
            if fate == "everything" or (fate == "some" and rng.random() < 0.5):
                _apply(data, operation)
            elif fate == "torn":
                _tear(data, operation, rng)
        return bytes(data)


@dataclass(slots=True)
class Disk:
    """The files of one folder. An entry of the folder is safe when the folder was synced.

    Attributes:
        waiting: entries made (with their file) and taken away (without), one tuple for what happens at once.
    """

    files: dict[int, Contents] = field(default_factory=dict)
    safe: dict[str, int] = field(default_factory=dict)
    waiting: list[tuple[tuple[str, int], ...]] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)

    @classmethod
    def holding(cls, file: int, name: str, data: bytes) -> Disk:
        """A disk with one file, all of which is safe."""
        return cls({file: Contents(bytearray(data))}, {name: file}, [], {name: file})

    def do(self, operation: Operation) -> None:
        """Take over one operation; those that change nothing are ignored."""
        file = operation.file
        match operation.what:
            case "write" | "truncate":
                self.files[file].waiting.append(operation)
            case "sync":
                self.files[file].sync()
            case "keep":
                self.waiting.clear()
                self.safe = dict(self.names)
            case "create":
                self.files[file] = Contents()
                self._enter((operation.first, file))
            case "unlink":
                self._enter((operation.first, 0))
            case "link":
                self._enter((operation.second, self.names[operation.first]))
            case "rename":
                self._enter((operation.second, self.names[operation.first]), (operation.first, 0))
            case _:
                pass

    def _enter(self, *entries: tuple[str, int]) -> None:
        self.waiting.append(entries)
        _list(self.names, entries)

    def after(self, fate: str, rng: random.Random) -> dict[str, bytes]:
        """The files that may be there when the power comes back, by name."""
        names = dict(self.safe)
        for entries in self.waiting:
            if fate == "everything" or (fate != "nothing" and rng.random() < 0.5):
                _list(names, entries)
        return {name: self.files[file].after(fate, rng) for name, file in names.items()}


def write_out(files: dict[str, bytes], folder: Path) -> None:
    """Make such a folder."""
    for name, data in files.items():
        (folder / name).write_bytes(data)


def _list(names: dict[str, int], entries: tuple[tuple[str, int], ...]) -> None:
    for name, file in entries:
        if file:
            names[name] = file
        else:
            names.pop(name, None)


def _apply(data: bytearray, operation: Operation) -> None:
    if operation.what == "truncate":
        del data[operation.place :]
        data.extend(bytes(operation.place - len(data)))
    else:
        _put(data, operation.place, operation.data)


def _tear(data: bytearray, operation: Operation, rng: random.Random) -> None:
    """Of a write some sectors arrive; a file is cut off or is not."""
    if operation.what == "truncate":
        if rng.random() < 0.5:
            _apply(data, operation)
        return
    end, place = operation.place + len(operation.data), operation.place
    while place < end:
        after = min(end, (place // SECTOR + 1) * SECTOR)
        if rng.random() < 0.5:
            _put(data, place, operation.data[place - operation.place : after - operation.place])
        place = after


def _put(data: bytearray, place: int, new: bytes) -> None:
    # What lies between the end of a file and a later write reads as zeros.
    data.extend(bytes(max(0, place - len(data))))
    data[place : place + len(new)] = new
