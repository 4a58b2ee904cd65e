"""What can be done with feeds, as `clew feeds` has it: add, update, check, list, remove.

Fetching and checking need rooms to the right of this one. They are handed in, as a `FeedService`, by `import clew`;
nothing here is loaded before it is used.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from clew.entities import Entity, Finding, parse
from clew.entities.checked_text import stamp
from clew.errors import AskError, ClewError, FeedUnusable, SettingsError

if TYPE_CHECKING:
    from clew.feeds.build import Feed
    from clew.feeds.collection_mirror import FetchCounts
    from clew.feeds.store import BrokenFeed, FeedStore, OpenFeed, RejectedLine
    from clew.feeds.taxii_collections import Access, Collection, FetchResult

#: How many rows that list nothing are told with an update.
REJECTED_SHOWN = 10


class FeedService(Protocol):
    """What the front door needs of the rest of clew."""

    def store(self) -> FeedStore:
        """The store that the settings name. Raises SettingsError where they name none."""
        ...

    def open_feeds(self) -> list[OpenFeed | BrokenFeed]:
        """Every feed that is asked: files that the settings name, and those in the store."""
        ...

    def collections(self, access: Access) -> list[Collection]:
        """The collections behind a URL. Raises AskError."""
        ...

    def subscribe(self, access: Access, defaults: tuple[str, str, str], *, collection: str, name: str) -> FetchResult:
        """Have a collection fetched from now on; `defaults` are verdict, severity and TLP. Raises AskError."""
        ...

    def fetch(self, name: str, *, full: bool) -> FetchResult:
        """Fetch what is new of a feed, or all of it. Raises AskError, FeedUnusable."""
        ...

    def check(self, entity: Entity) -> Finding:
        """What the feeds say of an entity. Raises EntityError for one that no feed is asked about."""
        ...


@dataclass(frozen=True, slots=True)
class FeedUpdate:
    """What became of a feed that was added or updated.

    Attributes:
        feed: as it is now; None where it could not be read or fetched.
        is_unchanged: nothing in it is new, and it was not read again.
        counts: of the objects that came; None for a feed of files.
        error: why there is no feed, or what ended the fetch before its end.
        rejected_rows: the first rows that list nothing, each with its file, its place in it and the reason.
    """

    name: str
    feed: Feed | None
    is_unchanged: bool = False
    counts: FetchCounts | None = None
    error: ClewError | None = None
    rejected_rows: tuple[RejectedLine, ...] = ()


@dataclass(slots=True)
class _Door:
    """Who serves."""

    service: FeedService | None = None

    def serving(self) -> FeedService:
        if self.service is None:
            raise SettingsError("nobody serves feeds", next_step="import clew")
        return self.service


_DOOR = _Door()


def serve_with(service: FeedService) -> None:
    """Have the functions here served by `service` from now on."""
    _DOOR.service = service


def add(
    source: str | Path,
    *,
    name: str = "",
    verdict: str = "",
    severity: str = "",
    tlp: str = "",
    collection: str = "",
    key: str = "",
    basic: bool = False,
) -> FeedUpdate:
    """Read a feed into the store, or read it again if it has changed. `ti.feed` and `ti.lookup` ask it from then on.

    Args:
        source: a file or a folder, or the URL of a TAXII 2.1 server, of one of its API roots or of a collection.
        name: of the feed; that of the file or the collection, if it is not given. A feed of that name is replaced.
        verdict, severity, tlp: of everything in it that says nothing else.
        collection: of a TAXII server: its identifier, alias or title.
        key: of a TAXII server: the name of the key in the environment, the keyring or the file of keys.
        basic: the key is `user:password`, and no token.

    Raises:
        FeedUnusable: nothing in it can be read, or no feed can have the name.
        AskError: the server could not be asked, and nothing came.
        SettingsError: there is no folder for feeds, or a file was given with what is for servers.
    """
    service, start_time = _DOOR.serving(), _now()
    if isinstance(source, str) and is_url(source):
        from clew.feeds.taxii_collections import Access

        defaults = verdict, severity, tlp
        result = service.subscribe(Access(source, key, basic), defaults, collection=collection, name=name)
        return _fetch_update(service, result, start_time)
    if collection or key or basic:
        raise SettingsError(
            "--collection, --key and --basic are for TAXII servers",
            location=str(source),
            next_step="give a URL, or leave them out",
        )
    feed = service.store().add(source, name=name, verdict=verdict, severity=severity, tlp=tlp)
    return _feed_update(service, feed, start_time)


def update(
    name: str = "", *, full: bool = False, on_update: Callable[[FeedUpdate], None] | None = None
) -> list[FeedUpdate]:
    """Fetch what is new in collections of TAXII servers, and read files again that have changed.

    Args:
        name: of the feed; all of them, if it is not given.
        full: fetch everything again, and forget what the servers do not have any more.
        on_update: hears of each feed as soon as it is done.

    Returns:
        One update a feed. What is wrong with one stands in its `error`, and hinders none of the others.

    Raises:
        AskError, FeedUnusable: for the one feed that was named.
    """
    service = _DOOR.serving()
    updates: list[FeedUpdate] = []
    for feed_name in [name] if name else _store_names(service.store()):
        try:
            updates.append(_update(service, feed_name, full=full))
        except (AskError, FeedUnusable) as error:
            if name:
                raise
            updates.append(FeedUpdate(feed_name, None, error=error))
        if on_update is not None:
            on_update(updates[-1])
    return updates


def check(value: str | Entity) -> Finding:
    """What the feeds say of a value, row by row, as the pivot `ti.feed` has it; nobody else is asked.

    Args:
        value: an address, a domain, a URL, a hash or a mail address, defanged or not; or an entity.

    Raises:
        EntityError: it is nothing that feeds list.
    """
    return _DOOR.serving().check(parse(value) if isinstance(value, str) else value)


def list_feeds() -> list[Feed | BrokenFeed]:
    """Which feeds there are, what is in them, and which cannot be read."""
    from clew.feeds.store import BrokenFeed

    return [feed if isinstance(feed, BrokenFeed) else feed.feed for feed in _DOOR.serving().open_feeds()]


def remove(name: str) -> None:
    """Take a feed out of the store. Files that it was read from stay; what was fetched goes with it.

    Raises:
        FeedUnusable: there is none of that name.
    """
    _DOOR.serving().store().remove(name)


def collections(url: str, *, key: str = "", basic: bool = False) -> list[Collection]:
    """Which collections a TAXII 2.1 server has; `key` and `basic` as in `add`. Raises AskError."""
    from clew.feeds.taxii_collections import Access

    return _DOOR.serving().collections(Access(url, key, basic))


def is_url(text: str) -> bool:
    """Whether a feed is to be fetched, and not to be read from a file.

    >>> is_url("https://taxii.example/api/"), is_url("taxii+https://taxii.example/api/"), is_url("ipsum.txt")
    (True, True, False)
    """
    return re.match(r"(?:taxii\+)?https?://", text) is not None


def _now() -> str:
    return stamp(datetime.now(UTC))


def _store_names(store: FeedStore) -> list[str]:
    from clew.feeds.store import BrokenFeed

    names = (feed.feed.name for feed in store.feeds() if not isinstance(feed, BrokenFeed))
    return sorted({*store.fetched_names(), *names})


def _update(service: FeedService, name: str, *, full: bool) -> FeedUpdate:
    store, start_time = service.store(), _now()
    if name in store.fetched_names():
        return _fetch_update(service, service.fetch(name, full=full), start_time)
    feed = store.open_feed(name).feed
    feed = store.add(feed.path, name=name, verdict=feed.verdict, severity=feed.severity, tlp=feed.tlp)
    return _feed_update(service, feed, start_time)


def _fetch_update(service: FeedService, result: FetchResult, start_time: str) -> FeedUpdate:
    return _feed_update(service, result.feed, start_time, result.counts, result.error)


def _feed_update(
    service: FeedService,
    feed: Feed,
    start_time: str,
    counts: FetchCounts | None = None,
    error: ClewError | None = None,
) -> FeedUpdate:
    is_unchanged = feed.built < start_time
    rejected_rows: list[RejectedLine] = []
    if feed.refused and not is_unchanged:
        rejected_rows = service.store().open_feed(feed.name).rejected_lines()[:REJECTED_SHOWN]
    return FeedUpdate(feed.name, feed, is_unchanged, counts, error, tuple(rejected_rows))
