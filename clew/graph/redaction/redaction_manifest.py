"""What leads back from a redacted case to the one that it was made from. It is kept sealed."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import zstandard

from clew.errors import CaseDamaged
from clew.graph.redaction.owner_key import OwnerKey
from clew.graph.store import MAX_BODY
from clew.providers.base import canonical_json


@dataclass(frozen=True, slots=True)
class Manifest:
    """The way back.

    Attributes:
        steps: how many steps the case had; `hash` is that of the last.
        pairs: every spelling of what was replaced, the usual one first, and what it became.
        references: content addresses and other hashes, old to new.
        by: who did steps, new to old.
        words: steps that do not follow from the rest to the letter, as they were: by number, who, tool and text.
        evidence: raw replies: new content address to the old one.
        bodies: of those that do not follow from the rest to the byte, by their old address, in Latin-1.
        media_types: of the same.
    """

    steps: int
    hash: str
    pairs: Sequence[Sequence[str]]
    references: Mapping[str, str]
    by: Mapping[str, str]
    evidence: Mapping[str, str]
    words: Mapping[str, tuple[str, str, str]] = field(default_factory=dict[str, tuple[str, str, str]])
    bodies: Mapping[str, str] = field(default_factory=dict[str, str])
    media_types: Mapping[str, str] = field(default_factory=dict[str, str])

    def seal(self, key: OwnerKey, about: str) -> bytes:
        """As it is kept in a case."""
        text = canonical_json(dataclasses.asdict(self)).encode()
        return key.seal(zstandard.ZstdCompressor(level=10).compress(text), about)

    @classmethod
    def unseal(cls, content: bytes, key: OwnerKey, about: str) -> Manifest:
        """What `seal` wrote.

        Raises:
            KeyUnusable: it was sealed with another key.
            CaseDamaged: it was sealed with this key, and is none all the same.
        """
        payload = key.open(content, about)
        try:
            text = zstandard.ZstdDecompressor().decompress(payload, max_output_size=MAX_BODY)
            document: dict[str, Any] = json.loads(text)
            return cls(**document)
        except (zstandard.ZstdError, TypeError, ValueError):
            raise CaseDamaged(
                "what leads back from the redacted case cannot be read",
                next_step="restore it with the clew that wrote it",
            ) from None
