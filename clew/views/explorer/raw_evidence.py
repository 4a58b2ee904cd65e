"""The raw text behind claims, as much of it as a page has room for. What is left out is told."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from clew.entities import Claim
from clew.entities.display import visible
from clew.errors import CaseError
from clew.graph.case_reader import CaseReader

ROWS = 5
CHARACTERS = 20_000

_NO_ROOM = "no room in this page: claim.evidence() has it"


@dataclass(frozen=True, slots=True)
class Raw:
    """Where the texts of a claim are, and what was left out."""

    texts: tuple[int, ...]
    note: str = ""


@dataclass(slots=True)
class TextPool:
    """Texts by their number, each once however many claims rest on it, within a number of bytes."""

    bytes_left: int
    texts: list[str] = field(default_factory=list[str])
    _numbers: dict[str, int] = field(default_factory=dict[str, int])

    def add(self, text: str) -> int | None:
        """The number of a text; None if there is no room for it."""
        if text not in self._numbers:
            size = len(json.dumps(text, ensure_ascii=False).encode()) + 1
            if size > self.bytes_left:
                return None
            self.bytes_left -= size
            self._numbers[text] = len(self.texts)
            self.texts.append(text)
        return self._numbers[text]


def collect_raw(case: CaseReader, claims: Sequence[Claim], pool: TextPool) -> list[Raw]:
    """The texts of each claim, in the order of the claims: the first ones get the room."""
    reader = _EvidenceReader(case, claims)
    return [_raw(reader.rows(claim), len(claim.pointers), pool) for claim in claims]


def _raw(rows: Sequence[str] | str, pointers: int, pool: TextPool) -> Raw:
    if isinstance(rows, str):
        return Raw((), rows)
    notes = [f"first {len(rows)} of {pointers:,} rows"] if pointers > len(rows) > 1 else []
    numbers: list[int] = []
    remaining = CHARACTERS
    for text in rows:
        if len(text) > remaining:
            notes.append(f"cut at {CHARACTERS:,} characters")
        number = pool.add(readable(text[:remaining])) if remaining else None
        if number is None:
            notes += [] if not remaining else [_NO_ROOM]
            break
        numbers.append(number)
        remaining -= min(remaining, len(text))
    return Raw(tuple(numbers), "; ".join(dict.fromkeys(notes)))


def readable(text: str) -> str:
    """Raw text for the eye: what hides or commands is shown as an escape, and lines stay lines."""
    return "\n".join(visible(line) for line in text.split("\n"))


class _EvidenceReader:
    """Evidence is fetched once for all claims that rest on it: opening a reply costs more than a row of it."""

    def __init__(self, case: CaseReader, claims: Iterable[Claim]) -> None:
        self._case = case
        self._pointers: dict[tuple[str, ...], dict[str, None]] = {}
        for claim in claims:
            self._pointers.setdefault(claim.evidence_ids, {}).update(dict.fromkeys(claim.pointers[:ROWS]))
        self._fetched_texts: dict[tuple[str, ...], Mapping[str, str] | str | None] = {}

    def rows(self, claim: Claim) -> Sequence[str] | str:
        """The rows of a claim, or why there are none."""
        if not claim.evidence_ids:
            return "no evidence was kept"
        if claim.evidence_ids not in self._fetched_texts:
            self._fetched_texts[claim.evidence_ids] = self._fetch(claim)
        texts = self._fetched_texts[claim.evidence_ids]
        if texts is None:
            return self._ask(replace(claim, pointers=claim.pointers[:ROWS]))
        if isinstance(texts, str):
            return texts
        return [texts[pointer] for pointer in claim.pointers[:ROWS]]

    def _fetch(self, claim: Claim) -> Mapping[str, str] | str | None:
        """Text by pointer; None where the answer does not part into rows."""
        pointers = tuple(self._pointers[claim.evidence_ids])
        texts = self._ask(replace(claim, pointers=pointers)) if len(claim.evidence_ids) == 1 else []
        if isinstance(texts, str):
            return texts
        return dict(zip(pointers, texts, strict=True)) if texts and len(texts) == len(pointers) else None

    def _ask(self, claim: Claim) -> list[str] | str:
        try:
            return self._case.evidence(claim)
        except CaseError as error:
            return visible(error.message, 300)
