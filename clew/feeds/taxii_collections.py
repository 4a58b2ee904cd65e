"""Collections of TAXII servers, as whoever fetches them sees them."""

from __future__ import annotations

from dataclasses import dataclass

from clew.errors import AskError, FeedUnusable
from clew.feeds.build import Feed
from clew.feeds.collection_mirror import FetchCounts


@dataclass(frozen=True, slots=True)
class Access:
    """Where somebody asks, and as whom.

    Attributes:
        url: of a server, of an API root or of a collection.
        key: the name under which the key is in the environment, the keyring or the file of keys; empty for none.
        basic: the key is `user:password`, and no token.
    """

    url: str
    key: str = ""
    basic: bool = False


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection of a server.

    Attributes:
        url: where it is; it ends with a slash.
    """

    url: str
    id: str
    title: str
    alias: str
    description: str
    readable: bool


@dataclass(frozen=True)
class FetchResult:
    """What a fetch brought, and the feed that was read from it.

    Attributes:
        error: what ended it before its end; what came before that is kept, and read.
    """

    feed: Feed
    counts: FetchCounts
    error: AskError | FeedUnusable | None = None
