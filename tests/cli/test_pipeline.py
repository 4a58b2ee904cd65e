"""`clew run` as somebody would use it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from clew import Investigation, IpAddress
from clew.cli import main

Run = Callable[..., tuple[int, str, str]]
KINDS = """\
name: kinds
version: 2
steps:
  - pivot: net.kind
    entity: IpAddress
  - display: "{rows} addresses"
    rows: 1
  - note: "{rows} addresses seen"
  - tee: kinds
    file: kinds.csv
"""


@pytest.fixture
def clew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`clew("run", "kinds.yaml")`: exit code, output, errors; in a folder with a pipeline and a table."""
    monkeypatch.chdir(tmp_path)
    Path("kinds.yaml").write_text(KINDS, "utf-8")
    Path("flows.csv").write_text("src,bytes\n10.0.0.1,5\n198.51.100.7,6\n", "utf-8")

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["clew", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        out, err = capsys.readouterr()
        return int(stop.value.code or 0), out, err

    return run


def test_a_table_goes_through_a_pipeline(clew: Run) -> None:
    """A CSV file goes in; what is displayed is printed, each step is told, and the file is written."""
    code, out, err = clew("run", "kinds.yaml", "--input", "flows.csv", "--column", "src", "--out", "out")
    assert (code, err) == (0, "")
    assert out.startswith("2 addresses\n")
    assert "1 of 2 rows" in out
    assert "kinds, version 2: 2 rows\n  1  pivot IpAddress.net.kind: 2 -> 2" in out
    assert "wrote out/kinds.csv" in out
    assert Path("out/kinds.csv").read_text("utf-8").count("\n") == 3
    assert "198.51.100.7" not in out


def test_a_run_over_a_table_is_recorded_in_a_case(clew: Run) -> None:
    """With a case, which is made if there is none, the answers and the note are in it."""
    assert (
        clew("run", "kinds.yaml", "--input", "flows.csv", "--column", "src", "--out", "o", "--case", "c.clew")[0] == 0
    )
    with Investigation.open("c.clew") as case:
        assert case.tables.remarks()["text"].tolist() == ["2 addresses seen"]
        assert "ip:198.51.100.7" in case.tables.nodes()["key"].tolist()


def test_nodes_of_a_case_go_through_a_pipeline(clew: Run) -> None:
    """`--select ip:unknown` takes the nodes of that kind and verdict."""
    with Investigation.open("c.clew") as case:
        case.add(IpAddress("10.0.0.1"))
    assert (
        "kinds, version 2: 1 rows" in clew("run", "kinds.yaml", "--case", "c.clew", "--select", "ip", "--out", "a")[1]
    )
    told = clew("run", "kinds.yaml", "--case", "c.clew", "--select", "IpAddress:malicious", "--out", "b")
    assert told[0] == 0
    assert "kinds, version 2: 0 rows" in told[1]


def test_a_pipeline_is_checked_without_being_run(clew: Run) -> None:
    """`--check` says what it is and whom it asks, or all that is wrong."""
    assert clew("run", "kinds.yaml", "--check") == (0, "kinds, version 2: 4 steps, asks IpAddress.net.kind\n", "")
    Path("bad.yaml").write_text("name: x\nsteps:\n- filtr: []\n- note: '{nobody}'\n", "utf-8")
    code, out, err = clew("run", "bad.yaml", "--check")
    assert (code, out) == (1, "")
    assert err.startswith(
        "clew: 2 things are wrong in bad.yaml\n  bad.yaml:3:3: there is no step 'filtr'\n    next: did you"
    )
    assert "bad.yaml:4:3: {nobody} stands for nothing" in err


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("none.yaml", "--check"), 1, "cannot read the pipeline"),
        (("kinds.yaml",), 2, "give a table with --input"),
        (("kinds.yaml", "--input", "flows.csv", "--select", "ip"), 2, "give a table with --input"),
        (("kinds.yaml", "--select", "ip"), 2, "name it with --case"),
        (("kinds.yaml", "--select", "ip", "--case", "none.clew"), 11, "there is no such case"),
        (("kinds.yaml", "--input", "none.csv"), 1, "cannot read the table"),
        (("kinds.yaml", "--input", "flows.csv", "--out", "o"), 1, "a pivot names no column"),
        (("kinds.yaml", "--input", "flows.csv", "--column", "src"), 1, "there is no folder to write kinds.csv to"),
    ],
)
def test_what_cannot_run_is_told(clew: Run, arguments: tuple[str, ...], code: int, says: str) -> None:
    """An error is a message and an exit code: 1 for what is wrong, 2 for a wrong command line, 11 for no case."""
    told = clew("run", *arguments)
    assert told[0] == code
    assert says in told[2]


def test_a_wrong_selection_is_a_wrong_command_line(clew: Run) -> None:
    """A verdict that there is not is told with those that there are."""
    with Investigation.open("c.clew"):
        pass
    code, _, err = clew("run", "kinds.yaml", "--case", "c.clew", "--select", "ip:evil")
    assert code == 2
    assert "malicious, suspicious" in err
