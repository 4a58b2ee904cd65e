"""Commands of `clew feeds`: what is known locally, and what it says of a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

import clew.feeds as front_door
from clew.cli.terminal import console, error_console, show_finding, show_table
from clew.entities import Severity, Verdict
from clew.entities.display import plural, visible

if TYPE_CHECKING:
    from clew.feeds import FeedUpdate
    from clew.feeds.build import Feed
    from clew.feeds.store import BrokenFeed

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
    result = front_door.add(
        source,
        name=name,
        verdict=verdict or "",
        severity=severity or "",
        tlp=tlp,
        collection=collection,
        key=key,
        basic=basic,
    )
    _show_update(result)
    if result.error is not None:
        raise result.error


@feeds.command()
def update(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="of the feed; all of them, if not given")] = "",
    *,
    full: Annotated[bool, typer.Option("--full", help="fetch everything again, and forget what is gone")] = False,
) -> None:
    """Fetch what is new in collections of TAXII servers, and read files again that have changed."""
    updates = front_door.update(name, full=full, on_update=_show_update)
    if not updates:
        console.print("no feeds: clew feeds add PATH")
    errors = [(result.name, result.error) for result in updates if result.error is not None]
    for feed_name, error in errors:
        if name:
            raise error
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
    available = front_door.collections(url, key=key, basic=basic)
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
    rows = [_row(feed) for feed in front_door.list()]
    if not rows:
        console.print("no feeds: clew feeds add PATH")
        return
    show_table([["feed", "listed", "files", "left out", "verdict", "read", "from"], *rows])


@feeds.command()
def remove(name: Name) -> None:
    """Take a feed out of the store. Files that it was read from stay where they are; what was fetched goes with it."""
    front_door.remove(name)
    console.print(visible(f"removed {name}"))


@feeds.command()
def check(
    value: Annotated[
        str, typer.Argument(help="an address, a domain, a URL, a hash or a mail address, defanged or not")
    ],
) -> None:
    """What the feeds say of a value, row by row. Ends with 3 if none lists it."""
    finding = front_door.check(value)
    show_finding(finding)
    if not finding:
        raise typer.Exit(EXIT_NOTHING)


def _show_update(result: FeedUpdate) -> None:
    """What came, and what was read of it."""
    feed, counts = result.feed, result.counts
    if counts is not None:
        parts = [
            (counts.new, "new"),
            (counts.newer, "in a newer version"),
            (counts.revoked_objects, "revoked"),
            (counts.removed_objects, "gone from the server"),
            (counts.rejected_objects, "that are no objects"),
        ]
        summary = ", ".join(f"{count:,} {label}" for count, label in parts if count)
        console.print(visible(f"{result.name}: {plural(counts.objects, 'object')} came, {summary or 'nothing new'}"))
    if feed is None:
        return
    status = "unchanged" if result.is_unchanged else f"read as {', '.join(feed.formats)}"
    console.print(visible(f"{feed.name}: {status}, {feed.entries:,} listed in {plural(feed.files, 'file')}"))
    for problem in feed.unread[:LEFT_OUT_SHOWN]:
        console.print(visible(f"  not read: {problem}"))
    if result.rejected_rows:
        console.print(f"  {feed.refused:,} rows list nothing that is looked up; the first of them:")
        for file, position, reason in result.rejected_rows:
            console.print(visible(f"    {file}:{position}: {reason}"))


def _row(feed: Feed | BrokenFeed) -> list[str]:
    # Loaded here: the store comes with it, and other commands need none.
    from clew.feeds.store import BrokenFeed

    if isinstance(feed, BrokenFeed):
        return [feed.name, "", "", "", "", "", f"cannot be read: {feed.error.message}"]
    counts = (feed.entries, feed.files, feed.refused)
    return [feed.name, *(f"{count:,}" for count in counts), feed.verdict, feed.built[:16], feed.path]
