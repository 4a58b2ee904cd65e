"""The command that says what happened in a case."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from clew import Investigation, IpAddress
from clew.cli import main

Run = Callable[..., tuple[int, str, str]]
IP = IpAddress("198.51.100.7")


@pytest.fixture
def clew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`clew("history", "ir.clew")`: exit code, output, errors; beside a case in which a step was taken back."""
    monkeypatch.chdir(tmp_path)
    with Investigation.open("ir.clew", title="one alert") as case:
        case.add(IP)
        case.note("\x1b[31mseen\u202e in [bold]the alert", about=IP)
        case.undo()

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["clew", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        out, err = capsys.readouterr()
        return int(stop.value.code or 0), out, err

    return run


def test_every_step_is_one_line_in_words(clew: Run) -> None:
    """Number, time, who and what; nothing in a line hides, and what was taken back says so."""
    code, out, err = clew("history", "ir.clew")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert [line.split(maxsplit=4)[0] for line in lines] == ["1", "2", "3", "4"]
    assert [line.split(maxsplit=4)[4] for line in lines] == [
        "began the case one alert",
        "added ip 198.51.100.7",
        "noted about ip 198.51.100.7: \\x1b[31mseen\\u202e in [bold]the alert (taken back by step 4)",
        "took back step 3",
    ]


def test_the_same_for_programs(clew: Run) -> None:
    """`--json` is one list with a record for each step."""
    code, out, _ = clew("history", "ir.clew", "--json")
    assert (code, out.isascii()) == (0, True)
    records = json.loads(out)
    assert [(each["number"], each["kind"], each["undone_by"]) for each in records] == [
        (1, "opened", 0),
        (2, "added", 0),
        (3, "noted", 4),
        (4, "undone", 0),
    ]
    assert records[0]["at"].endswith("Z")


def test_a_case_that_is_not_there_is_not_made(clew: Run) -> None:
    """Looking makes no file."""
    assert clew("history", "none.clew")[0] == 11
    assert not Path("none.clew").exists()
