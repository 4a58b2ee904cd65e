"""Lists of one value a line: with comments, counts, as hosts files, as networks with a name behind them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from clew.errors import EntityError
from clew.feeds.formats.feed_format import FeedFormat, Shape
from clew.feeds.listing import MAX_TAGS, FeedEntry, FeedRow, IndicatorDetails, RejectedRow, short_text
from clew.feeds.recognition import keys_of

# Addresses that a hosts file gives to a name so that nobody reaches it.
_NULL_ADDRESSES = frozenset({"0.0.0.0", "127.0.0.1", "255.255.255.255", "::", "::1"})  # noqa: S104 - nothing is bound
_LOCAL_NAMES = frozenset({"broadcasthost", "localhost", "localhost.localdomain", "local"})
# A comment begins a line, or follows a space; lists are known that put it straight behind a name.
_COMMENT = re.compile(r"\s[#;].*|(?<=[A-Za-z0-9])#(?=\s).*|\s//\s.*", re.DOTALL)
# One word, and no comment behind it.
_SINGLE_WORD = re.compile(r"[^\s#;,]+")
_HEADER_COMMENT = re.compile(r"[#;/\s]*(aliases|references?)\s*:\s*(.+)", re.IGNORECASE)


def read_lines(lines: Iterator[str], defaults: IndicatorDetails) -> Iterator[FeedRow]:
    """Every value of a list. A comment `Reference:` or `Aliases:` holds for what follows it."""
    details = defaults
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text:
            continue
        if text[0] in "#;!" or text.startswith("//"):
            details = _apply_comment(text, details)
        elif _SINGLE_WORD.fullmatch(text):
            try:
                yield FeedEntry(keys_of(text), str(number), text, details)
            except EntityError as error:
                yield RejectedRow(str(number), error.message)
        else:
            yield from _line_rows(text, str(number), details)


def _line_rows(text: str, location: str, details: IndicatorDetails) -> Iterator[FeedRow]:
    bare = _COMMENT.sub("", text) if "#" in text or ";" in text or " //" in text else text
    parts = bare.split()
    try:
        if len(parts) == 1:
            yield FeedEntry(keys_of(parts[0].rstrip(",")), location, text, details)
        elif len(parts) > 1 and parts[0] in _NULL_ADDRESSES:
            yield from _hosts_rows(parts[1:], location, text, details)
        elif parts:
            yield _annotated_entry(bare, parts, location, text, details)
    except EntityError as error:
        yield RejectedRow(location, error.message)


def _hosts_rows(names: list[str], location: str, text: str, details: IndicatorDetails) -> Iterator[FeedRow]:
    """The names of a line of a hosts file. A hosts file means each name, and nothing below it."""
    for name in names:
        if name.lower() not in _LOCAL_NAMES:
            yield FeedEntry(keys_of(name, "hostname"), location, text, details)


def _annotated_entry(bare: str, parts: list[str], location: str, text: str, details: IndicatorDetails) -> FeedEntry:
    """A value with words or a count behind it, or a range."""
    if len(parts) == 2 and parts[1].isascii() and parts[1].isdigit() and len(parts[1]) < 7:
        return FeedEntry(keys_of(parts[0]), location, text, details._replace(reports=int(parts[1])))
    try:
        return FeedEntry(keys_of(bare), location, text, details)
    except EntityError:
        comment = short_text(" ".join(parts[1:]).strip("-,;# \t"))
        return FeedEntry(
            keys_of(parts[0].rstrip(",;")), location, text, details._replace(description=details.description or comment)
        )


def _apply_comment(text: str, details: IndicatorDetails) -> IndicatorDetails:
    match = _HEADER_COMMENT.match(text)
    if not match:
        return details
    value = match[2].strip()
    if match[1].lower().startswith("ref"):
        return details._replace(reference=value[:2_000]) if value.startswith("http") else details
    aliases = [short_text(alias) for alias in value.split(",")]
    return details._replace(tags=tuple(dict.fromkeys([*details.tags, *filter(None, aliases)]))[:MAX_TAGS])


PLAIN_LIST = FeedFormat(
    "list",
    Shape.TEXT,
    recognise=lambda _: True,
    read=lambda content, defaults: read_lines(content.lines(), content.defaults_with_threat(defaults)),
    example="# one a line\nevil.example\n198.51.100.0/24\n",
)
