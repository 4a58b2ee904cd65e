"""Writing a case: one step for each thing that happens, with the merges that follow from it, in one transaction."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clew.entities import Entity, Finding, Host, Key
from clew.graph.format.events import BulkAnswer, BulkPivoted, Common, Event, Imported, Pivoted
from clew.graph.projection.merges import due_merges
from clew.graph.projection.nodes import NodeTable
from clew.graph.recording.evidence_limits import EvidenceLimits
from clew.graph.store import Store
from clew.pivots.invocation import Invocation
from clew.providers.base import Reply
from clew.providers.exchange import Answer
from clew.sqlite import Connection


@dataclass(frozen=True, slots=True)
class Recorder:
    """Appends steps to a store.

    Attributes:
        by: who does what is recorded.
        limits: how much of what is received is kept.
        common: why a value identifies nothing; empty if it may.
    """

    store: Store
    by: str
    limits: EvidenceLimits
    common: Callable[[Key], str]

    def record(
        self,
        event: Event,
        at: datetime,
        *,
        mentions: Sequence[Entity] = (),
        replies: Mapping[str, Reply] | None = None,
        evidence: tuple[str, ...] = (),
    ) -> int:
        """One step; returns its number.

        Args:
            mentions: every mention of an entity in the event: a later one may give identifiers that an earlier one of
                the same entity did not.
            evidence: what speaks for the merges that follow.
        """
        with self.store.transaction() as connection:
            self._mark_common(connection, mentions, at)
            step = self.store.append(event, at=at, by=self.by, replies=replies)
            for merge in due_merges(connection, mentions, evidence):
                self.store.append(dataclasses.replace(merge, follows=step), at=at, by=self.by)
        return step

    def _mark_common(self, connection: Connection, mentions: Sequence[Entity], at: datetime) -> None:
        """Say of values that are known to identify nothing that they do, before anything becomes one through them."""
        # What has only one name becomes one with nothing.
        aliased_entities = [entity for entity in mentions if entity.aliases or entity.kind == Host.kind]
        names = dict.fromkeys(name for entity in aliased_entities for name in (entity.key, *entity.aliases))
        reasons = {name: reason for name in names if (reason := self.common(name))}
        if reasons:
            nodes = NodeTable(connection)
            for reason in dict.fromkeys(reasons.values()):
                fresh = tuple(name for name in reasons if reasons[name] == reason and not nodes.is_common(str(name)))
                if fresh:
                    self.store.append(Common(fresh, reason), at=at, by=self.by)

    def record_pivot(self, invocation: Invocation, answer: Answer, at: datetime) -> Finding:
        """The step of one pivot; returns its finding."""
        answer = self.limits.apply(answer, self.store.size())
        event = Pivoted(invocation, answer.finding, answer.exchanges)
        mentions = (invocation.subject, *_mentioned_entities(answer))
        self.record(event, at, mentions=mentions, replies=answer.replies, evidence=answer.finding.evidence)
        return answer.finding

    def record_bulk(self, pivot: str, arguments: Mapping[str, Any], answers: Sequence[Answer], at: datetime) -> None:
        """The step of one pivot over many subjects; no step for no answers."""
        if answers:
            answers = self._within_limits(answers)
            bulk_answers = tuple(
                BulkAnswer(answer.finding.subject, answer.finding, answer.exchanges) for answer in answers
            )
            mentions = [
                entity for answer in answers for entity in (answer.finding.subject, *_mentioned_entities(answer))
            ]
            replies = {key: reply for answer in answers for key, reply in answer.replies.items()}
            self.record(BulkPivoted(pivot, arguments, bulk_answers), at, mentions=mentions, replies=replies)

    def record_import(self, event: Imported, reply: Reply, at: datetime, mentions: Sequence[Entity]) -> None:
        """The step of an import. Raises CaseError where the case has no room for its rows."""
        self.limits.require_space(reply, self.store.size())
        self.record(event, at, mentions=mentions, replies={reply.fingerprint: reply})

    def _within_limits(self, answers: Sequence[Answer]) -> list[Answer]:
        size, results = self.store.size(), list[Answer]()
        for answer in answers:
            results.append(self.limits.apply(answer, size))
            size += sum(len(reply.body) for reply in results[-1].replies.values())
        return results


def _mentioned_entities(answer: Answer) -> list[Entity]:
    finding = answer.finding
    return [*finding.same, *(end for link in finding.links for end in (link.source, link.target))]
