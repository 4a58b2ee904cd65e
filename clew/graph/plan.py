"""What would be asked next, of whom, at what price, and what is left out and why: decided before anything is sent."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from clew.entities import Account, Entity
from clew.entities.display import visible
from clew.graph.events import PlannedCall
from clew.pivots.choosing import EVERYBODY, Choice
from clew.pivots.invocation import Pivot
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
class Lead:
    """An entity at the edge of what is known.

    Attributes:
        crowd: among how many of its kind the answer named it; 1 for what the analyst named.
        trail: the worth of what it was found through.
        own_address: it was named only as the address that a host has itself.
        started: the subject of the answer created it.
        internal: the gate would not let it leave.
    """

    entity: Entity
    verdict: str = "unknown"
    crowd: int = 1
    trail: float = 0.0
    own_address: bool = False
    started: bool = False
    internal: bool = False

    def joined(self, other: Lead) -> Lead:
        """One lead out of two mentions of the same entity: what speaks for it counts."""
        return replace(
            self,
            crowd=min(self.crowd, other.crowd),
            trail=max(self.trail, other.trail),
            own_address=self.own_address and other.own_address,
            started=self.started or other.started,
        )

    @property
    def worth(self) -> float:
        """How much is likely to be found at it: its own interest, and half of the worth of what led to it."""
        weight = _INTEREST.get(self.entity.kind, 1) + _VERDICTS[self.verdict]
        if self.entity.kind == "file" and self.entity.key.scope:
            weight -= 2  # a place says less than a content that others may have seen
        if self.own_address:
            weight -= 1.5  # who talked to it may be the story, and may be everybody
        if self.internal and self.entity.kind in ("domain", "ip"):
            weight -= 2  # names and addresses inside say little about who is outside
        if self.started:
            weight += 2  # what a lead did next
        return weight + self.trail / 2

    @property
    def score(self) -> float:
        """Worth over the size of the crowd: one of three children is a better lead than one of three hundred."""
        return round(self.worth / (1 + math.log2(self.crowd)), 3)


def _never(entity: Entity, pivot: Pivot) -> bool:  # noqa: ARG001 - nothing is known of any
    return False


@dataclass(frozen=True, slots=True)
class Asked:
    """What need not be asked.

    Attributes:
        now: in this expansion, as subject and pivot; not planned again.
        before: whether the case has an answer; planned at no cost, and read from the case.
        choice: whom look-ups ask; a pivot whose source is not among them is not planned.
    """

    now: frozenset[tuple[str, str]] = frozenset()
    before: Callable[[Entity, Pivot], bool] = _never
    choice: Choice = EVERYBODY


@dataclass(frozen=True, slots=True)
class Plan:
    """What an expansion would do next.

    Attributes:
        calls: in the order in which they would run; those that the gate refuses are among them, and cost nothing.
        left_out: entities that would not be asked about, with the reason.
        beyond: calls that the budget does not reach; `waiting` are the leads that they belong to.
    """

    wave: int
    calls: tuple[PlannedCall, ...]
    left_out: tuple[tuple[Entity, str], ...]
    beyond: tuple[PlannedCall, ...]
    waiting: tuple[Lead, ...]
    budget: int

    @property
    def cost(self) -> int:
        """How many asks the plan makes."""
        return _cost(self.calls)

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
        lines = [
            f"wave {self.wave}: {len(self.calls)} pivots, {self.cost} of {self.budget} calls; "
            f"{told or 'nothing leaves the machine'}"
        ]
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
    ceiling: int,
    only: tuple[str, ...] | None = None,
) -> Plan:
    """Decide on the next wave.

    Args:
        asked: what need not be asked.
        calls: the share of the budget that this wave may use.
        ceiling: what is left of the whole budget.
        only: the pivots to use; without it, all that are not wide.
    """
    chosen: list[PlannedCall] = []
    beyond: list[PlannedCall] = []
    waiting: list[Lead] = []
    left_out: list[tuple[Entity, str]] = []
    spent = 0
    for lead in sorted(leads, key=lambda lead: (-lead.score, str(lead.entity.key))):
        why = _left_out(lead, budget)
        if why:
            left_out.append((lead.entity, why))
            continue
        wanted = list(_calls(lead, asked, gate, only))
        # A lead is followed wholly or left waiting, and a better lead never waits for a cheaper one. Only the first is
        # followed as far as the whole budget goes: a small budget is no reason to ask nothing.
        fitting = [] if waiting else _affordable(wanted, calls - spent) if chosen else _first(wanted, calls, ceiling)
        spent += _cost(fitting)
        chosen += fitting
        beyond += wanted[len(fitting) :]
        if len(fitting) < len(wanted):
            waiting.append(lead)
    return Plan(wave, tuple(chosen), tuple(left_out), tuple(beyond), tuple(waiting), max(calls, spent))


def _cost(calls: Iterable[PlannedCall]) -> int:
    return sum(call.calls for call in calls if not call.refused)


def _affordable(wanted: list[PlannedCall], left: int) -> list[PlannedCall]:
    return wanted if _cost(wanted) <= left else []


def _first(wanted: list[PlannedCall], share: int, ceiling: int) -> list[PlannedCall]:
    if _cost(wanted) <= max(share, ceiling):
        return wanted
    return [call for number, call in enumerate(wanted, start=1) if _cost(wanted[:number]) <= ceiling]


def _left_out(lead: Lead, budget: Budget) -> str:
    entity = lead.entity
    if lead.verdict == "malicious":
        return ""
    if lead.crowd > budget.fan_out:
        return f"one of {lead.crowd} of its kind in one answer"
    if isinstance(entity, Account) and entity.key.scope:
        return "an account that every machine has"
    return ""


def _calls(lead: Lead, asked: Asked, gate: Gate, only: tuple[str, ...] | None) -> Iterator[PlannedCall]:
    entity = lead.entity
    pivots = pivots_for(type(entity))
    # What a look-up asks together, as one verdict, is not asked alone too.
    together = {name for pivot in pivots.values() for name in pivot.together}
    for name, pivot in pivots.items():
        wanted = name in only if only is not None else pivot.leads and not pivot.wide and name not in together
        subject = (str(entity.key), name)
        rows = pivot.asked(pivot.complete({}, asked.choice)) if wanted and subject not in asked.now else ()
        if only is None:
            rows = tuple(row for row in rows if all(map(asked.choice.asks, row.providers)))
        if rows:
            yield _planned(entity, pivot, rows, gate, lead.score, known=asked.before(entity, pivot))


def _planned(
    entity: Entity, pivot: Pivot, rows: Sequence[Pivot], gate: Gate, score: float, *, known: bool
) -> PlannedCall:
    providers = [provider for row in rows for provider in row.providers]
    names = tuple(provider.name for provider in providers)
    if known:
        return PlannedCall(entity.key, pivot.name, names, 0, (), "", score, known=True)
    outside = [provider for provider in providers if provider.leaves]
    refusals = {provider: gate.refusal(provider, entity) for provider in outside}
    passing = tuple(provider.name for provider in outside if refusals[provider] is None)
    # A look-up of which some providers are refused still asks the others.
    all_refused = bool(outside) and len(outside) == len(providers) and not passing
    refused = next((refusal.what for refusal in refusals.values() if refusal), "") if all_refused else ""
    calls = sum(row.calls for row in rows) - len(outside) + len(passing)
    return PlannedCall(entity.key, pivot.name, names, calls, passing, refused, score)
