"""What came back from an exchange, before it is known what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RawResponse:
    """What came back: a status, the headers by name in lower case, the unpacked body, at which attempt."""

    status: int
    # Not shown: a source may have said the key back.
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    attempts: int = 1
