"""The way back: a redacted case, and what was added to it since, in the words of its owner."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from clew.errors import CaseDamaged, NotRedacted
from clew.graph.format.events import Redacted
from clew.graph.redaction.case_texts import SEALED_MEDIA_TYPE, RawStep, exchanges, read_steps, replies
from clew.graph.redaction.encoded_text import EncodedTextRewriter
from clew.graph.redaction.owner_key import OwnerKey
from clew.graph.redaction.redaction_manifest import Manifest
from clew.graph.redaction.reparse import reparse_step
from clew.graph.redaction.rewritten_case import Writer, rewritten_fingerprints
from clew.graph.redaction.word_matcher import word_pattern
from clew.graph.store import Store
from clew.providers.base import Reply, canonical_json

_HASH = r"(?P<hash>(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f]))"


@dataclass(slots=True)
class Restorer:
    """Pseudonyms turned into what they stand for."""

    manifest: Manifest
    _exact: dict[str, str] = field(init=False)
    _lowercase: dict[str, str] = field(init=False)
    _hashes: dict[str, str] = field(init=False)
    _rewriter: EncodedTextRewriter = field(init=False)
    _pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        # The first spelling of a value is its usual one, so that it is the one that is meant by any other.
        self._exact = {pseudonym: original for original, pseudonym in reversed(self.manifest.pairs)}
        self._lowercase = {pseudonym.lower(): original for pseudonym, original in reversed(self._exact.items())}
        self._lowercase |= {pseudonym: original for pseudonym, original in self._exact.items() if pseudonym.islower()}
        self._hashes = {new: old for old, new in self.manifest.references.items()}
        self._pattern = re.compile(f"{_HASH}|(?P<name>{word_pattern(self._lowercase)})", re.IGNORECASE)
        self._rewriter = EncodedTextRewriter(lambda text: self._pattern.sub(self._replace_match, text))

    def _replace_match(self, match: re.Match[str]) -> str:
        text = match[0]
        if match.lastgroup == "hash":
            return self._hashes.get(text, text)
        plain = text.replace("[.]", ".")
        original = self._exact.get(text) or self._exact.get(plain) or self._lowercase.get(plain.lower())
        if original is None:
            return text
        if text not in self._exact and plain not in self._exact and plain.isupper():
            original = original.upper()
        return original.replace(".", "[.]") if plain != text and text not in self._exact else original

    def restore_body(self, reply: Reply) -> bytes:
        """The body of a raw reply."""
        return (
            reply.body
            if reply.media_type == SEALED_MEDIA_TYPE
            else self._rewriter.rewrite_body(reply.body) or reply.body
        )

    def restore_step(self, step: RawStep) -> RawStep:
        """A step, with the asks in it as they were."""
        document = step.document
        for new, old in rewritten_fingerprints(exchanges(document), self._rewriter.rewrite_text):
            self._hashes.setdefault(new, old)
        by = self.manifest.by.get(step.by, step.by)
        return RawStep(
            step.number, step.at, by, self._rewriter.rewrite_text(step.tool), self._rewriter.rewrite_text(step.body)
        )

    def original_fingerprint(self, fingerprint: str) -> str | None:
        """The content address that evidence of the original had."""
        return self.manifest.evidence.get(fingerprint)

    def add_reference(self, new: str, old: str) -> None:
        """What a content address of the redacted case becomes."""
        self._hashes[new] = old


def restore(store: Store, key: OwnerKey) -> Store:
    """The original of a redacted case, in memory, with what was added since.

    Raises:
        NotRedacted: the case was not redacted.
        KeyUnusable: it was redacted with another key.
        CaseDamaged: what was redacted was changed since.
    """
    steps = read_steps(store)
    position, event = _last_redaction(store)
    manifest = Manifest.unseal(store.verified_reply(event.sealed).body, key, event.origin)
    restorer, writer = Restorer(manifest), Writer()
    _restore_evidence(store, event, restorer, writer)
    for step in steps[: position - 1]:
        by, tool, body = manifest.words.get(str(step.number)) or _step_texts(restorer.restore_step(step))
        digest = writer.add_step(RawStep(step.number, step.at, by, tool, body))
        if step.number == manifest.steps and digest != manifest.hash:
            raise CaseDamaged(
                "the steps before the redaction do not lead back to the original",
                location=str(store.path or "memory"),
                next_step="do not trust this file",
            )
    for step in steps[position:]:
        writer.add_step(_reparse_step(_renumber(restorer.restore_step(step), position), writer.store))
    return writer.finish()


def _last_redaction(store: Store) -> tuple[int, Redacted]:
    """The last redaction."""
    redactions = [(step.number, step.event) for step in store.steps() if isinstance(step.event, Redacted)]
    if not redactions:
        raise NotRedacted(
            "the case was not redacted", location=str(store.path or "memory"), next_step="there is nothing to restore"
        )
    return redactions[-1]


def _restore_evidence(store: Store, event: Redacted, restorer: Restorer, writer: Writer) -> None:
    for fingerprint, reply in replies(store):
        if fingerprint == event.sealed:
            continue
        old = restorer.original_fingerprint(fingerprint)
        stored_body = restorer.manifest.bodies.get(old or "")
        body = restorer.restore_body(reply) if stored_body is None else stored_body.encode("latin-1")
        media_type = restorer.manifest.media_types.get(old or "", reply.media_type)
        new_fingerprint = writer.add_evidence(body, media_type)
        if old is not None and new_fingerprint != old:
            raise CaseDamaged(
                "a raw reply does not lead back to the original",
                location=str(store.path or "memory"),
                next_step="do not trust this file",
            )
        restorer.add_reference(fingerprint, new_fingerprint)


def _reparse_step(step: RawStep, store: Store) -> RawStep:
    """A step that was added, with what its answers say of the real values: an address is private, not reserved."""
    if step.document["kind"] not in ("pivoted", "bulk-pivoted"):
        return step
    body, is_lost = reparse_step(store, step)
    return step if is_lost else dataclasses.replace(step, body=body)


def _step_texts(step: RawStep) -> tuple[str, str, str]:
    return step.by, step.tool, step.body


def _renumber(step: RawStep, position: int) -> RawStep:
    """A step that came after the redaction, which itself is no step of the original."""

    def new_number(number: int) -> int:
        return number - 1 if number > position else number

    document: dict[str, Any] = json.loads(step.body)
    for name in _NUMBERS.get(document["kind"], ()):
        value: int | list[int] = document[name]
        document[name] = new_number(value) if isinstance(value, int) else [*map(new_number, value)]
    return RawStep(step.number - 1, step.at, step.by, step.tool, canonical_json(document))


#: Fields that name other steps, by the kind of the step.
_NUMBERS: Mapping[str, tuple[str, ...]] = {
    "undone": ("steps",),
    "redone": ("steps",),
    "unmerged": ("step",),
    "merged": ("follows",),
}
