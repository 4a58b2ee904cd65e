"""What stands behind `clew.feeds`: the store of the workspace, its way to TAXII servers, and the pivot `ti.feed`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.entities import Entity, Finding
from clew.entities.display import visible
from clew.errors import EntityError, SettingsError
from clew.pivots.invocation import Invocation
from clew.pivots.registry import pivots_for
from clew.pivots.session import workspace

if TYPE_CHECKING:
    from clew.feeds.store import BrokenFeed, FeedStore, OpenFeed
    from clew.feeds.taxii_collections import Access, Collection, FetchResult
    from clew.providers.taxii.collections import CollectionFetcher


class WorkspaceFeeds:
    """The feeds of the workspace that is in force when something is done."""

    def store(self) -> FeedStore:
        """The store that the settings name. Raises SettingsError where they name none."""
        store = workspace().feeds.store
        if store is None:
            raise SettingsError("there is no folder for feeds", next_step="set CLEW_FEEDS_STORE to one")
        return store

    def open_feeds(self) -> list[OpenFeed | BrokenFeed]:
        """Every feed that is asked."""
        return workspace().feeds.open_feeds()

    def collections(self, access: Access) -> list[Collection]:
        """The collections behind a URL. Raises AskError."""
        return self._fetcher().collections(access)

    def subscribe(self, access: Access, defaults: tuple[str, str, str], *, collection: str, name: str) -> FetchResult:
        """Have a collection fetched from now on, and fetch it. Raises AskError, FeedUnusable."""
        return self._fetcher().add(access, defaults, collection=collection, name=name)

    def fetch(self, name: str, *, full: bool) -> FetchResult:
        """Fetch what is new of a feed, or all of it. Raises AskError, FeedUnusable."""
        return self._fetcher().fetch(name, full=full)

    def check(self, entity: Entity) -> Finding:
        """What `ti.feed` says of an entity. Raises EntityError for one that no feed is asked about."""
        pivot = pivots_for(type(entity)).get("ti.feed")
        if pivot is None:
            raise EntityError(
                f"no feed is asked about {visible(entity.key)}",
                next_step="give an address, a domain, a URL, a hash or a mail address",
            )
        return workspace().perform(Invocation(pivot.name, entity, {}), pivot)

    def _fetcher(self) -> CollectionFetcher:
        """What asks TAXII servers: over the way of all web services, past what is kept of their replies."""
        # Loaded here: most of what is done with feeds asks nobody.
        from clew.providers.taxii.collections import CollectionFetcher
        from clew.providers.web.http_channel import HttpChannel

        channel = workspace().runner(fresh=True).channels["http"]
        if not isinstance(channel, HttpChannel):
            raise TypeError("web services are not asked by an HttpChannel")
        return CollectionFetcher(self.store(), channel.receive, workspace().gate)
