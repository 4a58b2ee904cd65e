"""The redacted case, made in memory: nothing is written before it is whole and was looked over."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from clew.entities.text import stamp
from clew.errors import NotRedacted
from clew.graph.events import Planned, Redacted, event_json
from clew.graph.redacting.again import read_again
from clew.graph.redacting.inside import Inside, is_everywhere
from clew.graph.redacting.layers import Layers
from clew.graph.redacting.lexicon import Lexicon
from clew.graph.redacting.manifest import Manifest
from clew.graph.redacting.owner import OwnerKey
from clew.graph.redacting.reading import SEALED, Written, exchanges, replies, written
from clew.graph.redacting.report import LeftOut, Redaction, Replaced
from clew.graph.redacting.restoring import Back
from clew.graph.redacting.rules import Rules
from clew.graph.redacting.survey import survey
from clew.graph.redacting.writing import Writer, asks_again
from clew.graph.store import TOOL, Store
from clew.providers.base import canonical_json
from clew.providers.gate import Gate

#: What people write, by the kind of the step.
_FREE: Mapping[str, tuple[str, ...]] = {
    "opened": ("title",),
    "noted": ("text",),
    "tagged": ("tag",),
    "linked": ("why",),
    "judged": ("why",),
    "unmerged": ("reason",),
    "branched": ("name", "origin"),
}
_LEFT_OUT = "text/x-clew-left-out"
_COUNTED = ("nodes", "claims", "findings", "merges", "remarks")
_COUNTS = (
    "SELECT (SELECT count(*) FROM nodes), (SELECT count(*) FROM claims), (SELECT count(*) FROM findings), "
    "(SELECT count(*) FROM merges), (SELECT count(*) FROM remarks)"
)


@dataclass(slots=True)
class Draft:
    """A redacted case that is not a file yet."""

    store: Store
    redaction: Redaction


def draft(store: Store, rules: Rules, key: OwnerKey, gate: Gate, *, at: datetime, by: str) -> Draft:
    """Make the redacted case of a store.

    Args:
        gate: knows which names are private.
        by: who redacts.

    Raises:
        NotRedacted: it would tell what it should not, or would not be the same graph; nothing is written.
        CaseDamaged: the case is not what was written.
    """
    steps = written(store)
    inside = Inside(rules, gate)
    lexicon, plain = survey(store, steps, inside, key)
    return _Drafting(store, steps, rules, key, lexicon, Layers(lexicon.rewrite, lexicon.hits), plain).made(at, by)


@dataclass(slots=True)
class _Drafting:
    store: Store
    steps: list[Written]
    rules: Rules
    key: OwnerKey
    lexicon: Lexicon
    layers: Layers
    plain: tuple[tuple[str, str], ...]
    writer: Writer = field(default_factory=Writer)
    evidence: dict[str, str] = field(default_factory=dict[str, str])
    left_out: list[LeftOut] = field(default_factory=list[LeftOut])
    unread: list[int] = field(default_factory=list[int])
    by: dict[str, str] = field(default_factory=dict[str, str])

    def made(self, at: datetime, by: str) -> Draft:
        self._evidence()
        told = [self._told(step) for step in self.steps]
        for step in told:
            self.writer.step(step)
        self._seal(told, at, self._by(by))
        made = self.writer.finish()
        self._compare(made)
        return Draft(made, self._report(made))

    # -- raw replies ---------------------------------------------------------------------------------------------

    def _evidence(self) -> None:
        for fingerprint, reply in replies(self.store):
            body = reply.body if reply.media_type == SEALED else self.layers.body(reply.body)
            if body is None:
                code = self.lexicon.pseudonyms.mark("left out", fingerprint)
                made = self.writer.evidence(f"left out: it is no text ({code})".encode(), _LEFT_OUT)
                self.left_out.append(LeftOut(fingerprint, made, reply.media_type, len(reply.body)))
            else:
                made = self.writer.evidence(body, reply.media_type)
            self.evidence[made] = fingerprint
            self.lexicon.references[fingerprint] = made

    # -- steps ---------------------------------------------------------------------------------------------------

    def _told(self, step: Written) -> Written:
        document = step.document
        if document["kind"] == "signed":
            # A signature of the original would let a guess at it be checked. A plan of nothing stands in its place.
            document = json.loads(event_json(Planned(0, (), (), 0)))
        asked = exchanges(document)
        again = dict(asks_again(asked, self._tried))
        for exchange in asked:
            fingerprint = str(exchange["fingerprint"])
            unknown = self.lexicon.pseudonyms.mark("ask", fingerprint)
            self.lexicon.references[fingerprint] = again.get(fingerprint, unknown)
        self._withhold(document)
        body = self.layers.text(canonical_json(document))
        told = Written(step.number, step.at, self._by(step.by), self.layers.text(step.tool), body)
        return self._read(told) if asked or document["kind"] in ("pivoted", "bulk-pivoted") else told

    def _tried(self, text: str) -> str:
        """A text rewritten, and not counted."""
        counted = len(self.lexicon.hits)
        made = self.layers.text(text)
        del self.lexicon.hits[counted:]
        return made

    def _withhold(self, document: dict[str, Any]) -> None:
        if self.rules.notes:
            return
        names = _FREE.get(document["kind"], ())
        if document["kind"] == "merged" and not document.get("follows"):
            names = ("reason",)
        for name in names:
            if document[name]:
                document[name] = self.lexicon.whole("text", document[name])

    def _by(self, name: str) -> str:
        known = self.lexicon.names.get(name.lower())
        if not self.rules.analysts or known == name.lower() or is_everywhere(name):
            made = name
        else:
            made = known or self.lexicon.pseudonyms.word("analyst", name.lower())
        self.by.setdefault(made, name)
        return made

    def _read(self, told: Written) -> Written:
        """The step with the answers that its own raw replies give: what replays has to be the same."""
        body, unread = read_again(self.writer.store, told)
        if unread or self._tried(body) != body:
            self.unread.append(told.number)
            return told
        return dataclasses.replace(told, body=body)

    # -- the end -------------------------------------------------------------------------------------------------

    def _seal(self, told: list[Written], at: datetime, by: str) -> None:
        """The last step: what was done, and what leads back."""
        number, digest = self.store.head()
        manifest = self._manifest(told, number, digest)
        origin = self.lexicon.pseudonyms.mark("origin", f"{number} {digest}")
        sealed = self.writer.evidence(manifest.sealed(self.key, origin), SEALED)
        counts = Counter(kind for kind, _ in self.lexicon.hits)
        left_out = tuple(each.stand_in for each in self.left_out)
        event = Redacted(origin, dict(sorted(counts.items())), left_out, tuple(self.unread), sealed)
        self.writer.step(Written(number + 1, stamp(at), by, TOOL, event_json(event)))

    def _manifest(self, told: list[Written], number: int, digest: str) -> Manifest:
        """The way back, tried: what does not come back to the letter goes along as it was."""
        pairs, references = [*self.lexicon.pairs.items()], dict(self.lexicon.references)
        bare = Manifest(number, digest, pairs, references, dict(self.by), dict(self.evidence))
        back = Back(bare)
        words = {
            str(before.number): (before.by, before.tool, before.body)
            for before, after in zip(self.steps, told, strict=True)
            if back.step(after) != before
        }
        bodies: dict[str, str] = {}
        types: dict[str, str] = {}
        for fingerprint, reply in replies(self.store):
            made = self.writer.store.checked(references[fingerprint])
            if back.body(made) != reply.body:
                bodies[fingerprint], types[fingerprint] = reply.body.decode("latin-1"), reply.media_type
        return dataclasses.replace(bare, words=words, bodies=bodies, media_types=types)

    def _compare(self, made: Store) -> None:
        """The graph must have as much of everything as the original. Raises NotRedacted."""
        for table, before, after in zip(_COUNTED, _counts(self.store), _counts(made), strict=True):
            if before != after:
                raise NotRedacted(
                    f"the redacted case would have {after:,} {table} instead of {before:,}",
                    next_step="leave a word out, or keep a name",
                )

    def _report(self, made: Store) -> Redaction:
        counts = Counter(self.lexicon.hits)
        pairs = self.lexicon.pairs
        replaced = tuple(
            Replaced(kind, value, pairs.get(value) or self.lexicon.names.get(value, ""), times)
            for (kind, value), times in counts.most_common()
        )
        nodes, claims, *_ = _counts(made)
        return Redaction(replaced, tuple(self.left_out), self.plain, tuple(self.unread), len(self.steps), nodes, claims)


def _counts(store: Store) -> tuple[int, ...]:
    with store.reading() as connection:
        row: Any = connection.execute(_COUNTS).fetchone()
        return tuple(row)
