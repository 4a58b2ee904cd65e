"""A case says whether it is what was written, and what of a damaged one is still good."""

from __future__ import annotations

from pathlib import Path

import pytest

from clew import Investigation, IpAddress
from clew.errors import CaseDamaged, CaseExists
from clew.graph.signing.verification import salvage, verify
from clew.graph.store import Store
from tests.graph.cases import edit, fill, sha256


@pytest.fixture
def case(tmp_path: Path) -> Path:
    path = tmp_path / "ir.clew"
    with Investigation.open(path) as opened:
        fill(opened)
    return path


def looked_at(path: Path):
    with Store(path) as store:
        return verify(store)


def test_a_case_that_was_not_touched_is_sound(case: Path):
    """Every step, every piece of evidence and the graph are what was written, and looking changes nothing."""
    before = sha256(case)
    found = looked_at(case)
    assert found
    assert str(found).startswith("sound: ")
    assert found.steps == found.total > 3
    assert sha256(case) == before


EDITS = {
    "a step": ("UPDATE steps SET by = 'mallory' WHERE number = 3", 3, "step 3 is damaged"),
    "a step gone": ("DELETE FROM steps WHERE number = 2", 2, "step 2 is damaged"),
    "a node": ("UPDATE nodes SET verdict = 'benign', label = 'x'", 0, "the graph does not follow from the steps"),
    "a claim": ("DELETE FROM claims", 0, "the graph does not follow from the steps"),
    "an alias": ("INSERT INTO aliases VALUES ('host:forged', 1)", 0, "the graph does not follow from the steps"),
}


@pytest.mark.parametrize(("sql", "step", "what"), EDITS.values(), ids=EDITS)
def test_what_was_changed_is_named(case: Path, sql: str, step: int, what: str):
    """The first bad step is named; a graph that does not follow from the steps is told with the line that differs."""
    edit(case, sql)
    found = looked_at(case)
    assert not found
    assert found.bad_step == step
    assert any(what in problem for problem in found.problems)
    assert "not sound" in str(found)


def test_the_good_steps_of_a_damaged_case_are_saved(case: Path, tmp_path: Path):
    """The steps before the first bad one make a sound case of their own; the damaged file is not written."""
    with Investigation.open(case) as opened:
        wanted = opened.at(4).tables.digest()
    edit(case, "UPDATE steps SET by = 'mallory' WHERE number = 5")
    before = sha256(case)
    found = salvage(case, tmp_path / "saved.clew")
    assert (found.steps, found.bad_step) == (4, 5)
    assert sha256(case) == before
    with Investigation.open(tmp_path / "saved.clew") as saved:
        assert len(saved.history) == 4
        assert saved.tables.digest() == wanted
        assert saved.verify()
        saved.add(IpAddress("203.0.113.77"))
    with pytest.raises(CaseExists):
        salvage(case, tmp_path / "saved.clew")


def test_nothing_good_is_nothing_saved(case: Path, tmp_path: Path):
    """Where even the first step is bad, nothing is written."""
    edit(case, "UPDATE steps SET by = 'mallory' WHERE number = 1")
    with pytest.raises(CaseDamaged, match="no step of the case is good"):
        salvage(case, tmp_path / "saved.clew")
    assert not (tmp_path / "saved.clew").exists()
