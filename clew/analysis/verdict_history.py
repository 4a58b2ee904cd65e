"""How the verdicts of nodes changed from step to step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from clew.entities import Verdict
from clew.graph.projection.rows import AnswerRow
from clew.graph.projection.verdict import CountedVerdict, SourceAnswer, latest_answers, node_verdict


class VerdictAtStep(NamedTuple):
    """From a step on, a node has another verdict: in words, with its severity; empty text for unknown."""

    step: int
    verdict: str


def verdict_changes(answers: Iterable[AnswerRow]) -> Mapping[str, list[VerdictAtStep]]:
    """By key of a node as text, each step that changed its verdict, the first one first.

    Args:
        answers: what counts, in the order in which it was said.
    """
    latest_by_subject: dict[str, dict[tuple[str, str], SourceAnswer]] = {}
    changes_by_subject: dict[str, list[VerdictAtStep]] = {}
    for row in answers:
        # What it counts with is what its look-up lowered it to, and lowers it to no less.
        answer = SourceAnswer(row.provider, row.pivot, row.outcome, row.verdict, row.severity, row.counted_verdict)
        by_source = [*latest_by_subject.get(row.subject, {}).items(), ((row.provider, row.pivot), answer)]
        latest = latest_by_subject[row.subject] = latest_answers(by_source, lambda answer: answer.outcome)
        changes = changes_by_subject.setdefault(row.subject, [])
        # The sources of one answer speak at once.
        if changes and changes[-1].step == row.step:
            changes.pop()
        verdict = _verdict_text(node_verdict(latest.values()))
        if verdict != (changes[-1].verdict if changes else ""):
            changes.append(VerdictAtStep(row.step, verdict))
    return {subject: changes for subject, changes in changes_by_subject.items() if changes}


def _verdict_text(node: CountedVerdict | None) -> str:
    return "" if node is None or node.verdict is Verdict.UNKNOWN else f"{node.verdict} ({node.severity})"
