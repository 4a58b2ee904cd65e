"""Fetching what is new in a collection: page by page, each kept before the next is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from clew.entities.checked_text import stamp
from clew.errors import AskFailed
from clew.feeds.collection_mirror import FetchCounts, FetchProgress, Mirror
from clew.feeds.listing import RejectedRow
from clew.providers.taxii.taxii_server import Page, TaxiiServer

#: How many objects a page has at most; a server whose pages are too large or too slow is asked for smaller ones.
LIMITS = (1_000, 100, 10, 1)
#: How many pages one run fetches; the next run goes on.
MAX_PAGES = 20_000
#: How many pages in a row may bring nothing that the walk has not met before.
MAX_IDLE = 10
# How old a page may be when it is sent.
_MAX_PAGE_AGE = timedelta(minutes=5)
#: How often a walk is begun anew without having got further.
MAX_RESTARTS = 3


@dataclass(slots=True)
class _Walk:
    """A walk along the pages of a collection: where it is.

    Attributes:
        restarts: how many walks began since the last page that brought us further.
        is_unsorted: the server does not send what was added first before the rest.
    """

    progress: FetchProgress
    added_after: str = ""
    token: str = ""
    size: int = 0
    idle: int = 0
    restarts: int = 0
    last_added: str = ""
    is_unsorted: bool = False
    started_at: str = ""  # what time it was at the server when it was first asked


def poll(
    server: TaxiiServer,
    mirror: Mirror,
    *,
    on_page: Callable[[FetchCounts], None],
    full: bool = False,
    pages: int = MAX_PAGES,
) -> None:
    """Fetch what was added since the last time.

    A pass that was broken off goes on where it was. A page is known by where it begins in time, and not by the name
    that the server gives it: names do not live long, and some servers forget what they have sent once.

    Args:
        on_page: hears what came, page by page; by then it is kept.
        full: fetch everything, and forget what the server does not have any more.
        pages: how many at most; the next call goes on.

    Raises:
        AskError: the server could not be asked, or says what cannot be.
        FeedUnusable: what came cannot be kept.
    """
    walk = _Walk(_current_pass(mirror.progress, full=full))
    _begin_walk(walk, mirror)
    for _ in range(pages):
        page = _next_page(server, mirror, walk)
        counts = _store_page(mirror, walk, page)
        on_page(counts)
        if not _advance(server, walk, page, counts):
            on_page(mirror.finish(walk.progress))
            return
    raise AskFailed(
        f"{server.title} has more than {pages:,} pages",
        kind="reply",
        next_step="what came is kept; clew feeds update goes on",
    )


def _current_pass(progress: FetchProgress, *, full: bool) -> FetchProgress:
    """The pass that goes on, or a new one."""
    if progress.is_open and progress.whole >= full:
        return progress
    everything = full or (progress.whole and not progress.after)
    after = "" if everything else progress.after
    return replace(progress, is_open=True, after=after, mark="", highest="", whole=everything, first=progress.walk + 1)


def _begin_walk(walk: _Walk, mirror: Mirror) -> None:
    """Begin to walk: from where the last walk of this pass was, or from where the pass began."""
    walk.progress = replace(walk.progress, walk=walk.progress.walk + 1)
    walk.added_after = _time_before(walk.progress.mark) if walk.progress.mark else walk.progress.after
    walk.token, walk.idle, walk.last_added = "", 0, ""
    mirror.begin(walk.progress)


def _next_page(server: TaxiiServer, mirror: Mirror, walk: _Walk) -> Page:
    """The page that follows. One that is too large, too slow or unknown by now is asked for in another way."""
    while True:
        try:
            url = mirror.subscription.collection
            return server.page(url, added_after=walk.added_after, token=walk.token, limit=LIMITS[walk.size])
        except AskFailed as error:
            can_shrink = error.kind in ("reply", "timeout") and walk.size + 1 < len(LIMITS)
            # The name of a page may be one that the server does not know any more.
            is_stale = bool(walk.token) and error.kind in ("connect", "status", "not-found", "timeout", "reply")
            walk.restarts += 1
            if walk.restarts > MAX_RESTARTS or not (can_shrink or is_stale):
                raise
            walk.size += can_shrink
            _begin_walk(walk, mirror)


def _store_page(mirror: Mirror, walk: _Walk, page: Page) -> FetchCounts:
    """Keep a page, and how far it brought us."""
    progress, envelope = walk.progress, page.envelope
    walk.is_unsorted = walk.is_unsorted or bool(page.first_added and page.first_added < walk.last_added)
    walk.last_added = max(walk.last_added, page.last_added)
    walk.started_at = walk.started_at or page.server_time
    # Where pages are not in the order of time, nothing says what lies behind a page: it is begun at the beginning.
    mark = "" if walk.is_unsorted else max(progress.mark, page.last_added)
    highest = page.last_added or (_earliest_addition(walk.started_at) if envelope.objects and walk.started_at else "")
    walk.progress = replace(progress, mark=mark, highest=max(progress.highest, highest))
    prefix = f"fetch {progress.walk}, after {walk.last_added or walk.added_after or 'the beginning'}, object"
    rejected_rows = [
        RejectedRow(f"{prefix} {number_in_page}", reason) for number_in_page, reason in envelope.invalid_objects
    ]
    counts = mirror.take(envelope.objects, rejected_rows, walk.progress)
    if counts.new or counts.newer or mark > progress.mark:
        walk.restarts = 0
    current = mirror.progress
    walk.progress = replace(walk.progress, digest=current.digest, refused=current.refused)
    return counts


def _advance(server: TaxiiServer, walk: _Walk, page: Page, counts: FetchCounts) -> bool:
    """Whether there is a further page; the walk is then at it. Raises AskFailed for a server that leads in circles."""
    envelope = page.envelope
    if not envelope.has_more:
        return False
    walk.idle = 0 if counts.fresh else walk.idle + 1
    is_circular = not counts.fresh and envelope.next and envelope.next == walk.token
    if is_circular or walk.idle > MAX_IDLE:
        raise AskFailed(
            f"{server.title} says again and again that there is more, and sends nothing new",
            kind="reply",
            next_step="what came is kept; tell whoever runs it",
        )
    if envelope.next:
        walk.token = envelope.next
    elif page.last_added > walk.added_after:
        walk.added_after, walk.token = page.last_added, ""
    else:
        raise AskFailed(
            f"{server.title} says that there is more, and not where",
            kind="reply",
            next_step="what came is kept; tell whoever runs it",
        )
    return True


def _earliest_addition(text: str) -> str:
    """A time of a server's clock as one of addition, where it gives none: a page may be older than its answer."""
    return stamp(datetime.fromisoformat(text) - _MAX_PAGE_AGE)


def _time_before(text: str) -> str:
    """The moment before: what was added in the same one may have been on the page that did not come."""
    return stamp(datetime.fromisoformat(text) - timedelta(microseconds=1))
