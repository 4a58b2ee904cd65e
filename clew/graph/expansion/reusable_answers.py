"""Which recorded answers answer a question again, so that an expansion need not ask it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from clew.entities import Outcome
from clew.entities.finding import CONCLUSIVE_OUTCOMES
from clew.graph.format.events import Pivoted
from clew.pivots.invocation import Invocation, Pivot
from clew.providers.base import canonical_json
from clew.providers.exchange import Exchange


def normalized_invocation(event: Pivoted) -> Invocation:
    """A recorded call. Whom an early look-up asked that does not say so is told by its parts."""
    invocation = event.invocation
    if not event.finding.parts or invocation.arguments.get("providers") is not None:
        return invocation
    rows = [part.pivot.rpartition(".")[2] for part in event.finding.parts]
    return replace(invocation, arguments={**invocation.arguments, "providers": rows})


def is_reusable(event: Pivoted, pivot: Pivot, arguments: Mapping[str, Any]) -> bool:
    """Whether what came back is whole, and is what the pivot would be asked with these arguments."""
    return _is_complete(event) and _is_same_call(event, pivot, arguments)


def _is_complete(event: Pivoted) -> bool:
    """Whether everybody answered who would. What settings or the gate keep from being asked would be kept again."""
    refusing_providers = {exchange.provider for exchange in event.exchanges if _was_refused(exchange)}
    finding = event.finding
    return finding.outcome in CONCLUSIVE_OUTCOMES and not any(
        part.outcome is Outcome.FAILED or (part.outcome is Outcome.REFUSED and part.provider in refusing_providers)
        for part in finding.parts
    )


def _was_refused(exchange: Exchange) -> bool:
    """Whether the source refused, or would have: a used-up quota is said here, before it is asked, and passes."""
    return exchange.trouble is not None and (exchange.sent or exchange.trouble.kind == "quota")


def _is_same_call(event: Pivoted, pivot: Pivot, arguments: Mapping[str, Any]) -> bool:
    try:
        recorded_arguments = pivot.complete(normalized_invocation(event).arguments)
    except (TypeError, ValueError):
        return False  # of an earlier form of the pivot
    limit = arguments.get("limit")
    if isinstance(limit, int) and not event.finding.truncated_by and event.finding.returned <= limit:
        recorded_arguments["limit"] = limit  # an answer that no limit cut is the same under every limit that it fits in
    return canonical_json(recorded_arguments) == canonical_json(arguments)
