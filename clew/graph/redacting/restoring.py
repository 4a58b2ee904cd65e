"""The way back: a redacted case, and what was added to it since, in the words of its owner."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from clew.errors import CaseDamaged, NotRedacted
from clew.graph.events import Redacted
from clew.graph.redacting.again import read_again
from clew.graph.redacting.layers import Layers
from clew.graph.redacting.manifest import Manifest
from clew.graph.redacting.matching import whole_words
from clew.graph.redacting.owner import OwnerKey
from clew.graph.redacting.reading import SEALED, Written, exchanges, replies, written
from clew.graph.redacting.writing import Writer, asks_again
from clew.graph.store import Store
from clew.providers.base import Reply, canonical_json

_HASH = r"(?P<hash>(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f]))"


@dataclass(slots=True)
class Back:
    """Pseudonyms turned into what they stand for."""

    manifest: Manifest
    _exact: dict[str, str] = field(init=False)
    _folded: dict[str, str] = field(init=False)
    _hashes: dict[str, str] = field(init=False)
    _layers: Layers = field(init=False)
    _every: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        # The first spelling of a value is its usual one, so that it is the one that is meant by any other.
        self._exact = {made: found for found, made in reversed(self.manifest.pairs)}
        self._folded = {made.lower(): found for made, found in reversed(self._exact.items())}
        self._folded |= {made: found for made, found in self._exact.items() if made.islower()}
        self._hashes = {new: old for old, new in self.manifest.references.items()}
        self._every = re.compile(f"{_HASH}|(?P<name>{whole_words(self._folded)})", re.IGNORECASE)
        self._layers = Layers(lambda text: self._every.sub(self._replaced, text))

    def _replaced(self, found: re.Match[str]) -> str:
        text = found[0]
        if found.lastgroup == "hash":
            return self._hashes.get(text, text)
        plain = text.replace("[.]", ".")
        known = self._exact.get(text) or self._exact.get(plain) or self._folded.get(plain.lower())
        if known is None:
            return text
        if text not in self._exact and plain not in self._exact and plain.isupper():
            known = known.upper()
        return known.replace(".", "[.]") if plain != text and text not in self._exact else known

    def body(self, reply: Reply) -> bytes:
        """The body of a raw reply."""
        return reply.body if reply.media_type == SEALED else self._layers.body(reply.body) or reply.body

    def step(self, step: Written) -> Written:
        """A step, with the asks in it as they were."""
        document = step.document
        for new, old in asks_again(exchanges(document), self._layers.text):
            self._hashes.setdefault(new, old)
        by = self.manifest.by.get(step.by, step.by)
        return Written(step.number, step.at, by, self._layers.text(step.tool), self._layers.text(step.body))

    def knows(self, fingerprint: str) -> str | None:
        """The content address that evidence of the original had."""
        return self.manifest.evidence.get(fingerprint)

    def learn(self, new: str, old: str) -> None:
        """What a content address of the redacted case becomes."""
        self._hashes[new] = old


def restore(store: Store, key: OwnerKey) -> Store:
    """The original of a redacted case, in memory, with what was added since.

    Raises:
        NotRedacted: the case was not redacted.
        KeyUnusable: it was redacted with another key.
        CaseDamaged: what was redacted was changed since.
    """
    steps = written(store)
    place, event = _redacted(store)
    manifest = Manifest.opened(store.checked(event.sealed).body, key, event.origin)
    back, writer = Back(manifest), Writer()
    _evidence(store, event, back, writer)
    for step in steps[: place - 1]:
        by, tool, body = manifest.words.get(str(step.number)) or _parts(back.step(step))
        digest = writer.step(Written(step.number, step.at, by, tool, body))
        if step.number == manifest.steps and digest != manifest.hash:
            raise CaseDamaged(
                "the steps before the redaction do not lead back to the original",
                where=str(store.path or "memory"),
                next_step="do not trust this file",
            )
    for step in steps[place:]:
        writer.step(_reread(_renumbered(back.step(step), place), writer.store))
    return writer.finish()


def _redacted(store: Store) -> tuple[int, Redacted]:
    """The last redaction."""
    found = [(step.number, step.event) for step in store.steps() if isinstance(step.event, Redacted)]
    if not found:
        raise NotRedacted(
            "the case was not redacted", where=str(store.path or "memory"), next_step="there is nothing to restore"
        )
    return found[-1]


def _evidence(store: Store, event: Redacted, back: Back, writer: Writer) -> None:
    for fingerprint, reply in replies(store):
        if fingerprint == event.sealed:
            continue
        old = back.knows(fingerprint)
        kept = back.manifest.bodies.get(old or "")
        body = back.body(reply) if kept is None else kept.encode("latin-1")
        media_type = back.manifest.media_types.get(old or "", reply.media_type)
        made = writer.evidence(body, media_type)
        if old is not None and made != old:
            raise CaseDamaged(
                "a raw reply does not lead back to the original",
                where=str(store.path or "memory"),
                next_step="do not trust this file",
            )
        back.learn(fingerprint, made)


def _reread(step: Written, store: Store) -> Written:
    """A step that was added, with what its answers say of the real values: an address is private, not reserved."""
    if step.document["kind"] not in ("pivoted", "bulk-pivoted"):
        return step
    body, lost = read_again(store, step)
    return step if lost else dataclasses.replace(step, body=body)


def _parts(step: Written) -> tuple[str, str, str]:
    return step.by, step.tool, step.body


def _renumbered(step: Written, place: int) -> Written:
    """A step that came after the redaction, which itself is no step of the original."""

    def moved(number: int) -> int:
        return number - 1 if number > place else number

    document: dict[str, Any] = json.loads(step.body)
    for name in _NUMBERS.get(document["kind"], ()):
        given: int | list[int] = document[name]
        document[name] = moved(given) if isinstance(given, int) else [*map(moved, given)]
    return Written(step.number - 1, step.at, step.by, step.tool, canonical_json(document))


#: Fields that name other steps, by the kind of the step.
_NUMBERS: Mapping[str, tuple[str, ...]] = {
    "undone": ("steps",),
    "redone": ("steps",),
    "unmerged": ("step",),
    "merged": ("follows",),
}
