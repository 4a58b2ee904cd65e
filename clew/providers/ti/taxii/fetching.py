"""Feeds that are fetched: choosing a collection, and bringing here what is new in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from clew.errors import AskError, AskRefused, FeedUnusable
from clew.providers.gate import Gate
from clew.providers.ti.feeds.building import Feed
from clew.providers.ti.feeds.mirror import Came, Mirror, Subscription
from clew.providers.ti.feeds.store import FeedStore, OpenFeed, checked_name
from clew.providers.ti.taxii.polling import poll
from clew.providers.ti.taxii.server import Access, Collection, Receive, Server

#: Hears what has come so far.
Tell = Callable[[Came], None]
_ODD = re.compile(r"[^A-Za-z0-9._-]+")
#: How many collections an error names.
_SHOWN = 10


def is_url(text: str) -> bool:
    """Whether a feed is to be fetched, and not to be read from a file.

    >>> is_url("https://taxii.example/api/"), is_url("taxii+https://taxii.example/api/"), is_url("ipsum.txt")
    (True, True, False)
    """
    return re.match(r"(?:taxii\+)?https?://", text) is not None


@dataclass(frozen=True)
class Fetched:
    """What a fetch brought, and the feed that was read from it.

    Attributes:
        trouble: what ended it before its end; what came before that is kept, and read.
    """

    feed: Feed
    came: Came
    trouble: AskError | FeedUnusable | None = None


@dataclass(frozen=True)
class Fetching:
    """Collections of TAXII servers as feeds in a store.

    Attributes:
        receive: sends a request, and gives what came back.
        gate: in offline mode nobody is asked.
    """

    store: FeedStore
    receive: Receive
    gate: Gate = field(default_factory=Gate)

    def collections(self, access: Access) -> list[Collection]:
        """The collections behind the URL of a server, of an API root or of a collection. Raises AskError."""
        return self._server(access).collections()

    def add(
        self,
        access: Access,
        said: tuple[str, str, str] = ("", "", ""),
        *,
        collection: str = "",
        name: str = "",
        tell: Tell | None = None,
    ) -> Fetched:
        """Have a collection fetched as a feed from now on, and fetch it for the first time.

        Args:
            said: verdict, severity and TLP of everything in it that says nothing else.
            collection: its identifier, its alias or its title; where there is but one to read, it need not be given.
            name: of the feed; that of the collection, if it is not given.
            tell: hears what has come so far, page by page.

        Raises:
            AskError: the server could not be asked.
            FeedUnusable: it has no such collection, or there is another feed of that name.
        """
        found = _chosen(self.collections(access), collection, access.url)
        known = checked_name(name or _ODD.sub("-", found.title or found.alias or found.id).strip("-.")[:64] or "feed")
        wanted = Subscription(found.url, found.title, access.key, access.basic, *said)
        is_new = self._subscribe(known, wanted)
        try:
            return self.fetch(known, tell=tell)
        except AskError:
            if is_new:
                self.store.forget(known)
            raise

    def _subscribe(self, name: str, wanted: Subscription) -> bool:
        """Write down what is fetched under a name; whether that is new."""
        path = self.store.mirror(name)
        if not path.exists():
            self._check_free(name, wanted.collection)
            self.store.folder.mkdir(parents=True, exist_ok=True)
            Mirror.create(path, wanted).close()
            return True
        with closing(Mirror.open(path, to_write=True)) as mirror:
            if mirror.subscription.collection != wanted.collection:
                raise _taken(name, mirror.subscription.collection)
            mirror.subscribe(wanted)
        return False

    def fetch(self, name: str, *, whole: bool = False, tell: Tell | None = None) -> Fetched:
        """Fetch what is new of a feed, and read it.

        Args:
            whole: fetch everything, and forget what the server does not have any more.
            tell: hears what has come so far, page by page.

        Raises:
            AskError: the server could not be asked, and nothing came.
            FeedUnusable: nothing is fetched under that name, or what came cannot be kept or read.
        """
        came, trouble = Came(), None
        with closing(Mirror.open(self.store.mirror(name), to_write=True)) as mirror:
            about = mirror.subscription

            def told(page: Came) -> None:
                nonlocal came
                came += page
                if tell is not None:
                    tell(came)

            try:
                server = self._server(Access(about.collection, about.key, about.basic))
                poll(server, mirror, tell=told, whole=whole)
            except (AskError, FeedUnusable) as error:
                trouble = error
            nothing = not mirror.progress.digest
        if trouble is not None and nothing:
            raise trouble
        return Fetched(self.store.read_mirror(name), came, trouble)

    def _server(self, access: Access) -> Server:
        server = Server(self.receive, replace(access, url=access.url.removeprefix("taxii+")))
        if self.gate.offline:
            raise AskRefused(
                f"{server.title} was not asked: offline mode is on",
                kind="offline",
                sent=False,
                next_step="set CLEW_OFFLINE=0",
            )
        return server

    def _check_free(self, name: str, url: str) -> None:
        for each in self.store.feeds():
            if isinstance(each, OpenFeed) and each.feed.name == name and each.feed.path != url:
                raise _taken(name, each.feed.path)


def _taken(name: str, where: str) -> FeedUnusable:
    return FeedUnusable(
        f"there is a feed {name} already, from {where}",
        next_step=f"give this one another name (--name), or clew feeds remove {name}",
    )


def _chosen(found: Sequence[Collection], wanted: str, url: str) -> Collection:
    """The one collection that is meant. Raises FeedUnusable: there is none, or there are several."""
    named = [each for each in found if not wanted or wanted in (each.id, each.alias, each.title)]
    readable = [each for each in named if each.readable]
    if len(readable) == 1:
        return readable[0]
    where = urlsplit(url).netloc
    if named and not readable:
        raise FeedUnusable(
            f"{where} does not let you read the collection",
            where=named[0].url,
            next_step="ask whoever runs it for the right to read it",
        )
    what = f"no collection {wanted!r}" if wanted and not named else "no collection" if not named else "several of them"
    shown = ", ".join(f"{each.id} ({each.title})" for each in (readable or found)[:_SHOWN])
    step = f"--collection with one of {shown}" if shown else "check the URL, and the rights of the key"
    raise FeedUnusable(f"{where} has {what}", next_step=step)
