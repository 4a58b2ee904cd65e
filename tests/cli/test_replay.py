"""What a case says held against something else, from a terminal."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from clew.cli import main
from clew.entities import Domain, IpAddress
from clew.graph.replay.changes import Row
from clew.pivots import session
from clew.pivots.workspace import Workspace
from clew.views.investigation import Investigation

Run = Callable[..., tuple[int, str, str]]
FEED = "indicator,verdict,name\n198.51.100.7,malicious,c2\n"


@pytest.fixture
def clew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`clew("replay", "a.clew")`: exit code, output, errors; in a folder with two cases and a feed."""
    monkeypatch.chdir(tmp_path)
    Path("feed.csv").write_text(FEED, "utf-8")
    monkeypatch.setenv("CLEW_FEEDS", "feed.csv")

    def run(*arguments: str) -> tuple[int, str, str]:
        fresh = Workspace()  # each command is a process of its own
        monkeypatch.setattr(session, "_default_workspace", lambda: fresh)
        monkeypatch.setattr(sys, "argv", ["clew", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        code = stop.value.code
        out, err = capsys.readouterr()
        return int(code or 0), out, err

    run("pivot", "a.clew", "198.51.100.7", "ti.feed")
    with Investigation.open("b.clew") as case:
        case.add(IpAddress("198.51.100.7"), Domain("evil.example"))
    return run


def test_a_live_replay_ends_with_what_it_found(clew: Run) -> None:
    """Exit code 0 says that everybody who was asked says the same; 3 says that something differs, and what."""
    code, out, _ = clew("replay", "a.clew", "--live", "--calls", "5")
    assert (code, out.splitlines()[0]) == (0, "no difference")
    Path("feed.csv").write_text("indicator,verdict\n198.51.100.8,malicious\n", "utf-8")
    code, out, _ = clew("replay", "a.clew", "--live")
    assert code == 3
    assert "verdict of ip 198.51.100.7: malicious → unknown" in out
    code, out, _ = clew("replay", "a.clew", "--live", "--older-than", "7d")
    assert (code, out.splitlines()[0]) == (0, "no difference")
    assert clew("replay", "a.clew")[0] == 0
    assert clew("replay", "a.clew", "--reparse")[0] == 0


def test_two_cases_are_compared(clew: Run) -> None:
    """Two cases are held against each other: 0 for no difference, 3 for one."""
    assert clew("compare", "a.clew", "a.clew")[0] == 0
    code, out, _ = clew("compare", "a.clew", "b.clew")
    assert code == 3
    assert "feed on ip 198.51.100.7" in out


def test_a_difference_is_written_as_its_name_ends(clew: Run) -> None:
    """The ending of the file says what is written: a page, JSON, a table without formulas, or text."""
    for ending in ("html", "json", "csv", "txt"):
        code, out, _ = clew("compare", "a.clew", "b.clew", "--diff", f"x.{ending}")
        assert (code, out.rstrip().endswith(f"wrote x.{ending}")) == (3, True)
    assert "<script" not in Path("x.html").read_text("utf-8")
    rows = [Row(**each) for each in json.loads(Path("x.json").read_text("utf-8"))["changes"]]
    with Path("x.csv").open(newline="", encoding="utf-8") as file:
        assert len([*csv.reader(file)]) == len(rows) + 1
    assert "not confirmed" not in Path("x.txt").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("replay", "a.clew", "--live", "--reparse"), 2, "choose one"),
        (("replay", "a.clew", "--calls", "3"), 2, "go with --live"),
        (("replay", "a.clew", "--older-than", "7d"), 2, "go with --live"),
        (("replay", "a.clew", "--diff", "x.html"), 2, "--diff goes with"),
        (("replay", "a.clew", "--live", "--older-than", "soon"), 1, "write 7d, 12h, 2w or 1mon"),
        (("replay", "nothing.clew", "--live"), 11, "there is no such case"),
        (("compare", "a.clew", "nothing.clew"), 11, "there is no such case"),
        (("compare", "nothing.clew", "a.clew"), 11, "there is no such case"),
        (("compare", "a.clew", "b.clew", "--diff", "x.xlsx"), 1, "end the name in .html, .json, .csv, .txt"),
    ],
)
def test_a_mistake_gets_one_message(clew: Run, arguments: tuple[str, ...], code: int, says: str) -> None:
    """What was wrong and what to do next, with its exit code."""
    got, _, err = clew(*arguments)
    assert got == code
    assert says in " ".join(err.split())
    assert not Path("nothing.clew").exists()
