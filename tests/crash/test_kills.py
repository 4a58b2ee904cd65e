"""Killed without warning at any moment, a case has everything that was acknowledged."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.crash.looking import Tally, examine
from tests.crash.nursery import Nursery
from tests.crash.workloads import WORKLOADS, Workload, fresh


def duration(nursery: Nursery, folder: Path, workload: Workload, job: dict[str, Any]) -> float:
    """How long it takes when nobody interferes; and that it works then."""
    nursery.run(**job)  # the first may have to read logs, for good
    path = fresh(folder, workload)
    said = nursery.run(**job)
    assert (said.broke, said.refused, said.done) == ("", {}, True)
    found = examine(workload, job["size"], path, said.did)
    assert (found.wrong, found.lost, found.kept) == ("", 0, 0)
    return said.seconds


@pytest.mark.parametrize("name", WORKLOADS)
def test_what_was_acknowledged_survives_kills(
    name: str, nursery: Nursery, folder: Path, counts: dict[str, int], report: Callable[[str, Tally], None]
) -> None:
    """Each step that returned is there after kill -9, at most the one in flight besides; a migration is done or not."""
    workload, rng, tally = WORKLOADS[name], random.Random(name), Tally()
    job = {"path": str(folder / "x.clew"), "workload": name, "size": workload.size}
    fresh(folder, workload)
    longest = duration(nursery, folder, workload, job)
    for _ in range(counts["kills"]):
        path, delay = fresh(folder, workload), rng.random() * longest
        said = nursery.kill(delay, **job)
        assert (said.broke, said.refused) == ("", {})
        found = examine(workload, workload.size, path, said.did, replay=tally.is_time_to_replay(workload))
        tally.add(found, f"after {delay:.4f} s")
    report(f"kill -9: {name}", tally)
