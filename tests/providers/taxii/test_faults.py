"""Fetching from TAXII servers that are strange, broken or hostile."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from clew.entities import IpAddress
from clew.errors import AskError, AskFailed, AskRefused, FeedUnusable
from clew.feeds.collection_mirror import Mirror
from clew.feeds.store import FeedStore
from clew.feeds.taxii_collections import Access, FetchResult
from clew.providers.taxii.collections import CollectionFetcher
from clew.providers.web.api_keys import Keys
from clew.providers.web.http_channel import HttpChannel
from tests.feeds.asked import looked_up
from tests.providers.taxii.served import MEDIA, indicator
from tests.providers.web.faults import Behaviour, Seen, Server, by, flood, hang, raw, reply, reset, serving

KEY, VARIABLE = "canary-0123456789/ab+cd", "CLEW_TEST_TAXII"
ADDED = "2026-01-02T00:00:00.{:06d}Z"
Object = dict[str, Any]


def envelope(objects: Sequence[object] = (), **more: Any) -> Behaviour:
    """A page; `first` and `last` are numbers for the times at which its ends were added."""
    dates = {f"X-TAXII-Date-Added-{name.title()}": more.pop(name) for name in ("first", "last") if name in more}
    told = {name: ADDED.format(value) if isinstance(value, int) else value for name, value in dates.items()}
    return page(json.dumps({"objects": [*objects], **more}).encode(), **told)


def page(body: bytes, media: str = MEDIA, status: int = 200, **headers: str) -> Behaviour:
    return reply(body, status, {"Content-Type": media, **headers})


def some(start: int, end: int) -> list[Object]:
    return [indicator(number) for number in range(start, end)]


def first_then(*behaviours: Behaviour) -> Callable[[Seen], Behaviour]:
    """A first page of ten objects, and then these, the last of them for ever."""
    asked: list[str] = []

    def choose(seen: Seen) -> Behaviour:
        asked.append(seen.path)
        if len(asked) == 1:
            return envelope(some(0, 10), more=True, next="2", first=0, last=9)
        return behaviours[min(len(asked) - 2, len(behaviours) - 1)]

    return choose


def collection(pages: Callable[[Seen], Behaviour]) -> Behaviour:
    """A server with one collection."""

    def choose(seen: Seen) -> Behaviour:
        if "/objects/" in seen.path:
            return pages(seen)
        if seen.path.endswith("/collections/"):
            return page(json.dumps({"collections": [{"id": "c1", "title": "isac", "can_read": True}]}).encode())
        return page(json.dumps({"title": "root", "versions": [MEDIA], "max_content_length": 1}).encode())

    return by(choose)


@pytest.fixture
def store(tmp_path: Path) -> FeedStore:
    return FeedStore(tmp_path / "store")


def fetching(store: FeedStore, seconds: float = 20.0) -> CollectionFetcher:
    return CollectionFetcher(store, HttpChannel(keys=Keys(), seconds=seconds).receive)


def root(server: Server) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}/api/"


def asked(server: Server) -> list[str]:
    """What was asked of the collection."""
    return [seen.path.partition("?")[2] for seen in server.seen if "/objects/" in seen.path]


def added(store: FeedStore, pages: Callable[[Seen], Behaviour], seconds: float = 20.0) -> tuple[FetchResult, list[str]]:
    """What became of a first fetch, and what the server was asked."""
    with serving(collection(pages)) as server:
        return fetching(store, seconds).add(Access(root(server))), asked(server)


def address(number: int) -> IpAddress:
    return IpAddress(f"198.51.{100 + number // 250}.{number % 250}")


SAME = envelope(some(0, 10), more=True, next="2")
TROUBLES: dict[str, tuple[Behaviour, type[AskError], str]] = {
    "the same page for ever": (SAME, AskFailed, "again and again that there is more"),
    "more, but not where": (envelope(some(0, 3), more=True), AskFailed, "there is more, and not where"),
    "a page for people": (page(b"<html>", "text/html; charset=utf-8"), AskFailed, "answered with text/html instead of"),
    "no type": (page(b"{}", ""), AskFailed, "answered with no type"),
    "another version": (page(b"{}", "application/vnd.oasis.taxii+json; version=2.0"), AskFailed, "another version"),
    "version 2.2": (page(b"{}", "application/taxii+json;version=2.2"), AskFailed, "another version"),
    "no JSON": (page(b"hello"), AskFailed, "cannot be read: it is no envelope"),
    "cut off": (page(b'{"objects": [{"type": "indicator", "id": "ind'), AskFailed, "cannot be read"),
    "cut off between": (page(b'{"objects": [{"a": 1}'), AskFailed, "cut off"),
    "a list": (page(b"[]"), AskFailed, "no envelope"),
    "objects that are none": (page(b'{"objects": {"a": 1}}'), AskFailed, "no envelope"),
    "too deep": (page(b'{"objects": ' + b"[" * 100_000), AskFailed, "cannot be read"),
    "an odd name": (envelope(more=True, next=5), AskFailed, "is no text"),
    "a long name": (envelope(more=True, next="x" * 10_000), AskFailed, "more than 8,192 characters"),
    "too large": (flood(17 * 2**20), AskFailed, "more than 16 MiB"),
    "half a body": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{}"), AskFailed, "could not be asked"),
    "reset": (reset(), AskFailed, "could not be asked"),
    "elsewhere": (reply(status=302, headers={"Location": "https://other.example/"}), AskFailed, "points elsewhere"),
    "401": (page(b"{}", status=401), AskRefused, "wants a key for the collection (status 401)"),
    "403": (page(b"{}", status=403), AskRefused, "does not let you read the collection (status 403)"),
    "404": (page(b"{}", status=404), AskFailed, "does not have the collection (status 404)"),
    "406": (page(b"{}", status=406), AskFailed, "does not speak TAXII 2.1"),
    "413": (page(b"{}", status=413), AskFailed, "finds it too large"),
    "416": (page(b"{}", status=416), AskFailed, "did not take the request for the collection (status 416)"),
    "429": (page(b"{}", status=429, **{"Retry-After": "3600"}), AskRefused, "quota is used up"),
    "500": (page(b"{}", status=500), AskFailed, "answered with status 500"),
}


@pytest.mark.parametrize(("behave", "kind", "what"), TROUBLES.values(), ids=TROUBLES)
def test_trouble_is_told_and_nothing_that_came_is_lost(
    store: FeedStore, behave: Behaviour, kind: type[AskError], what: str
) -> None:
    """After a few requests at most, the error says what was wrong and where; what came before is kept and asked."""
    fetched, requests = added(store, first_then(behave))
    assert (type(fetched.error), what in fetched.error.message) == (kind, True), fetched.error
    assert "127.0.0.1" in fetched.error.message
    assert len(requests) < 30
    assert fetched.feed.entries == 10
    assert all(looked_up(address(number), store=store) for number in range(10))
    with serving(collection(lambda _: envelope(some(9, 20), first=9, last=19))) as server:
        with closing(Mirror.open(store.mirror_path("isac"), to_write=True)) as mirror:
            mirror.subscribe(_moved(mirror, server))
        again = fetching(store).fetch("isac")
        # Where it went on: a moment before the last object that is known, so that none of its time is left out.
        assert asked(server)[0].endswith("added_after=2026-01-02T00%3A00%3A00.000008Z")
    assert (again.error, again.feed.entries) == (None, 20)


def _moved(mirror: Mirror, server: Server) -> Any:
    """The same collection on another server."""
    from dataclasses import replace

    return replace(mirror.subscription, collection=f"{root(server)}collections/c1/")


def test_a_silent_server_is_given_up(store: FeedStore) -> None:
    """Each page has the deadline of a call; what came before is kept."""
    fetched, requests = added(store, first_then(hang()), 0.4)
    assert "did not answer within 0.4 s" in str(fetched.error)
    assert (fetched.feed.entries, len(requests) < 10) == (10, True)


def test_a_server_that_promises_new_pages_for_ever_is_left(store: FeedStore) -> None:
    """Pages with new names that bring nothing are not fetched for ever."""
    count = iter(range(10**6))
    fetched, requests = added(store, lambda _: envelope(some(0, 1), more=True, next=str(next(count)), last=3))
    assert "sends nothing new" in str(fetched.error)
    assert (fetched.feed.entries, len(requests)) == (1, 12)


@pytest.mark.parametrize(
    ("behave", "what"),
    [
        (page(b"hello", "text/plain"), "download a file first"),
        (page(b"{}"), "names no API root"),
        (page(b'{"api_roots": ["https://other.example/api/"]}'), "but names other.example"),
        (page(b"[]"), "sent no object"),
        (page(b'{"a": '), "cannot be read"),
        (page(b"{}", status=404), "does not have what is at that URL"),
        (page(b'{"versions": [], "collections": []}'), "no collection"),
        (page(b'{"versions": [], "collections": [{"id": "../../x", "title": "a"}, 5, {"id": 7}]}'), "no collection"),
    ],
)
def test_what_is_no_taxii_server_is_no_feed(store: FeedStore, behave: Behaviour, what: str) -> None:
    """Whoever answers there, it is told what is wrong with it and what to do, and no feed is left behind."""
    with serving(behave) as server, pytest.raises((AskError, FeedUnusable)) as error:
        fetching(store).add(Access(root(server)))
    assert what in str(error.value)
    assert store.feeds() == ()


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("http://taxii.example/api/", "only https is sent"),
        ("https://user:canary-pass@taxii.example/api/", "does not belong into a URL"),
        ("https://", "the URL is none"),
        ("https://[bad/api/", "the URL is none"),
    ],
)
def test_where_nobody_may_be_asked_nobody_is(store: FeedStore, url: str, what: str) -> None:
    """Plain HTTP, a key in the URL, and what is none are refused before anything is sent."""
    with pytest.raises((AskRefused, FeedUnusable)) as error:
        fetching(store).add(Access(url))
    assert (what in str(error.value), "canary" in str(error.value)) == (True, False)


# --- what is strange, and allowed ------------------------------------------------------------------------------------


def test_what_is_no_object_is_counted_and_told(store: FeedStore) -> None:
    """Whatever stands among the objects, each that is none costs itself, and is told with its place and the reason."""
    odd = [
        5,
        None,
        "text",
        [],
        True,
        {},
        {"type": "indicator"},
        {"id": "x"},
        {"type": "tool", "id": "malware--1"},
        {"type": "indicator", "id": "indicator--../../x"},
    ]
    fetched, _ = added(store, lambda _: envelope([*some(0, 2), *odd, *some(2, 4)], last=3))
    assert (fetched.counts.objects, fetched.counts.rejected_objects, fetched.feed.entries, fetched.feed.refused) == (
        4,
        10,
        4,
        10,
    )
    told = store.open_feed("isac").rejected_lines()
    assert [place.rpartition(" ")[2] for _, place, _ in told] == [str(number) for number in range(2, 12)]
    assert all(why.startswith("it is no object of STIX") for _, _, why in told)


def test_objects_are_kept_as_they_came(store: FeedStore) -> None:
    """The text of each object, with its spaces, its order and its numbers, is that of the server."""
    text = (
        '{ "id":"indicator--00000000-0000-4000-8000-000000000001",\t"type" : "indicator", "x": 1.50e0, "y": "\\ud83d" }'
    )
    added(store, lambda _: page(b'\xef\xbb\xbf {"more":false, "objects" : [ ' + text.encode() + b' ] , "x": [{}]} '))
    with closing(Mirror.open(store.mirror_path("isac"))) as mirror:
        assert [row[0] for row in mirror._connection.execute("SELECT raw FROM objects")] == [text]


def test_a_server_may_name_all_pages_alike(store: FeedStore) -> None:
    """As long as a page brings something new, it does not matter what the next one is called."""
    pages = iter([(0, 10), (10, 20), (20, 25)])

    def choose(_: Seen) -> Behaviour:
        start, end = next(pages)
        return envelope(some(start, end), more=end < 25, next="scroll", first=start, last=end - 1)

    fetched, _ = added(store, choose)
    assert (fetched.error, fetched.feed.entries) == (None, 25)


def test_a_server_may_name_no_pages(store: FeedStore) -> None:
    """Where the next page has no name, it is what was added after the last one."""

    def choose(seen: Seen) -> Behaviour:
        start = int(seen.path.partition("00.")[2][:6]) + 1 if "added_after" in seen.path else 0
        return envelope(some(start, start + 10), more=start < 20, first=start, last=start + 9)

    fetched, requests = added(store, choose)
    assert (fetched.error, fetched.feed.entries, len(requests)) == (None, 30, 3)


def test_pages_that_are_too_large_are_asked_for_smaller(store: FeedStore) -> None:
    """A server whose pages are larger than is taken is asked for fewer objects, and everything comes."""

    def choose(seen: Seen) -> Behaviour:
        return flood(17 * 2**20) if "limit=1000" in seen.path else envelope(some(0, 100), last=99)

    fetched, requests = added(store, choose)
    assert (fetched.error, fetched.feed.entries) == (None, 100)
    assert [each.partition("&")[0] for each in requests] == ["limit=1000", "limit=100"]


@pytest.mark.parametrize("last", ["9999-01-01T00:00:00Z", "tomorrow", ""])
def test_a_time_of_addition_that_cannot_be_is_none(store: FeedStore, last: str) -> None:
    """A server that says nonsense, or a far future, does not hide what comes later: its clock is asked instead."""
    with serving(collection(lambda _: envelope(some(0, 3), last=last))) as server:
        way = fetching(store)
        way.add(Access(root(server)))
        way.fetch("isac")
        _, after = (each.partition("added_after=")[2] for each in asked(server))
    assert after[:3] == "202"


def test_a_server_that_does_not_sort_is_begun_anew(store: FeedStore) -> None:
    """Where pages are not in the order of time, a fetch that was broken off begins at the beginning."""
    unsorted = envelope(some(10, 20), more=True, next="3", first=3, last=4)
    added(store, first_then(unsorted, page(b"{}", status=403)))
    with serving(collection(lambda _: envelope(some(0, 30), first=0, last=29))) as server:
        with closing(Mirror.open(store.mirror_path("isac"), to_write=True)) as mirror:
            mirror.subscribe(_moved(mirror, server))
        assert fetching(store).fetch("isac").feed.entries == 30
        assert "added_after" not in asked(server)[0]


def test_an_empty_collection_is_an_empty_feed(store: FeedStore) -> None:
    """A collection without anything, or with nothing that is listed, is a feed that lists nothing, and no error."""
    fetched, _ = added(store, lambda _: page(b"{}"))
    assert (fetched.feed.entries, fetched.error) == (0, None)
    assert looked_up(address(1), store=store).reason == "in no local feed"


def test_the_key_goes_to_the_server_and_is_kept_nowhere(store: FeedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token is sent as one; a server that says it back finds it in no file."""
    monkeypatch.setenv(VARIABLE, KEY)
    echo = indicator(1, description=f"said {KEY}")
    with serving(collection(lambda _: envelope([echo], last=1, next=KEY))) as server:
        fetching(store).add(Access(root(server), VARIABLE))
        assert {seen.headers["Authorization"] for seen in server.seen} == {f"Bearer {KEY}"}
        assert {seen.headers["Accept"] for seen in server.seen} == {MEDIA}
    for file in store.folder.iterdir():
        assert KEY.encode() not in file.read_bytes()
    assert "[redacted" in looked_up(address(1), store=store).fact("description")


def test_two_feeds_of_one_name_are_not_mixed_up(store: FeedStore, tmp_path: Path) -> None:
    """A name that another feed has is not taken over by what is fetched."""
    path = tmp_path / "isac.txt"
    path.write_text("203.0.113.9\n")
    store.add(path)
    with serving(collection(lambda _: envelope(some(0, 3)))) as server:
        with pytest.raises(FeedUnusable, match="a feed isac already") as error:
            fetching(store).add(Access(root(server)))
        assert "--name" in error.value.next_step
        fetching(store).add(Access(root(server)), name="other")
        with (
            serving(collection(lambda _: envelope(some(0, 3)))) as second,
            pytest.raises(FeedUnusable, match="a feed other already"),
        ):
            fetching(store).add(Access(root(second)), name="other")
    store.add(path, name="other")
    assert store.fetched_names() == []
