"""All formats of feeds. Which one a file has is told by what stands in it; the first that knows it reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

from clew.errors import FeedUnusable
from clew.feeds.formats.csv_table import CSV
from clew.feeds.formats.feed_format import FeedContent, FeedFormat, Shape
from clew.feeds.formats.misp import MISP, MISP_MANIFEST
from clew.feeds.formats.openioc import OPENIOC
from clew.feeds.formats.plain_list import PLAIN_LIST
from clew.feeds.formats.stix import STIX
from clew.feeds.formats.text_report import REPORT
from clew.feeds.listing import FeedRow, IndicatorDetails
from clew.feeds.warninglists import WARNING_LIST

#: The largest lists and tables, in bytes.
MAX_FILE = 2 * 2**30
#: In the order in which they are tried: what is left over is a list.
FORMATS: tuple[FeedFormat, ...] = (STIX, MISP, MISP_MANIFEST, WARNING_LIST, OPENIOC, CSV, REPORT, PLAIN_LIST)
_PROBLEMS: Mapping[Shape, str] = MappingProxyType(
    {
        Shape.JSON: "it is JSON, but no STIX bundle and no MISP event",
        Shape.XML: "it is XML, but no OpenIOC",
        Shape.TEXT: "it is text of no format that is read here",
    }
)


@dataclass(frozen=True, slots=True)
class Contents:
    """The entries of a file, which are read as they are taken, and the name of the format that they are in."""

    format: str
    rows: Iterator[FeedRow]


def read_contents(file: BinaryIO, defaults: IndicatorDetails, threat: str = "") -> Contents:
    """The entries of an open file.

    Args:
        defaults: holds for all of them, where they say nothing else.
        threat: what a list or a table is about.

    Raises:
        FeedUnusable: it is of no format that is read here, or is too large.
    """
    content = FeedContent(file, threat)
    feed_format = recognised_format(content)
    return Contents(feed_format.name, feed_format.read(content, defaults))


def recognised_format(content: FeedContent) -> FeedFormat:
    """The first format that a file is recognised as. Raises FeedUnusable where there is none."""
    for feed_format in FORMATS:
        if feed_format.shape is content.shape and feed_format.recognise(content):
            return feed_format
    raise FeedUnusable(_PROBLEMS[content.shape])


def open_feed(path: Path) -> BinaryIO:
    """A file of a feed, open. Raises FeedUnusable."""
    try:
        if path.stat().st_size > MAX_FILE:
            raise FeedUnusable(f"it is larger than {MAX_FILE // 2**30} GiB", location=str(path))
        return path.open("rb")
    except OSError as error:
        raise FeedUnusable(f"it cannot be read: {error.strerror}", location=str(path)) from None
