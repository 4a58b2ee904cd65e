"""Asking the feeds: which of them list an entity, in what words, and what the warning lists say beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from clew.entities import Entity, Key
from clew.entities.codec import from_key
from clew.errors import FeedUnusable
from clew.providers.ti.feeds.answers import MAX_HITS
from clew.providers.ti.feeds.database import Listed
from clew.providers.ti.feeds.matching import HOST, PARENT, candidates, is_shared
from clew.providers.ti.feeds.model import SAME
from clew.providers.ti.feeds.store import Broken, FeedStore, OpenFeed, direct
from clew.providers.ti.feeds.warninglists import Warninglists

#: How many subjects are asked about at once, and how many keys are looked for.
_AT_ONCE, _KEYS = 10_000, 50_000
_MORE = ("confidence", "description", "reports", "tags", "tlp", "until")

Hit = dict[str, Any]


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
        found, broken = self.ask(entities, [0] * len(entities))
        hits = found.get(0, [])
        listed = (self.warninglists.names(entity) for entity in entities)
        return {
            "hits": hits[:MAX_HITS],
            "available": len(hits),
            "unread": [{"feed": each.name, "why": each.error.what} for each in broken],
            "warning_lists": list(dict.fromkeys(name for names in listed for name in names)),
        }

    def ask(
        self, names: Sequence[Entity], of: Sequence[int] | None = None
    ) -> tuple[dict[int, list[Hit]], list[Broken]]:
        """All listings of each subject that has any, by its number, and the feeds that cannot be read.

        Args:
            of: the number of the subject that each is a name of, from 0 on; a subject each, if not given.

        Raises:
            FeedUnusable: there are feeds, and none can be read.
        """
        of = range(len(names)) if of is None else of
        opened = self.opened()
        broken = [each for each in opened if isinstance(each, Broken)]
        found: dict[int, list[Hit]] = {}
        for each in opened:
            if isinstance(each, OpenFeed):
                try:
                    _ask(each, names, of, found)
                except FeedUnusable as error:
                    broken.append(Broken(each.feed.name, error))
        if opened and len(broken) == len(opened):
            first = broken[0]
            raise FeedUnusable(
                f"the feed {first.name} cannot be read: {first.error.what}",
                where=first.error.where,
                next_step=first.error.next_step,
            )
        return found, broken


def _ask(feed: OpenFeed, names: Sequence[Entity], of: Sequence[int], found: dict[int, list[Hit]]) -> None:
    """Add what one feed says of each subject, by the number of the subject."""
    ways = partial(candidates, prefixes=feed.feed.prefixes, kinds=feed.kinds())
    seen: set[tuple[int, int]] = set()
    for start in range(0, len(names), _AT_ONCE):
        for place, listed in _listed(feed, names, range(start, min(start + _AT_ONCE, len(names))), ways):
            name, number = names[place], of[place]
            how = ways(name)[listed.key]
            if (number, listed.entry) not in seen and not _is_shared(listed.key, how, name):
                seen.add((number, listed.entry))
                found.setdefault(number, []).append(_hit(feed, listed, how))


def _listed(
    feed: OpenFeed, names: Sequence[Entity], places: Iterable[int], ways: Callable[[Entity], Mapping[str, str]]
) -> Iterator[tuple[int, Listed]]:
    """What is listed under a key of a name, with the place of the name."""
    # Most keys are those of one name, and lists of one would take most of the time.
    wanted: dict[str, int] = {}
    others: dict[str, list[int]] = {}
    for place in places:
        for key in ways(names[place]):
            if wanted.setdefault(key, place) != place:
                others.setdefault(key, []).append(place)
    for part in _parts(wanted):
        for listed in feed.find(part):
            yield wanted[listed.key], listed
            for place in others.get(listed.key, ()):
                yield place, listed


def _parts(keys: Iterable[str]) -> Iterator[list[str]]:
    whole = [*keys]
    for start in range(0, len(whole), _KEYS):
        yield whole[start : start + _KEYS]


def _is_shared(key: str, how: str, named: Entity) -> bool:
    """Whether a listed name is above what is asked about, and anybody can have something below it."""
    kind, _, name = key.partition(":")
    if how == PARENT:
        return is_shared(name)
    return how == HOST and kind == "domain" and is_shared(name) and f"//{name}" not in named.key.value


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
