"""The window of a case from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from clew.demo.scenario import Scenario
from tests.cli.commands import Run


@pytest.fixture
def case(clew: Run, scenario: Scenario) -> str:
    """A case with logs."""
    clew("connect", "ir.clew", str(scenario.logs))
    return "ir.clew"


def test_a_window_is_set_shown_and_taken_away(clew: Run, case: str) -> None:
    """Each says what the queries of the case ask for from then on."""
    assert clew("window", case) == (0, "queries ask for what was at any time\n", "")
    told = "queries ask for what was between 2026-03-17T08:00:00Z and 2026-03-17T09:05:00Z\n"
    assert clew("window", case, "2026-03-17T09:00", "2026-03-17T10:05", "--zone", "Europe/Berlin") == (0, told, "")
    assert clew("window", case) == (0, told, "")
    code, out, _ = clew("pivot", case, "198.51.100.23", "query.connections")
    assert (code, out.splitlines()[0]) == (
        0,
        "logs on 198.51.100.23: found, 22 returned: between 2026-03-17T08:00:00Z and 2026-03-17T09:05:00Z",
    )
    assert clew("window", case, "--clear") == (0, "queries ask for what was at any time\n", "")
    assert clew("window", case, "", "2026-03-17T09:00Z")[1] == "queries ask for what was before 2026-03-17T09:00:00Z\n"
    assert "2026-03-17T09:00 to 2026-03-17T10:05, Europe/Berlin" in clew("show", case, "remarks")[1]
    assert clew("replay", case)[0] == 0


def test_relative_times_are_no_options(clew: Run, case: str) -> None:
    """`-2d` is a time, where a window is set and where a pivot is given one."""
    code, out, _ = clew("window", case, "-2d", "-3h@h")
    assert code == 0
    assert out.startswith("queries ask for what was between ")
    code, out, _ = clew("pivot", case, "198.51.100.23", "query.connections", "--set", "start=-2d", "--set", "end=now")
    assert code == 0
    assert "no such rows in the connected logs between " in out


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["2026-03-17T09:00"], 1, "write 2026-03-17T09:00Z or 2026-03-17T09:00+02:00, or give a zone"),
        (["now", "-2d"], 1, "give both its start and its end"),
        (["--zon", "x"], 1, "start cannot be '--zon'"),
        (["-2d", "--zone", "Mars/Olympus"], 1, "there is no time zone 'Mars/Olympus'"),
        (["--zone", "Europe/Berlin"], 2, "a zone alone is no window"),
        (["-2d", "--clear"], 2, "--clear takes no times"),
    ],
)
def test_a_wrong_window_is_explained(clew: Run, case: str, arguments: list[str], code: int, says: str) -> None:
    """What cannot be a window says how one is written, and changes nothing."""
    ended, _, err = clew("window", case, *arguments)
    assert ended == code
    assert says in err
    assert clew("window", case)[1] == "queries ask for what was at any time\n"


def test_no_window_is_set_in_a_case_that_is_not_there(clew: Run) -> None:
    """A misspelt name makes no case."""
    code, _, err = clew("window", "no.clew", "-2d")
    assert code == 11
    assert "there is no such case" in err
    assert not Path("no.clew").exists()
