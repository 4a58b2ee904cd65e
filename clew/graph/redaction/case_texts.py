"""A case as it is read to be redacted: its steps and raw replies, word for word."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import zstandard

from clew.graph.store import MAX_BODY, Store
from clew.providers.base import Reply

#: The media type of what leads back.
SEALED_MEDIA_TYPE = "application/vnd.clew.sealed"


@dataclass(frozen=True, slots=True)
class RawStep:
    """A step as it is written: the text of its event, and who did it, when, with which tool."""

    number: int
    at: str
    by: str
    tool: str
    body: str

    @property
    def document(self) -> dict[str, Any]:
        """The event as JSON values."""
        document: dict[str, Any] = json.loads(self.body)
        return document


def read_steps(store: Store) -> list[RawStep]:
    """Every step, each checked against the chain. Raises CaseDamaged."""
    for _ in store.steps():
        pass
    with store.reading() as connection:
        rows: Any = connection.execute("SELECT number, at, by, tool, body FROM steps ORDER BY number").fetchall()
        return [RawStep(number, at, by, tool, _decompress(body).decode()) for number, at, by, tool, body in rows]


def replies(store: Store) -> Iterator[tuple[str, Reply]]:
    """Every raw reply by its content address, each checked against it. Raises CaseDamaged.

    Yields:
        The content address of a reply, and the reply.
    """
    for fingerprint in store.evidence():
        yield fingerprint, store.verified_reply(fingerprint)


def exchanges(document: dict[str, Any]) -> list[dict[str, Any]]:
    """What was asked in a step."""
    answers: list[dict[str, Any]] = document.get("answers", [document]) if "kind" in document else []
    return [exchange for answer in answers for exchange in answer.get("exchanges", [])]


def _decompress(body: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompress(body, max_output_size=MAX_BODY)
