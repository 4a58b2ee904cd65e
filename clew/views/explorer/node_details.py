"""What a page says of a node and of an edge: plain values, every text of them safe to look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from clew.analysis.verdict_history import VerdictAtStep, verdict_changes
from clew.entities import Claim, Verdict
from clew.entities.display import time_text, visible
from clew.graph.case_reader import CaseReader
from clew.graph.projection.rows import AnswerRow
from clew.views.explorer.scene import SceneNode

VALUE_SHOWN = 1_200
REMARKS_SHOWN = 20
FINDINGS_SHOWN = 20
TAG_SHOWN = 60
POINTERS_SHOWN = 5

#: Values that JSON has; what a page is made of.
Json = Mapping[str, object]
#: What was said, after the step that said it.
StepText = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Remarks:
    """What was said about nodes, by key as text: findings as a few values, all else as lines, each with its step."""

    findings: Mapping[str, list[Json]]
    verdicts: Mapping[str, list[VerdictAtStep]]
    notes: Mapping[str, list[StepText]]
    tags: Mapping[str, list[StepText]]
    merges: Mapping[str, list[StepText]]


def read_remarks(case: CaseReader) -> Remarks:
    """Read what sources and people said."""
    answers = case.answer_list()
    findings: dict[str, list[Json]] = {}
    for answer in answers:
        findings.setdefault(answer.subject, []).append(_finding(answer))
    notes: dict[str, list[StepText]] = {}
    tags: dict[str, list[StepText]] = {}
    remark_kinds = {"note": (notes, VALUE_SHOWN), "tag": (tags, TAG_SHOWN)}
    for remark in case.remark_list():
        if remark.kind in remark_kinds:
            lines, limit = remark_kinds[remark.kind]
            lines.setdefault(remark.about, []).append((remark.step, visible(remark.text, limit)))
    merges: dict[str, list[StepText]] = {}
    for merge in case.merge_list():
        undone = " (taken back)" if merge.undone_by is not None else ""
        text = visible(f"{merge.gone_key}: {merge.reason}{undone}", VALUE_SHOWN)
        merges.setdefault(merge.kept_key, []).append((merge.step, text))
    return Remarks(findings, verdict_changes(answers), notes, tags, merges)


def _finding(answer: AnswerRow) -> Json:
    values = {
        "by": visible(answer.provider or answer.pivot, 80),
        "pivot": visible(answer.pivot, 80),
        "outcome": answer.outcome,
        "verdict": "" if answer.verdict is Verdict.UNKNOWN else f"{answer.verdict} ({answer.severity})",
        "reason": visible(answer.reason, VALUE_SHOWN),
        "reference": visible(answer.reference, 300),
        "asked": time_text(answer.asked_at),
        "step": answer.step,
        "rows": _extent(answer),
    }
    return {name: value for name, value in values.items() if value != ""}


def _extent(answer: AnswerRow) -> str:
    if not answer.truncated_by:
        return f"{answer.returned_count:,} returned" if answer.returned_count else ""
    available = "an unknown number" if answer.available_count is None else f"{answer.available_count:,}"
    return visible(f"{answer.returned_count:,} of {available} returned, cut by {answer.truncated_by}", 200)


def node_details(node: SceneNode, remarks: Remarks) -> Json:
    """Everything that the page says of a node."""
    key = str(node.key)
    findings = remarks.findings.get(key, [])
    values: dict[str, object] = {
        "kind": node.key.kind,
        "name": visible(node.label, 300),
        "place": node.place,
        "key": visible(key, 300),
        "step": node.step,
        "verdict": "" if node.verdict == "unknown" else f"{node.verdict} ({node.severity})",
        "verdicts": remarks.verdicts.get(key, []),
        "tags": remarks.tags.get(key, []),
        "fields": list(_fields(node)),
        "said": findings[:FINDINGS_SHOWN],
        "more": max(0, len(findings) - FINDINGS_SHOWN),
        "notes": remarks.notes.get(key, [])[:REMARKS_SHOWN],
        "merged": remarks.merges.get(key, [])[:REMARKS_SHOWN],
    }
    return {name: value for name, value in values.items() if value}


def _fields(node: SceneNode) -> Iterator[tuple[str, str]]:
    for name, value in node.entity.filled_fields().items():
        if value == node.key.value:
            continue
        text = time_text(value) if isinstance(value, datetime) else str(value)
        note = f" (cut: {VALUE_SHOWN:,} of {len(text):,} characters)" if len(text) > VALUE_SHOWN else ""
        yield visible(name.replace("_", " ")), f"{visible(text, VALUE_SHOWN)}{note}"


def claim_details(claim: Claim) -> dict[str, object]:
    """What one source said, when it was asked, and where in its answer it says so."""
    first, last = time_text(claim.observed_first), time_text(claim.observed_last)
    values: dict[str, object] = {
        "by": visible(claim.provider, 80),
        "pivot": visible(claim.pivot, 80),
        "step": claim.step,
        "asked": time_text(claim.asked_at),
        "first": first,
        "last": last if last != first else "",
        "count": claim.count,
        "at": [visible(pointer, 120) for pointer in claim.pointers[:POINTERS_SHOWN]],
        "inferred": claim.inferred,
    }
    return {name: value for name, value in values.items() if value}
