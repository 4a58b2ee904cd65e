"""Local indicator feeds: CSV files of what somebody already knows. Nothing leaves the machine."""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from clew.entities import Domain, Entity, Fact, File, Finding, IpAddress, Outcome, Severity, Url, Verdict, parse
from clew.entities.finding import VERDICT_ORDER
from clew.errors import AskSkipped, EntityError
from clew.providers.base import Ask, Provider, Reply, Steps, canonical_json, expected, operation

#: The columns of a feed. `indicator` is needed; the others may be missing or empty.
COLUMNS = ("indicator", "type", "verdict", "severity", "name", "first_seen", "last_seen", "reference")
MAX_FEED = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FeedLookup(Ask):
    """Is any of these identifiers in the feeds?"""

    channel: ClassVar[str] = "feed"
    keys: tuple[str, ...]

    def described(self) -> dict[str, Any]:
        return {"keys": list(self.keys)}


class LocalFeed(Provider):
    """The analyst's own feeds, set by `CLEW_FEEDS`."""

    name: ClassVar[str] = "feed"
    title: ClassVar[str] = "local feeds"

    @operation(calls=1, facts=("feed", "threat_name"))
    def ip(self, ip: IpAddress) -> Steps:
        """Whether the address is in a local feed."""
        return (yield from _look_up(ip))

    @operation(calls=1, facts=("feed", "threat_name"))
    def domain(self, domain: Domain) -> Steps:
        """Whether the domain is in a local feed."""
        return (yield from _look_up(domain))

    @operation(calls=1, facts=("feed", "threat_name"))
    def url(self, url: Url) -> Steps:
        """Whether the URL is in a local feed."""
        return (yield from _look_up(url))

    @operation(calls=1, facts=("feed", "threat_name"))
    def file(self, file: File) -> Steps:
        """Whether one of the file's hashes is in a local feed."""
        return (yield from _look_up(file))


def _look_up(subject: Entity) -> Steps:
    keys = tuple(str(key) for key in (subject.key, *subject.aliases))
    reply = yield FeedLookup(keys)
    hits: list[dict[str, str]] = reply.object()["hits"]
    if not hits:
        return Finding(subject, outcome=Outcome.NOTHING, reason="in no local feed")
    worst = min(hits, key=lambda hit: VERDICT_ORDER.index(Verdict(hit["verdict"])))
    names = dict.fromkeys(f"{hit['name'] or hit['indicator']} ({hit['feed']})" for hit in hits)
    facts = {"feed": worst["feed"], "threat_name": worst["name"]}
    return Finding(
        subject,
        verdict=Verdict(worst["verdict"]),
        severity=Severity(worst["severity"]),
        reason=f"listed as {', '.join(names)}",
        reference=worst["reference"],
        facts=tuple(Fact(name, value) for name, value in facts.items() if value),
        returned=len(hits),
        available=len(hits),
        observed_first=_moment(worst["first_seen"]),
        observed_last=_moment(worst["last_seen"]),
    )


@dataclass(frozen=True, slots=True)
class FeedChannel:
    """Answers from the feed files, read again when they change."""

    feeds: tuple[Path, ...]

    def send(self, ask: Ask, provider: type[Provider]) -> Reply:
        """Every row for any of the keys.

        Raises:
            AskSkipped: there are no feeds, or one cannot be read.
        """
        lookup = expected(ask, FeedLookup)
        if not self.feeds:
            raise AskSkipped("there is no local feed", kind="no-source", next_step="set CLEW_FEEDS to CSV files")
        hits = [row for feed in self.feeds for key in lookup.keys for row in _index_of(feed).get(key, ())]
        return Reply(canonical_json({"hits": hits}).encode(), "application/json", datetime.now(UTC))


def _index_of(feed: Path) -> dict[str, list[dict[str, str]]]:
    try:
        status = feed.stat()
        if status.st_size > MAX_FEED:
            raise AskSkipped(f"the feed {feed} is larger than {MAX_FEED // 2**20} MiB", kind="no-source")
        return _read(FeedFile(feed, status.st_mtime_ns, status.st_size))
    except (OSError, csv.Error) as error:
        raise AskSkipped(f"the feed {feed} cannot be read: {error}", kind="no-source",
                         next_step="check CLEW_FEEDS") from None  # fmt: skip


@dataclass(frozen=True, slots=True)
class FeedFile:
    """A feed as it is now: a changed file is another one."""

    path: Path
    changed: int
    size: int


@functools.lru_cache(maxsize=16)
def _read(feed: FeedFile) -> dict[str, list[dict[str, str]]]:
    """The feed by canonical key."""
    index: dict[str, list[dict[str, str]]] = {}
    with feed.path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
        for row in _rows(csv.DictReader(lines), feed.path):
            index.setdefault(row.pop("key"), []).append(row)
    return index


def _rows(reader: csv.DictReader[str], feed: Path) -> Iterator[dict[str, str]]:
    if "indicator" not in (reader.fieldnames or ()):
        raise AskSkipped(f"the feed {feed} has no column 'indicator'", kind="no-source",
                         next_step=f"the first line names columns out of {', '.join(COLUMNS)}")  # fmt: skip
    for given in reader:
        row = {name: (given.get(name) or "").strip() for name in COLUMNS}
        try:
            key = str(parse(row["indicator"]).key)
        except EntityError:
            continue  # a row that names nothing can match nothing
        verdict, severity = row["verdict"].lower(), row["severity"].lower()
        row["verdict"] = verdict if verdict in list(Verdict) else Verdict.SUSPICIOUS.value
        row["severity"] = severity if severity in list(Severity) else Severity.MEDIUM.value
        yield {**row, "key": key, "feed": feed.name}


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC)
