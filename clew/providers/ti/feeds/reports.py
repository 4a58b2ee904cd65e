"""Reports, which are texts for people: what their writers made unclickable, and hashes.

Everything else that a text names may be a link to read on, or the victim.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from clew.entities import Entity, File
from clew.entities.extraction import extract
from clew.providers.ti.feeds.model import MAX_RAW, Entry, Row, Says
from clew.providers.ti.feeds.recognising import keys_of

_DEFANGED = re.compile(r"h(?:xx|\*\*|tx|xt)ps?\b|[\[({]\s?(?:\.|dot|:|://|@|at)\s?[\])}]|\w\\\.\w", re.IGNORECASE)
_HASH = re.compile(r"[0-9a-fA-F]{32}")


def read_report(lines: Iterator[str], given: Says) -> Iterator[Row]:
    """Every value that a text defangs, and every hash in it."""
    for number, line in enumerate(lines, start=1):
        if _DEFANGED.search(line):
            yield from _named(line, number, given, _of_word(line))
        elif _HASH.search(line):
            yield from _named(line, number, given, [each for each in _entities(line) if isinstance(each, File)])


def _entities(text: str) -> list[Entity]:
    return [mention.entity for mention in extract(text)]


def _of_word(line: str) -> list[Entity]:
    """What is defanged in a line, and hashes: beside it stands where it was seen, or where to read more."""
    named: dict[Entity, None] = {}
    for word in line.split():
        found = _entities(word)
        # A URL gives its host too, of which the text says nothing.
        whole = [each for each in found if each.kind == "url"] or found
        named |= dict.fromkeys(each for each in whole if _DEFANGED.search(word) or isinstance(each, File))
    return [*named]


def _named(line: str, number: int, given: Says, entities: list[Entity]) -> Iterator[Row]:
    for entity in entities:
        keys = keys_of(str(entity.key))
        yield Entry(keys, str(number), line.strip()[:MAX_RAW], given)
