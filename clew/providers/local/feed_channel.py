"""The way to local feeds: what is asked of them, and what they answer, one subject at a time or many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from clew.entities import Entity, Outcome
from clew.entities.checked_text import stamp
from clew.entities.finding import Scalar
from clew.errors import AskSkipped, FeedUnusable
from clew.feeds.listing_verdict import MAX_HITS
from clew.providers.base import Ask, Provider, Reply, canonical_json, narrow_ask
from clew.providers.channels import ChannelContext
from clew.providers.local.feed_findings import FeedAnswer

if TYPE_CHECKING:
    # Only what answers needs the readers of all formats.
    from clew.feeds.lookup import Feeds


@dataclass(frozen=True, slots=True)
class FeedLookup(Ask):
    """Is any of these identifiers, which are of one entity, in the feeds?"""

    channel: ClassVar[str] = "feed"
    keys: tuple[str, ...]

    def description(self) -> dict[str, Any]:
        return {"keys": list(self.keys)}


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

    def set_answer(self, index: int, answer: FeedAnswer) -> None:
        """The cells of one answer."""
        values: Mapping[str, Scalar] = {
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
        for name, value in values.items():
            if name not in cells:
                cells[name] = [None] * self._size
            cells[name][index] = value


@dataclass(frozen=True)
class FeedChannel:
    """Answers from the feeds."""

    feeds: Feeds

    def send(self, ask: Ask, provider: type[Provider]) -> Reply:
        """Every listing of any of the keys, with the raw line or object.

        Raises:
            AskSkipped: there are no feeds, or none can be read.
        """
        lookup = narrow_ask(ask, FeedLookup)
        self._require_feeds()
        try:
            document = self.feeds.lookup(lookup.keys)
        except FeedUnusable as error:
            raise _skip_error(error) from None
        return Reply(canonical_json(document).encode(), "application/json", datetime.now(UTC))

    def columns(self, subjects: Sequence[Entity]) -> Mapping[str, Sequence[Scalar]]:
        """What `LocalFeed` says about each subject: its outcome, verdict, reason, counts and facts.

        Raises:
            AskSkipped: there are no feeds, or none can be read.
        """
        self._require_feeds()
        try:
            hits_by_subject, failed_feeds = self.feeds.find_hits(subjects)
        except FeedUnusable as error:
            raise _skip_error(error) from None
        time = stamp(datetime.now(UTC))
        unread_feeds = [{"feed": feed.name, "why": feed.error.message} for feed in failed_feeds]
        columns = _Columns(len(subjects))
        warninglists = self.feeds.warninglists
        for index in range(len(subjects)) if warninglists or unread_feeds else hits_by_subject:
            hits, lists = hits_by_subject.get(index, []), warninglists.names(subjects[index]) if warninglists else ()
            if hits or lists or unread_feeds:
                document = {
                    "hits": hits[:MAX_HITS],
                    "available": len(hits),
                    "unread": unread_feeds,
                    "warning_lists": lists,
                }
                columns.set_answer(index, FeedAnswer.of(document, time))
        return columns.cells

    def _require_feeds(self) -> None:
        if not self._has_feeds:
            raise AskSkipped(
                "there is no local feed", kind="no-source", next_step="clew feeds add PATH, or set CLEW_FEEDS"
            )

    @property
    def _has_feeds(self) -> bool:
        store = self.feeds.store
        return bool(self.feeds.paths) or (store is not None and bool(store.files() or store.fetched_names()))


def _skip_error(error: FeedUnusable) -> AskSkipped:
    return AskSkipped(error.message, kind="no-source", next_step=error.next_step)


def make_channel(context: ChannelContext) -> FeedChannel:
    """The channel `feed`."""
    return FeedChannel(context.resources.feeds)
