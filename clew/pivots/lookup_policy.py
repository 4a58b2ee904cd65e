"""What a look-up does where its call does not say: whom it asks, and when it believes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from clew.providers.base import Provider


@dataclass(frozen=True, slots=True)
class VerdictRule:
    """When several sources together make something malicious.

    It is malicious when the weights of those who say so reach `agree`; with less it is suspicious, as it is when
    anybody says that. Who has no weight is told, and has no say. Silence has no weight: nobody's `nothing`, failure or
    refusal speaks for or against.

    Attributes:
        agree: the weight that is needed; 1 makes it malicious as soon as one says so.
        weights: by the names of sources; 1 for all others.
    """

    agree: float = 1.0
    weights: Mapping[str, float] = field(default_factory=dict[str, float])

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> VerdictRule:
        """The rule that a look-up was asked with."""
        return cls(float(arguments.get("agree") or 1.0), arguments.get("weights") or {})

    def weight(self, provider: str) -> float:
        """How much the word of a source counts."""
        return self.weights.get(provider, 1.0)


def source_name(text: str) -> str:
    """The name of a source, also where it is spelt as the row of a menu: `circl_hashlookup` is `circl-hashlookup`."""
    return text.lower().replace("_", "-")


def _every_provider(provider: type[Provider]) -> bool:  # noqa: ARG001 - as all that choose
    return True


@dataclass(frozen=True, slots=True)
class LookupPolicy:
    """Whom look-ups ask, and by which rule they judge, where a call does not say.

    Attributes:
        includes: whether a source is asked: it is here, or it is named in the settings, or its key is set.
    """

    includes: Callable[[type[Provider]], bool] = _every_provider
    rule: VerdictRule = field(default_factory=VerdictRule)


#: Everybody is asked, and everybody's word counts.
EVERY_SOURCE = LookupPolicy()
