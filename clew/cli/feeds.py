"""Commands of `clew feeds`: what is known locally, and what it says of a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from clew.cli.terminal import console, error_console, show_finding, show_table
from clew.entities import Severity, Verdict, parse
from clew.entities.checked_text import stamp
from clew.entities.display import plural, visible
from clew.errors import AskError, ClewError, EntityError, FeedUnusable, SettingsError
from clew.pivots.invocation import Invocation
from clew.pivots.registry import pivots_for
from clew.pivots.session import workspace
from clew.providers.web.clock import now

if TYPE_CHECKING:
    from clew.feeds.build import Feed
    from clew.feeds.store import BrokenFeed, FeedStore, OpenFeed
    from clew.providers.taxii.collections import CollectionFetcher, FetchResult

EXIT_FAILED, EXIT_NOTHING = 1, 3
Name = Annotated[str, typer.Argument(metavar="NAME", help="of the feed, as clew feeds list shows it")]
Key = Annotated[
    str, typer.Option(help="of a TAXII server: the name of the key in the environment, keyring or keys file")
]
Basic = Annotated[bool, typer.Option("--basic", help="the key is user:password, and no token")]
LEFT_OUT_SHOWN = 10

feeds = typer.Typer(
    help="Local threat intelligence: lists and reports of others, asked without any network.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@feeds.command()
def add(
    source: Annotated[
        str,
        typer.Argument(
            metavar="PATH|URL",
            help="a file or a folder: lists, CSV, MISP, STIX, OpenIOC; or the URL of a TAXII 2.1 server",
        ),
    ],
    *,
    name: Annotated[str, typer.Option(help="of the feed; that of the file or the collection, if not given")] = "",
    verdict: Annotated[Verdict | None, typer.Option(help="of what it lists and says nothing else of")] = None,
    severity: Annotated[Severity | None, typer.Option(help="likewise")] = None,
    tlp: Annotated[str, typer.Option(help="likewise: clear, green, amber, amber+strict or red")] = "",
    collection: Annotated[str, typer.Option(help="of a TAXII server: its identifier, alias or title")] = "",
    key: Key = "",
    basic: Basic = False,
) -> None:
    """Read a feed, or read it again if it has changed. It is asked by ti.feed and ti.lookup from then on."""
    from clew.providers.taxii.collections import is_url
    from clew.providers.taxii.taxii_server import Access

    start_time, defaults = stamp(now()), (str(verdict or ""), str(severity or ""), tlp)
    if is_url(source):
        result = _fetcher().add(Access(source, key, basic), defaults, collection=collection, name=name)
        _show_fetched(result, start_time)
        return
    if collection or key or basic:
        raise SettingsError(
            "--collection, --key and --basic are for TAXII servers",
            location=source,
            next_step="give a URL, or leave them out",
        )
    feed = _store().add(source, name=name, verdict=defaults[0], severity=defaults[1], tlp=defaults[2])
    _show_read(feed, start_time)


@feeds.command()
def update(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="of the feed; all of them, if not given")] = "",
    *,
    whole: Annotated[bool, typer.Option("--whole", help="fetch everything again, and forget what is gone")] = False,
) -> None:
    """Fetch what is new in collections of TAXII servers, and read files again that have changed."""
    store, errors = _store(), list[ClewError]()
    names = [name] if name else sorted({*store.fetched_names(), *(open_feed.feed.name for open_feed in _open_feeds())})
    if not names:
        console.print("no feeds: clew feeds add PATH")
    for feed_name in names:
        try:
            _update(store, feed_name, full=whole)
        except (AskError, FeedUnusable) as error:
            if name:
                raise
            errors.append(error)
            error_console.print(
                visible(f"{feed_name}: {error.message}{f'; next: {error.next_step}' if error.next_step else ''}")
            )
    if errors:
        raise typer.Exit(EXIT_FAILED)


@feeds.command()
def collections(
    url: Annotated[str, typer.Argument(help="of a TAXII 2.1 server, or of one of its API roots")],
    *,
    key: Key = "",
    basic: Basic = False,
) -> None:
    """Which collections a TAXII server has."""
    from clew.providers.taxii.taxii_server import Access

    available = _fetcher().collections(Access(url, key, basic))
    if not available:
        console.print("no collections")
        return
    rows = [
        [
            collection.id,
            collection.title,
            collection.alias,
            "" if collection.readable else "not for you",
            collection.url,
        ]
        for collection in available
    ]
    show_table([["collection", "title", "alias", "", "at"], *rows])


@feeds.command(name="list")
def list_feeds() -> None:
    """Which feeds there are, what is in them, and which cannot be read."""
    rows = [_row(feed) for feed in workspace().feeds.open_feeds()]
    if not rows:
        console.print("no feeds: clew feeds add PATH")
        return
    show_table([["feed", "listed", "files", "left out", "verdict", "read", "from"], *rows])


@feeds.command()
def remove(name: Name) -> None:
    """Take a feed out of the store. Files that it was read from stay where they are; what was fetched goes with it."""
    _store().remove(name)
    console.print(visible(f"removed {name}"))


@feeds.command()
def check(
    value: Annotated[
        str, typer.Argument(help="an address, a domain, a URL, a hash or a mail address, defanged or not")
    ],
) -> None:
    """What the feeds say of a value, row by row. Ends with 3 if none lists it."""
    entity = parse(value)
    pivot = pivots_for(type(entity)).get("ti.feed")
    if pivot is None:
        raise EntityError(
            f"no feed is asked about {visible(entity.key)}",
            next_step="give an address, a domain, a URL, a hash or a mail address",
        )
    finding = workspace().perform(Invocation(pivot.name, entity, {}), pivot)
    show_finding(finding)
    if not finding:
        raise typer.Exit(EXIT_NOTHING)


def _store() -> FeedStore:
    store = workspace().feeds.store
    if store is None:
        raise SettingsError("there is no folder for feeds", next_step="set CLEW_FEEDS_STORE to one")
    return store


def _fetcher() -> CollectionFetcher:
    """What asks TAXII servers: over the way of all web services, past what is kept of their replies."""
    # Loaded here: most commands about feeds ask nobody.
    from clew.providers.taxii.collections import CollectionFetcher
    from clew.providers.web.http_channel import HttpChannel

    channel = workspace().runner(fresh=True).channels["http"]
    if not isinstance(channel, HttpChannel):
        raise TypeError("web services are not asked by an HttpChannel")
    return CollectionFetcher(_store(), channel.receive, workspace().gate)


def _open_feeds() -> list[OpenFeed]:
    from clew.feeds.store import OpenFeed

    return [feed for feed in _store().feeds() if isinstance(feed, OpenFeed)]


def _update(store: FeedStore, name: str, *, full: bool) -> None:
    start_time = stamp(now())
    if name in store.fetched_names():
        _show_fetched(_fetcher().fetch(name, full=full), start_time)
        return
    feed = store.open_feed(name).feed
    _show_read(store.add(feed.path, name=name, verdict=feed.verdict, severity=feed.severity, tlp=feed.tlp), start_time)


def _show_fetched(result: FetchResult, start_time: str) -> None:
    """What came, and what ended it before its end, if something did."""
    counts = result.counts
    parts = [
        (counts.new, "new"),
        (counts.newer, "in a newer version"),
        (counts.revoked, "revoked"),
        (counts.removed_objects, "gone from the server"),
        (counts.rejected_objects, "that are no objects"),
    ]
    summary = ", ".join(f"{count:,} {label}" for count, label in parts if count)
    console.print(visible(f"{result.feed.name}: {plural(counts.objects, 'object')} came, {summary or 'nothing new'}"))
    _show_read(result.feed, start_time)
    if result.error is not None:
        raise result.error


def _show_read(feed: Feed, start_time: str) -> None:
    status = "unchanged" if feed.built < start_time else f"read as {', '.join(feed.formats)}"
    console.print(visible(f"{feed.name}: {status}, {feed.entries:,} listed in {plural(feed.files, 'file')}"))
    for problem in feed.unread[:LEFT_OUT_SHOWN]:
        console.print(visible(f"  not read: {problem}"))
    if feed.refused and feed.built >= start_time:
        console.print(f"  {feed.refused:,} rows list nothing that is looked up; the first of them:")
        for file, position, reason in _store().open_feed(feed.name).refused()[:LEFT_OUT_SHOWN]:
            console.print(visible(f"    {file}:{position}: {reason}"))


def _row(entry: OpenFeed | BrokenFeed) -> list[str]:
    # Loaded here: the readers of all formats come with it, and other commands need none.
    from clew.feeds.store import BrokenFeed

    if isinstance(entry, BrokenFeed):
        return [entry.name, "", "", "", "", "", f"cannot be read: {entry.error.message}"]
    feed = entry.feed
    counts = (feed.entries, feed.files, feed.refused)
    return [feed.name, *(f"{count:,}" for count in counts), feed.verdict, feed.built[:16], feed.path]
