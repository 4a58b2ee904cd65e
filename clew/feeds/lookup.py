"""Asking the feeds: which of them list an entity, in what words, and what the warning lists say beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from clew.entities import Entity, Key
from clew.entities.codec import from_key
from clew.errors import FeedUnusable
from clew.feeds.feed_file import EntryMatch
from clew.feeds.listing import SAME_FILE
from clew.feeds.listing_verdict import MAX_HITS
from clew.feeds.match_keys import HOST, PARENT, candidates, is_shared
from clew.feeds.store import BrokenFeed, FeedStore, OpenFeed, direct_feed
from clew.feeds.warninglists import Warninglists

#: How many subjects are asked about at once, and how many keys are looked for.
_MAX_SUBJECTS, _MAX_KEYS = 10_000, 50_000
_OPTIONAL_FIELDS = ("confidence", "description", "reports", "tags", "tlp", "until")

Hit = dict[str, Any]


class FeedHits(NamedTuple):
    """The listings of subjects, by the number of the subject, and the feeds that cannot be read."""

    by_subject: dict[int, list[Hit]]
    broken_feeds: list[BrokenFeed]


@dataclass(frozen=True)
class Feeds:
    """All feeds that are asked together: files that the settings name, and those in the store."""

    paths: tuple[Path, ...] = ()
    store: FeedStore | None = None
    warninglists: Warninglists = field(default_factory=Warninglists)

    def open_feeds(self) -> list[OpenFeed | BrokenFeed]:
        """Every feed, as it is now."""
        return [*map(direct_feed, self.paths), *(self.store.feeds() if self.store is not None else ())]

    def lookup(self, keys: Sequence[str]) -> dict[str, Any]:
        """What is known under any of the keys, which are names of one entity, as a JSON document.

        Raises:
            FeedUnusable: there are feeds, and none can be read.
        """
        entities = [from_key(Key.parse(key)) for key in keys]
        subject_hits, broken_feeds = self.find_hits(entities, [0] * len(entities))
        hits = subject_hits.get(0, [])
        list_names = (self.warninglists.names(entity) for entity in entities)
        return {
            "hits": hits[:MAX_HITS],
            "available": len(hits),
            "unread": [{"feed": feed.name, "why": feed.error.message} for feed in broken_feeds],
            "warning_lists": list(dict.fromkeys(name for names in list_names for name in names)),
        }

    def find_hits(self, names: Sequence[Entity], subject_numbers: Sequence[int] | None = None) -> FeedHits:
        """All listings of each subject that has any.

        Args:
            subject_numbers: the number of the subject that each is a name of, from 0 on; a subject each, if not given.

        Raises:
            FeedUnusable: there are feeds, and none can be read.
        """
        subject_numbers = range(len(names)) if subject_numbers is None else subject_numbers
        feeds = self.open_feeds()
        broken_feeds = [feed for feed in feeds if isinstance(feed, BrokenFeed)]
        subject_hits: dict[int, list[Hit]] = {}
        for feed in feeds:
            if isinstance(feed, OpenFeed):
                try:
                    _add_hits(feed, names, subject_numbers, subject_hits)
                except FeedUnusable as error:
                    broken_feeds.append(BrokenFeed(feed.feed.name, error))
        if feeds and len(broken_feeds) == len(feeds):
            first = broken_feeds[0]
            raise FeedUnusable(
                f"the feed {first.name} cannot be read: {first.error.message}",
                location=first.error.location,
                next_step=first.error.next_step,
            )
        return FeedHits(subject_hits, broken_feeds)


def _add_hits(
    feed: OpenFeed, names: Sequence[Entity], subject_numbers: Sequence[int], subject_hits: dict[int, list[Hit]]
) -> None:
    """Add what one feed says of each subject, by the number of the subject."""
    candidate_keys = partial(candidates, prefixes=feed.feed.prefixes, kinds=feed.name_prefixes())
    seen_entries: set[tuple[int, int]] = set()
    for start in range(0, len(names), _MAX_SUBJECTS):
        for index, match in _matches(feed, names, range(start, min(start + _MAX_SUBJECTS, len(names))), candidate_keys):
            name, number = names[index], subject_numbers[index]
            match_type = candidate_keys(name)[match.key]
            if (number, match.entry) not in seen_entries and not _is_shared(match.key, match_type, name):
                seen_entries.add((number, match.entry))
                subject_hits.setdefault(number, []).append(_hit(feed, match, match_type))


def _matches(
    feed: OpenFeed,
    names: Sequence[Entity],
    indexes: Iterable[int],
    candidate_keys: Callable[[Entity], Mapping[str, str]],
) -> Iterator[tuple[int, EntryMatch]]:
    """What is listed under a key of a name, with the place of the name."""
    # Most keys are those of one name, and lists of one would take most of the time.
    first_indexes: dict[str, int] = {}
    other_indexes: dict[str, list[int]] = {}
    for index in indexes:
        for key in candidate_keys(names[index]):
            if first_indexes.setdefault(key, index) != index:
                other_indexes.setdefault(key, []).append(index)
    for chunk in _chunks(first_indexes):
        for match in feed.find(chunk):
            yield first_indexes[match.key], match
            for index in other_indexes.get(match.key, ()):
                yield index, match


def _chunks(keys: Iterable[str]) -> Iterator[list[str]]:
    all_keys = [*keys]
    for start in range(0, len(all_keys), _MAX_KEYS):
        yield all_keys[start : start + _MAX_KEYS]


def _is_shared(key: str, match_type: str, subject: Entity) -> bool:
    """Whether a listed name is above what is asked about, and anybody can have something below it."""
    kind, _, name = key.partition(":")
    if match_type == PARENT:
        return is_shared(name)
    return match_type == HOST and kind == "domain" and is_shared(name) and f"//{name}" not in subject.key.value


def _hit(feed: OpenFeed, match: EntryMatch, match_type: str) -> Hit:
    """A listing as a reply has it. What the feed does not say is left out."""
    details: Mapping[str, Any] = match.details
    hit: Hit = {
        "feed": feed.feed.name,
        "indicator": match.key,
        "match": match_type,
        "name": details.get("name", ""),
        "verdict": details.get("verdict", ""),
        "severity": details.get("severity", ""),
        "first_seen": details.get("first", ""),
        "last_seen": details.get("last", ""),
        "reference": details.get("reference", ""),
        "place": f"{match.source}:{match.location}",
        "raw": json.loads(match.raw) if match.is_json else match.raw,
    }
    if details:
        hit |= {name: details[name] for name in _OPTIONAL_FIELDS if name in details}
    if not match.related_keys:
        return hit
    same_keys = [key for relation, key, _ in match.related_keys if relation == SAME_FILE]
    relations = [[relation, key, backwards] for relation, key, backwards in match.related_keys if relation != SAME_FILE]
    return hit | ({"same": same_keys} if same_keys else {}) | ({"related": relations} if relations else {})
