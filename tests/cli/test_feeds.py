"""`clew feeds` as somebody would use it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from clew.cli import main
from clew.pivots import session
from clew.pivots.workspace import Workspace

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def clew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`clew("feeds", "list")`: exit code, output, errors; in a folder of its own with a list in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "emotet.txt").write_text("# Reference: https://a.example\n198.51.100.7\n203.0.113.0/24\nnothing\n")

    def run(*arguments: str) -> tuple[int, str, str]:
        fresh = Workspace()  # each command is a process of its own
        monkeypatch.setattr(session, "_default_workspace", lambda: fresh)
        monkeypatch.setattr(sys, "argv", ["clew", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        out, err = capsys.readouterr()
        return int(stop.value.code or 0), out, err

    return run


def test_a_feed_from_add_to_remove(clew: Run) -> None:
    """Add, list, check, add again and remove: each says what it did."""
    code, out, _ = clew("feeds", "add", "emotet.txt", "--verdict", "malicious")
    assert code == 0
    assert "emotet: read as list, 2 listed in 1 file" in out
    assert "emotet.txt:4: 'nothing' has one label only" in out
    assert "emotet: unchanged" in clew("feeds", "add", "emotet.txt", "--verdict", "malicious")[1]
    assert "emotet" in clew("feeds", "list")[1]
    code, out, _ = clew("feeds", "check", "203.0.113[.]9")
    assert code == 0
    assert "malicious (high)" in out
    assert "its network 203.0.113.0/24 is listed by emotet" in out
    assert "emotet.txt:3" in out
    assert clew("feeds", "check", "192.0.2.1")[0] == 3
    assert clew("feeds", "remove", "emotet")[:2] == (0, "removed emotet\n")
    assert "no feeds" in clew("feeds", "list")[1]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("add", "gone.txt"), "there is no file and no folder gone.txt"),
        (("remove", "gone"), "there is no feed 'gone'"),
        (("check", "host:ws01.corp.example"), "no feed is asked about host:ws01.corp.example"),
        (("update", "gone"), "there is no such feed"),
        (("check", "x"), "could be several things"),
    ],
)
def test_what_cannot_be_done_says_why(clew: Run, arguments: tuple[str, ...], says: str) -> None:
    """A message with the next step, and no traceback."""
    code, _, err = clew("feeds", *arguments)
    assert code == 1
    assert says in err
    assert "next:" in err


def test_a_damaged_feed_is_listed_with_what_is_wrong(clew: Run) -> None:
    """A feed that cannot be read is in the list, beside those that can."""
    clew("feeds", "add", "emotet.txt")
    clew("feeds", "add", "emotet.txt", "--name", "other")
    folder = Workspace().settings.feeds_store
    assert folder is not None
    (folder / "other.feed").write_bytes(b"broken" * 1_000)
    _, out, _ = clew("feeds", "list")
    assert "cannot be read" in out
    assert "emotet" in out
    assert "the feed other cannot be read" in clew("feeds", "check", "198.51.100.7")[1]
