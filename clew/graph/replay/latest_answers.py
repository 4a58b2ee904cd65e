"""The latest answer to each question of a case: what was asked twice in the same way is one question."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from clew.entities import Finding
from clew.entities.finding import CONCLUSIVE_OUTCOMES
from clew.graph.format.events import Pivoted, Step, pivot_events
from clew.graph.format.undo import inactive_steps
from clew.graph.projection.verdict import latest_answers
from clew.pivots.lookup_policy import VerdictRule
from clew.pivots.lookup_verdict import combine_findings
from clew.providers.base import canonical_json


class CallKey(NamedTuple):
    """A pivot of a subject with arguments."""

    subject: str
    pivot: str
    arguments: str

    @classmethod
    def of(cls, pivot_event: Pivoted) -> CallKey:
        """The call that was recorded."""
        invocation = pivot_event.invocation
        return cls(str(invocation.subject.key), invocation.pivot, canonical_json(dict(invocation.arguments)))


_NO_ANSWERS: Mapping[CallKey, Finding] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class LatestAnswers:
    """What was asked last, and what was answered last.

    Attributes:
        calls: each with the step that made it last.
        answers: of each source of a call, with the step that has it; of a source that never answered, its last failure.
    """

    calls: Mapping[CallKey, tuple[int, Pivoted]]
    answers: Mapping[CallKey, Mapping[tuple[str, str], tuple[int, Finding]]]

    @classmethod
    def of(cls, steps: Sequence[Step]) -> LatestAnswers:
        """Those of the steps that count."""
        inactive = inactive_steps(steps)
        calls: dict[CallKey, tuple[int, Pivoted]] = {}
        parts: list[tuple[tuple[CallKey, tuple[str, str]], tuple[int, Finding]]] = []
        for step in (step for step in steps if step.number not in inactive):
            for pivot_event in pivot_events(step.event):
                call = CallKey.of(pivot_event)
                calls[call] = step.number, pivot_event
                parts += (
                    ((call, (part.pivot, part.provider)), (step.number, part))
                    for part in pivot_event.finding.parts or (pivot_event.finding,)
                )
        answers: dict[CallKey, dict[tuple[str, str], tuple[int, Finding]]] = {call: {} for call in calls}
        for (call, source), answer in latest_answers(parts, lambda answer: answer[1].outcome).items():
            answers[call][source] = answer
        return cls(calls, answers)

    def stale_calls(self, at: datetime) -> dict[CallKey, Pivoted]:
        """Calls of which nothing was answered since that moment."""
        return {
            call: pivot_event for call, (_, pivot_event) in self.calls.items() if not self._has_answer_since(call, at)
        }

    def _has_answer_since(self, call: CallKey, at: datetime) -> bool:
        times = [part.asked_at for _, part in self.answers[call].values() if part.outcome in CONCLUSIVE_OUTCOMES]
        return any(time is not None and time >= at for time in times)

    def finding_selector(
        self, step: Step, replacements: Mapping[CallKey, Finding] = _NO_ANSWERS
    ) -> Callable[[Pivoted], Finding | None]:
        """What becomes of a pivot of a step: what was answered last stays, or is the answer of today.

        Args:
            replacements: answers that take the place of the recorded ones, where the call was made last.
        """

        def finding(pivot_event: Pivoted) -> Finding | None:
            call = CallKey.of(pivot_event)
            if call in replacements:
                return replacements[call] if self.calls[call][0] == step.number else None
            parts = tuple(part for number, part in self.answers.get(call, {}).values() if number == step.number)
            if pivot_event.finding.parts and parts:
                invocation = pivot_event.invocation
                return combine_findings(
                    invocation.subject, invocation.pivot, parts, VerdictRule.of(invocation.arguments)
                )
            return parts[0] if parts else None

        return finding
