"""The store of feeds: one file for each, replaced in one step, and checked when it is opened."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from clew.entities import IpAddress, Outcome, Verdict
from clew.errors import FeedUnusable
from clew.feeds import build as building
from clew.feeds.store import BrokenFeed, FeedStore, OpenFeed
from tests.feeds.asked import looked_up

LISTED = IpAddress("198.51.100.7")


@pytest.fixture
def store(tmp_path):
    return FeedStore(tmp_path / "store")


@pytest.fixture
def source(tmp_path):
    """A list that is a feed."""
    path = tmp_path / "bad.txt"
    path.write_text("198.51.100.7\nevil.example\nnothing that is listed\n")
    return path


def test_a_feed_is_added_listed_asked_and_removed(store, source):
    """What was added is asked until it is removed; its counts say what was read."""
    feed = store.add(source, verdict="malicious")
    assert (feed.name, feed.formats, feed.files, feed.entries, feed.refused) == ("bad", ("list",), 1, 2, 1)
    assert looked_up(LISTED, store=store).reason == "listed by bad"
    assert looked_up(LISTED, store=store).verdict is Verdict.MALICIOUS
    (opened,) = store.feeds()
    assert opened.rejected_lines() == [("bad.txt", "3", "'nothing' has one label only")]
    store.remove("bad")
    assert store.feeds() == ()
    assert looked_up(LISTED, store=store).outcome is Outcome.SKIPPED


def test_a_feed_that_is_added_again_replaces_itself(store, source):
    """The new content counts alone, and a process that asked before sees it too."""
    store.add(source)
    assert looked_up(LISTED, store=store)
    source.write_text("203.0.113.9\n")
    store.add(source)
    assert looked_up(LISTED, store=store).outcome is Outcome.NOTHING
    assert len(store.feeds()) == 1


def test_what_has_not_changed_is_not_read_again(store, source, monkeypatch):
    """The same files, added in the same way, are not parsed: their sha256 says so. Another verdict is another feed."""
    before = store.add(source)
    with monkeypatch.context() as patch:
        patch.setattr("clew.feeds.store.build", None)
        os.utime(source, (1, 1))
        assert store.add(source) == before
    assert store.add(source, verdict="malicious").verdict == "malicious"


def test_a_folder_is_one_feed(store, tmp_path):
    """Lists in a folder are named after what they are about; what cannot be read is told and costs nothing else."""
    folder = tmp_path / "trails"
    (folder / "malware").mkdir(parents=True)
    (folder / "malware" / "emotet.txt").write_text("198.51.100.7\n")
    (folder / "suspicious").mkdir()
    (folder / "suspicious" / "ips.txt").write_text("203.0.113.9\n")
    (folder / "packed.gz").write_bytes(b"\x1f\x8b\x08")
    (folder / ".hidden").write_text("192.0.2.1\n")
    feed = store.add(folder)
    assert (feed.files, feed.entries, feed.unread) == (3, 2, ("packed.gz: it is no text",))
    found = looked_up(LISTED, store=store)
    assert (found.verdict, found.fact("threat_name")) == (Verdict.MALICIOUS, "emotet")
    assert found.fact("listed_in") == "malware/emotet.txt:1"
    assert looked_up(IpAddress("203.0.113.9"), store=store).verdict is Verdict.SUSPICIOUS
    assert looked_up(IpAddress("192.0.2.1"), store=store).outcome is Outcome.NOTHING


def test_a_misp_feed_is_what_its_manifest_names(store, tmp_path):
    """The events in the manifest are read; the list of hashes of values beside them is none of files."""
    folder = tmp_path / "misp"
    folder.mkdir()
    uuid = "15ebb496-c51c-4f88-b60b-aba5f806db5f"
    attribute = {"type": "ip-dst", "value": "198.51.100.7", "to_ids": True}
    (folder / "manifest.json").write_text(json.dumps({uuid: {"info": "x", "Orgc": {"name": "y"}}}))
    (folder / f"{uuid}.json").write_text(json.dumps({"Event": {"info": "x", "Attribute": [attribute]}}))
    (folder / "hashes.csv").write_text(f"{'a' * 32},{uuid}\n")
    feed = store.add(folder)
    assert (feed.files, feed.entries, feed.formats) == (1, 1, ("MISP",))


def test_a_build_that_is_killed_leaves_the_old_feed(store, source, tmp_path):
    """A process that dies while it builds a feed leaves what was there, and the next build is none the worse."""
    store.add(source)
    large = tmp_path / "more"
    large.mkdir()
    (large / "bad.txt").write_text("".join(f"203.0.{n >> 8}.{n & 255}\n" for n in range(65_536)))
    program = f"""
import os, signal
from clew.feeds import build as building
from clew.feeds.store import FeedStore
from pathlib import Path
building._ROWS = 1_000
flush, count = building._flush, [0]
def die(*arguments):
    count[0] += 1
    if count[0] == 30:
        os.kill(os.getpid(), signal.SIGKILL)
    flush(*arguments)
building._flush = die
FeedStore(Path({str(store.folder)!r})).add({str(large / "bad.txt")!r})
"""
    done = subprocess.run([sys.executable, "-c", program], check=False)
    assert done.returncode == -signal.SIGKILL
    assert looked_up(LISTED, store=store)
    assert looked_up(IpAddress("203.0.0.1"), store=store).outcome is Outcome.NOTHING
    (left,) = store.folder.glob(".building-*")
    os.utime(left, (1, 1))
    store.add(large / "bad.txt")
    assert looked_up(IpAddress("203.0.0.1"), store=store)
    assert [path.name for path in store.folder.iterdir()] == ["bad.feed"]


def test_a_source_that_cannot_be_read_leaves_the_old_feed(store, source):
    """A feed that lists nothing any more, or is gone, is an error, and what was read before stays."""
    store.add(source)
    source.write_text("nothing here\n")
    with pytest.raises(FeedUnusable, match="names no hash"):
        store.add(source)
    source.unlink()
    with pytest.raises(FeedUnusable, match="no file and no folder"):
        store.add(source)
    assert looked_up(LISTED, store=store)


@pytest.mark.parametrize(
    ("harm", "what"),
    [
        (lambda path: path.write_bytes(b""), "no file of a feed"),
        (lambda path: path.write_bytes(b"SQLite format 3\0" + b"x" * 5_000), "damaged"),
        (lambda path: path.write_text("hello"), "damaged"),
        (lambda path: path.write_bytes(path.read_bytes()[:-4_096]), "damaged"),
        (lambda path: _sql(path, "PRAGMA application_id = 7"), "no file of a feed"),
        (lambda path: _sql(path, "PRAGMA user_version = 99"), "newer clew"),
        (lambda path: _sql(path, "DROP INDEX keys_by_key"), "damaged"),
        (lambda path: _sql(path, "CREATE TRIGGER t AFTER INSERT ON keys BEGIN SELECT 1; END"), "damaged"),
        (lambda path: _sql(path, "UPDATE about SET what = '{}'"), "does not say what it is"),
        (lambda path: path.write_bytes(path.read_bytes()[:4_096] + b"\xee" * 16_384), "damaged"),
    ],
    ids=range(10),
)
def test_a_damaged_file_says_what_to_do_and_hides_nothing(store, source, tmp_path, harm, what):
    """Empty, foreign, newer, cut off, changed: each is told with what to do, and the other feeds answer."""
    store.add(source, name="good")
    store.add(source, name="harmed")
    harm(store.folder / "harmed.feed")
    found = looked_up(LISTED, store=store)
    assert found.reason.startswith("listed by good; the feed harmed cannot be read: ")
    assert what in found.reason
    broken = [each for each in store.feeds() if isinstance(each, BrokenFeed)]
    assert all(each.error.next_step for each in broken)
    store.add(source, name="harmed")
    assert looked_up(LISTED, store=store).reason == "listed by good, by harmed"


def _sql(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "x" * 65, "a\nb"])
def test_a_name_is_never_a_path(store, source, name):
    """A feed cannot be called something that would be written elsewhere."""
    if name:
        with pytest.raises(FeedUnusable, match="cannot be called"):
            store.add(source, name=name)
        with pytest.raises(FeedUnusable, match="cannot be called"):
            store.remove(name)
    with pytest.raises(FeedUnusable, match="no feed 'gone'"):
        store.remove("gone")


def test_what_another_version_read_is_read_again(store, source, monkeypatch):
    """When readers have learnt something, an unchanged feed is built anew."""
    before = store.add(source)
    monkeypatch.setattr("clew.feeds.store.READERS", building.READERS + 1)
    assert store.add(source).built > before.built


def test_a_feed_can_be_copied(store, source, tmp_path):
    """The file of a feed says all that is needed: in another store it is the same feed under the name of the file."""
    store.add(source)
    other = FeedStore(tmp_path / "other")
    other.folder.mkdir()
    shutil.copy(store.folder / "bad.feed", other.folder / "copied.feed")
    (opened,) = other.feeds()
    assert isinstance(opened, OpenFeed)
    assert looked_up(LISTED, store=other).reason == "listed by copied"
