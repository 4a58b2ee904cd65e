"""A case looked over from end to end before anything is replaced: what is inside, and what the file is made of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from clew.graph.batches import IMPORTED_ROWS
from clew.graph.redacting.inside import Inside
from clew.graph.redacting.layers import Layers
from clew.graph.redacting.lexicon import Lexicon
from clew.graph.redacting.owner import OwnerKey
from clew.graph.redacting.pseudonyms import Pseudonyms
from clew.graph.redacting.reading import SEALED, Written, replies
from clew.graph.redacting.vocabulary import OwnWords, Vocabulary
from clew.graph.store import Store
from clew.providers.base import Reply
from clew.providers.logs.provider import LOG_ROWS

_PARTS = re.compile(r"[^\W_]+")
_OURS = re.compile(r"(?<![\d.])2(?:4\d|5[0-4])(?:\.\d{1,3}){3}(?![\d.])|(?<![\w:])2001:0?db8:[0-9a-f:]+", re.IGNORECASE)


def survey(
    store: Store, steps: list[Written], inside: Inside, key: OwnerKey
) -> tuple[Lexicon, tuple[tuple[str, str], ...]]:
    """What stands for what; and the names that cannot be told from other text. Raises NotRedacted, CaseDamaged."""
    documents = [step.document for step in steps]
    own = OwnWords()
    for document in documents:
        own.learn(document)
        inside.document(document)
    for _, reply in replies(store):
        _told_by(reply, inside, own)
    inside.settle()
    taken = _read_all(store, steps, inside)
    pseudonyms = Pseudonyms(key, _avoided(inside))
    for text in taken:
        pseudonyms.avoid_network(text)
    analysts = {step.by for step in steps} if inside.rules.analysts else set[str]()
    connected = [document for document in documents if document["kind"] == "connected"]
    paths = sorted({str(document["path"]) for document in connected})
    words = Vocabulary.of(inside, inside.rules, own, analysts, paths, pseudonyms)
    rules = inside.rules
    lexicon = Lexicon(pseudonyms, words.names, words.kinds, rules.networks, rules.kept_networks, rules.accounts)
    lexicon.references.update(_hashes(store, documents, pseudonyms))
    return lexicon, tuple(words.plain)


def _told_by(reply: Reply, inside: Inside, own: OwnWords) -> None:
    """Names in raw replies of which the form is known."""
    if reply.media_type not in (LOG_ROWS, IMPORTED_ROWS):
        return
    document: dict[str, Any] = json.loads(reply.body)
    own.learn(dict.fromkeys(document, ""))
    if reply.media_type == IMPORTED_ROWS:
        inside.document(document)
        return
    own.learn(dict.fromkeys(document["columns"], ""))
    inside.rows(document)
    for raw in document["raw"]:
        inside.event(str(raw))


def _read_all(store: Store, steps: Iterable[Written], inside: Inside) -> set[str]:
    """Read every text there is, for names of ours; returns addresses where pseudonyms could be."""
    taken: set[str] = set()

    def look(text: str) -> str:
        inside.profiles(text)
        inside.members(text)
        taken.update(_OURS.findall(text))
        return text

    layers = Layers(look)
    for step in steps:
        layers.text(step.body)
    for _, reply in replies(store):
        if reply.media_type != SEALED:
            layers.body(reply.body)
    return taken


def _avoided(inside: Inside) -> set[str]:
    """Words that a pseudonym must not happen to hold."""
    every = (*inside.machines, *inside.full, *inside.domains, *inside.realms, *inside.accounts, *inside.rules.words)
    return {part for name in every for part in _PARTS.findall(name.lower())}


def _hashes(store: Store, documents: Iterable[dict[str, Any]], pseudonyms: Pseudonyms) -> dict[str, str]:
    """Hashes of what is inside: of logs, of the steps of this case and of the case that it branched off from."""
    found = [
        *(str(document["digest"]) for document in documents if document["kind"] == "connected"),
        *(str(document["hash"]) for document in documents if document["kind"] == "branched"),
        *(step.hash for step in store.steps()),
    ]
    return {digest: pseudonyms.mark("hash", digest) for digest in found}
