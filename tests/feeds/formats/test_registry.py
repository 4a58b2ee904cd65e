"""Every format of a feed keeps what the registry relies on."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.errors import FeedUnusable
from clew.feeds.formats.feed_format import FeedContent, FeedFormat
from clew.feeds.formats.registry import FORMATS, read_contents, recognised_format
from clew.feeds.listing import FeedEntry, IndicatorDetails, RejectedRow

#: Formats that are recognised so that they are not taken for others.
LIST_NOTHING = {"MISP manifest", "warning list"}
ids = [feed_format.name for feed_format in FORMATS]


def content(text: str) -> FeedContent:
    return FeedContent(io.BytesIO(text.encode("utf-8", "surrogatepass")))


def test_names_are_unique() -> None:
    """No two formats have one name."""
    assert len(set(ids)) == len(FORMATS)


@pytest.mark.parametrize("feed_format", FORMATS, ids=ids)
def test_the_example_is_recognised_as_what_it_is(feed_format: FeedFormat) -> None:
    """The example of a format is a file of that format, and of none that is tried before it."""
    assert recognised_format(content(feed_format.example)) is feed_format


@pytest.mark.parametrize("feed_format", FORMATS, ids=ids)
def test_the_example_is_read(feed_format: FeedFormat) -> None:
    """The example lists evil.example, with the place and the raw text, and takes what it does not say from outside."""
    if feed_format.name in LIST_NOTHING:
        return
    rows = [*feed_format.read(content(feed_format.example), IndicatorDetails(tlp="green"))]
    entries = [row for row in rows if isinstance(row, FeedEntry)]
    assert any("evil.example" in key for entry in entries for key in entry.keys)
    assert all((entry.location and "example" in entry.raw) or "198.51.100" in entry.raw for entry in entries)
    assert {entry.details.tlp for entry in entries} == {"green"}


@pytest.mark.parametrize("feed_format", FORMATS, ids=ids)
@given(cut=st.integers(0, 200), junk=st.text(max_size=30))
def test_a_file_that_is_broken_costs_itself_alone(feed_format: FeedFormat, cut: int, junk: str) -> None:
    """A file that is cut off, or has anything in it, gives rows or a FeedUnusable, and nothing else."""
    broken = feed_format.example[:cut] + junk + feed_format.example[cut + len(junk) :]
    try:
        contents = read_contents(io.BytesIO(broken.encode("utf-8", "surrogatepass")), IndicatorDetails())
        assert all(isinstance(row, FeedEntry | RejectedRow) for row in contents.rows)
    except FeedUnusable:
        pass
