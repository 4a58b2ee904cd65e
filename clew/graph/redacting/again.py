"""Redacted steps read again from their own redacted raw replies."""

from __future__ import annotations

from datetime import datetime

from clew.entities import Finding
from clew.errors import ClewError, NotRedacted
from clew.graph.answers import as_asked
from clew.graph.events import Pivoted, Step, event_adapter, event_json
from clew.graph.redacting.reading import Written
from clew.graph.replay import retold
from clew.graph.store import Store
from clew.pivots.execution import execute
from clew.pivots.registry import find_pivot
from clew.providers.exchange import Playback
from clew.providers.gate import Gate
from clew.providers.runner import Runner


def read_again(store: Store, step: Written) -> tuple[str, bool]:
    """The text of a step as its raw replies give it; and whether they do not give the same statements any more.

    What an answer says of an address or a name itself (that it is private) is then said of its pseudonym.

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
    lost = False

    def read(single: Pivoted) -> Finding:
        nonlocal lost
        found = _run(store, at, single)
        if found is None or _statements(found) != _statements(single.finding):
            lost = True
            return single.finding
        return found

    told = retold(Step(step.number, at, step.by, step.tool, event, "", ""), read)
    return event_json(told.event), lost


def _run(store: Store, at: datetime, single: Pivoted) -> Finding | None:
    """What a pivot says to what was recorded; None where it is not there, or cannot be run, any more."""
    if any(exchange.unkept for exchange in single.exchanges):
        return single.finding
    try:
        known = store.replies(single.exchanges, step=0)
        runner = Runner({}, Playback(single.exchanges, known), Gate(offline=True), lambda: at)
        pivot = find_pivot(type(single.invocation.subject), single.invocation.pivot)
        return execute(runner, as_asked(single), pivot).finding
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
        *(each.key for each in finding.same),
    ]
