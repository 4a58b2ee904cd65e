"""Reports, which are texts for people: what their writers made unclickable, hashes, and items that are but one value.

Everything else that a text names may be a link to read on, or the victim.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from clew.entities import Entity, File
from clew.entities.ip_address import looks_like_address
from clew.errors import EntityError
from clew.feeds.formats.feed_format import FeedContent, FeedFormat, Shape
from clew.feeds.formats.plain_list import read_lines
from clew.feeds.listing import MAX_RAW, FeedEntry, FeedRow, IndicatorDetails
from clew.feeds.match_keys import has_known_top
from clew.feeds.recognition import keys_of
from clew.transforms.indicators import extract

_DEFANG_MARKS = re.compile(r"h(?:xx|\*\*|tx|xt)ps?\b|[\[({]\s?(?:\.|dot|:|://|@|at)\s?[\])}]|\w\\\.\w", re.IGNORECASE)
# An item of a list, or a cell, that is one word, set as code or not.
_ITEM = re.compile(r"\s*(?:[*+>|-]+\s*)?`?(?:\+\+)?(?P<value>[^\s`|]{4,2000}?)(?:\+\+)?`?\s*\|?\s*")
_DOTTED_NAME = re.compile(r"(?:[\w-]+\.)+[\w-]+")
# Top levels that are more often the end of the name of a file.
_CODE_EXTENSIONS = frozenset({"md", "mk", "pl", "ps", "py", "rs", "sh", "so"})
# Marks around what is set as code.
_MARKS = "`+|"
#: Of so many lines at the begin of a list, one in `PROSE_RATIO` lists something; otherwise it may be a text for people.
SAMPLE_LINES, PROSE_RATIO = 200, 4
# How a text in AsciiDoc begins, as reports on GitHub do.
_TITLE = re.compile(r"(?:(?::[\w-]+:.*|//.*|[ \t]*)\r?\n)*=[ \t]+\S")
_HASH = re.compile(r"[0-9a-fA-F]{32}")


def read_report(lines: Iterator[str], defaults: IndicatorDetails) -> Iterator[FeedRow]:
    """Every value that a text defangs, every hash in it, and every value that is an item by itself."""
    for number, line in enumerate(lines, start=1):
        if _DEFANG_MARKS.search(line):
            yield from _entity_rows(line, number, defaults, _defanged_entities(line))
        elif _HASH.search(line):
            yield from _entity_rows(
                line, number, defaults, [entity for entity in _entities(line) if isinstance(entity, File)]
            )
        else:
            yield from _item_rows(line, number, defaults)


def _item_rows(line: str, number: int, defaults: IndicatorDetails) -> Iterator[FeedRow]:
    match = _ITEM.fullmatch(line)
    if match is None or not _DOTTED_NAME.fullmatch(match["value"]):
        return
    name = match["value"].lower()
    if not looks_like_address(name) and (name.rpartition(".")[2] in _CODE_EXTENSIONS or not has_known_top(name)):
        return
    try:
        yield FeedEntry(keys_of(name), str(number), line.strip()[:MAX_RAW], defaults)
    except EntityError:
        return  # a word of the text


def _entities(text: str) -> list[Entity]:
    return [mention.entity for mention in extract(text)]


def _defanged_entities(line: str) -> list[Entity]:
    """What is defanged in a line, and hashes: beside it stands where it was seen, or where to read more."""
    entities: dict[Entity, None] = {}
    for word in (token.strip(_MARKS) for token in line.split()):
        mentions = _entities(word)
        # A URL gives its host too, of which the text says nothing.
        values = [entity for entity in mentions if entity.kind == "url"] or mentions
        entities |= dict.fromkeys(entity for entity in values if _DEFANG_MARKS.search(word) or isinstance(entity, File))
    return [*entities]


def _entity_rows(line: str, number: int, defaults: IndicatorDetails, entities: list[Entity]) -> Iterator[FeedRow]:
    for entity in entities:
        keys = keys_of(str(entity.key))
        yield FeedEntry(keys, str(number), line.strip()[:MAX_RAW], defaults)


def _is_report(content: FeedContent) -> bool:
    """Whether a text is for people: it has a title, or few of its lines list something, and many are sentences."""
    if _TITLE.match(content.start):
        return True
    lines = content.start.splitlines()
    rows = [*islice(read_lines(iter(lines), IndicatorDetails()), SAMPLE_LINES)]
    listing = sum(isinstance(row, FeedEntry) for row in rows)
    return listing * PROSE_RATIO < len(rows) and _is_prose(lines)


def _is_prose(head: list[str]) -> bool:
    """Whether a good part of the lines is more than one word, but for comments, which lists have too."""
    rows = [line.split() for line in head if line.strip() and not line.lstrip().startswith(("#", ";", "//"))]
    return sum(len(row) > 1 for row in rows) * PROSE_RATIO > len(rows)


REPORT = FeedFormat(
    "report",
    Shape.TEXT,
    _is_report,
    read=lambda content, defaults: read_report(content.lines(), defaults),
    example="= What we saw\n\nThe loader asks hxxps://evil[.]example/gate for its next step.\n",
)
