"""A case looked over from end to end before anything is replaced: what is inside, and what the file is made of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from clew.graph.format.connection_event import StoredConnection
from clew.graph.projection.imports import IMPORTED_ROWS
from clew.graph.redaction.case_texts import SEALED_MEDIA_TYPE, RawStep, replies
from clew.graph.redaction.encoded_text import EncodedTextRewriter
from clew.graph.redaction.internal_names import InternalNames
from clew.graph.redaction.owner_key import OwnerKey
from clew.graph.redaction.pseudonym_map import OwnWords, PseudonymMap
from clew.graph.redaction.pseudonyms import Pseudonyms
from clew.graph.redaction.replacer import Replacer
from clew.graph.store import Store
from clew.providers.base import Reply
from clew.providers.local.logs import LOG_ROWS

_PARTS = re.compile(r"[^\W_]+")
_HASH = re.compile(r"[0-9a-f]{64}")
_PSEUDONYM_ADDRESS = re.compile(
    r"(?<![\d.])2(?:4\d|5[0-4])(?:\.\d{1,3}){3}(?![\d.])|(?<![\w:])2001:0?db8:[0-9a-f:]+", re.IGNORECASE
)


def scan_case(
    store: Store, steps: list[RawStep], internal_names: InternalNames, key: OwnerKey
) -> tuple[Replacer, tuple[tuple[str, str], ...]]:
    """What stands for what in a case. Raises NotRedacted, CaseDamaged.

    Returns:
        What replaces names; and the names that cannot be told from other text and stay, each with its kind before it.
    """
    documents = [step.document for step in steps]
    own_words = OwnWords()
    for document in documents:
        own_words.learn(document)
        internal_names.add_document(document)
    for _, reply in replies(store):
        _learn_reply(reply, internal_names, own_words)
    internal_names.classify_candidates()
    addresses = _scan_texts(store, steps, internal_names)
    pseudonyms = Pseudonyms(key, _words_to_avoid(internal_names))
    for text in addresses:
        pseudonyms.avoid_network(text)
    analysts = {step.by for step in steps} if internal_names.rules.analysts else set[str]()
    connections = [StoredConnection.of(document) for document in documents if document["kind"] == "connected"]
    # An identity that is no hash is a name, as that of a workspace: it tells as much as the place.
    identities = {connection.identity for connection in connections if not _HASH.fullmatch(connection.identity)}
    paths = sorted({connection.location for connection in connections} | identities)
    pseudonym_map = PseudonymMap.of(internal_names, internal_names.rules, own_words, analysts, paths, pseudonyms)
    rules = internal_names.rules
    replacer = Replacer(
        pseudonyms, pseudonym_map.names, pseudonym_map.kinds, rules.networks, rules.kept_networks, rules.accounts
    )
    replacer.references.update(_hashes(store, documents, pseudonyms))
    return replacer, tuple(pseudonym_map.plain)


def _learn_reply(reply: Reply, internal_names: InternalNames, own_words: OwnWords) -> None:
    """Names in raw replies of which the form is known."""
    if reply.media_type not in (LOG_ROWS, IMPORTED_ROWS):
        return
    document: dict[str, Any] = json.loads(reply.body)
    own_words.learn(dict.fromkeys(document, ""))
    if reply.media_type == IMPORTED_ROWS:
        internal_names.add_document(document)
        for raw in document.get("raw", ()):
            internal_names.add_event(str(raw))
        return
    own_words.learn(dict.fromkeys(document["columns"], ""))
    internal_names.add_rows(document)
    for raw in document["raw"]:
        internal_names.add_event(str(raw))


def _scan_texts(store: Store, steps: Iterable[RawStep], internal_names: InternalNames) -> set[str]:
    """Read every text there is, for names of ours; returns addresses where pseudonyms could be."""
    addresses: set[str] = set()

    def collect_names(text: str) -> str:
        internal_names.add_profiles(text)
        internal_names.add_members(text)
        addresses.update(_PSEUDONYM_ADDRESS.findall(text))
        return text

    rewriter = EncodedTextRewriter(collect_names)
    for step in steps:
        rewriter.rewrite_text(step.body)
    for _, reply in replies(store):
        if reply.media_type != SEALED_MEDIA_TYPE:
            rewriter.rewrite_body(reply.body)
    return addresses


def _words_to_avoid(internal_names: InternalNames) -> set[str]:
    """Words that a pseudonym must not happen to hold."""
    names = (
        *internal_names.machines,
        *internal_names.full_names,
        *internal_names.domains,
        *internal_names.realms,
        *internal_names.accounts,
        *internal_names.rules.words,
    )
    return {part for name in names for part in _PARTS.findall(name.lower())}


def _hashes(store: Store, documents: Iterable[dict[str, Any]], pseudonyms: Pseudonyms) -> dict[str, str]:
    """Hashes of what is inside: of logs, of the steps of this case and of the case that it branched off from."""
    digests = [
        *(StoredConnection.of(document).identity for document in documents if document["kind"] == "connected"),
        *(str(document["hash"]) for document in documents if document["kind"] == "branched"),
        *(step.hash for step in store.steps()),
    ]
    return {digest: pseudonyms.keyed_hash("hash", digest) for digest in digests}
