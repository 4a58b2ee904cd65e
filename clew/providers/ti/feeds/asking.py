"""Asking the feeds: which of them list an entity, in what words, and what the warning lists say beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clew.entities import Entity, Key
from clew.entities.codec import from_key
from clew.errors import FeedUnusable
from clew.providers.ti.feeds.database import Listed
from clew.providers.ti.feeds.matching import HOST, PARENT, candidates, is_shared
from clew.providers.ti.feeds.model import SAME
from clew.providers.ti.feeds.store import Broken, FeedStore, OpenFeed, direct
from clew.providers.ti.feeds.warninglists import Warninglists

#: How many listings of one entity an answer has; the others are counted.
MAX_HITS = 100
#: How many subjects are asked about at once, and how many keys are looked for.
_AT_ONCE, _KEYS = 10_000, 50_000
_MORE = ("confidence", "description", "reports", "tags", "tlp", "until")

Hit = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """What the feeds say of one entity.

    Attributes:
        available: how many listings there are; more than `hits`, where there are very many.
    """

    hits: list[Hit] = field(default_factory=list[Hit])
    available: int = 0


@dataclass(frozen=True)
class Feeds:
    """All feeds that are asked together: files that the settings name, and those in the store."""

    paths: tuple[Path, ...] = ()
    store: FeedStore | None = None
    warninglists: Warninglists = field(default_factory=Warninglists)

    def opened(self) -> list[OpenFeed | Broken]:
        """Every feed, as it is now."""
        return [*map(direct, self.paths), *(self.store.feeds() if self.store is not None else ())]

    def told(self, keys: Sequence[str]) -> dict[str, Any]:
        """What is known under any of the keys, which are names of one entity, as a JSON document.

        Raises:
            FeedUnusable: there are feeds, and none can be read.
        """
        entities = [from_key(Key.parse(key)) for key in keys]
        (told,), broken = self.ask([entities])
        listed = (self.warninglists.names(entity) for entity in entities)
        return {
            "hits": told.hits,
            "available": told.available,
            "unread": [{"feed": each.name, "why": each.error.what} for each in broken],
            "warning_lists": list(dict.fromkeys(name for names in listed for name in names)),
        }

    def ask(self, subjects: Sequence[Sequence[Entity]]) -> tuple[list[Told], list[Broken]]:
        """What the feeds say of each subject, which has one name or several; and the feeds that cannot be read.

        Raises:
            FeedUnusable: there are feeds, and none can be read.
        """
        opened = self.opened()
        broken = [each for each in opened if isinstance(each, Broken)]
        found: dict[int, list[Hit]] = {}
        for each in opened:
            if isinstance(each, OpenFeed):
                try:
                    _ask(each, subjects, found)
                except FeedUnusable as error:
                    broken.append(Broken(each.feed.name, error))
        if opened and len(broken) == len(opened):
            first = broken[0]
            raise FeedUnusable(f"the feed {first.name} cannot be read: {first.error.what}", where=first.error.where,
                               next_step=first.error.next_step)  # fmt: skip
        nothing = Told()
        told = [
            Told(hits[:MAX_HITS], len(hits)) if (hits := found.get(number)) else nothing
            for number in range(len(subjects))
        ]
        return told, broken


def _ask(feed: OpenFeed, subjects: Sequence[Sequence[Entity]], found: dict[int, list[Hit]]) -> None:
    """Add what one feed says of each subject, by the number of the subject."""
    for start in range(0, len(subjects), _AT_ONCE):
        _ask_some(feed, subjects, range(start, min(start + _AT_ONCE, len(subjects))), found)


def _ask_some(
    feed: OpenFeed, subjects: Sequence[Sequence[Entity]], numbers: Iterable[int], found: dict[int, list[Hit]]
) -> None:
    prefixes, kinds = feed.feed.prefixes, feed.kinds()
    wanted: dict[str, list[tuple[int, str]]] = {}
    for number in numbers:
        for name in subjects[number]:
            for key, how in candidates(name, prefixes, kinds).items():
                wanted.setdefault(key, []).append((number, how))
    seen: set[tuple[int, int]] = set()
    for part in _parts(wanted):
        for listed in feed.find(part):
            for number, how in wanted[listed.key]:
                if (number, listed.entry) not in seen and not _is_shared(listed.key, how, subjects[number]):
                    seen.add((number, listed.entry))
                    found.setdefault(number, []).append(_hit(feed, listed, how))


def _parts(keys: Iterable[str]) -> Iterator[list[str]]:
    whole = [*keys]
    for start in range(0, len(whole), _KEYS):
        yield whole[start : start + _KEYS]


def _is_shared(key: str, how: str, names: Sequence[Entity]) -> bool:
    """Whether a listed name is above the subject, and anybody can have something below it."""
    kind, _, name = key.partition(":")
    if how == PARENT:
        return is_shared(name)
    return how == HOST and kind == "domain" and is_shared(name) and f"//{name}" not in names[0].key.value


def _hit(feed: OpenFeed, listed: Listed, how: str) -> Hit:
    """A listing as a reply has it. What the feed does not say is left out."""
    says: Mapping[str, Any] = listed.says
    hit: Hit = {
        "feed": feed.feed.name,
        "indicator": listed.key,
        "match": how,
        "name": says.get("name", ""),
        "verdict": says.get("verdict", ""),
        "severity": says.get("severity", ""),
        "first_seen": says.get("first", ""),
        "last_seen": says.get("last", ""),
        "reference": says.get("reference", ""),
        "place": f"{listed.source}:{listed.place}",
        "raw": json.loads(listed.raw) if listed.whole else listed.raw,
    }
    if says:
        hit |= {name: says[name] for name in _MORE if name in says}
    if not listed.related:
        return hit
    same = [key for relation, key, _ in listed.related if relation == SAME]
    others = [[relation, key, backwards] for relation, key, backwards in listed.related if relation != SAME]
    return hit | ({"same": same} if same else {}) | ({"related": others} if others else {})
