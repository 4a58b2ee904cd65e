"""Redacted steps read again from their own redacted raw replies."""

from __future__ import annotations

from datetime import datetime

from clew.entities import Finding
from clew.errors import ClewError, NotRedacted
from clew.graph.expansion.reusable_answers import normalized_invocation
from clew.graph.format.events import Pivoted, Step, event_adapter, event_json
from clew.graph.redaction.case_texts import RawStep
from clew.graph.replay.offline_replay import with_findings
from clew.graph.store import Store
from clew.pivots.execution import execute
from clew.pivots.registry import find_pivot
from clew.providers.exchange import Playback
from clew.providers.gate import Gate
from clew.providers.runner import Runner


def reparse_step(store: Store, step: RawStep) -> tuple[str, bool]:
    """Read a step again out of its raw replies.

    What an answer says of an address or a name itself (that it is private) is then said of its pseudonym.

    Returns:
        The text of the step, and whether the replies do not give the same statements any more.

    Raises:
        NotRedacted: the step cannot be read as it was rewritten.
    """
    try:
        event = event_adapter().validate_json(step.body)
    except (ClewError, ValueError) as error:
        raise NotRedacted(
            f"step {step.number} could not be read if it were redacted so: {error}",
            next_step="keep a name that is in it",
        ) from None
    at = datetime.fromisoformat(step.at)
    is_lost = False

    def read(pivot_event: Pivoted) -> Finding:
        nonlocal is_lost
        finding = _reparse_pivot(store, at, pivot_event)
        if finding is None or _statements(finding) != _statements(pivot_event.finding):
            is_lost = True
            return pivot_event.finding
        return finding

    new_step = with_findings(Step(step.number, at, step.by, step.tool, event, "", ""), read)
    return event_json(new_step.event), is_lost


def _reparse_pivot(store: Store, at: datetime, pivot_event: Pivoted) -> Finding | None:
    """What a pivot says to what was recorded; None where it is not there, or cannot be run, any more."""
    if any(exchange.unkept for exchange in pivot_event.exchanges):
        return pivot_event.finding
    try:
        replies = store.replies(pivot_event.exchanges, step=0)
        runner = Runner({}, Playback(pivot_event.exchanges, replies), Gate(offline=True), lambda: at)
        pivot = find_pivot(type(pivot_event.invocation.subject), pivot_event.invocation.pivot)
        return execute(runner, normalized_invocation(pivot_event), pivot).finding
    except (ClewError, TypeError, ValueError):
        return None


def _statements(finding: Finding) -> list[object]:
    """What a finding states, in order."""
    links = [(link.source.key, link.relation, link.target.key, link.pointers) for link in finding.links]
    return [
        finding.subject.key,
        finding.outcome,
        finding.verdict,
        finding.severity,
        *links,
        *(entity.key for entity in finding.same),
    ]
