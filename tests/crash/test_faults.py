"""Whatever the system answers to one operation on the files of a case, nothing that was acknowledged is lost."""

from __future__ import annotations

import errno
import random
from collections import Counter
from collections.abc import Callable
from operator import itemgetter
from pathlib import Path

import pytest

from tests.crash.faults import FAULTS, operations, points
from tests.crash.looking import Tally, examine
from tests.crash.nursery import Nursery, Said, job_of
from tests.crash.workloads import WORKLOADS, Workload, fresh

each_workload = pytest.mark.parametrize("name", WORKLOADS)


def every_point(name: str, faulty: Nursery, folder: Path) -> list[tuple[int, str, str]]:
    """What can go wrong in a workload: first one of each kind, then the second of each, and so on."""
    fresh(folder, WORKLOADS[name])
    record = folder.parent / "record"
    said = faulty.run(**job_of(name, folder, record=str(record)))
    assert (said.broke, said.refused, said.done) == ("", {}, True)
    found, seen = points(list(operations(record))), Counter[tuple[str, str]]()
    random.Random(name).shuffle(found)
    turns: list[int] = []
    for _, what, fault in found:
        turns.append(seen[what, fault])
        seen[what, fault] += 1
    return [point for _, point in sorted(zip(turns, found, strict=True), key=itemgetter(0))]


def judge(tally: Tally, workload: Workload, path: Path, said: Said, crash: str) -> None:
    found = examine(workload, workload.small, path, said.did, refused=said.refused)
    tally.errors.update(said.refused.values())
    if said.broke:
        found.wrong = f"an error that is no CaseError: {said.broke}"
    tally.add(found, crash)


@each_workload
def test_one_failed_operation_loses_nothing(
    name: str, faulty: Nursery, folder: Path, counts: dict[str, int], report: Callable[[str, Tally], None]
) -> None:
    """Whichever operation fails, it is told as an error of the case or made good, and the case opens with its steps."""
    workload, tally = WORKLOADS[name], Tally()
    for number, what, fault in every_point(name, faulty, folder)[: counts["points"]]:
        path = fresh(folder, workload)
        said = faulty.run(**job_of(name, folder, at=number, fault=FAULTS[fault]))
        judge(tally, workload, path, said, f"{fault} at {number} ({what})")
    report(f"I/O faults: {name}", tally)


@each_workload
def test_a_disk_that_fills_up_keeps_what_was_written(
    name: str, faulty: Nursery, folder: Path, counts: dict[str, int], report: Callable[[str, Tally], None]
) -> None:
    """When there is no more room from some operation on, that is told, and the steps before it are there."""
    workload, tally = WORKLOADS[name], Tally()
    full = [number for number, what, fault in every_point(name, faulty, folder) if (what, fault) == ("write", "ENOSPC")]
    for number in full[: counts["points"] // 6]:
        path = fresh(folder, workload)
        said = faulty.run(**job_of(name, folder, at=number, fault=errno.ENOSPC, lasting=True))
        judge(tally, workload, path, said, f"full from {number} on")
        assert set(said.refused.values()) == {"CaseReadOnly"}
    report(f"full disk: {name}", tally)
