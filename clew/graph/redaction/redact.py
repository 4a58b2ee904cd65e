"""The redacted case, made in memory: nothing is written before it is whole and was looked over."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from clew.entities.checked_text import stamp
from clew.errors import NotRedacted
from clew.graph.format.events import Planned, Redacted, event_json
from clew.graph.redaction.case_texts import SEALED_MEDIA_TYPE, RawStep, exchanges, read_steps, replies
from clew.graph.redaction.encoded_text import EncodedTextRewriter
from clew.graph.redaction.internal_names import InternalNames, is_well_known
from clew.graph.redaction.owner_key import OwnerKey
from clew.graph.redaction.redaction_manifest import Manifest
from clew.graph.redaction.redaction_report import LeftOut, Redaction, Replacement
from clew.graph.redaction.redaction_rules import Rules
from clew.graph.redaction.reparse import reparse_step
from clew.graph.redaction.replacer import Replacer
from clew.graph.redaction.restore import Restorer
from clew.graph.redaction.rewritten_case import Writer, rewritten_fingerprints
from clew.graph.redaction.scan import scan_case
from clew.graph.store import TOOL, Store
from clew.providers.base import canonical_json
from clew.providers.gate import Gate

#: What people write, by the kind of the step.
_FREE_TEXT: Mapping[str, tuple[str, ...]] = {
    "opened": ("title",),
    "noted": ("text",),
    "tagged": ("tag",),
    "linked": ("why",),
    "judged": ("why",),
    "gated": ("why",),
    "common": ("why",),
    "unmerged": ("reason",),
    "branched": ("name", "origin"),
}
_LEFT_OUT = "text/x-clew-left-out"
_COUNTED_TABLES = ("nodes", "claims", "findings", "merges", "remarks")
_COUNTS = (
    "SELECT (SELECT count(*) FROM nodes), (SELECT count(*) FROM claims), (SELECT count(*) FROM findings), "
    "(SELECT count(*) FROM merges), (SELECT count(*) FROM remarks)"
)


@dataclass(slots=True)
class Draft:
    """A redacted case that is not a file yet."""

    store: Store
    redaction: Redaction


def redact_case(store: Store, rules: Rules, key: OwnerKey, gate: Gate, *, at: datetime, by: str) -> Draft:
    """Make the redacted case of a store.

    Args:
        gate: knows which names are private.
        by: who redacts.

    Raises:
        NotRedacted: it would tell what it should not, or would not be the same graph; nothing is written.
        CaseDamaged: the case is not what was written.
    """
    steps = read_steps(store)
    internal_names = InternalNames(rules, gate)
    replacer, plain = scan_case(store, steps, internal_names, key)
    return _DraftBuilder(
        store, steps, rules, key, replacer, EncodedTextRewriter(replacer.rewrite, replacer.hits), plain
    ).build(at, by)


@dataclass(slots=True)
class _DraftBuilder:
    store: Store
    steps: list[RawStep]
    rules: Rules
    key: OwnerKey
    replacer: Replacer
    rewriter: EncodedTextRewriter
    plain: tuple[tuple[str, str], ...]
    writer: Writer = field(default_factory=Writer)
    evidence: dict[str, str] = field(default_factory=dict[str, str])
    left_out: list[LeftOut] = field(default_factory=list[LeftOut])
    unread_steps: list[int] = field(default_factory=list[int])
    actors: dict[str, str] = field(default_factory=dict[str, str])

    def build(self, at: datetime, by: str) -> Draft:
        self._redact_evidence()
        new_steps = [self._redact_step(step) for step in self.steps]
        for step in new_steps:
            self.writer.add_step(step)
        self._seal(new_steps, at, self._actor_name(by))
        redacted_store = self.writer.finish()
        self._compare(redacted_store)
        return Draft(redacted_store, self._report(redacted_store))

    # -- raw replies ---------------------------------------------------------------------------------------------

    def _redact_evidence(self) -> None:
        for fingerprint, reply in replies(self.store):
            body = reply.body if reply.media_type == SEALED_MEDIA_TYPE else self.rewriter.rewrite_body(reply.body)
            if body is None:
                code = self.replacer.pseudonyms.keyed_hash("left out", fingerprint)
                new_fingerprint = self.writer.add_evidence(f"left out: it is no text ({code})".encode(), _LEFT_OUT)
                self.left_out.append(LeftOut(fingerprint, new_fingerprint, reply.media_type, len(reply.body)))
            else:
                new_fingerprint = self.writer.add_evidence(body, reply.media_type)
            self.evidence[new_fingerprint] = fingerprint
            self.replacer.references[fingerprint] = new_fingerprint

    # -- steps ---------------------------------------------------------------------------------------------------

    def _redact_step(self, step: RawStep) -> RawStep:
        document = step.document
        if document["kind"] == "signed":
            # A signature of the original would let a guess at it be checked. A plan of nothing stands in its place.
            document = json.loads(event_json(Planned(0, (), (), 0)))
        recorded_exchanges = exchanges(document)
        new_fingerprints = dict(rewritten_fingerprints(recorded_exchanges, self._preview))
        for exchange in recorded_exchanges:
            fingerprint = str(exchange["fingerprint"])
            unknown = self.replacer.pseudonyms.keyed_hash("ask", fingerprint)
            self.replacer.references[fingerprint] = new_fingerprints.get(fingerprint, unknown)
        self._withhold(document)
        body = self.rewriter.rewrite_text(canonical_json(document))
        new_step = RawStep(step.number, step.at, self._actor_name(step.by), self.rewriter.rewrite_text(step.tool), body)
        return (
            self._reparse_step(new_step)
            if recorded_exchanges or document["kind"] in ("pivoted", "bulk-pivoted")
            else new_step
        )

    def _preview(self, text: str) -> str:
        """A text rewritten, and not counted."""
        hit_count = len(self.replacer.hits)
        new_text = self.rewriter.rewrite_text(text)
        del self.replacer.hits[hit_count:]
        return new_text

    def _withhold(self, document: dict[str, Any]) -> None:
        if self.rules.notes:
            return
        names = _FREE_TEXT.get(document["kind"], ())
        if document["kind"] == "merged" and not document.get("follows"):
            names = ("reason",)
        for name in names:
            if document[name]:
                document[name] = self.replacer.replace_whole("text", document[name])

    def _actor_name(self, name: str) -> str:
        pseudonym = self.replacer.names.get(name.lower())
        if not self.rules.analysts or pseudonym == name.lower() or is_well_known(name):
            new_name = name
        else:
            new_name = pseudonym or self.replacer.pseudonyms.word("analyst", name.lower())
        self.actors.setdefault(new_name, name)
        return new_name

    def _reparse_step(self, step: RawStep) -> RawStep:
        """The step with the answers that its own raw replies give: what replays has to be the same."""
        body, is_lost = reparse_step(self.writer.store, step)
        if is_lost or self._preview(body) != body:
            self.unread_steps.append(step.number)
            return step
        return dataclasses.replace(step, body=body)

    # -- the end -------------------------------------------------------------------------------------------------

    def _seal(self, new_steps: list[RawStep], at: datetime, by: str) -> None:
        """The last step: what was done, and what leads back."""
        number, digest = self.store.head()
        manifest = self._manifest(new_steps, number, digest)
        origin = self.replacer.pseudonyms.keyed_hash("origin", f"{number} {digest}")
        seal_fingerprint = self.writer.add_evidence(manifest.seal(self.key, origin), SEALED_MEDIA_TYPE)
        counts = Counter(kind for kind, _ in self.replacer.hits)
        left_out = tuple(reply.stand_in for reply in self.left_out)
        event = Redacted(origin, dict(sorted(counts.items())), left_out, tuple(self.unread_steps), seal_fingerprint)
        self.writer.add_step(RawStep(number + 1, stamp(at), by, TOOL, event_json(event)))

    def _manifest(self, new_steps: list[RawStep], number: int, digest: str) -> Manifest:
        """The way back, tried: what does not come back to the letter goes along as it was."""
        pairs, references = [*self.replacer.pairs.items()], dict(self.replacer.references)
        bare = Manifest(number, digest, pairs, references, dict(self.actors), dict(self.evidence))
        restorer = Restorer(bare)
        words = {
            str(before.number): (before.by, before.tool, before.body)
            for before, after in zip(self.steps, new_steps, strict=True)
            if restorer.restore_step(after) != before
        }
        bodies: dict[str, str] = {}
        types: dict[str, str] = {}
        for fingerprint, reply in replies(self.store):
            redacted_reply = self.writer.store.verified_reply(references[fingerprint])
            if restorer.restore_body(redacted_reply) != reply.body:
                bodies[fingerprint], types[fingerprint] = reply.body.decode("latin-1"), reply.media_type
        return dataclasses.replace(bare, words=words, bodies=bodies, media_types=types)

    def _compare(self, redacted_store: Store) -> None:
        """The graph must have as much of everything as the original. Raises NotRedacted."""
        for table, before, after in zip(_COUNTED_TABLES, _counts(self.store), _counts(redacted_store), strict=True):
            if before != after:
                raise NotRedacted(
                    f"the redacted case would have {after:,} {table} instead of {before:,}",
                    next_step="leave a word out, or keep a name",
                )

    def _report(self, redacted_store: Store) -> Redaction:
        counts = Counter(self.replacer.hits)
        pairs = self.replacer.pairs
        replacements = tuple(
            Replacement(kind, value, pairs.get(value) or self.replacer.names.get(value, ""), times)
            for (kind, value), times in counts.most_common()
        )
        nodes, claims, *_ = _counts(redacted_store)
        return Redaction(
            replacements, tuple(self.left_out), self.plain, tuple(self.unread_steps), len(self.steps), nodes, claims
        )


def _counts(store: Store) -> tuple[int, ...]:
    with store.reading() as connection:
        row: Any = connection.execute(_COUNTS).fetchone()
        return tuple(row)
