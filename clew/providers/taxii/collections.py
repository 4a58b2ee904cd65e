"""Feeds that are fetched: choosing a collection, and bringing here what is new in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from clew.errors import AskError, AskRefused, FeedUnusable
from clew.feeds.collection_mirror import FetchCounts, Mirror, Subscription
from clew.feeds.store import FeedStore, OpenFeed, checked_name
from clew.feeds.taxii_collections import Access, Collection, FetchResult
from clew.providers.gate import Gate
from clew.providers.taxii.collection_fetch import poll
from clew.providers.taxii.taxii_server import Receive, TaxiiServer

#: Hears what has come so far.
ProgressCallback = Callable[[FetchCounts], None]
_UNSAFE_CHARACTERS = re.compile(r"[^A-Za-z0-9._-]+")
#: How many collections an error names.
_MAX_CHOICES = 10


@dataclass(frozen=True)
class CollectionFetcher:
    """Collections of TAXII servers as feeds in a store.

    Attributes:
        receive: sends a request, and gives what came back.
        gate: in offline mode nobody is asked.
    """

    store: FeedStore
    receive: Receive
    gate: Gate = field(default_factory=Gate)

    def collections(self, access: Access) -> list[Collection]:
        """The collections behind the URL of a server, of an API root or of a collection. Raises AskError."""
        return self._server(access).collections()

    def add(
        self,
        access: Access,
        defaults: tuple[str, str, str] = ("", "", ""),
        *,
        collection: str = "",
        name: str = "",
        on_progress: ProgressCallback | None = None,
    ) -> FetchResult:
        """Have a collection fetched as a feed from now on, and fetch it for the first time.

        Args:
            defaults: verdict, severity and TLP of everything in it that says nothing else.
            collection: its identifier, its alias or its title; where there is but one to read, it need not be given.
            name: of the feed; that of the collection, if it is not given.
            on_progress: hears what has come so far, page by page.

        Raises:
            AskError: the server could not be asked.
            FeedUnusable: it has no such collection, or there is another feed of that name.
        """
        target = _select_collection(self.collections(access), collection, access.url)
        feed_name = checked_name(
            name or _UNSAFE_CHARACTERS.sub("-", target.title or target.alias or target.id).strip("-.")[:64] or "feed"
        )
        subscription = Subscription(target.url, target.title, access.key, access.basic, *defaults)
        is_new = self._subscribe(feed_name, subscription)
        try:
            return self.fetch(feed_name, on_progress=on_progress)
        except AskError:
            if is_new:
                self.store.forget(feed_name)
            raise

    def _subscribe(self, name: str, subscription: Subscription) -> bool:
        """Write down what is fetched under a name; whether that is new."""
        path = self.store.mirror_path(name)
        if not path.exists():
            self._check_free(name, subscription.collection)
            self.store.folder.mkdir(parents=True, exist_ok=True)
            Mirror.create(path, subscription).close()
            return True
        with closing(Mirror.open(path, to_write=True)) as mirror:
            if mirror.subscription.collection != subscription.collection:
                raise _name_conflict(name, mirror.subscription.collection)
            mirror.subscribe(subscription)
        return False

    def fetch(self, name: str, *, full: bool = False, on_progress: ProgressCallback | None = None) -> FetchResult:
        """Fetch what is new of a feed, and read it.

        Args:
            full: fetch everything, and forget what the server does not have any more.
            on_progress: hears what has come so far, page by page.

        Raises:
            AskError: the server could not be asked, and nothing came.
            FeedUnusable: nothing is fetched under that name, or what came cannot be kept or read.
        """
        counts, failure = FetchCounts(), None
        with closing(Mirror.open(self.store.mirror_path(name), to_write=True)) as mirror:
            subscription = mirror.subscription

            def count_page(page: FetchCounts) -> None:
                nonlocal counts
                counts += page
                if on_progress is not None:
                    on_progress(counts)

            try:
                server = self._server(Access(subscription.collection, subscription.key, subscription.basic))
                poll(server, mirror, on_page=count_page, full=full)
            except (AskError, FeedUnusable) as error:
                failure = error
            is_empty = not mirror.progress.digest
        if failure is not None and is_empty:
            raise failure
        return FetchResult(self.store.read_mirror(name), counts, failure)

    def _server(self, access: Access) -> TaxiiServer:
        server = TaxiiServer(self.receive, replace(access, url=access.url.removeprefix("taxii+")))
        if self.gate.offline:
            raise AskRefused(
                f"{server.title} was not asked: offline mode is on",
                kind="offline",
                sent=False,
                next_step="set CLEW_OFFLINE=0",
            )
        return server

    def _check_free(self, name: str, url: str) -> None:
        for feed in self.store.feeds():
            if isinstance(feed, OpenFeed) and feed.feed.name == name and feed.feed.path != url:
                raise _name_conflict(name, feed.feed.path)


def _name_conflict(name: str, origin: str) -> FeedUnusable:
    return FeedUnusable(
        f"there is a feed {name} already, from {origin}",
        next_step=f"give this one another name (--name), or clew feeds remove {name}",
    )


def _select_collection(collections: Sequence[Collection], selector: str, url: str) -> Collection:
    """The one collection that is meant. Raises FeedUnusable: there is none, or there are several."""
    matches = [
        collection
        for collection in collections
        if not selector or selector in (collection.id, collection.alias, collection.title)
    ]
    readable = [collection for collection in matches if collection.readable]
    if len(readable) == 1:
        return readable[0]
    host = urlsplit(url).netloc
    if matches and not readable:
        raise FeedUnusable(
            f"{host} does not let you read the collection",
            location=matches[0].url,
            next_step="ask whoever runs it for the right to read it",
        )
    problem = (
        f"no collection {selector!r}"
        if selector and not matches
        else "no collection"
        if not matches
        else "several of them"
    )
    choices = ", ".join(
        f"{collection.id} ({collection.title})" for collection in (readable or collections)[:_MAX_CHOICES]
    )
    step = f"--collection with one of {choices}" if choices else "check the URL, and the rights of the key"
    raise FeedUnusable(f"{host} has {problem}", next_step=step)
