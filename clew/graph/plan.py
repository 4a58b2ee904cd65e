"""What would be asked next, of whom, at what price, and what is left out and why: decided before anything is sent."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from clew.entities import Account, Entity
from clew.entities.display import visible
from clew.graph.events import PlannedCall
from clew.pivots.invocation import Pivot
from clew.pivots.registry import pivots_for
from clew.providers.gate import Gate

#: How much the next step of a story is likely to be found at each kind of entity.
_INTEREST: Mapping[str, float] = MappingProxyType(
    {"process": 5, "account": 4, "url": 4, "domain": 4, "file": 3, "ip": 3, "host": 2}
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
class Lead:
    """An entity at the edge of what is known.

    Attributes:
        crowd: among how many of its kind the answer named it; 1 for what the analyst named.
        trail: the score of what it was found through.
        own_address: it was named only as the address that a host has itself.
    """

    entity: Entity
    verdict: str = "unknown"
    crowd: int = 1
    trail: float = 0.0
    own_address: bool = False

    @property
    def score(self) -> float:
        """Interest over the size of the crowd, and half of what the trail was worth.

        One of three children is a better lead than one of three hundred, and what a malicious address talked to is a
        better one than what a busy server did.
        """
        weight = _INTEREST.get(self.entity.kind, 1) + _VERDICTS[self.verdict]
        return round(weight / (1 + math.log2(self.crowd)) + self.trail / 2, 3)


@dataclass(frozen=True, slots=True)
class Asked:
    """What need not be asked, as subject and pivot.

    Attributes:
        now: in this expansion; not planned again.
        before: the case has an answer; planned at no cost, and read from the case.
    """

    now: frozenset[tuple[str, str]] = frozenset()
    before: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Plan:
    """What an expansion would do next.

    Attributes:
        calls: in the order in which they would run; those that the gate refuses are among them, and cost nothing.
        left_out: entities that would not be asked about, with the reason.
        beyond: calls that the budget does not reach.
    """

    wave: int
    calls: tuple[PlannedCall, ...]
    left_out: tuple[tuple[Entity, str], ...]
    beyond: tuple[PlannedCall, ...]
    budget: int

    @property
    def cost(self) -> int:
        """How many asks the plan makes."""
        return sum(call.calls for call in self.calls if not call.refused)

    @property
    def leaves(self) -> dict[str, int]:
        """How many values each provider outside would learn."""
        told: dict[str, int] = {}
        for call in self.calls:
            if not call.refused:
                for provider in call.leaves:
                    told[provider] = told.get(provider, 0) + 1
        return told

    def __str__(self) -> str:
        told = ", ".join(f"{provider} learns {count} values" for provider, count in self.leaves.items())
        lines = [f"wave {self.wave}: {len(self.calls)} pivots, {self.cost} of {self.budget} calls; "
                 f"{told or 'nothing leaves the machine'}"]  # fmt: skip
        lines += [f"  {call.pivot:<20} {visible(call.subject, 90)}{_remark(call)}" for call in self.calls]
        whys = Counter((entity.kind, why) for entity, why in self.left_out)
        lines += [f"  left out: {count} x {kind}: {why}" for (kind, why), count in whys.items()]
        lines += [f"  beyond the budget: {len(self.beyond)} pivots"] if self.beyond else []
        return "\n".join(lines)


def _remark(call: PlannedCall) -> str:
    return f"  REFUSED: {call.refused}" if call.refused else "  known already" if call.known else ""


def make_plan(
    wave: int,
    leads: Iterable[Lead],
    asked: Asked,
    *,
    gate: Gate,
    budget: Budget,
    calls: int,
    only: tuple[str, ...] | None = None,
) -> Plan:  # fmt: skip
    """Decide on the next wave.

    Args:
        asked: what need not be asked.
        calls: what is left of the budget for this wave.
        only: the pivots to use; without it, all that are not wide.
    """
    chosen: list[PlannedCall] = []
    beyond: list[PlannedCall] = []
    left_out: list[tuple[Entity, str]] = []
    spent = 0
    for lead in sorted(leads, key=lambda lead: (-lead.score, str(lead.entity.key))):
        why = _left_out(lead, budget)
        if why:
            left_out.append((lead.entity, why))
            continue
        wanted = list(_calls(lead, asked, gate, only))
        cost = sum(call.calls for call in wanted if not call.refused)
        # A lead is followed wholly or not at all, and the budget never skips a better lead for a cheaper one.
        fits = not beyond and spent + cost <= calls
        (chosen if fits else beyond).extend(wanted)
        spent += cost if fits else 0
    return Plan(wave, tuple(chosen), tuple(left_out), tuple(beyond), calls)


def _left_out(lead: Lead, budget: Budget) -> str:
    entity = lead.entity
    if lead.verdict == "malicious":
        return ""
    if lead.crowd > budget.fan_out:
        return f"one of {lead.crowd} of its kind in one answer"
    if isinstance(entity, Account) and entity.key.scope:
        return "an account that every machine has"
    if lead.own_address:
        return "the own address of a host, which is a lead itself"
    return ""


def _calls(lead: Lead, asked: Asked, gate: Gate, only: tuple[str, ...] | None) -> Iterator[PlannedCall]:
    entity = lead.entity
    for name, pivot in pivots_for(type(entity)).items():
        wanted = name in only if only is not None else not pivot.wide and _leads_on(name)
        subject = (str(entity.key), name)
        if wanted and subject not in asked.now:
            yield _planned(entity, pivot, gate, lead.score, known=subject in asked.before)


def _leads_on(name: str) -> bool:
    # The rows of `ti` are asked together by `ti.lookup`, as one verdict.
    return not name.startswith("ti.") or name == "ti.lookup"


def _planned(entity: Entity, pivot: Pivot, gate: Gate, score: float, *, known: bool) -> PlannedCall:
    names = tuple(provider.name for provider in pivot.providers)
    if known:
        return PlannedCall(entity.key, pivot.name, names, 0, (), "", score, known=True)
    outside = [provider for provider in pivot.providers if provider.leaves]
    refusals = {provider: gate.refusal(provider, entity) for provider in outside}
    passing = tuple(provider.name for provider in outside if refusals[provider] is None)
    # A look-up of which some providers are refused still asks the others.
    all_refused = bool(outside) and len(outside) == len(pivot.providers) and not passing
    refused = next((refusal.what for refusal in refusals.values() if refusal), "") if all_refused else ""
    return PlannedCall(
        entity.key, pivot.name, names, pivot.calls - len(outside) + len(passing), passing, refused, score
    )
