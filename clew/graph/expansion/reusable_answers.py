"""Which recorded answers answer a question again, so that an expansion need not ask it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from clew.entities import Finding, Key, Outcome
from clew.entities.finding import CONCLUSIVE_OUTCOMES
from clew.errors import CaseError
from clew.graph.format.events import BulkPivoted, Pivoted
from clew.graph.projection.verdict import conclusive_sql
from clew.graph.store import Store
from clew.pivots.invocation import Invocation, Pivot
from clew.providers.base import canonical_json
from clew.providers.exchange import Exchange


class AnswerPosition(NamedTuple):
    """Where an answer is: the number of its step, and which of the answers of that step it is, from 0 on."""

    step: int
    answer: int


def normalized_invocation(event: Pivoted) -> Invocation:
    """A recorded call. Whom an early look-up asked that does not say so is told by its parts."""
    invocation = event.invocation
    if not event.finding.parts or invocation.arguments.get("providers") is not None:
        return invocation
    rows = [part.pivot.rpartition(".")[2] for part in event.finding.parts]
    return replace(invocation, arguments={**invocation.arguments, "providers": rows})


class RecordedAnswers:
    """The answers in a case, to ask nobody twice."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def latest(self, key: Key, pivot: Pivot, arguments: Mapping[str, Any]) -> AnswerPosition | None:
        """Where a pivot of a node with these arguments was answered last; None where it was not."""
        with self._store.reading() as connection:
            rows = list(
                connection.execute(
                    "SELECT step, answer FROM answers WHERE subject = ? AND pivot = ? AND part = 0 "  # noqa: S608 - constants of ours
                    f"AND {conclusive_sql('outcome')} ORDER BY step DESC, answer DESC",
                    (str(key), pivot.name),
                )
            )
        positions = (AnswerPosition(*row) for row in rows)
        return next(
            (position for position in positions if is_reusable(self._pivot_event(position), pivot, arguments)), None
        )

    def finding(self, position: AnswerPosition) -> Finding:
        """What was answered there. Raises CaseError where there is no answer."""
        return self._pivot_event(position).finding

    def _pivot_event(self, position: AnswerPosition) -> Pivoted:
        event = self._store.step(position.step).event
        if isinstance(event, BulkPivoted):
            return event.pivot_events()[position.answer]
        if not isinstance(event, Pivoted):
            raise CaseError(f"step {position.step} is no pivot")
        return event


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
