"""The raw text behind claims, as much of it as a page has room for. What is left out is told."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from clew.entities import Claim
from clew.entities.display import visible
from clew.errors import CaseError
from clew.graph.reading import Reading

ROWS = 5
CHARACTERS = 20_000

_NO_ROOM = "no room in this page: claim.evidence() has it"


@dataclass(frozen=True, slots=True)
class Raw:
    """Where the texts of a claim are, and what was left out."""

    texts: tuple[int, ...]
    note: str = ""


@dataclass(slots=True)
class Exhibits:
    """Texts by their number, each once however many claims rest on it, within a number of bytes."""

    room: int
    texts: list[str] = field(default_factory=list[str])
    _known: dict[str, int] = field(default_factory=dict[str, int])

    def put(self, text: str) -> int | None:
        """The number of a text; None if there is no room for it."""
        if text not in self._known:
            size = len(json.dumps(text, ensure_ascii=False).encode()) + 1
            if size > self.room:
                return None
            self.room -= size
            self._known[text] = len(self.texts)
            self.texts.append(text)
        return self._known[text]


def gather(case: Reading, claims: Sequence[Claim], exhibits: Exhibits) -> list[Raw]:
    """The texts of each claim, in the order of the claims: the first ones get the room."""
    shelves = _Shelves(case, claims)
    return [_raw(shelves.rows(claim), len(claim.pointers), exhibits) for claim in claims]


def _raw(found: Sequence[str] | str, pointers: int, exhibits: Exhibits) -> Raw:
    if isinstance(found, str):
        return Raw((), found)
    notes = [f"first {len(found)} of {pointers:,} rows"] if pointers > len(found) > 1 else []
    places: list[int] = []
    left = CHARACTERS
    for text in found:
        if len(text) > left:
            notes.append(f"cut at {CHARACTERS:,} characters")
        place = exhibits.put(readable(text[:left])) if left else None
        if place is None:
            notes += [] if not left else [_NO_ROOM]
            break
        places.append(place)
        left -= min(left, len(text))
    return Raw(tuple(places), "; ".join(dict.fromkeys(notes)))


def readable(text: str) -> str:
    """Raw text for the eye: what hides or commands is shown as an escape, and lines stay lines."""
    return "\n".join(visible(line) for line in text.split("\n"))


class _Shelves:
    """Evidence is fetched once for all claims that rest on it: opening a reply costs more than a row of it."""

    def __init__(self, case: Reading, claims: Iterable[Claim]) -> None:
        self._case = case
        self._wanted: dict[tuple[str, ...], dict[str, None]] = {}
        for claim in claims:
            self._wanted.setdefault(claim.rests_on, {}).update(dict.fromkeys(claim.pointers[:ROWS]))
        self._fetched: dict[tuple[str, ...], Mapping[str, str] | str | None] = {}

    def rows(self, claim: Claim) -> Sequence[str] | str:
        """The rows of a claim, or why there are none."""
        if not claim.rests_on:
            return "no evidence was kept"
        if claim.rests_on not in self._fetched:
            self._fetched[claim.rests_on] = self._fetch(claim)
        shelf = self._fetched[claim.rests_on]
        if shelf is None:
            return self._ask(replace(claim, pointers=claim.pointers[:ROWS]))
        if isinstance(shelf, str):
            return shelf
        return [shelf[pointer] for pointer in claim.pointers[:ROWS]]

    def _fetch(self, claim: Claim) -> Mapping[str, str] | str | None:
        """Text by pointer; None where the answer does not part into rows."""
        pointers = tuple(self._wanted[claim.rests_on])
        found = self._ask(replace(claim, pointers=pointers)) if len(claim.rests_on) == 1 else []
        if isinstance(found, str):
            return found
        return dict(zip(pointers, found, strict=True)) if found and len(found) == len(pointers) else None

    def _ask(self, claim: Claim) -> list[str] | str:
        try:
            return self._case.evidence(claim)
        except CaseError as error:
            return visible(error.what, 300)
