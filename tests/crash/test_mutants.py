"""A case that was changed by chance gives what it gave before, or an error: nothing is read wrong in silence."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from clew import Investigation
from clew.errors import CaseError
from tests.crash.looking import Found, Tally
from tests.crash.workloads import OLD, opened
from tests.graph.cases import beside, sha256
from tests.graph.test_damage import mutants

TABLES = ("nodes", "edges", "claims", "findings", "timeline", "merges", "remarks")


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A case with steps of many kinds, in today's format."""
    path = tmp_path / "sample" / "x.clew"
    path.parent.mkdir()
    shutil.copyfile(OLD, path)
    opened(path).close()
    return path


def everything(path: Path) -> tuple[str, ...]:
    """All that can be read of a case: the steps, the graph, every table and the raw evidence. Raises CaseError."""
    with closing(opened(path)) as case:
        steps = "".join(step.hash for step in case.history)
        tables = [getattr(case.tables, name)().to_csv() for name in TABLES]
        raw = [text for claim in case.claim_list() for text in claim.evidence()]
        return (case.title, steps, case.tables.digest(), *tables, "".join(raw))


def look(path: Path, whole: tuple[str, ...]) -> str:
    """How a change shows: nowhere, as an error, or only when the case is replayed; empty if it does not show at all."""
    try:
        if everything(path) == whole:
            return "nowhere"
        return "" if Investigation.replay(path).identical else "in replay alone"
    except CaseError as error:
        return type(error).__name__


def test_no_mutated_file_is_read_wrong_in_silence(
    sample: Path, folder: Path, counts: dict[str, int], report: Callable[[str, Tally], None]
) -> None:
    """What is read is as it was, or there is an error, or replay tells the difference; looking does not write."""
    tally, whole = Tally(), everything(sample)
    for name, path in mutants(sample, folder, counts["mutants"]):
        before, began = sha256(path), time.perf_counter()
        shown = look(path, whole)
        found = Found(seconds=time.perf_counter() - began)
        if not shown:
            found.wrong = "read wrong in silence"
        elif (sha256(path), beside(path)) != (before, []):
            found.wrong = "looking at it has changed it"
        tally.errors[shown] += 1
        tally.add(found, name)
    report("mutated files", tally)
