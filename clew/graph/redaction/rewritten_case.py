"""A new case, written step by step as it was, with other texts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any

import zstandard

from clew.graph.format.events import step_hash
from clew.graph.redaction.case_texts import RawStep
from clew.graph.store import GENESIS, Store
from clew.providers.base import Ask, canonical_json

Rewrite = Callable[[str], str]


class Writer:
    """Fills a store in memory. `finish` makes what follows from its steps; before it there is no graph."""

    def __init__(self) -> None:
        self.store = Store(None)
        self._last = (0, GENESIS)

    def add_evidence(self, body: bytes, media_type: str) -> str:
        """Keep a raw reply; returns its content address."""
        fingerprint = sha256(body).hexdigest()
        with self.store.transaction() as connection:
            row = (fingerprint, media_type, len(body), _compress(body))
            connection.execute("INSERT OR IGNORE INTO evidence VALUES (?, ?, ?, ?)", row)
        return fingerprint

    def add_step(self, step: RawStep) -> str:
        """Add a step to the chain; returns its hash."""
        number, previous = self._last[0] + 1, self._last[1]
        digest = step_hash(previous, number, step.at, step.by, step.tool, step.body)
        with self.store.transaction() as connection:
            row = (number, step.at, step.by, step.tool, step.document["kind"], _compress(step.body.encode()))
            connection.execute("INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*row, previous, digest))
            connection.execute("INSERT OR REPLACE INTO head VALUES (0, ?, ?)", (number, digest))
        self._last = number, digest
        return digest

    def finish(self) -> Store:
        """The case, with the graph that follows. Raises CaseDamaged where a step cannot be read."""
        self.store.rebuild()
        return self.store


def rewritten_fingerprints(
    recorded_exchanges: Iterable[Mapping[str, Any]], rewrite: Rewrite
) -> Iterator[tuple[str, str]]:
    """The fingerprints of asks, and those that they have when they are rewritten.

    Yields:
        The fingerprint of an ask, and the one that it has when it is rewritten.
    """
    for exchange in recorded_exchanges:
        fingerprint = str(exchange["fingerprint"])
        channel = _channel(exchange["ask"], fingerprint)
        if channel is not None:
            new_request = json.loads(rewrite(canonical_json(exchange["ask"])))
            yield fingerprint, _fingerprint(channel, new_request)


def _channel(ask: Mapping[str, Any], fingerprint: str) -> str | None:
    """The channel of an ask, of which the fingerprint alone knows; None where no class of asks is known to have it."""
    return next((name for name in sorted(_channels(Ask)) if _fingerprint(name, ask) == fingerprint), None)


def _channels(cls: type[Ask]) -> set[str]:
    return {cls.channel}.union(*(_channels(subclass) for subclass in cls.__subclasses__()))


def _fingerprint(channel: str, ask: Mapping[str, Any]) -> str:
    return sha256(canonical_json({"channel": channel, **ask}).encode()).hexdigest()


def _compress(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=3).compress(data)
