"""Answers, remarks and merges of a case as plain values, a row each, for code that needs no frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from clew.entities import Outcome, Severity, Verdict
from clew.sqlite import Connection

REMARKS = "SELECT step, about, kind, text FROM remarks ORDER BY step"
MERGES = "SELECT step, keep, gone, reason, undone_by FROM merges ORDER BY step"


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """What one source answered.

    Attributes:
        subject: the key of the node, as text.
        provider: empty where no source got to say anything.
        asked_at: when, in UTC; None where it was not asked but brought in.
        returned_count: how many rows came with it.
        available_count: how many there were; None where the source did not say.
        truncated_by: what cut the rows; empty where nothing did.
        counted_verdict: the verdict with which it counts: no worse than that of the look-up that it is part of.
    """

    step: int
    subject: str
    pivot: str
    provider: str
    outcome: Outcome
    verdict: Verdict
    severity: Severity
    reason: str
    reference: str
    asked_at: datetime | None
    returned_count: int
    available_count: int | None
    truncated_by: str
    counted_verdict: Verdict


@dataclass(frozen=True, slots=True)
class RemarkRow:
    """A note, a tag or a window of time.

    Attributes:
        about: the key of the node, as text; empty for the whole case.
        kind: `note`, `tag` or `window`.
    """

    step: int
    about: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class MergeRow:
    """Two nodes that became one.

    Attributes:
        kept_key: the key of the node that stayed, as text.
        gone_key: the key of the other.
        undone_by: the step that took it back; None while it is in force.
    """

    step: int
    kept_key: str
    gone_key: str
    reason: str
    undone_by: int | None


def answer_rows(connection: Connection) -> Iterator[AnswerRow]:
    """The answers, in the order in which they were recorded; of a look-up, those of its sources."""
    rows = connection.execute(
        "SELECT step, subject, pivot, provider, outcome, verdict, severity, reason, reference, asked_at, returned, "
        "available, truncated_by, counted FROM answers WHERE part > 0 ORDER BY step, answer, part"
    )
    for step, subject, pivot, provider, *judgement, reason, link, asked_at, count, total, limit, milder in rows:
        outcome, verdict, severity = judgement
        yield AnswerRow(
            step,
            subject,
            pivot,
            provider,
            Outcome(outcome),
            Verdict(verdict),
            Severity(severity),
            reason,
            link,
            datetime.fromisoformat(asked_at) if asked_at else None,
            count,
            total,
            limit,
            Verdict(milder),
        )


def remark_rows(connection: Connection) -> Iterator[RemarkRow]:
    """Notes, tags and windows of time, in the order in which they were made."""
    return (RemarkRow(*row) for row in connection.execute(REMARKS))


def merge_rows(connection: Connection) -> Iterator[MergeRow]:
    """Merges, those that were taken back too, in the order in which they were made."""
    return (MergeRow(*row) for row in connection.execute(MERGES))
