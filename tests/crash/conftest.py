"""How much of everything, the children, and the table of figures at the end."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.crash.faults import library
from tests.crash.looking import Tally
from tests.crash.nursery import Nursery

#: How many of each: a few while one works, a little with every change, all of it on demand.
COUNTS = {
    "fast": {"kills": 10, "points": 12, "cuts": 15, "mutants": 60},
    "push": {"kills": 30, "points": 30, "cuts": 50, "mutants": 200},
    "tenth": {"kills": 100, "points": 100, "cuts": 100, "mutants": 500},
    "long": {"kills": 1_000, "points": 1_000_000, "cuts": 1_000, "mutants": 5_000},
}
COLUMNS = ("crashes", "tried", "lost", "wrong", "in flight", "slowest", "how it was told")


@pytest.fixture(scope="session")
def counts() -> dict[str, int]:
    """By CRASH_PROFILE: `fast`, `push`, `tenth`, or `long`."""
    return COUNTS[os.environ.get("CRASH_PROFILE", "fast")]


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    if not hasattr(os, "fork"):
        pytest.skip("this system cannot fork")
    with Nursery() as nursery:
        yield nursery


@pytest.fixture(scope="session")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """A nursery whose children can be let down by the system."""
    with Nursery(library(tmp_path_factory.mktemp("faults"))) as nursery:
        yield nursery


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the case is, and nothing else."""
    # Resolved: the library between the children and the system compares names.
    (tmp_path / "case").mkdir()
    return (tmp_path / "case").resolve()


@pytest.fixture
def report(record_property: Callable[[str, object], None]) -> Callable[[str, Tally], None]:
    """Puts a row into the table of figures, and fails if something was lost or wrong."""

    def add(name: str, tally: Tally) -> None:
        outcomes = ", ".join(f"{kind} {count}" for kind, count in sorted(tally.errors.items()))
        figures = (tally.tried, tally.lost, len(tally.wrong), tally.kept, f"{tally.slowest:.2f} s", outcomes or "-")
        record_property("crashes", (name, *map(str, figures)))
        assert tally.wrong == []
        assert tally.lost == 0

    return add


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The figures of all processes, as one table."""
    reports = [each for kind in ("passed", "failed") for each in terminalreporter.stats.get(kind, ())]
    rows = sorted(tuple(row) for each in reports for name, row in each.user_properties if name == "crashes")
    if not rows:
        return
    widths = [max(map(len, column)) for column in zip(COLUMNS, *rows, strict=True)]
    terminalreporter.section("figures")
    for row in (COLUMNS, *rows):
        cells = [
            cell.ljust(width) if place in (0, 6) else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        terminalreporter.write_line("  ".join(cells).rstrip())
