"""The power fails at any moment: what the disk then has, whatever that is, is a case with all that was acknowledged."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.crash.disk import FATES, Disk, write_out
from tests.crash.faults import Operation, operations
from tests.crash.looking import Tally, examine
from tests.crash.nursery import Nursery, job_of
from tests.crash.workloads import WORKLOADS, empty, fresh


def moments(done: list[Operation], disk: Disk, count: int, rng: random.Random) -> Iterator[tuple[int, list[int]]]:
    """So many moments, in order, each with the disk as it then is: before which operation, what was acknowledged."""
    chosen, did = sorted(rng.choices(range(len(done) + 1), k=count)), list[int]()
    for place in range(len(done) + 1):
        for _ in range(chosen.count(place)):
            yield place, did
        if place < len(done):
            disk.do(done[place])
            did += [int(done[place].first)] if done[place].what == "mark" else []


def recorded(faulty: Nursery, folder: Path, name: str) -> tuple[Disk, list[Operation]]:
    """The disk before a workload, and what the workload does to it when nothing goes wrong."""
    workload, record = WORKLOADS[name], folder.parent / "record"
    path = fresh(folder, workload)
    disk = Disk.holding(path.stat().st_ino, path.name, path.read_bytes()) if workload.before else Disk()
    said = faulty.run(**job_of(name, folder, size=workload.size, record=str(record)))
    assert (said.broke, said.refused, said.done) == ("", {}, True)
    return disk, list(operations(record))


@pytest.mark.parametrize("name", WORKLOADS)
def test_what_was_acknowledged_survives_power_cuts(
    name: str, faulty: Nursery, folder: Path, counts: dict[str, int], report: Callable[[str, Tally], None]
) -> None:
    """Of what was not synced any part may be gone, to the sector: no acknowledged step is among it, and it opens."""
    workload, rng, tally = WORKLOADS[name], random.Random(name), Tally()
    disk, done = recorded(faulty, folder, name)
    for place, did in moments(done, disk, counts["cuts"], rng):
        path = empty(folder)
        fate = rng.choice(FATES)
        write_out(disk.after(fate, rng), folder)
        found = examine(workload, workload.size, path, did, replay=tally.is_time_to_replay(workload))
        tally.add(found, f"before operation {place}, {fate} arrived")
    report(f"power cuts: {name}", tally)


@pytest.mark.parametrize("missing", ["sync", "keep"])
def test_a_case_that_did_not_sync_would_be_found(missing: str, faulty: Nursery, folder: Path) -> None:
    """Without the syncs of files, or those of the folder, the simulation tells of cases that are lost."""
    workload, tally = WORKLOADS["steps"], Tally()
    disk, done = recorded(faulty, folder, "steps")
    careless = [operation for operation in done if operation.what != missing]
    for place, did in moments(careless, disk, 20, random.Random(missing)):
        path = empty(folder)
        write_out(disk.after("nothing", random.Random(place)), folder)
        tally.add(examine(workload, workload.size, path, did), f"before operation {place}")
    assert len(tally.wrong) > tally.tried // 2
