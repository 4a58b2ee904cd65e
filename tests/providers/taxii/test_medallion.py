"""Fetching from a real TAXII server, which is medallion, on loopback."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path

import pytest

from clew.cli import main
from clew.entities import IpAddress, Outcome, Verdict
from clew.errors import AskError, AskRefused, FeedUnusable
from clew.feeds.collection_mirror import Mirror
from clew.feeds.store import FeedStore
from clew.feeds.taxii_collections import Access
from clew.pivots import session
from clew.pivots.workspace import Workspace
from clew.providers.gate import Gate
from clew.providers.taxii.collection_fetch import poll
from clew.providers.taxii.collections import CollectionFetcher
from clew.providers.taxii.taxii_server import TaxiiServer
from clew.providers.web.http_channel import HttpChannel
from tests.feeds.asked import looked_up
from tests.providers.taxii.served import CLOSED, KEY, OPEN, PASSWORD, Served, indicator, medallion

pytest.importorskip("medallion", reason="the TAXII server of the tests is not installed (the extra `dev` has it)")
VARIABLE = "CLEW_TEST_TAXII"
LATER = {"modified": "2026-02-02T00:00:00.000Z"}


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Served]:
    monkeypatch.setenv(VARIABLE, KEY)
    (tmp_path / "server").mkdir()
    with medallion(tmp_path / "server") as served:
        yield served


@pytest.fixture
def fetching(tmp_path: Path) -> CollectionFetcher:
    return CollectionFetcher(FeedStore(tmp_path / "store"), HttpChannel().receive)


def access(url: str) -> Access:
    return Access(url, VARIABLE, basic=True)


def address(number: int) -> IpAddress:
    return IpAddress(f"198.51.{100 + number // 250}.{number % 250}")


def test_a_server_says_which_collections_it_has(server: Served, fetching: CollectionFetcher) -> None:
    """Whichever of its URLs is given, it is found out what is there; other servers that it names are left alone."""
    for where in ("", "/", "/taxii2/", "/taxii2", "/trustgroup1/", f"/trustgroup1/collections/{OPEN}/"):
        found = fetching.collections(access(server.base + where))
        expected = {OPEN: True} if OPEN in where else {OPEN: True, CLOSED: False}
        assert {each.id: each.readable for each in found} == expected, where
        assert found[0].url == f"{server.root}collections/{OPEN}/"
        assert (found[0].title, found[0].alias) == ("High Value Indicators", "high")


def test_a_collection_becomes_a_feed(server: Served, fetching: CollectionFetcher) -> None:
    """All pages of it are fetched, and each object is listed as a STIX bundle would list it, with its evidence."""
    server.put([indicator(number) for number in range(50)])
    fetched = fetching.add(access(server.root))
    came = fetched.counts
    assert (fetched.feed.name, fetched.feed.formats, fetched.feed.entries) == ("High-Value-Indicators", ("TAXII",), 50)
    assert (came.objects, came.new, came.pages, fetched.error) == (50, 50, 3, None)
    found = looked_up(address(7), store=fetching.store)
    assert (found.verdict, found.fact("tags")) == (Verdict.MALICIOUS, "malicious-activity")
    assert found.fact("listed_in") == f"{server.root}collections/{OPEN}:{indicator(7)['id']}"
    assert looked_up(address(51), store=fetching.store).outcome is Outcome.NOTHING
    for name in (OPEN, "high", "High Value Indicators"):
        assert fetching.add(access(server.root), collection=name).feed == fetched.feed


def test_only_what_is_new_is_fetched(server: Served, fetching: CollectionFetcher) -> None:
    """The second time, only what was added since comes; when nothing was, nothing is read again."""
    server.put([indicator(number) for number in range(50)])
    name = fetching.add(access(server.root), ("malicious", "high", "green")).feed.name
    before = fetching.fetch(name)
    assert (before.counts.objects, before.counts.has_changes) == (0, False)
    server.put([indicator(number) for number in range(50, 75)])
    after = fetching.fetch(name)
    assert (after.counts.objects, after.counts.new, after.feed.entries) == (25, 25, 75)
    assert (before.feed.built < after.feed.built, after.feed.verdict, after.feed.tlp) == (True, "malicious", "green")
    assert looked_up(address(60), store=fetching.store)


def test_the_newest_version_of_an_object_counts(server: Served, fetching: CollectionFetcher) -> None:
    """What was modified is listed as it is now; what was revoked is listed no longer, and that is said."""
    server.put([indicator(number) for number in range(5)])
    name = fetching.add(access(server.root)).feed.name
    moved = indicator(3, pattern="[domain-name:value = 'evil.example']", **LATER)
    server.put([moved, indicator(4, revoked=True, **LATER), indicator(1, valid_until="2026-01-03T00:00:00Z", **LATER)])
    fetched = fetching.fetch(name)
    assert (fetched.counts.newer, fetched.counts.revoked_objects, fetched.feed.entries, fetched.feed.refused) == (
        3,
        1,
        4,
        1,
    )
    store = fetching.store
    assert [looked_up(address(number), store=store).outcome for number in (2, 3, 4)] == ["found", "nothing", "nothing"]
    assert looked_up(address(1), store=store).verdict is Verdict.SUSPICIOUS
    ((_, place, why),) = store.open_feed(name).rejected_lines()
    assert (place, why) == (indicator(4)["id"], "revoked by who published it")


def test_what_is_gone_from_the_server_is_forgotten_on_demand(server: Served, fetching: CollectionFetcher) -> None:
    """TAXII does not say what was deleted: fetching everything again finds out."""
    server.put([indicator(number) for number in range(30)])
    name = fetching.add(access(server.root)).feed.name
    server.delete(indicator(4)["id"])
    assert fetching.fetch(name).feed.entries == 30
    whole = fetching.fetch(name, full=True)
    assert (whole.counts.objects, whole.counts.has_changes, whole.counts.removed_objects, whole.feed.entries) == (
        29,
        True,
        1,
        29,
    )
    assert looked_up(address(4), store=fetching.store).outcome is Outcome.NOTHING
    server.put([indicator(30)])
    assert fetching.fetch(name).counts.objects == 1


@pytest.mark.parametrize("pages", [1, 4])
def test_a_fetch_that_is_broken_off_goes_on_where_it_was(
    server: Served, fetching: CollectionFetcher, pages: int
) -> None:
    """Whatever page it was at, what came is kept, the rest comes the next time, and nothing is lost."""
    server.put([indicator(number) for number in range(100)])
    name = fetching.add(access(server.root)).feed.name
    server.put([indicator(number) for number in range(100, 200)])
    with closing(Mirror.open(fetching.store.mirror_path(name), to_write=True)) as mirror:
        asked = TaxiiServer(HttpChannel().receive, access(server.root))
        with pytest.raises(AskError, match=f"more than {pages} pages"):
            poll(asked, mirror, on_page=lambda _: None, pages=pages)
    fetched = fetching.fetch(name)
    assert (fetched.feed.entries, fetched.counts.new) == (200, 100 - 20 * pages)
    assert all(looked_up(address(number), store=fetching.store) for number in range(0, 200, 7))


def test_who_may_not_is_told(server: Served, fetching: CollectionFetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, a wrong one, and a collection that may not be read are different messages, each with the next step."""
    with pytest.raises(AskRefused, match="wants a key") as error:
        fetching.add(Access(server.root))
    assert "--key NAME" in error.value.next_step
    with pytest.raises(FeedUnusable, match="does not let you read"):
        fetching.add(access(server.root), collection=CLOSED)
    with pytest.raises(FeedUnusable, match="no collection 'gone'") as unusable:
        fetching.add(access(server.root), collection="gone")
    assert OPEN in unusable.value.next_step
    monkeypatch.setenv(VARIABLE, f"analyst:wrong-{PASSWORD}")
    fetching = dataclasses.replace(fetching, receive=HttpChannel().receive)
    with pytest.raises(AskRefused, match="refused the key") as refused:
        fetching.add(access(server.root))
    assert VARIABLE in refused.value.next_step
    assert PASSWORD not in str(refused.value)
    assert fetching.store.feeds() == ()


def test_nobody_is_asked_offline(server: Served, fetching: CollectionFetcher) -> None:
    """In offline mode the gate refuses, before and after a feed was added."""
    server.put([indicator(1)])
    offline = dataclasses.replace(fetching, gate=Gate(offline=True))
    with pytest.raises(AskRefused, match="offline mode is on"):
        offline.add(access(server.root))
    name = fetching.add(access(server.root)).feed.name
    fetched = offline.fetch(name)
    assert (str(fetched.error).partition("\n")[0].endswith("offline mode is on"), fetched.feed.entries) == (True, 1)


def test_the_key_is_nowhere(server: Served, fetching: CollectionFetcher) -> None:
    """Neither the files of the feed nor what is said of it hold the key."""
    server.put([indicator(1)])
    fetched = fetching.add(access(server.root))
    for file in fetching.store.folder.iterdir():
        assert PASSWORD.encode() not in file.read_bytes()
    assert PASSWORD not in repr(fetched)


# --- the command line ------------------------------------------------------------------------------------------------


@pytest.fixture
def clew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """`clew("feeds", "list")`: exit code, output, errors."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        fresh = Workspace()  # each command is a process of its own
        monkeypatch.setattr(session, "_default_workspace", lambda: fresh)
        monkeypatch.setattr(sys, "argv", ["clew", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        out, err = capsys.readouterr()
        return int(stop.value.code or 0), out, err

    return run


def test_a_collection_from_add_to_remove(server: Served, clew: Callable[..., tuple[int, str, str]]) -> None:
    """Look at what there is, add, update, check, remove: each says what it did, and how many came."""
    server.put([indicator(number) for number in range(30)])
    key = ("--key", VARIABLE, "--basic")
    code, out, _ = clew("feeds", "collections", server.base, *key)
    assert (code, OPEN in out, "not for you" in out) == (0, True, True)
    code, out, _ = clew("feeds", "add", f"taxii+{server.root}", *key, "--collection", "high", "--name", "isac")
    assert (code, "isac: 30 objects came, 30 new" in out) == (0, True)
    assert "isac: read as TAXII, 30 listed" in out
    assert clew("feeds", "update")[1].startswith("isac: 0 objects came, nothing new\nisac: unchanged")
    server.put([indicator(3, revoked=True, **LATER)])
    out = clew("feeds", "update", "isac")[1]
    assert "isac: 1 object came, 1 in a newer version, 1 revoked" in out
    assert "revoked by who published it" in out
    assert "malicious (high)" in clew("feeds", "check", "198.51.100.7")[1]
    assert server.root in clew("feeds", "list")[1]
    folder = Workspace().settings.feeds_store
    assert sorted(path.name for path in folder.iterdir()) == ["isac.feed", "isac.taxii"]
    assert clew("feeds", "remove", "isac")[0] == 0
    assert [*folder.iterdir()] == []
    assert "no feeds" in clew("feeds", "list")[1]


def test_what_cannot_be_fetched_is_told_and_costs_nothing_else(
    server: Served, clew: Callable[..., tuple[int, str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Updating all feeds names each that fails, ends with 1, and updates the others."""
    server.put([indicator(1)])
    clew("feeds", "add", server.root, "--key", VARIABLE, "--basic", "--name", "isac")
    (tmp_path / "own.txt").write_text("203.0.113.9\n")
    clew("feeds", "add", "own.txt")
    (tmp_path / "own.txt").write_text("203.0.113.9\n203.0.113.10\n")
    monkeypatch.setenv("CLEW_OFFLINE", "1")
    code, out, err = clew("feeds", "update")
    assert (code, "offline mode is on" in err, "own: read as list, 2 listed" in out) == (1, True, True)
    assert clew("feeds", "update", "isac")[0] == 1
    assert clew("feeds", "add", "own.txt", "--collection", "x")[0] == 1
