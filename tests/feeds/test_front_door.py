"""`clew.feeds`, as a notebook uses it: what the command line does, as functions."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import clew.feeds
from clew.entities import Verdict
from clew.errors import EntityError, FeedUnusable, SettingsError
from clew.feeds.store import BrokenFeed
from clew.pivots import session
from clew.pivots.workspace import Workspace


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a list in it, and a workspace of its own."""
    monkeypatch.chdir(tmp_path)
    fresh = Workspace()
    monkeypatch.setattr(session, "_default_workspace", lambda: fresh)
    (tmp_path / "emotet.txt").write_text("198.51.100.7\n203.0.113.0/24\nnothing\n")
    return tmp_path


def test_a_feed_from_add_to_remove(folder: Path) -> None:
    """What is added is listed, checked, updated when its file changes, and gone when it is removed."""
    added = clew.feeds.add("emotet.txt", verdict="malicious")
    assert added.feed is not None
    assert (added.name, added.feed.entries, added.is_unchanged) == ("emotet", 2, False)
    assert added.rejected_rows == (("emotet.txt", "3", "'nothing' has one label only"),)
    assert [feed.name for feed in clew.feeds.list()] == ["emotet"]
    assert clew.feeds.check("203.0.113[.]9").verdict is Verdict.MALICIOUS
    assert not clew.feeds.check("192.0.2.1")
    assert [update.is_unchanged for update in clew.feeds.update()] == [True]
    (folder / "emotet.txt").write_text("192.0.2.1\n")
    assert [update.is_unchanged for update in clew.feeds.update("emotet")] == [False]
    assert clew.feeds.check("192.0.2.1")
    clew.feeds.remove("emotet")
    assert clew.feeds.list() == []


def test_one_bad_feed_hinders_none_of_the_others(folder: Path) -> None:
    """A feed whose file is gone is told in its update; the one that is asked for by name raises."""
    (folder / "other.txt").write_text("evil.example\n")
    clew.feeds.add("emotet.txt")
    clew.feeds.add("other.txt")
    (folder / "emotet.txt").unlink()
    heard: list[str] = []
    updates = clew.feeds.update(on_update=lambda update: heard.append(update.name))
    assert heard == [update.name for update in updates] == ["emotet", "other"]
    assert isinstance(updates[0].error, FeedUnusable)
    assert updates[0].feed is None
    assert updates[1].error is None
    with pytest.raises(FeedUnusable, match=r"no file and no folder emotet\.txt"):
        clew.feeds.update("emotet")


def test_what_cannot_be_done_says_why(folder: Path) -> None:
    """A mistake is told as on the command line; a feed that cannot be read is in the list with the reason."""
    with pytest.raises(SettingsError, match="are for TAXII servers"):
        clew.feeds.add("emotet.txt", key="ISAC_KEY")
    with pytest.raises(EntityError, match="no feed is asked about"):
        clew.feeds.check("host:ws01.corp.example")
    clew.feeds.add("emotet.txt")
    store = session.workspace().settings.feeds_store
    assert store is not None
    (store / "other.feed").write_bytes(b"broken" * 1_000)
    assert [(feed.name, isinstance(feed, BrokenFeed)) for feed in clew.feeds.list()] == [
        ("emotet", False),
        ("other", True),
    ]


def test_the_front_door_costs_nothing_before_it_is_used() -> None:
    """`import clew` and `import clew.feeds` load neither the store nor SQLite."""
    code = "import sys, clew.feeds; assert not {'apsw', 'clew.feeds.store', 'clew.providers.taxii'} & {*sys.modules}"
    subprocess.run([sys.executable, "-c", code], check=True)
