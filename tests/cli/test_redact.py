"""The commands that give a case to an outsider, and take it back."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from clew import Account, Host, Investigation, IpAddress
from clew.cli import main
from tests.graph.cases import steps_of

pytest.importorskip("cryptography")

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def clew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`clew("redact", ...)`: exit code, output, errors; in a folder with a case about what is inside, and a key."""
    monkeypatch.chdir(tmp_path)
    with Investigation.open("ir.clew") as case:
        case.add(Host("ws01.corp.example"), Account("corp\\alice"), IpAddress("10.0.0.5"), IpAddress("198.51.100.7"))
        case.note("alice of Contoso called from WS01", about=Host("ws01.corp.example"))

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["clew", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        out, err = capsys.readouterr()
        return int(stop.value.code or 0), out, err

    run("redact", "--new-key", "owner.key")
    return run


def test_a_case_goes_out_and_comes_back(clew: Run) -> None:
    """Redacted, nothing of the names is shown; restored, every step has its hash again."""
    code, out, _ = clew("redact", "ir.clew", "outside.clew", "--key", "owner.key", "--word", "Contoso")
    assert code == 0
    assert out.startswith("wrote outside.clew\n")
    assert "6 steps, 4 nodes and 0 claims stay" in out
    shown = clew("show", "outside.clew", "nodes")[1] + clew("show", "outside.clew", "remarks")[1]
    assert "198.51.100.7" in shown
    assert [name for name in ("ws01", "alice", "corp", "contoso", "10.0.0.5") if name in shown.lower()] == []
    assert clew("verify", "outside.clew")[0] == 0
    assert clew("replay", "outside.clew")[0] == 0
    assert clew("restore", "outside.clew", "back.clew", "--key", "owner.key") == (0, "wrote back.clew\n", "")
    assert steps_of(Path("back.clew")) == steps_of(Path("ir.clew"))


def test_a_preview_writes_nothing(clew: Run) -> None:
    """What would be replaced is listed with its pseudonym; rules change it; no file appears."""
    arguments = ("redact", "ir.clew", "outside.clew", "--key", "owner.key", "--preview")
    code, out, _ = clew(*arguments, "--internal", "198.51.100.0/24", "--keep", "alice")
    assert code == 0
    assert "ws01.corp.example" in out
    assert "198.51.100.7" in out
    assert "alice" not in out
    assert "alice" in clew("redact", "ir.clew", "--key", "owner.key", "--preview")[1]
    assert not Path("outside.clew").exists()


def test_notes_can_stay_at_home(clew: Run) -> None:
    """With --no-notes nothing that people wrote goes along."""
    assert clew("redact", "ir.clew", "outside.clew", "--key", "owner.key", "--no-notes")[0] == 0
    shown = clew("show", "outside.clew", "remarks")[1]
    assert "called" not in shown
    assert "text-" in shown


def test_a_new_key_is_made_once(clew: Run) -> None:
    """The file is the owner's alone, and is never replaced."""
    assert Path("owner.key").stat().st_mode & 0o777 == 0o600
    code, _, err = clew("redact", "--new-key", "owner.key")
    assert code == 1
    assert "there is such a file already (owner.key)" in err


def test_what_is_wrong_is_said_with_the_next_step(clew: Run) -> None:
    """A wrong command line, a key that others can read, the wrong key, a rule that is none: each in its own words."""
    assert clew("redact", "ir.clew", "--key", "owner.key")[0] == 2
    assert clew("redact", "ir.clew", "outside.clew")[0] == 2
    assert clew("redact", "ir.clew", "outside.clew", "--key", "none.key")[2].endswith("--new-key none.key\n")
    assert clew("redact", "none.clew", "outside.clew", "--key", "owner.key")[0] == 11
    assert (
        "is neither a network nor a domain"
        in clew("redact", "ir.clew", "o.clew", "--key", "owner.key", "--internal", "a b")[2]
    )
    assert clew("restore", "ir.clew", "back.clew", "--key", "owner.key")[0] == 18
    clew("redact", "ir.clew", "outside.clew", "--key", "owner.key")
    assert clew("redact", "ir.clew", "outside.clew", "--key", "owner.key")[0] == 17
    clew("redact", "--new-key", "other.key")
    code, _, err = clew("restore", "outside.clew", "back.clew", "--key", "other.key")
    assert (code, "next: give the key of whoever redacted it" in err) == (1, True)
    Path("owner.key").chmod(0o644)
    assert "chmod 600 owner.key" in clew("restore", "outside.clew", "back.clew", "--key", "owner.key")[2]


def test_hostile_names_are_shown_as_text(clew: Run) -> None:
    """What an attacker called something moves nothing in the terminal of who looks first."""
    with Investigation.open("ir.clew") as case:
        case.note("C:\\Users\\e\x1b[31mvil\u202e\\a")
    _, out, _ = clew("redact", "ir.clew", "--key", "owner.key", "--preview", "--word", "e\x1b[31mvil")
    assert "\x1b[31m" not in out
    assert "\u202e" not in out
