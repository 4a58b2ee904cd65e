"""Several processes that write one case wait for each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.crash.looking import Found, Tally, history
from tests.crash.workloads import opened
from tests.graph.children import go, line, start
from tests.graph.test_durability import WRITER

WRITERS, STEPS = "abcd", 100


def test_writers_lose_nothing(folder: Path, report: Callable[[str, Tally], None]) -> None:
    """Four processes that write a hundred steps each leave four hundred, each in its own order."""
    path, tally = folder / "x.clew", Tally()
    opened(path).close()
    writers = [start(WRITER, path, name, STEPS) for name in WRITERS]
    assert [line(writer) for writer in writers] == ["ready"] * len(writers)
    for writer in writers:
        go(writer)
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    there = history(path)
    for name in WRITERS:
        expected = [f"noted {name} {number}" for number in range(STEPS)]
        found = [step for step in there if step.startswith(f"noted {name} ")]
        tally.add(Found(lost=STEPS - len(found), wrong="" if found == expected else "another order"), f"writer {name}")
    assert len(there) == 1 + STEPS * len(WRITERS)
    report("4 writers x 100 steps", tally)
