"""The command line as somebody would use it."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest
from rich.console import Console

from clew.cli import terminal
from clew.demo.scenario import Scenario
from clew.logs.engines.reading_progress import ReadingProgress, tell_progress
from clew.pivots import session
from clew.pivots.workspace import Workspace
from tests.cli.commands import Run


def test_one_incident_from_connect_to_replay(clew: Run, scenario: Scenario) -> None:
    """Connect, plan, expand, read, draw and replay: each command does its part on one file."""
    code, out, _ = clew("connect", "ir.clew", str(scenario.logs))
    assert (code, out.splitlines()[0]) == (0, "connected logs: 5 files, 20,004 rows")
    assert "in views: connections" in out
    code, out, _ = clew("expand", "ir.clew", "198[.]51[.]100[.]23", "--plan")
    assert code == 0
    assert "wave 1: 6 pivots, 6 of 40 calls; nothing leaves the machine" in out
    code, out, _ = clew("expand", "ir.clew", "198[.]51[.]100[.]23", "--depth", "3", "--calls", "60")
    assert code == 0
    assert "pivots in 3 waves" in out
    code, out, _ = clew("show", "ir.clew")
    assert "MALICIOUS  ip 198.51.100.23" in out
    assert "on ws01.corp.example" in out
    code, out, _ = clew("html", "ir.clew")
    assert (code, out) == (0, "wrote ir.html\n")
    code, out, _ = clew("replay", "ir.clew")
    assert code == 0
    assert out.startswith("identical: ")


def test_a_pivot_is_recorded_and_shown(clew: Run, scenario: Scenario) -> None:
    """One pivot prints its rows, told where they were cut, and the case has it in its history."""
    clew("connect", "ir.clew", str(scenario.logs))
    code, out, _ = clew(
        "pivot", "ir.clew", "host:fs01", "query.processes", "--set", "image=rar.exe", "--set", "limit=1"
    )
    assert code == 0
    assert "found, 1 returned" in out
    assert "rar.exe a -r" in out
    code, out, _ = clew("history", "ir.clew")
    assert sum("asked query." in line for line in out.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("show", "nothing.clew"), 11, "there is no such case"),
        (("replay", "nothing.clew"), 11, "there is no such case"),
        (("expand", "nothing.clew", "1.2.3.4"), 11, "clew connect nothing.clew LOGS makes one"),
        (("pivot", "ir.clew", "1.2.3.4", "ti.lokup"), 1, "it has ti.lookup"),
        (("pivot", "ir.clew", "1.2.3.4", "ti.abuseipdb", "--set", "age=3"), 1, "unexpected keyword argument 'age'"),
        (("pivot", "ir.clew", "ws01", "query.logons"), 1, "host:ws01"),
        (("pivots", "Hots"), 1, "choose one of"),
        (("connect", "ir.clew", "no-such-logs"), 1, "there are no logs"),
        (("show", "text.clew"), 12, "this is no case file"),
        (("show", "empty.clew"), 14, "the file is empty"),
        (("pivot", "ir.clew", "1.2.3.4", "ti.feed", "--set", "limit"), 2, "is not name=value"),
    ],
)
def test_a_mistake_gets_one_message_and_its_exit_code(
    clew: Run, arguments: tuple[str, ...], code: int, says: str
) -> None:
    """What was wrong and what to do next, without a traceback."""
    Path("text.clew").write_text("hello, this is a text of more than a hundred bytes" * 4, "utf-8")
    Path("empty.clew").touch()
    got, _, err = clew(*arguments)
    assert got == code
    assert says in err
    assert "Traceback" not in err


def test_a_case_is_not_made_by_reading(clew: Run) -> None:
    """A misspelt name in a command that reads makes no file."""
    clew("show", "misspelt.clew")
    clew("html", "misspelt.clew")
    assert not Path("misspelt.clew").exists()


def test_pivots_say_whom_they_ask_and_what_leaves(clew: Run) -> None:
    """The list of pivots tells of each what it does, whom it asks, what it costs and what leaves the machine."""
    code, out, _ = clew("pivots", "IpAddress")
    assert code == 0
    assert "Abuse reports filed about the address." in out
    lines = {line.split()[0]: line for line in out.splitlines()}
    assert lines["IpAddress.geo.locate"].rstrip().endswith("nothing")
    assert lines["IpAddress.ti.abuseipdb"].rstrip().endswith("the IpAddress, to AbuseIPDB")
    code, out, _ = clew("pivots", "IpAddress", "ti.abuseipdb")
    assert code == 0
    assert "max_age_days: int = 90" in out
    assert "key in CLEW_ABUSEIPDB_KEY" in out
    assert "Domain.query.resolutions" in clew("pivots", "--search", "dns question")[1]
    assert clew("pivots", "--search", "teleport")[1] == "no pivot is like that\n"
    assert clew("pivots", "IpAddress", "ti.magic")[0] == 1


def test_the_doctor_says_what_is_missing(clew: Run) -> None:
    """What is not set up is listed with the way to set it up, and is no failure."""
    code, out, _ = clew("doctor")
    assert code == 0
    assert "set CLEW_ABUSEIPDB_KEY" in out


def test_hostile_names_cannot_command_the_terminal(clew: Run, tmp_path: Path) -> None:
    """Escape sequences and bidirectional marks in a log are shown, not obeyed."""
    (tmp_path / "logs.ndjson").write_text(
        '{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":1,"Hostname":"ws01.corp.example",'
        '"UtcTime":"2026-01-01 10:00:00.000","ProcessGuid":"{11111111-1111-1111-1111-111111111111}",'
        '"Image":"C:\\\\a\\u001b[2J\\u202egpj.exe","CommandLine":"[bold red]x[/] \\u001b]0;owned\\u0007"}\n',
        "utf-8",
    )
    clew("connect", "ir.clew", "logs.ndjson")
    _, out, _ = clew("pivot", "ir.clew", "host:ws01", "query.processes")
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "\\x1b[2J" in out
    assert "[bold red]" in out.replace("\n", "")


def test_the_tour_ends_identical_and_leaves_two_files(clew: Run) -> None:
    """`clew demo` plans, tells the story, and leaves a case that replays and a page."""
    code, out, err = clew("demo")
    assert (code, err) == (0, "")
    assert "the plan, before anything is asked" in out
    assert "MALICIOUS  ip 198.51.100.23" in out
    assert "replayed offline: identical" in out
    assert Path("demo.clew").exists()
    assert "<html" in Path("demo.html").read_text("utf-8")
    code, _, err = clew("demo")
    assert code == 1
    assert "exists already" in err


def test_the_cache_of_logs_is_shown_and_cleared(
    clew: Run, scenario: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was connected is listed with its size and place; cleared, it is read again."""
    monkeypatch.setenv("CLEW_CACHE", str(tmp_path / "cache-of-its-own"))
    monkeypatch.setattr(session, "_default_workspace", Workspace)
    assert clew("connect", "ir.clew", str(scenario.logs))[0] == 0
    code, out, _ = clew("cache")
    assert code == 0
    assert str(scenario.logs) in out.replace("\n", "")
    assert "deleted " in clew("cache", "--clear")[1]
    assert "0 sources" in clew("cache")[1]
    assert clew("connect", "ir.clew", str(scenario.logs))[0] == 0


def test_how_far_reading_is_is_shown_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file, the rows and the size, with names made visible; and nothing where errors do not go to a terminal."""
    screen = io.StringIO()
    monkeypatch.setattr(terminal, "error_console", Console(file=screen, force_terminal=True, width=100))
    with terminal.reading_shown():
        tell_progress(ReadingProgress("a\x1b[2J.log", 20_000, 5 * 2**20, 10 * 2**20))
        time.sleep(0.2)  # the line is drawn some times a second
    assert "20,000 rows, 5 of 10 MiB" in screen.getvalue()
    assert "\x1b[2J" not in screen.getvalue()
    quiet = io.StringIO()
    monkeypatch.setattr(terminal, "error_console", Console(file=quiet, force_terminal=False))
    with terminal.reading_shown():
        tell_progress(ReadingProgress("a.log", 20_000, 1, None))
    assert quiet.getvalue() == ""
