"""How the verdicts of nodes changed from step to step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from clew.entities import Outcome, Severity, Verdict
from clew.entities.finding import CONCLUSIVE_OUTCOMES, VERDICT_ORDER
from clew.graph.projection.fold import ANALYST

_SEVERITIES = tuple(Severity)

#: A row of `case.findings()`.
Row = Mapping[str, Any]


def verdict_changes(findings: Iterable[Row]) -> Mapping[str, list[tuple[int, str]]]:
    """By key of a node, each step that changed its verdict with the verdict from then on; empty text for unknown.

    Args:
        findings: what counts, in the order in which it was said.
    """
    rows_by_source: dict[str, dict[tuple[str, str], Row]] = {}
    changes_by_subject: dict[str, list[tuple[int, str]]] = {}
    for row in findings:
        if row["outcome"] not in CONCLUSIVE_OUTCOMES:
            continue
        latest = rows_by_source.setdefault(row["subject"], {})
        latest[row["provider"], row["pivot"]] = row
        changes = changes_by_subject.setdefault(row["subject"], [])
        # The sources of one answer speak at once.
        if changes and changes[-1][0] == row["step"]:
            changes.pop()
        verdict = _verdict(latest.values())
        if verdict != (changes[-1][1] if changes else ""):
            changes.append((row["step"], verdict))
    return {subject: changes for subject, changes in changes_by_subject.items() if changes}


def _verdict(latest: Iterable[Row]) -> str:
    """What counts of the latest word of each source: that of the analyst, else the worst, as the case decides."""
    strongest = min(latest, key=_rank)
    if strongest["outcome"] != Outcome.FOUND or strongest["counted"] == Verdict.UNKNOWN:
        return ""
    return f"{strongest['counted']} ({_severity(strongest)})"


def _rank(row: Row) -> tuple[bool, bool, int, int]:
    is_judgement = row["provider"] == ANALYST and row["counted"] != Verdict.UNKNOWN
    is_found = row["outcome"] == Outcome.FOUND
    return not is_judgement, not is_found, VERDICT_ORDER.index(row["counted"]), _SEVERITIES.index(_severity(row))


def _severity(row: Row) -> Severity:
    """That of the answer; not high where its verdict was lowered."""
    severity = Severity(row["severity"])
    return Severity.MEDIUM if row["counted"] != row["verdict"] and severity is Severity.HIGH else severity
