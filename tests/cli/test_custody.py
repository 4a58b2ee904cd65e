"""The commands that look after a case file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from clew import Investigation, IpAddress
from clew.cli import main
from tests.graph.cases import edit

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def clew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`clew("verify", "ir.clew")`: exit code, output, errors; in a folder with a case of three steps."""
    monkeypatch.chdir(tmp_path)
    with Investigation.open("ir.clew") as case:
        case.add(IpAddress("198.51.100.7"))
        case.note("seen in the alert")

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["clew", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        out, err = capsys.readouterr()
        return int(stop.value.code or 0), out, err

    return run


def test_a_sound_case_is_said_to_be_so(clew: Run) -> None:
    """Verifying a case that nobody touched ends with 0."""
    assert clew("verify", "ir.clew") == (0, "sound: 3 steps, 0 pieces of evidence, and the graph that follows\n", "")


def test_a_damaged_case_is_told_and_its_good_steps_saved(clew: Run) -> None:
    """The first bad step is named with exit code 3; what is before it can be saved into a new file."""
    edit(Path("ir.clew"), "UPDATE steps SET by = 'mallory' WHERE number = 3")
    code, out, _ = clew("verify", "ir.clew")
    assert code == 3
    assert "step 3 is damaged" in out
    assert "--salvage" in out
    assert clew("verify", "ir.clew", "--salvage", "good.clew") == (3, "saved 2 steps in good.clew\n", "")
    assert clew("verify", "good.clew")[0] == 0
    assert clew("verify", "none.clew")[0] == 11


def test_back_and_forth(clew: Run) -> None:
    """Undo and redo say which steps; with nothing left they are errors."""
    assert clew("undo", "ir.clew") == (0, "took back step 3\n", "")
    assert clew("show", "ir.clew", "remarks")[1].count("seen in the alert") == 0
    assert clew("redo", "ir.clew") == (0, "did again step 3\n", "")
    assert clew("show", "ir.clew", "remarks")[1].count("seen in the alert") == 1
    code, _, err = clew("undo", "ir.clew", "--times", "9")
    assert code == 10
    assert "nothing to undo" in err


def test_copies_and_branches(clew: Run) -> None:
    """A copy is the case as it is; a branch goes on from it; neither replaces a file."""
    assert clew("copy", "ir.clew", "copy.clew") == (0, "wrote copy.clew\n", "")
    assert clew("copy", "ir.clew", "copy.clew")[0] == 17
    assert clew("branch", "ir.clew", "what if") == (0, "wrote ir-what-if.clew\n", "")
    assert "branched" in clew("history", "ir-what-if.clew")[1]
