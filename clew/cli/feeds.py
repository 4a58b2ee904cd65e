"""Commands of `clew feeds`: what is known locally, and what it says of a value."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clew.cli.terminal import out, show_finding, show_table
from clew.entities import Severity, Verdict, parse
from clew.entities.display import visible
from clew.entities.text import stamp
from clew.errors import EntityError, SettingsError
from clew.pivots.context import now, workspace
from clew.pivots.invocation import Invocation
from clew.pivots.registry import pivots_for

if TYPE_CHECKING:
    from clew.providers.ti.feeds.store import Broken, FeedStore, OpenFeed

NOTHING = 3
Name = Annotated[str, typer.Argument(metavar="NAME", help="of the feed, as clew feeds list shows it")]
LEFT_OUT_SHOWN = 10

feeds = typer.Typer(help="Local threat intelligence: lists and reports of others, asked without any network.",
                    no_args_is_help=True, rich_markup_mode=None)  # fmt: skip


@feeds.command()
def add(
    path: Annotated[Path, typer.Argument(help="a file or a folder: lists, CSV, MISP, STIX, OpenIOC")],
    name: Annotated[str, typer.Option(help="of the feed; that of the file, if not given")] = "",
    verdict: Annotated[Verdict | None, typer.Option(help="of what it lists and says nothing else of")] = None,
    severity: Annotated[Severity | None, typer.Option(help="likewise")] = None,
    tlp: Annotated[str, typer.Option(help="likewise: clear, green, amber, amber+strict or red")] = "",
) -> None:
    """Read a feed, or read it again if it has changed. It is asked by ti.feed and ti.lookup from then on."""
    begun = stamp(now())
    feed = _store().add(path, name=name, verdict=verdict or "", severity=severity or "", tlp=tlp)
    read = "unchanged" if feed.built < begun else f"read as {', '.join(feed.formats)}"
    out.print(visible(f"{feed.name}: {read}, {feed.entries:,} listed in {_files(feed.files)}"))
    for unread in feed.unread[:LEFT_OUT_SHOWN]:
        out.print(visible(f"  not read: {unread}"))
    if feed.refused:
        out.print(f"  {feed.refused:,} rows list nothing that is looked up; the first of them:")
        for file, place, why in _store().opened(feed.name).refused()[:LEFT_OUT_SHOWN]:
            out.print(visible(f"    {file}:{place}: {why}"))


@feeds.command(name="list")
def list_feeds() -> None:
    """Which feeds there are, what is in them, and which cannot be read."""
    rows = [_row(each) for each in workspace().feeds.opened()]
    if not rows:
        out.print("no feeds: clew feeds add PATH")
        return
    show_table([["feed", "listed", "files", "left out", "verdict", "read", "from"], *rows])


@feeds.command()
def remove(name: Name) -> None:
    """Take a feed out of the store. The files that it was read from stay where they are."""
    _store().remove(name)
    out.print(visible(f"removed {name}"))


@feeds.command()
def check(value: Annotated[str, typer.Argument(help="an address, a domain, a URL or a hash, defanged or not")]) -> None:
    """What the feeds say of a value, row by row. Ends with 3 if none lists it."""
    entity = parse(value)
    pivot = pivots_for(type(entity)).get("ti.feed")
    if pivot is None:
        raise EntityError(f"no feed is asked about {visible(entity.key)}",
                          next_step="give an address, a domain, a URL or the hash of a file")  # fmt: skip
    finding = workspace().perform(Invocation(pivot.name, entity, {}), pivot)
    show_finding(finding)
    if not finding:
        raise typer.Exit(NOTHING)


def _store() -> FeedStore:
    store = workspace().feeds.store
    if store is None:
        raise SettingsError("there is no folder for feeds", next_step="set CLEW_FEEDS_STORE to one")
    return store


def _row(each: OpenFeed | Broken) -> list[str]:
    # Loaded here: the readers of all formats come with it, and other commands need none.
    from clew.providers.ti.feeds.store import Broken

    if isinstance(each, Broken):
        return [each.name, "", "", "", "", "", f"cannot be read: {each.error.what}"]
    feed = each.feed
    counts = (feed.entries, feed.files, feed.refused)
    return [feed.name, *(f"{count:,}" for count in counts), feed.verdict, feed.built[:16], feed.path]


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"
