"""Feeds that tests write, and what they say."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

from clew.entities import Account, Domain, Entity, File, Finding, IpAddress, Url
from clew.feeds.formats.registry import read_contents
from clew.feeds.listing import FeedEntry, IndicatorDetails, RejectedRow
from clew.feeds.lookup import Feeds
from clew.feeds.store import FeedStore
from clew.feeds.warninglists import Warninglists
from clew.providers.local.feed_channel import FeedChannel
from clew.providers.local.feeds import LocalFeed
from tests.providers.doubles import runner

OPERATIONS = {
    Account: LocalFeed.account,
    Domain: LocalFeed.domain,
    File: LocalFeed.file,
    IpAddress: LocalFeed.ip,
    Url: LocalFeed.url,
}


def looked_up(subject: Entity, *feeds: Path, store: FeedStore | None = None, lists: tuple[Path, ...] = ()) -> Finding:
    """What the feeds say."""
    made = dataclasses.replace(runner(None), channels={"feed": FeedChannel(Feeds(feeds, store, Warninglists(lists)))})
    return made.run("ti.feed", LocalFeed, subject, OPERATIONS[type(subject)].steps(subject)).finding


def read(content: str | bytes) -> tuple[str, list[FeedEntry], list[RejectedRow]]:
    """The format of a file, what it lists, and what it was left out of."""
    given = content if isinstance(content, bytes) else content.encode()
    found = read_contents(io.BytesIO(given), IndicatorDetails())
    rows = [*found.rows]
    return (
        found.format,
        [row for row in rows if isinstance(row, FeedEntry)],
        [row for row in rows if isinstance(row, RejectedRow)],
    )


def keys(content: str | bytes) -> set[str]:
    """All that a file lists, by its keys."""
    return {key for entry in read(content)[1] for key in entry.keys}
