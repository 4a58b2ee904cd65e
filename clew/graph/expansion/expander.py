"""Expansion: wave after wave of planned pivots, within a budget, each wave recorded before it runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from clew.entities import Entity, Finding, Key, Outcome, Relation
from clew.graph.expansion.plan import Budget, Candidate, Exclusions, Plan, make_plan
from clew.graph.format.events import PlannedCall
from clew.pivots.bound_call import defaults_of
from clew.pivots.invocation import Pivot
from clew.pivots.lookup_policy import EVERY_SOURCE, LookupPolicy
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
        outcome_text = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.items())
        lines = [f"{len(self.findings)} pivots in {len(self.plans)} waves, {self.calls} calls: {outcome_text}"]
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
        can_answer: whether anybody can answer a pivot of an entity; else it is not planned.
        lookup_policy: whom look-ups ask that do not say.
        known_keys: whether the case has an answer to a pivot of an entity already; planned at no cost.
        entity_of: the entity of a key, as the case knows it now.
        verdict_of: the verdict of its node.
        run: run one planned pivot and record it.
        record_plan: record a plan before it runs.
    """

    gate: Gate
    budget: Budget
    entity_of: Callable[[Entity], Entity]
    verdict_of: Callable[[Entity], str]
    run: Callable[[Entity, PlannedCall], Finding]
    record_plan: Callable[[Plan], None]
    is_answered: Callable[[Entity, Pivot], bool]
    can_answer: Callable[[Entity, Pivot], bool]
    lookup_policy: LookupPolicy = EVERY_SOURCE
    pivot_names: tuple[str, ...] | None = None
    _past_calls: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def expand(self, start: Entity, depth: int) -> Expansion:
        """Up to `depth` waves. Each gets an equal share of what is left of the budget, the last one all of it."""
        plans: list[Plan] = []
        findings: list[Finding] = []
        candidates = [Candidate(start, self.verdict_of(start))]
        known_keys = {start.key}
        remaining_calls = self.budget.calls
        for wave in range(1, depth + 1):
            plan = self.plan(wave, candidates, remaining_calls // (depth - wave + 1), remaining_calls)
            if not plan.calls:
                break
            self.record_plan(plan)
            plans.append(plan)
            answers = [self._run_call(call, candidates) for call in plan.calls]
            findings += answers
            remaining_calls -= plan.cost
            # What the share of a wave did not reach waits, and competes with what the wave found.
            candidates = [*self._new_candidates(answers, known_keys, candidates), *plan.waiting]
        next_plan = self.plan(depth + 1, candidates, self.budget.calls, self.budget.calls)
        next_calls = (*next_plan.calls, *next_plan.over_budget)
        is_over_budget = bool(plans and plans[-1].over_budget) or len(plans) < depth
        stopped_by = "nothing new" if not next_calls else "budget" if is_over_budget else "depth"
        return Expansion(start, tuple(plans), tuple(findings), next_calls, stopped_by)

    def plan(self, wave: int, candidates: Iterable[Candidate], share: int, ceiling: int) -> Plan:
        """The next wave."""
        exclusions = Exclusions(frozenset(self._past_calls), self.is_answered, self.lookup_policy, self.can_answer)
        return make_plan(
            wave,
            candidates,
            exclusions,
            gate=self.gate,
            budget=self.budget,
            calls=share,
            ceiling=ceiling,
            pivot_names=self.pivot_names,
        )

    def _run_call(self, call: PlannedCall, candidates: list[Candidate]) -> Finding:
        entity = next(candidate.entity for candidate in candidates if candidate.entity.key == call.subject)
        self._past_calls.add((str(call.subject), call.pivot))
        # As the case knows it by now: an earlier answer of the same wave may have told its command line.
        return self.run(self.entity_of(entity), call)

    def _new_candidates(
        self, answers: list[Finding], known_keys: set[Key], previous: Iterable[Candidate]
    ) -> list[Candidate]:
        """Entities that the answers named and that were not known, as the case knows them by now."""
        # Verdicts may have changed while the wave ran: the trail counts what is known now.
        path_scores = {
            candidate.entity.key: replace(candidate, verdict=self.verdict_of(candidate.entity)).interest
            for candidate in previous
        }
        candidates: dict[Key, Candidate] = {}
        for finding in answers:
            if finding.outcome is Outcome.FOUND:
                path_score = path_scores.get(finding.subject.key, 0.0)
                for candidate in _answer_candidates(finding, path_score):
                    current = self._current_candidate(candidate)
                    current_key = current.entity.key
                    candidates[current_key] = (
                        current.merge(candidates[current_key]) if current_key in candidates else current
                    )
        new_candidates = [candidate for key, candidate in candidates.items() if key not in known_keys]
        known_keys.update(candidate.entity.key for candidate in new_candidates)
        return new_candidates

    def _current_candidate(self, candidate: Candidate) -> Candidate:
        entity = self.entity_of(candidate.entity)
        return replace(
            candidate, entity=entity, verdict=self.verdict_of(entity), internal=bool(self.gate.private_reason(entity))
        )


def _answer_candidates(finding: Finding, path_score: float) -> Iterator[Candidate]:
    """The leads of one answer."""
    sibling_counts = Counter(entity.kind for entity in finding.entities)
    links = [link for part in finding.parts or (finding,) for link in part.links]
    address_keys = {link.target.key for link in links if link.relation is Relation.HAS_ADDRESS}
    created_keys = {
        link.target.key
        for link in links
        if link.relation is Relation.CREATED and _is_same_value(link.source.key, finding.subject.key)
    }
    contacted_keys = {link.target.key for link in links if link.relation is not Relation.HAS_ADDRESS}
    for entity in finding.entities:
        is_own_address = entity.key in address_keys and entity.key not in contacted_keys
        yield Candidate(
            entity,
            siblings=sibling_counts[entity.kind],
            path_score=path_score,
            own_address=is_own_address,
            is_child=entity.key in created_keys,
        )


def _is_same_value(key: Key, other: Key) -> bool:
    # The rows of one machine may give it two names: what is unique on it is the same under both.
    return (key.kind, key.value) == (other.kind, other.value)


def arguments_for(pivot: Pivot, budget: Budget) -> dict[str, Any]:
    """All arguments of a planned pivot: its defaults, with the row limit of the budget."""
    defaults = defaults_of(pivot.signature)
    return {**defaults, "limit": budget.rows} if "limit" in defaults else defaults
