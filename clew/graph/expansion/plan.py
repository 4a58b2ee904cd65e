"""What would be asked next, of whom, at what price, and what is left out and why: decided before anything is sent."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from clew.entities import Account, Entity
from clew.entities.display import visible
from clew.graph.format.events import PlannedCall
from clew.pivots.invocation import Pivot
from clew.pivots.lookup_policy import EVERY_SOURCE, LookupPolicy
from clew.pivots.registry import pivots_for
from clew.providers.gate import Gate

#: How much the next step of a story is likely to be found at each kind of entity.
_INTEREST: Mapping[str, float] = MappingProxyType(
    {"process": 5, "account": 4, "url": 4, "domain": 4, "file": 4, "ip": 3, "host": 2, "certificate": 2, "asn": 0.5}
)
_VERDICTS: Mapping[str, float] = MappingProxyType({"malicious": 4, "suspicious": 2, "benign": -2, "unknown": 0})


@dataclass(frozen=True, slots=True)
class Budget:
    """What an expansion may cost.

    Attributes:
        calls: asks, to logs, databases and services together.
        rows: the most rows of one query.
        fan_out: an entity that one answer names among more than this many of its kind is kept, and not expanded.
    """

    calls: int = 40
    rows: int = 500
    fan_out: int = 25

    def __post_init__(self) -> None:
        if min(self.calls, self.rows, self.fan_out) < 1:
            raise ValueError("a budget is at least one call, one row and one neighbour")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entity at the edge of what is known.

    Attributes:
        siblings: among how many of its kind the answer named it; 1 for what the analyst named.
        path_score: the worth of what it was found through.
        own_address: it was named only as the address that a host has itself.
        is_child: the subject of the answer created it.
        internal: the gate would not let it leave.
    """

    entity: Entity
    verdict: str = "unknown"
    siblings: int = 1
    path_score: float = 0.0
    own_address: bool = False
    is_child: bool = False
    internal: bool = False

    def merge(self, other: Candidate) -> Candidate:
        """One lead out of two mentions of the same entity: what speaks for it counts."""
        return replace(
            self,
            siblings=min(self.siblings, other.siblings),
            path_score=max(self.path_score, other.path_score),
            own_address=self.own_address and other.own_address,
            is_child=self.is_child or other.is_child,
        )

    @property
    def interest(self) -> float:
        """How much is likely to be found at it: its own interest, and half of the worth of what led to it."""
        weight = _INTEREST.get(self.entity.kind, 1) + _VERDICTS[self.verdict]
        if self.entity.kind == "file" and self.entity.key.scope:
            weight -= 2  # a place says less than a content that others may have seen
        if self.own_address:
            weight -= 1.5  # who talked to it may be the story, and may be everybody
        if self.internal and self.entity.kind in ("domain", "ip"):
            weight -= 2  # names and addresses inside say little about who is outside
        if self.is_child:
            weight += 2  # what a lead did next
        return weight + self.path_score / 2

    @property
    def score(self) -> float:
        """Worth over the size of the crowd: one of three children is a better lead than one of three hundred."""
        return round(self.interest / (1 + math.log2(self.siblings)), 3)


def _no_answer(entity: Entity, pivot: Pivot) -> bool:  # noqa: ARG001 - nothing is known of any
    return False


def _any_answer(entity: Entity, pivot: Pivot) -> bool:  # noqa: ARG001 - anybody may know
    return True


@dataclass(frozen=True, slots=True)
class Exclusions:
    """What need not be asked.

    Attributes:
        already_planned: in this expansion, as subject and pivot; not planned again.
        is_answered: whether the case has an answer; planned at no cost, and read from the case.
        lookup_policy: whom look-ups ask; a pivot whose source is not among them is not planned.
        can_answer: whether anybody can: a question to logs of which none has such rows is not planned.
    """

    already_planned: frozenset[tuple[str, str]] = frozenset()
    is_answered: Callable[[Entity, Pivot], bool] = _no_answer
    lookup_policy: LookupPolicy = EVERY_SOURCE
    can_answer: Callable[[Entity, Pivot], bool] = _any_answer


@dataclass(frozen=True, slots=True)
class Plan:
    """What an expansion would do next.

    Attributes:
        calls: in the order in which they would run; those that the gate refuses are among them, and cost nothing.
        left_out: entities that would not be asked about, with the reason.
        over_budget: calls that the budget does not reach; `waiting` are the leads that they belong to.
    """

    wave: int
    calls: tuple[PlannedCall, ...]
    left_out: tuple[tuple[Entity, str], ...]
    over_budget: tuple[PlannedCall, ...]
    waiting: tuple[Candidate, ...]
    budget: int

    @property
    def cost(self) -> int:
        """How many asks the plan makes."""
        return _cost(self.calls)

    @property
    def egress(self) -> dict[str, int]:
        """How many values each provider outside would learn."""
        counts: dict[str, int] = {}
        for call in self.calls:
            if not call.refused:
                for provider in call.leaves:
                    counts[provider] = counts.get(provider, 0) + 1
        return counts

    def __str__(self) -> str:
        egress_text = ", ".join(f"{provider} learns {count} values" for provider, count in self.egress.items())
        lines = [
            f"wave {self.wave}: {len(self.calls)} pivots, {self.cost} of {self.budget} calls; "
            f"{egress_text or 'nothing leaves the machine'}"
        ]
        lines += [f"  {call.pivot:<20} {visible(call.subject, 90)}{_remark(call)}" for call in self.calls]
        skip_counts = Counter((entity.kind, reason) for entity, reason in self.left_out)
        lines += [f"  left out: {count} x {kind}: {reason}" for (kind, reason), count in skip_counts.items()]
        lines += [f"  beyond the budget: {len(self.over_budget)} pivots"] if self.over_budget else []
        return "\n".join(lines)


def _remark(call: PlannedCall) -> str:
    return f"  REFUSED: {call.refused}" if call.refused else "  known already" if call.known else ""


def make_plan(
    wave: int,
    candidates: Iterable[Candidate],
    exclusions: Exclusions,
    *,
    gate: Gate,
    budget: Budget,
    calls: int,
    ceiling: int,
    pivot_names: tuple[str, ...] | None = None,
) -> Plan:
    """Decide on the next wave.

    Args:
        exclusions: what need not be asked.
        calls: the share of the budget that this wave may use.
        ceiling: what is left of the whole budget.
        pivot_names: the pivots to use; without it, all that are not wide.
    """
    selection: list[PlannedCall] = []
    over_budget: list[PlannedCall] = []
    waiting: list[Candidate] = []
    left_out: list[tuple[Entity, str]] = []
    total_cost = 0
    for candidate in sorted(candidates, key=lambda candidate: (-candidate.score, str(candidate.entity.key))):
        reason = _skip_reason(candidate, budget)
        if reason:
            left_out.append((candidate.entity, reason))
            continue
        possible_calls = list(_possible_calls(candidate, exclusions, gate, pivot_names))
        # A lead is followed wholly or left waiting, and a better lead never waits for a cheaper one. Only the first is
        # followed as far as the whole budget goes: a small budget is no reason to ask nothing.
        fitting = (
            []
            if waiting
            else _affordable(possible_calls, calls - total_cost)
            if selection
            else _first_selection(possible_calls, calls, ceiling)
        )
        total_cost += _cost(fitting)
        selection += fitting
        over_budget += possible_calls[len(fitting) :]
        if len(fitting) < len(possible_calls):
            waiting.append(candidate)
    return Plan(wave, tuple(selection), tuple(left_out), tuple(over_budget), tuple(waiting), max(calls, total_cost))


def _cost(calls: Iterable[PlannedCall]) -> int:
    return sum(call.calls for call in calls if not call.refused)


def _affordable(calls: list[PlannedCall], budget: int) -> list[PlannedCall]:
    return calls if _cost(calls) <= budget else []


def _first_selection(calls: list[PlannedCall], share: int, ceiling: int) -> list[PlannedCall]:
    if _cost(calls) <= max(share, ceiling):
        return calls
    return [call for number, call in enumerate(calls, start=1) if _cost(calls[:number]) <= ceiling]


def _skip_reason(candidate: Candidate, budget: Budget) -> str:
    entity = candidate.entity
    if candidate.verdict == "malicious":
        return ""
    if candidate.siblings > budget.fan_out:
        return f"one of {candidate.siblings} of its kind in one answer"
    if isinstance(entity, Account) and entity.key.scope:
        return "an account that every machine has"
    return ""


def _possible_calls(
    candidate: Candidate, exclusions: Exclusions, gate: Gate, pivot_names: tuple[str, ...] | None
) -> Iterator[PlannedCall]:
    entity = candidate.entity
    pivots = pivots_for(type(entity))
    # What a look-up asks together, as one verdict, is not asked alone too.
    covered_names = {name for pivot in pivots.values() for name in pivot.member_names}
    for name, pivot in pivots.items():
        is_candidate = (
            name in pivot_names
            if pivot_names is not None
            else pivot.expands and not pivot.broad and name not in covered_names
        )
        subject = (str(entity.key), name)
        rows = (
            pivot.source_pivots(pivot.complete({}, exclusions.lookup_policy))
            if is_candidate and subject not in exclusions.already_planned
            else ()
        )
        if pivot_names is None:
            rows = tuple(row for row in rows if all(map(exclusions.lookup_policy.includes, row.providers)))
            rows = rows if exclusions.can_answer(entity, pivot) else ()
        if rows:
            yield _planned_call(
                entity, pivot, rows, gate, candidate.score, is_known=exclusions.is_answered(entity, pivot)
            )


def _planned_call(
    entity: Entity, pivot: Pivot, rows: Sequence[Pivot], gate: Gate, score: float, *, is_known: bool
) -> PlannedCall:
    providers = [provider for row in rows for provider in row.providers]
    names = tuple(provider.name for provider in providers)
    if is_known:
        return PlannedCall(entity.key, pivot.name, names, 0, (), "", score, known=True)
    external = [provider for provider in providers if provider.leaves]
    refusals = {provider: gate.refusal(provider, entity) for provider in external}
    permitted_names = tuple(provider.name for provider in external if refusals[provider] is None)
    # A look-up of which some providers are refused still asks the others.
    all_refused = bool(external) and len(external) == len(providers) and not permitted_names
    refusal_text = next((refusal.message for refusal in refusals.values() if refusal), "") if all_refused else ""
    calls = sum(row.calls for row in rows) - len(external) + len(permitted_names)
    return PlannedCall(entity.key, pivot.name, names, calls, permitted_names, refusal_text, score)
