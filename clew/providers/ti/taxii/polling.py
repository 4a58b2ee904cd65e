"""Fetching what is new in a collection: page by page, each kept before the next is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from clew.entities.text import stamp
from clew.errors import AskFailed
from clew.providers.ti.feeds.mirror import Came, Mirror, Progress
from clew.providers.ti.feeds.model import Refused
from clew.providers.ti.taxii.server import Page, Server

#: How many objects a page has at most; a server whose pages are too large or too slow is asked for smaller ones.
LIMITS = (1_000, 100, 10, 1)
#: How many pages one run fetches; the next run goes on.
MAX_PAGES = 20_000
#: How many pages in a row may bring nothing that the walk has not met before.
MAX_IDLE = 10
# How old a page may be when it is sent.
_OLD = timedelta(minutes=5)
#: How often a walk is begun anew without having got further.
MAX_AGAIN = 3


@dataclass(slots=True)
class _Walk:
    """A walk along the pages of a collection: where it is.

    Attributes:
        again: how many walks began since the last page that brought us further.
        unsorted: the server does not send what was added first before the rest.
    """

    progress: Progress
    after: str = ""
    token: str = ""
    size: int = 0
    idle: int = 0
    again: int = 0
    last: str = ""
    unsorted: bool = False
    begun: str = ""  # what time it was at the server when it was first asked


def poll(
    server: Server, mirror: Mirror, *, tell: Callable[[Came], None], whole: bool = False, pages: int = MAX_PAGES
) -> None:
    """Fetch what was added since the last time.

    A pass that was broken off goes on where it was. A page is known by where it begins in time, and not by the name
    that the server gives it: names do not live long, and some servers forget what they have sent once.

    Args:
        tell: hears what came, page by page; by then it is kept.
        whole: fetch everything, and forget what the server does not have any more.
        pages: how many at most; the next call goes on.

    Raises:
        AskError: the server could not be asked, or says what cannot be.
        FeedUnusable: what came cannot be kept.
    """
    walk = _Walk(_opened(mirror.progress, whole=whole))
    _anew(walk, mirror)
    for _ in range(pages):
        page = _next_page(server, mirror, walk)
        got = _take(mirror, walk, page)
        tell(got)
        if not _go_on(server, walk, page, got):
            tell(mirror.finish(walk.progress))
            return
    raise AskFailed(
        f"{server.title} has more than {pages:,} pages",
        kind="reply",
        next_step="what came is kept; clew feeds update goes on",
    )


def _opened(progress: Progress, *, whole: bool) -> Progress:
    """The pass that goes on, or a new one."""
    if progress.is_open and progress.whole >= whole:
        return progress
    everything = whole or (progress.whole and not progress.after)
    after = "" if everything else progress.after
    return replace(progress, is_open=True, after=after, mark="", highest="", whole=everything, first=progress.walk + 1)


def _anew(walk: _Walk, mirror: Mirror) -> None:
    """Begin to walk: from where the last walk of this pass was, or from where the pass began."""
    walk.progress = replace(walk.progress, walk=walk.progress.walk + 1)
    walk.after = _before(walk.progress.mark) if walk.progress.mark else walk.progress.after
    walk.token, walk.idle, walk.last = "", 0, ""
    mirror.begin(walk.progress)


def _next_page(server: Server, mirror: Mirror, walk: _Walk) -> Page:
    """The page that follows. One that is too large, too slow or unknown by now is asked for in another way."""
    while True:
        try:
            url = mirror.subscription.collection
            return server.page(url, after=walk.after, token=walk.token, limit=LIMITS[walk.size])
        except AskFailed as error:
            smaller = error.kind in ("reply", "timeout") and walk.size + 1 < len(LIMITS)
            # The name of a page may be one that the server does not know any more.
            lost = bool(walk.token) and error.kind in ("connect", "status", "not-found", "timeout", "reply")
            walk.again += 1
            if walk.again > MAX_AGAIN or not (smaller or lost):
                raise
            walk.size += smaller
            _anew(walk, mirror)


def _take(mirror: Mirror, walk: _Walk, page: Page) -> Came:
    """Keep a page, and how far it brought us."""
    progress, envelope = walk.progress, page.envelope
    walk.unsorted = walk.unsorted or bool(page.first and page.first < walk.last)
    walk.last = max(walk.last, page.last)
    walk.begun = walk.begun or page.at
    # Where pages are not in the order of time, nothing says what lies behind a page: it is begun at the beginning.
    mark = "" if walk.unsorted else max(progress.mark, page.last)
    highest = page.last or (_early(walk.begun) if envelope.objects and walk.begun else "")
    walk.progress = replace(progress, mark=mark, highest=max(progress.highest, highest))
    number = f"fetch {progress.walk}, after {walk.last or walk.after or 'the beginning'}, object"
    odd = [Refused(f"{number} {place}", why) for place, why in envelope.odd]
    got = mirror.take(envelope.objects, odd, walk.progress)
    if got.new or got.newer or mark > progress.mark:
        walk.again = 0
    kept = mirror.progress
    walk.progress = replace(walk.progress, digest=kept.digest, refused=kept.refused)
    return got


def _go_on(server: Server, walk: _Walk, page: Page, got: Came) -> bool:
    """Whether there is a further page; the walk is then at it. Raises AskFailed for a server that leads in circles."""
    envelope = page.envelope
    if not envelope.more:
        return False
    walk.idle = 0 if got.fresh else walk.idle + 1
    circle = not got.fresh and envelope.next and envelope.next == walk.token
    if circle or walk.idle > MAX_IDLE:
        raise AskFailed(
            f"{server.title} says again and again that there is more, and sends nothing new",
            kind="reply",
            next_step="what came is kept; tell whoever runs it",
        )
    if envelope.next:
        walk.token = envelope.next
    elif page.last > walk.after:
        walk.after, walk.token = page.last, ""
    else:
        raise AskFailed(
            f"{server.title} says that there is more, and not where",
            kind="reply",
            next_step="what came is kept; tell whoever runs it",
        )
    return True


def _early(text: str) -> str:
    """A time of a server's clock as one of addition, where it gives none: a page may be older than its answer."""
    return stamp(datetime.fromisoformat(text) - _OLD)


def _before(text: str) -> str:
    """The moment before: what was added in the same one may have been on the page that did not come."""
    return stamp(datetime.fromisoformat(text) - timedelta(microseconds=1))
