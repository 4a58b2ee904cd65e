"""Which recorded answers answer a question again, so that an expansion need not ask it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from clew.entities import Outcome
from clew.entities.finding import ANSWERED
from clew.graph.events import Pivoted
from clew.pivots.invocation import Invocation, Pivot
from clew.providers.base import canonical_json
from clew.providers.exchange import Exchange


def as_asked(event: Pivoted) -> Invocation:
    """A recorded call. Whom an early look-up asked that does not say so is told by its parts."""
    asked = event.invocation
    if not event.finding.parts or asked.arguments.get("providers") is not None:
        return asked
    rows = [part.pivot.rpartition(".")[2] for part in event.finding.parts]
    return replace(asked, arguments={**asked.arguments, "providers": rows})


def answers(event: Pivoted, pivot: Pivot, wanted: Mapping[str, Any]) -> bool:
    """Whether what came back is whole, and is what the pivot would be asked with these arguments."""
    return _whole(event) and _asked(event, pivot, wanted)


def _whole(event: Pivoted) -> bool:
    """Whether everybody answered who would. What settings or the gate keep from being asked would be kept again."""
    turned_away = {exchange.provider for exchange in event.exchanges if _turned_away(exchange)}
    finding = event.finding
    return finding.outcome in ANSWERED and not any(
        part.outcome is Outcome.FAILED or (part.outcome is Outcome.REFUSED and part.provider in turned_away)
        for part in finding.parts
    )


def _turned_away(exchange: Exchange) -> bool:
    """Whether the source refused, or would have: a used-up quota is said here, before it is asked, and passes."""
    return exchange.trouble is not None and (exchange.sent or exchange.trouble.kind == "quota")


def _asked(event: Pivoted, pivot: Pivot, wanted: Mapping[str, Any]) -> bool:
    try:
        asked = pivot.complete(as_asked(event).arguments)
    except (TypeError, ValueError):
        return False  # of an earlier form of the pivot
    limit = wanted.get("limit")
    if isinstance(limit, int) and not event.finding.truncated_by and event.finding.returned <= limit:
        asked["limit"] = limit  # an answer that no limit cut is the same under every limit that it fits in
    return canonical_json(asked) == canonical_json(wanted)
