"""How the verdicts of nodes changed from step to step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from clew.entities import Outcome, Severity, Verdict
from clew.graph.projection.verdict import CountedVerdict, SourceAnswer, latest_answers, node_verdict

#: A row of `case.tables.findings()`.
Row = Mapping[str, Any]


def verdict_changes(findings: Iterable[Row]) -> Mapping[str, list[tuple[int, str]]]:
    """By key of a node, each step that changed its verdict with the verdict from then on; empty text for unknown.

    Args:
        findings: what counts, in the order in which it was said.

    Returns:
        By the key of a node: the number of a step that changed its verdict, and the verdict from then on.
    """
    latest_by_subject: dict[str, dict[tuple[str, str], SourceAnswer]] = {}
    changes_by_subject: dict[str, list[tuple[int, str]]] = {}
    for row in findings:
        subject, answer = row["subject"], _answer(row)
        answers = [*latest_by_subject.get(subject, {}).items(), ((answer.provider, answer.pivot), answer)]
        latest = latest_by_subject[subject] = latest_answers(answers, lambda answer: answer.outcome)
        changes = changes_by_subject.setdefault(subject, [])
        # The sources of one answer speak at once.
        if changes and changes[-1][0] == row["step"]:
            changes.pop()
        verdict = _verdict_text(node_verdict(latest.values()))
        if verdict != (changes[-1][1] if changes else ""):
            changes.append((row["step"], verdict))
    return {subject: changes for subject, changes in changes_by_subject.items() if changes}


def _answer(row: Row) -> SourceAnswer:
    outcome, verdict, severity = Outcome(row["outcome"]), Verdict(row["verdict"]), Severity(row["severity"])
    # What it counts with is what its look-up lowered it to, and lowers it to no less.
    return SourceAnswer(row["provider"], row["pivot"], outcome, verdict, severity, Verdict(row["counted"]))


def _verdict_text(node: CountedVerdict | None) -> str:
    return "" if node is None or node.verdict is Verdict.UNKNOWN else f"{node.verdict} ({node.severity})"
