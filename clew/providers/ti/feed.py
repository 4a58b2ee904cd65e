"""Local feeds: what somebody else knows already, in files on this machine. Nothing leaves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from clew.entities import Account, Domain, Entity, File, IpAddress, Outcome, Url
from clew.entities.finding import Scalar
from clew.entities.text import stamp
from clew.errors import AskSkipped, FeedUnusable
from clew.providers.base import Ask, Channel, Provider, Reply, Steps, canonical_json, expected, operation
from clew.providers.ti.feeds.answers import COLUMNS, FACTS, MAX_HITS, Answer, finding_of

if TYPE_CHECKING:
    # Only what answers needs the readers of all formats.
    from clew.providers.ti.feeds.asking import Feeds

_ALL = tuple(dict.fromkeys((*FACTS, *COLUMNS)))


@dataclass(frozen=True, slots=True)
class FeedLookup(Ask):
    """Is any of these identifiers, which are of one entity, in the feeds?"""

    channel: ClassVar[str] = "feed"
    keys: tuple[str, ...]

    def described(self) -> dict[str, Any]:
        return {"keys": list(self.keys)}


def _columns(channels: Mapping[str, Channel], subjects: Sequence[Entity]) -> Mapping[str, Sequence[Scalar]]:
    channel = channels.get(FeedLookup.channel)
    if not isinstance(channel, FeedChannel):
        raise AskSkipped(f"there is no way to ask {LocalFeed.title} here", kind="no-source")
    return channel.columns(subjects)


class LocalFeed(Provider):
    """The analyst's own feeds: those that `clew feeds add` keeps, and the files in `CLEW_FEEDS`."""

    name: ClassVar[str] = "feed"
    title: ClassVar[str] = "local feeds"

    @operation(calls=1, columns=_columns, facts=_ALL)
    def ip(self, ip: IpAddress) -> Steps:
        """Whether the address, or its network, is in a local feed."""
        return (yield from _look_up(ip))

    @operation(calls=1, columns=_columns, facts=_ALL)
    def domain(self, domain: Domain) -> Steps:
        """Whether the domain, or a name above it, is in a local feed."""
        return (yield from _look_up(domain))

    @operation(calls=1, columns=_columns, facts=_ALL)
    def url(self, url: Url) -> Steps:
        """Whether the URL, what it begins with, or its host is in a local feed."""
        return (yield from _look_up(url))

    @operation(calls=1, columns=_columns, facts=_ALL)
    def file(self, file: File) -> Steps:
        """Whether one of the file's hashes is in a local feed."""
        return (yield from _look_up(file))

    @operation(calls=1, columns=_columns, facts=_ALL)
    def account(self, account: Account) -> Steps:
        """Whether the account, as a rule its mail address, is in a local feed."""
        return (yield from _look_up(account))


def _look_up(subject: Entity) -> Steps:
    reply = yield FeedLookup(tuple(str(key) for key in (subject.key, *subject.aliases)))
    return finding_of(subject, reply.object(), reply.at)


@dataclass(frozen=True)
class FeedChannel:
    """Answers from the feeds."""

    feeds: Feeds

    def send(self, ask: Ask, provider: type[Provider]) -> Reply:
        """Every listing of any of the keys, with the raw line or object.

        Raises:
            AskSkipped: there are no feeds, or none can be read.
        """
        lookup = expected(ask, FeedLookup)
        self._check()
        try:
            document = self.feeds.told(lookup.keys)
        except FeedUnusable as error:
            raise _skipped(error) from None
        return Reply(canonical_json(document).encode(), "application/json", datetime.now(UTC))

    def columns(self, subjects: Sequence[Entity]) -> Mapping[str, Sequence[Scalar]]:
        """What `LocalFeed` says about each subject: its outcome, verdict, reason, counts and facts.

        Raises:
            AskSkipped: there are no feeds, or none can be read.
        """
        self._check()
        try:
            found, broken = self.feeds.ask(subjects)
        except FeedUnusable as error:
            raise _skipped(error) from None
        at = stamp(datetime.now(UTC))
        unread = [{"feed": each.name, "why": each.error.what} for each in broken]
        columns = _Columns(len(subjects))
        warning = self.feeds.warninglists
        for number in range(len(subjects)) if warning or unread else found:
            hits, lists = found.get(number, []), warning.names(subjects[number]) if warning else ()
            if hits or lists or unread:
                document = {"hits": hits[:MAX_HITS], "available": len(hits), "unread": unread, "warning_lists": lists}
                columns.put(number, Answer.of(document, at))
        return columns.cells

    def _check(self) -> None:
        if not self._any:
            raise AskSkipped(
                "there is no local feed", kind="no-source", next_step="clew feeds add PATH, or set CLEW_FEEDS"
            )

    @property
    def _any(self) -> bool:
        store = self.feeds.store
        return bool(self.feeds.paths) or (store is not None and bool(store.files() or store.fetched()))


def _skipped(error: FeedUnusable) -> AskSkipped:
    return AskSkipped(error.what, kind="no-source", next_step=error.next_step)


class _Columns:
    """The columns of answers, most of which say that nothing is listed."""

    def __init__(self, size: int) -> None:
        self._size = size
        self.cells: dict[str, list[Scalar]] = {
            "outcome": [Outcome.NOTHING.value] * size,
            "verdict": ["unknown"] * size,
            "severity": ["informational"] * size,
            "reason": ["in no local feed"] * size,
            "reference": [""] * size,
            "returned": [0] * size,
            "available": [None] * size,
            "truncated_by": [""] * size,
            "observed_first": [None] * size,
            "observed_last": [None] * size,
        }

    def put(self, number: int, answer: Answer) -> None:
        """The cells of one answer."""
        told: Mapping[str, Scalar] = {
            "outcome": answer.outcome.value,
            "verdict": answer.verdict.value,
            "severity": answer.severity.value,
            "reason": answer.reason,
            "reference": answer.reference,
            "returned": len(answer.hits),
            "available": answer.available,
            "truncated_by": answer.truncated_by,
            "observed_first": answer.first or None,
            "observed_last": answer.last or None,
            **answer.facts,
        }
        cells = self.cells
        for name, value in told.items():
            if name not in cells:
                cells[name] = [None] * self._size
            cells[name][number] = value
