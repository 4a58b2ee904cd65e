"""What a page says of a node and of an edge: plain values, every text of them safe to look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from clew.analysis.verdict_history import verdict_changes
from clew.entities import Claim
from clew.entities.display import visible
from clew.graph.case_reader import CaseReader
from clew.views.explorer.scene import SceneNode

if TYPE_CHECKING:
    import pandas as pd

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
    """What was said about nodes, by node: findings as a few values, all else as lines, each with its step."""

    findings: Mapping[str, list[Json]]
    verdicts: Mapping[str, list[StepText]]
    notes: Mapping[str, list[StepText]]
    tags: Mapping[str, list[StepText]]
    merges: Mapping[str, list[StepText]]


def read_remarks(case: CaseReader) -> Remarks:
    """Read what sources and people said."""
    finding_rows = [*rows(case.tables.findings())]
    findings: dict[str, list[Json]] = {}
    for row in finding_rows:
        findings.setdefault(row["subject"], []).append(_finding(row))
    notes: dict[str, list[StepText]] = {}
    tags: dict[str, list[StepText]] = {}
    remark_kinds = {"note": (notes, VALUE_SHOWN), "tag": (tags, TAG_SHOWN)}
    for row in rows(case.tables.remarks()):
        if row["kind"] in remark_kinds:
            lines, limit = remark_kinds[row["kind"]]
            lines.setdefault(row["about"], []).append((row["step"], visible(row["text"], limit)))
    merges: dict[str, list[StepText]] = {}
    for row in rows(case.tables.merges()):
        undone = " (taken back)" if row["undone_by"] is not None else ""
        text = visible(f"{row['gone']}: {row['reason']}{undone}", VALUE_SHOWN)
        merges.setdefault(row["keep"], []).append((row["step"], text))
    return Remarks(findings, verdict_changes(finding_rows), notes, tags, merges)


def rows(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """The rows of a frame by column name; what is not there is None."""
    table = frame.astype(object)
    yield from cast("list[dict[str, Any]]", table.where(table.notna(), None).to_dict("records"))


def _finding(row: Mapping[str, Any]) -> Json:
    values = {
        "by": visible(row["provider"] or row["pivot"], 80),
        "pivot": visible(row["pivot"], 80),
        "outcome": row["outcome"],
        "verdict": "" if row["verdict"] == "unknown" else f"{row['verdict']} ({row['severity']})",
        "why": visible(row["reason"], VALUE_SHOWN),
        "reference": visible(row["reference"], 300),
        "asked": time_text(row["asked_at"]),
        "step": row["step"],
        "rows": _extent(row),
    }
    return {name: value for name, value in values.items() if value != ""}


def _extent(row: Mapping[str, Any]) -> str:
    if not row["truncated_by"]:
        return f"{row['returned']:,} returned" if row["returned"] else ""
    available = "an unknown number" if row["available"] is None else f"{row['available']:,}"
    return visible(f"{row['returned']:,} of {available} returned, cut by {row['truncated_by']}", 200)


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


def time_text(time: datetime | None) -> str:
    """A time as people read it; the page says once that it is UTC."""
    return f"{time:%Y-%m-%d %H:%M:%S}" if time else ""
