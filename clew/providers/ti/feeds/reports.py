"""Reports, which are texts for people: what their writers made unclickable, hashes, and items that are but one value.

Everything else that a text names may be a link to read on, or the victim.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from clew.entities import Entity, File
from clew.entities.extraction import extract
from clew.errors import EntityError
from clew.providers.ti.feeds.matching import has_known_top
from clew.providers.ti.feeds.model import MAX_RAW, Entry, Row, Says
from clew.providers.ti.feeds.recognising import keys_of

_DEFANGED = re.compile(r"h(?:xx|\*\*|tx|xt)ps?\b|[\[({]\s?(?:\.|dot|:|://|@|at)\s?[\])}]|\w\\\.\w", re.IGNORECASE)
# An item of a list, or a cell, that is one word, set as code or not.
_ITEM = re.compile(r"\s*(?:[*+>|-]+\s*)?`?(?:\+\+)?(?P<value>[^\s`|]{4,2000}?)(?:\+\+)?`?\s*\|?\s*")
_PLACE = re.compile(r"(?:[\w-]+\.)+[\w-]+")
# Top levels that are more often the end of the name of a file.
_CODE = frozenset({"md", "mk", "pl", "ps", "py", "rs", "sh", "so"})
# Marks around what is set as code.
_MARKS = "`+|"
_HASH = re.compile(r"[0-9a-fA-F]{32}")


def read_report(lines: Iterator[str], given: Says) -> Iterator[Row]:
    """Every value that a text defangs, every hash in it, and every value that is an item by itself."""
    for number, line in enumerate(lines, start=1):
        if _DEFANGED.search(line):
            yield from _named(line, number, given, _of_word(line))
        elif _HASH.search(line):
            yield from _named(line, number, given, [each for each in _entities(line) if isinstance(each, File)])
        else:
            yield from _item(line, number, given)


def _item(line: str, number: int, given: Says) -> Iterator[Row]:
    found = _ITEM.fullmatch(line)
    if found is None or not _PLACE.fullmatch(found["value"]):
        return
    name = found["value"].lower()
    if not name.replace(".", "").isdigit() and (name.rpartition(".")[2] in _CODE or not has_known_top(name)):
        return
    try:
        yield Entry(keys_of(name), str(number), line.strip()[:MAX_RAW], given)
    except EntityError:
        return  # a word of the text


def _entities(text: str) -> list[Entity]:
    return [mention.entity for mention in extract(text)]


def _of_word(line: str) -> list[Entity]:
    """What is defanged in a line, and hashes: beside it stands where it was seen, or where to read more."""
    named: dict[Entity, None] = {}
    for word in (each.strip(_MARKS) for each in line.split()):
        found = _entities(word)
        # A URL gives its host too, of which the text says nothing.
        whole = [each for each in found if each.kind == "url"] or found
        named |= dict.fromkeys(each for each in whole if _DEFANGED.search(word) or isinstance(each, File))
    return [*named]


def _named(line: str, number: int, given: Says, entities: list[Entity]) -> Iterator[Row]:
    for entity in entities:
        keys = keys_of(str(entity.key))
        yield Entry(keys, str(number), line.strip()[:MAX_RAW], given)
