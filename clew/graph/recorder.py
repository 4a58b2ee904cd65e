"""Writing a case: one step for each thing that happens, with the merges that follow from it, in one transaction."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clew.entities import Entity, Finding
from clew.graph.events import BulkAnswer, BulkPivoted, Event, Pivoted
from clew.graph.merging import due_merges
from clew.graph.store import Store
from clew.pivots.invocation import Invocation
from clew.providers.base import Reply
from clew.providers.exchange import Answer


@dataclass(frozen=True, slots=True)
class Recorder:
    """Appends steps to a store.

    Attributes:
        by: who does what is recorded.
    """

    store: Store
    by: str

    def record(
        self,
        event: Event,
        at: datetime,
        *,
        placed: Sequence[Entity] = (),
        replies: Mapping[str, Reply] | None = None,
        evidence: tuple[str, ...] = (),
    ) -> int:
        """One step; returns its number.

        Args:
            placed: every mention of an entity in the event: a later one may give identifiers that an earlier one of
                the same entity did not.
            evidence: what speaks for the merges that follow.
        """
        with self.store.transaction() as connection:
            step = self.store.append(event, at=at, by=self.by, replies=replies)
            for merge in due_merges(connection, placed, evidence):
                self.store.append(dataclasses.replace(merge, follows=step), at=at, by=self.by)
        return step

    def keep(self, invocation: Invocation, answer: Answer, at: datetime) -> Finding:
        """The step of one pivot; returns its finding."""
        event = Pivoted(invocation, answer.finding, answer.exchanges)
        placed = (invocation.subject, *_mentions(answer))
        self.record(event, at, placed=placed, replies=answer.replies, evidence=answer.finding.evidence)
        return answer.finding

    def keep_all(self, pivot: str, arguments: Mapping[str, Any], answers: Sequence[Answer], at: datetime) -> None:
        """The step of one pivot over many subjects; no step for no answers."""
        if answers:
            kept = tuple(BulkAnswer(each.finding.subject, each.finding, each.exchanges) for each in answers)
            placed = [entity for each in answers for entity in (each.finding.subject, *_mentions(each))]
            replies = {key: reply for each in answers for key, reply in each.replies.items()}
            self.record(BulkPivoted(pivot, arguments, kept), at, placed=placed, replies=replies)


def _mentions(answer: Answer) -> list[Entity]:
    return [end for link in answer.finding.links for end in (link.source, link.target)]
