"""Expansion: wave after wave of planned pivots, within a budget, each wave recorded before it runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from clew.entities import Entity, Finding, Key, Outcome, Relation
from clew.graph.events import PlannedCall
from clew.graph.plan import Asked, Budget, Lead, Plan, make_plan
from clew.pivots.calls import defaults_of
from clew.pivots.choosing import EVERYBODY, Choice
from clew.pivots.invocation import Pivot
from clew.providers.gate import Gate


@dataclass(frozen=True, slots=True)
class Expansion:
    """What an expansion did.

    Attributes:
        start: where it began.
        plans: one for each wave, as decided before it ran.
        findings: every answer, in order; those that are nothing, failed or refused too.
        next: what it would have asked next.
        stopped_by: `depth`, `budget`, or `nothing new`.
    """

    start: Entity
    plans: tuple[Plan, ...]
    findings: tuple[Finding, ...]
    next: tuple[PlannedCall, ...]
    stopped_by: str

    @property
    def calls(self) -> int:
        """How many asks the plans made."""
        return sum(plan.cost for plan in self.plans)

    def __str__(self) -> str:
        outcomes = Counter(finding.outcome.value for finding in self.findings)
        told = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.items())
        lines = [f"{len(self.findings)} pivots in {len(self.plans)} waves, {self.calls} calls: {told}"]
        lines += (
            [f"stopped by {self.stopped_by}; next would be {len(self.next)} pivots"]
            if self.next
            else [f"stopped by {self.stopped_by}"]
        )
        return "\n".join(lines)


@dataclass(slots=True)
class Expander:
    """Runs waves. What it needs of a case are a few functions, so that a plan can be made without running it.

    Attributes:
        choice: whom look-ups ask that do not say.
        known: whether the case has an answer to a pivot of an entity already; planned at no cost.
        entity_of: the entity of a key, as the case knows it now.
        verdict_of: the verdict of its node.
        run: run one planned pivot and record it.
        planned: record a plan before it runs.
    """

    gate: Gate
    budget: Budget
    entity_of: Callable[[Entity], Entity]
    verdict_of: Callable[[Entity], str]
    run: Callable[[Entity, PlannedCall], Finding]
    planned: Callable[[Plan], None]
    known: Callable[[Entity, Pivot], bool]
    choice: Choice = EVERYBODY
    only: tuple[str, ...] | None = None
    _asked: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def expand(self, start: Entity, depth: int) -> Expansion:
        """Up to `depth` waves. Each gets an equal share of what is left of the budget, the last one all of it."""
        plans: list[Plan] = []
        findings: list[Finding] = []
        leads = [Lead(start, self.verdict_of(start))]
        known = {start.key}
        left = self.budget.calls
        for wave in range(1, depth + 1):
            plan = self.plan(wave, leads, left // (depth - wave + 1), left)
            if not plan.calls:
                break
            self.planned(plan)
            plans.append(plan)
            answers = [self._ask(call, leads) for call in plan.calls]
            findings += answers
            left -= plan.cost
            # What the share of a wave did not reach waits, and competes with what the wave found.
            leads = [*self._leads(answers, known, leads), *plan.waiting]
        following = self.plan(depth + 1, leads, self.budget.calls, self.budget.calls)
        later = (*following.calls, *following.beyond)
        cut = bool(plans and plans[-1].beyond) or len(plans) < depth
        stopped_by = "nothing new" if not later else "budget" if cut else "depth"
        return Expansion(start, tuple(plans), tuple(findings), later, stopped_by)

    def plan(self, wave: int, leads: Iterable[Lead], share: int, ceiling: int) -> Plan:
        """The next wave."""
        asked = Asked(frozenset(self._asked), self.known, self.choice)
        return make_plan(
            wave, leads, asked, gate=self.gate, budget=self.budget, calls=share, ceiling=ceiling, only=self.only
        )

    def _ask(self, call: PlannedCall, leads: list[Lead]) -> Finding:
        entity = next(lead.entity for lead in leads if lead.entity.key == call.subject)
        self._asked.add((str(call.subject), call.pivot))
        # As the case knows it by now: an earlier answer of the same wave may have told its command line.
        return self.run(self.entity_of(entity), call)

    def _leads(self, answers: list[Finding], known: set[Key], before: Iterable[Lead]) -> list[Lead]:
        """Entities that the answers named and that were not known, as the case knows them by now."""
        # Verdicts may have changed while the wave ran: the trail counts what is known now.
        trails = {lead.entity.key: replace(lead, verdict=self.verdict_of(lead.entity)).worth for lead in before}
        found: dict[Key, Lead] = {}
        for finding in answers:
            if finding.outcome is Outcome.FOUND:
                trail = trails.get(finding.subject.key, 0.0)
                for lead in _named(finding, trail):
                    mine = self._as_known(lead)
                    known_as = mine.entity.key
                    found[known_as] = mine.joined(found[known_as]) if known_as in found else mine
        fresh = [lead for key, lead in found.items() if key not in known]
        known.update(lead.entity.key for lead in fresh)
        return fresh

    def _as_known(self, lead: Lead) -> Lead:
        entity = self.entity_of(lead.entity)
        return replace(lead, entity=entity, verdict=self.verdict_of(entity), internal=bool(self.gate.private(entity)))


def _named(finding: Finding, trail: float) -> Iterator[Lead]:
    """The leads of one answer."""
    crowds = Counter(entity.kind for entity in finding.entities)
    links = [link for part in finding.parts or (finding,) for link in part.links]
    owned = {link.target.key for link in links if link.relation is Relation.HAS_ADDRESS}
    started = {
        link.target.key
        for link in links
        if link.relation is Relation.CREATED and _same(link.source.key, finding.subject.key)
    }
    talked_to = {link.target.key for link in links if link.relation is not Relation.HAS_ADDRESS}
    for entity in finding.entities:
        own = entity.key in owned and entity.key not in talked_to
        yield Lead(entity, crowd=crowds[entity.kind], trail=trail, own_address=own, started=entity.key in started)


def _same(one: Key, other: Key) -> bool:
    # The rows of one machine may give it two names: what is unique on it is the same under both.
    return (one.kind, one.value) == (other.kind, other.value)


def arguments_for(pivot: Pivot, budget: Budget) -> dict[str, Any]:
    """All arguments of a planned pivot: its defaults, with the row limit of the budget."""
    defaults = defaults_of(pivot.signature)
    return {**defaults, "limit": budget.rows} if "limit" in defaults else defaults
