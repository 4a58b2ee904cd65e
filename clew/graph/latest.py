"""The latest answer to each question of a case: what was asked twice in the same way is one question."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from clew.entities import Finding
from clew.entities.finding import ANSWERED
from clew.graph.events import Pivoted, Step, singles
from clew.graph.store import not_in_force
from clew.pivots.choosing import Rule
from clew.pivots.combine import combine_findings
from clew.providers.base import canonical_json


class Call(NamedTuple):
    """A pivot of a subject with arguments."""

    subject: str
    pivot: str
    arguments: str

    @classmethod
    def of(cls, single: Pivoted) -> Call:
        """The call that was recorded."""
        asked = single.invocation
        return cls(str(asked.subject.key), asked.pivot, canonical_json(dict(asked.arguments)))


_NOTHING: Mapping[Call, Finding] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Latest:
    """What was asked last, and what was answered last.

    Attributes:
        calls: each with the step that made it last.
        answers: of each source of a call, with the step that has it; of a source that never answered, its last failure.
    """

    calls: Mapping[Call, tuple[int, Pivoted]]
    answers: Mapping[Call, Mapping[tuple[str, str], tuple[int, Finding]]]

    @classmethod
    def of(cls, steps: Sequence[Step]) -> Latest:
        """Those of the steps that count."""
        undone = not_in_force(steps)
        calls: dict[Call, tuple[int, Pivoted]] = {}
        answers: dict[Call, dict[tuple[str, str], tuple[int, Finding]]] = {}
        counting = (step for step in steps if step.number not in undone)
        for number, single in ((step.number, single) for step in counting for single in singles(step.event)):
            call = Call.of(single)
            calls[call] = number, single
            known = answers.setdefault(call, {})
            for part in single.finding.parts or (single.finding,):
                source = part.pivot, part.provider
                if source not in known or part.outcome in ANSWERED or known[source][1].outcome not in ANSWERED:
                    known[source] = number, part
        return cls(calls, answers)

    def asked_before(self, at: datetime) -> dict[Call, Pivoted]:
        """Calls of which nothing was answered since that moment."""
        return {call: single for call, (_, single) in self.calls.items() if not self._since(call, at)}

    def _since(self, call: Call, at: datetime) -> bool:
        times = [part.asked_at for _, part in self.answers[call].values() if part.outcome in ANSWERED]
        return any(time is not None and time >= at for time in times)

    def told(self, step: Step, today: Mapping[Call, Finding] = _NOTHING) -> Callable[[Pivoted], Finding | None]:
        """What becomes of a pivot of a step: what was answered last stays, or is the answer of today.

        Args:
            today: answers that take the place of the recorded ones, where the call was made last.
        """

        def finding(single: Pivoted) -> Finding | None:
            call = Call.of(single)
            if call in today:
                return today[call] if self.calls[call][0] == step.number else None
            parts = tuple(part for number, part in self.answers.get(call, {}).values() if number == step.number)
            if single.finding.parts and parts:
                asked = single.invocation
                return combine_findings(asked.subject, asked.pivot, parts, Rule.of(asked.arguments))
            return parts[0] if parts else None

        return finding
