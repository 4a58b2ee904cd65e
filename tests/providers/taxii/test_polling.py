"""Fetching to the end, whatever happens on the way; and the envelope, whatever is in it."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.errors import AskFailed, FeedUnusable
from clew.feeds.collection_mirror import APPLICATION, Mirror, Subscription
from clew.feeds.listing import FeedEntry, IndicatorDetails
from clew.feeds.store import FeedStore
from clew.feeds.taxii_collections import Access
from clew.providers.base import Ask, Provider, narrow_ask
from clew.providers.taxii.collection_fetch import poll
from clew.providers.taxii.collections import CollectionFetcher
from clew.providers.taxii.envelope import read_envelope
from clew.providers.taxii.taxii_server import TaxiiServer
from clew.providers.web import HttpRequest
from clew.providers.web.raw_response import RawResponse
from tests.providers.taxii.served import MEDIA, indicator
from tests.providers.web.faults import Seen, by, reply, serving

COLLECTION = "https://taxii.example/api/collections/c1/"


@dataclass
class Model:
    """A server that keeps the rules of TAXII, and answers so many objects a page; some requests fail.

    Attributes:
        added: when each object was added, in microseconds; several may have been added at once.
        page: how many objects a page has.
        failing: the numbers of the requests that fail.
        consuming: a page that was sent is forgotten, whether it arrived or not.
        forgetting: the numbers of the requests after which no name of a page is known any more.
    """

    added: list[int]
    page: int
    failing: frozenset[int]
    consuming: bool
    forgetting: frozenset[int]
    count: int = 0
    left: dict[str, list[int]] = field(default_factory=dict)

    def receive(self, ask: Ask, provider: type[Provider]) -> RawResponse:
        given = dict(narrow_ask(ask, HttpRequest).params)
        self.count += 1
        if "next" in given:
            waiting = self.left.get(given["next"])
            if waiting is None:
                return RawResponse(404, {"content-type": MEDIA}, b"{}")
        else:
            after = given.get("added_after", "")
            waiting = [number for number, at in enumerate(self.added) if stamp(at) > after]
        sent, rest = waiting[: self.page], waiting[self.page :]
        if self.count in self.failing:
            if self.consuming and "next" in given:
                self.left[given["next"]] = rest
            raise AskFailed("it broke", kind="connect")
        name = given.get("next", str(self.count))
        self.left = {} if self.count in self.forgetting else {**self.left, name: rest}
        body = {"objects": [indicator(number) for number in sent], "more": bool(rest)}
        headers = {"content-type": MEDIA}
        if sent:
            headers["x-taxii-date-added-first"] = stamp(self.added[sent[0]])
            headers["x-taxii-date-added-last"] = stamp(self.added[sent[-1]])
        return RawResponse(200, headers, json.dumps(body | ({"next": name} if rest else {})).encode())


def stamp(at: int) -> str:
    return f"2026-01-02T00:00:00.{at:06d}Z"


def has(path: Path) -> set[str]:
    """The objects that came."""
    with closing(Mirror.open(path)) as mirror:
        return {row.location for row in mirror.rows(IndicatorDetails()) if isinstance(row, FeedEntry)}


@given(
    st.lists(st.integers(0, 6), max_size=10).map(sorted),
    st.integers(1, 5),
    st.frozensets(st.integers(1, 16), max_size=6),
    st.booleans(),
    st.frozensets(st.integers(1, 16), max_size=6),
)
def test_everything_comes_whatever_breaks(tmp_path_factory, added, page, failing, consuming, forgetting):
    """With pages of any size, times that are equal, names that die, and requests that fail at any place: fetching
    until it ends without trouble brings every object, and what is added afterwards comes then.
    """
    path = tmp_path_factory.mktemp("polled") / "x.taxii"
    Mirror.create(path, Subscription(COLLECTION)).close()
    model = Model(added, page, failing, consuming, forgetting)
    server = TaxiiServer(model.receive, Access(COLLECTION))
    for late in ([], [13, 13, 14]):
        model.added = added + late
        for _ in range(30):
            with closing(Mirror.open(path, to_write=True)) as mirror, suppress(AskFailed):
                poll(server, mirror, on_page=lambda _: None)
                break
        else:
            pytest.fail("it never ends")
        assert has(path) == {indicator(number)["id"] for number in range(len(model.added))}
    before, model.failing = model.count, frozenset()
    with closing(Mirror.open(path, to_write=True)) as mirror:
        poll(server, mirror, on_page=lambda _: None)
    assert model.count - before == 1


def pages(count: int):
    """A server of so many pages of ten objects each."""

    def choose(seen: Seen):
        after = parse_qs(urlsplit(seen.path).query).get("added_after", [""])[0]
        start = next((number for number in range(count * 10) if stamp(number) > after), 0) if after else 0
        end = min(start + 10, count * 10)
        head = {"Content-Type": MEDIA, "X-TAXII-Date-Added-First": stamp(start)}
        head["X-TAXII-Date-Added-Last"] = stamp(end - 1)
        body = {"objects": [indicator(number) for number in range(start, end)], "more": end < count * 10}
        return reply(json.dumps(body).encode(), headers=head)

    return by(choose)


PROGRAM = """
import os, signal, sys
from contextlib import closing
from pathlib import Path
from clew.feeds.collection_mirror import Mirror
from clew.providers.taxii.collection_fetch import poll
from clew.feeds.taxii_collections import Access
from clew.providers.taxii.taxii_server import TaxiiServer
from clew.providers.web.http_channel import HttpChannel
path, url, last = sys.argv[1:]
class Dying(Mirror):
    def take(self, *arguments):
        came = super().take(*arguments)
        if arguments[2].mark >= last:
            os.kill(os.getpid(), signal.SIGKILL)
        return came
with closing(Dying.open(Path(path), to_write=True)) as mirror:
    poll(TaxiiServer(HttpChannel().receive, Access(url)), mirror, on_page=lambda _: None)
"""


def test_a_process_that_is_killed_loses_nothing_that_it_kept(tmp_path):
    """After a kill in mid-fetch, all pages that were kept are there, and the next fetch brings the rest."""
    store = FeedStore(tmp_path / "store")
    store.folder.mkdir()
    path = store.mirror_path("x")
    with serving(pages(20)) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}/api/collections/c1/"
        Mirror.create(path, Subscription(url)).close()
        killed = subprocess.run([sys.executable, "-c", PROGRAM, str(path), url, stamp(79)], check=False)
        assert killed.returncode == -signal.SIGKILL
        seen = len(server.seen)
        assert seen == 8
        assert "has not been read yet" in str(store.feeds()[0].error)
        from clew.providers.web.http_channel import HttpChannel

        fetched = CollectionFetcher(store, HttpChannel().receive).fetch("x")
        assert (fetched.counts.new, fetched.feed.entries, fetched.error) == (120, 200, None)
        assert len(server.seen) - seen == 13  # the page with which it begins again was there, but for its last object


def test_one_collection_is_fetched_by_one_process_at_a_time(tmp_path):
    """Who comes second is told so, and may come back when the first is done or gone."""
    path = tmp_path / "x.taxii"
    Mirror.create(path, Subscription(COLLECTION)).close()
    hold = f"""
from pathlib import Path
from clew.feeds.collection_mirror import Mirror
mirror = Mirror.open(Path({str(path)!r}), to_write=True)
print("held", flush=True)
input()
"""
    command = [sys.executable, "-c", hold]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(FeedUnusable, match="another process is fetching it"):
            Mirror.open(path, to_write=True)
        other.kill()
    Mirror.open(path, to_write=True).close()


@pytest.mark.parametrize(
    ("harm", "what"),
    [
        (lambda path: path.write_bytes(b""), "no copy of a collection"),
        (lambda path: path.write_bytes(b"x" * 9_000), "damaged"),
        (lambda path: path.write_bytes(path.read_bytes()[:4_096]), "damaged"),
        (lambda path: path.write_bytes(path.read_bytes()[:100] + os.urandom(8_000)), "damaged"),
        (lambda path: path.unlink(), "fetched from nowhere"),
    ],
)
def test_a_damaged_copy_is_told(tmp_path, harm, what):
    """Foreign, cut off, overwritten, gone: each is told with the next step."""
    path = tmp_path / "x.taxii"
    Mirror.create(path, Subscription(COLLECTION)).close()
    assert APPLICATION.to_bytes(4, "big") in path.read_bytes()
    harm(path)
    with pytest.raises(FeedUnusable, match=what) as error, closing(Mirror.open(path, to_write=True)) as mirror:
        _ = [mirror.subscription, *mirror.rows(IndicatorDetails())]
    assert error.value.next_step


# --- the envelope ----------------------------------------------------------------------------------------------------

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
SEPARATORS = st.sampled_from([(",", ":"), (", ", ": "), ("\n,\t", "\r:  ")])


@given(st.lists(st.dictionaries(st.text(max_size=5), VALUES, max_size=3), max_size=5), VALUES, SEPARATORS)
def test_an_envelope_gives_each_object_as_it_stands_there(given, other, separators):
    """The text of each object is that of the page, byte for byte, and means the same."""
    named = [{**each, "type": "tool", "id": f"tool--{number}"} for number, each in enumerate(given)]
    texts = [json.dumps(each, separators=separators) for each in named]
    before, after = (json.dumps(other, separators=separators) for _ in range(2))
    page = f'{{"x": {before} , "objects" : [ {" , ".join(texts)} ], "more": true, "next": "n", "y":{after} }} '
    envelope = read_envelope(page)
    assert [raw for raw, _ in envelope.objects] == texts
    assert [value for _, value in envelope.objects] == named
    assert (envelope.invalid_objects, envelope.has_more, envelope.next) == ([], True, "n")


@given(st.one_of(st.text(st.sampled_from('{}[]":,objectsmrn 01\\'), max_size=60), VALUES.map(json.dumps)))
def test_no_text_breaks_an_envelope(text):
    """Any text is an envelope, or is refused with the reason; what is read is JSON to everybody."""
    try:
        envelope = read_envelope(text)
    except ValueError as error:
        assert str(error)  # noqa: PT017 - either is right
    else:
        assert isinstance(json.loads(text), dict)
        assert not envelope.objects or "objects" in text


@given(st.integers(0, 200))
def test_an_envelope_that_is_cut_off_is_none(cut):
    """Wherever a page ends too early, it is refused as a whole."""
    whole = json.dumps(
        {"objects": [{"type": "tool", "id": "tool--1", "x": [1, {"y": "z"}]}], "more": True, "next": "n"}
    )
    for end in itertools.takewhile(lambda end: end < len(whole), [cut]):
        with pytest.raises(ValueError, match=r"no envelope|Expecting|Unterminated|Invalid"):
            read_envelope(whole[:end])
