"""What a feed says: its entries, what it knows of each, and the rows that it could not be understood in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from clew.entities import Relation

#: Characters of a text that describes, and of the raw line or object that is kept as evidence.
MAX_TEXT = 500
MAX_RAW = 16_384
#: The relation of a key to another of the same entry: two hashes of one file.
SAME_FILE = "same"
#: How many related values are kept of one entry, and how many of its tags.
MAX_RELATED = 64
MAX_TAGS = 32


class IndicatorDetails(NamedTuple):  # a million are made, and no other value is made as fast
    """What a feed knows of a listed value. What it does not say is empty.

    Attributes:
        name: of the threat, as the feed spells it.
        verdict, severity: words of clew's, only where the feed says so itself.
        confidence: 0 to 100 %.
        first, last: when it was first and last seen, or published; ISO 8601.
        until: when the feed itself stops listing it; ISO 8601.
        tlp: white, clear, green, amber, amber+strict or red.
        reports: on how many lists it is, for feeds that count them.
    """

    name: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    verdict: str = ""
    severity: str = ""
    confidence: int | None = None
    first: str = ""
    last: str = ""
    until: str = ""
    reference: str = ""
    tlp: str = ""
    reports: int | None = None

    def to_json(self) -> str:
        """As JSON, without what is empty."""
        members = [
            f"{start}{_quote(value) if isinstance(value, str) else json.dumps(value)}"
            for start, value in zip(_STARTS, self, strict=True)
            if value or value.__class__ is int  # 0 is said, too
        ]
        return f"{{{', '.join(members)}}}"


_STARTS = tuple(f'"{name}": ' for name in IndicatorDetails._fields)
_quote = json.encoder.encode_basestring_ascii


@dataclass(frozen=True, slots=True)
class RelatedKey:
    """Another value that the feed names together with an entry.

    Attributes:
        key: of the other entity.
        is_reverse: the other one is where the relation comes from.
    """

    relation: Relation
    key: str
    is_reverse: bool = False


@dataclass(slots=True)  # not frozen: a million are made, and that would take twice the time
class FeedEntry:
    """One row or object of a feed that lists something.

    Attributes:
        keys: what it is found by, in the spelling of `recognition`; several are names of one thing.
        location: where it stands: the number of a line, or a JSON pointer.
        raw: the line, or the object as JSON, as the feed has it.
        is_json: `raw` is JSON, not a line of text.
    """

    keys: tuple[str, ...]
    location: str
    raw: str
    details: IndicatorDetails
    is_json: bool = False
    related_keys: tuple[RelatedKey, ...] = ()


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row or an object that was left out: where it stands, and why."""

    location: str
    reason: str


FeedRow: TypeAlias = FeedEntry | RejectedRow


def short_text(text: object) -> str:
    """One line of text of at most `MAX_TEXT` characters; empty for what is no text."""
    if not isinstance(text, str) or not text:
        return ""
    line = " ".join(text.split())
    return line if len(line) <= MAX_TEXT else f"{line[: MAX_TEXT - 1]}…"


def raw_object(document: Mapping[str, Any]) -> str:
    """The object as JSON, of at most `MAX_RAW` characters: what is longest in it is left out until it fits."""
    text = json.dumps(document)
    members = dict(document)
    while len(text) > MAX_RAW and members:
        del members[max(members, key=lambda name: len(json.dumps(members[name])))]
        text = json.dumps({**members, "left out": f"of {len(document)} members {len(document) - len(members)}"})
    return text
