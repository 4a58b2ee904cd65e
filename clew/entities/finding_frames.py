"""Findings as DataFrames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from clew.entities.vocabulary import COMMON

if TYPE_CHECKING:
    from clew.entities.finding import Finding, Scalar, Table


def finding_frame(finding: Finding) -> pd.DataFrame:
    """The rows of a query; else one row per part (or for the finding itself), `COMMON` first, then its facts."""
    if finding.table is not None:
        return finding.table.to_frame()
    records = [
        {name: _cell(value) for name, value in finding_record(part).items()} for part in finding.parts or (finding,)
    ]
    facts = dict.fromkeys(name for record in records for name in record if name not in COMMON)
    return pd.DataFrame.from_records(records, columns=[*COMMON, *facts])


def table_frame(table: Table) -> pd.DataFrame:
    """The rows of a query; a column `time` becomes UTC timestamps."""
    rows = [[_cell(value) for value in row] for row in table.rows]
    frame = pd.DataFrame(rows, columns=[*table.columns])
    if "time" in frame:
        frame["time"] = pd.to_datetime(frame["time"], utc=True)
    return frame


def _cell(value: Scalar | pd.Timestamp) -> Scalar | pd.Timestamp:
    # A lone surrogate, which JSON can spell, is nothing that a column of text can hold.
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "backslashreplace").decode()
    return value


def finding_record(finding: Finding) -> dict[str, Scalar | pd.Timestamp]:
    """One finding as one row."""
    record: dict[str, Scalar | pd.Timestamp] = {
        "subject": str(finding.subject.key),
        "outcome": finding.outcome.value,
        "verdict": finding.verdict.value,
        "severity": finding.severity.value,
        "provider": finding.provider,
        "reason": finding.reason,
        "reference": finding.reference,
        "observed_first": pd.Timestamp(finding.observed_first) if finding.observed_first else None,
        "observed_last": pd.Timestamp(finding.observed_last) if finding.observed_last else None,
        "asked_at": pd.Timestamp(finding.asked_at) if finding.asked_at else None,
        "returned": finding.returned,
        "available": finding.available,
        "truncated_by": finding.truncated_by,
    }
    return {**{fact.name: fact.value for fact in finding.facts}, **record}
