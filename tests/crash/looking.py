"""What is left of a case after a crash, and whether that is all that it has to be."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from clew import Investigation
from clew.errors import CaseError
from tests.crash.workloads import Workload, opened, told

#: The tables that a note changes.
NOTED = ("head", "remarks", "steps")


@dataclass(slots=True)
class Tally:
    """What came of many crashes.

    Attributes:
        tried: how many there were.
        lost: acknowledged deeds that were not there afterwards.
        kept: deeds that were there without having been acknowledged: they were in flight.
        wrong: everything that must not be, each with the crash that led to it.
        errors: how often what went wrong was told in which way.
        slowest: the longest look at a case, in seconds.
    """

    tried: int = 0
    lost: int = 0
    kept: int = 0
    wrong: list[str] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0

    def is_time_to_replay(self, workload: Workload) -> bool:
        """Always, but for a workload that takes long: then one time in ten."""
        return workload.size < 1_000 or self.tried % 10 == 0

    def add(self, found: Found, crash: str) -> None:
        self.tried += 1
        self.lost += found.lost
        self.kept += found.kept
        self.slowest = max(self.slowest, found.seconds)
        if found.wrong or found.lost:
            self.wrong.append(f"{crash}: {found.wrong or f'{found.lost} lost'}")


@dataclass(slots=True)
class Found:
    """What one crash left."""

    lost: int = 0
    kept: int = 0
    wrong: str = ""
    seconds: float = 0.0


def examine(
    workload: Workload, size: int, path: Path, did: Iterable[int], *, refused: Iterable[int] = (), replay: bool = True
) -> Found:
    """Open a case after a crash and compare it with what had been acknowledged.

    Args:
        refused: deeds that ended in an error; they may be there all the same, as the one in flight may.
    """
    acknowledged, before = set(did), known(workload)
    began = time.perf_counter()
    if not path.exists():
        return Found(lost=len(acknowledged), wrong="the case is gone" if workload.before or acknowledged else "")
    try:
        if before and state(path) not in before.states:
            return Found(wrong="it is neither the old case nor the new one")
        there = history(path)
        if replay and not (outcome := Investigation.replay(path)).identical:
            return Found(wrong=f"replay: {outcome}")
    except CaseError as error:
        return Found(wrong=f"it does not open: {error!r}")
    found = compare(there[len(before.steps) :] if before else there, workload, size, acknowledged)
    if before and tuple(there[: len(before.steps)]) != before.steps:
        found.wrong = "steps from before are gone"
    if not found.wrong and found.kept > 1 + len(set(refused)):
        found.wrong = f"{found.kept} deeds that nobody acknowledged"
    found.seconds = time.perf_counter() - began
    return found


def compare(there: list[str], workload: Workload, size: int, acknowledged: set[int]) -> Found:
    """Walk through the new steps of a case and the deeds that should have left them."""
    found, place = Found(), 0
    for number, leaves in enumerate(workload.leaves(size)):
        if tuple(there[place : place + len(leaves)]) == leaves:
            place += len(leaves)
            found.kept += bool(leaves) and number not in acknowledged
        else:
            found.lost += number in acknowledged
    if place != len(there):
        found.wrong = f"steps that nobody made: {there[place:]}"
    return found


def history(path: Path) -> list[str]:
    """Every step of a case, in a word or two, each checked. Raises CaseError."""
    with closing(opened(path)) as case:
        return [told(step.event) for step in case.history]


def state(path: Path) -> str:
    """The format of a case, its tables, and what is in those that a note does not change."""
    with closing(sqlite3.connect(path)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        schema = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY name").fetchall()
        rows = {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name, _ in schema if name not in NOTED}
        return repr((version, schema, rows))


@dataclass(frozen=True, slots=True)
class Before:
    """A case that a workload begins with: its steps, and its states before and after it was opened."""

    steps: tuple[str, ...]
    states: tuple[str, str]


@cache
def known(workload: Workload) -> Before | None:
    """What was there before; looked at once."""
    if workload.before is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case" / "x.clew"
        path.parent.mkdir()
        shutil.copyfile(workload.before, path)
        old, steps = state(path), tuple(history(path))
        return Before(steps, (old, state(path)))
