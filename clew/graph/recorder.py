"""Writing a case: one step for each thing that happens, with the merges that follow from it, in one transaction."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clew.entities import Entity, Finding, Host, Key
from clew.graph.database import Connection
from clew.graph.events import BulkAnswer, BulkPivoted, Common, Event, Imported, Pivoted
from clew.graph.fold import Fold
from clew.graph.merging import due_merges
from clew.graph.room import Room
from clew.graph.store import Store
from clew.pivots.invocation import Invocation
from clew.providers.base import Reply
from clew.providers.exchange import Answer


@dataclass(frozen=True, slots=True)
class Recorder:
    """Appends steps to a store.

    Attributes:
        by: who does what is recorded.
        room: how much of what is received is kept.
        common: why a value identifies nothing; empty if it may.
    """

    store: Store
    by: str
    room: Room
    common: Callable[[Key], str]

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
            self._set_aside(connection, placed, at)
            step = self.store.append(event, at=at, by=self.by, replies=replies)
            for merge in due_merges(connection, placed, evidence):
                self.store.append(dataclasses.replace(merge, follows=step), at=at, by=self.by)
        return step

    def _set_aside(self, connection: Connection, placed: Sequence[Entity], at: datetime) -> None:
        """Say of values that are known to identify nothing that they do, before anything becomes one through them."""
        # What has only one name becomes one with nothing.
        several = [entity for entity in placed if entity.aliases or entity.kind == Host.kind]
        names = dict.fromkeys(name for entity in several for name in (entity.key, *entity.aliases))
        found = {name: why for name in names if (why := self.common(name))}
        if found:
            fold = Fold(connection)
            for why in dict.fromkeys(found.values()):
                fresh = tuple(name for name in found if found[name] == why and not fold.is_common(str(name)))
                if fresh:
                    self.store.append(Common(fresh, why), at=at, by=self.by)

    def keep(self, invocation: Invocation, answer: Answer, at: datetime) -> Finding:
        """The step of one pivot; returns its finding."""
        answer = self.room.kept(answer, self.store.size())
        event = Pivoted(invocation, answer.finding, answer.exchanges)
        placed = (invocation.subject, *_mentions(answer))
        self.record(event, at, placed=placed, replies=answer.replies, evidence=answer.finding.evidence)
        return answer.finding

    def keep_all(self, pivot: str, arguments: Mapping[str, Any], answers: Sequence[Answer], at: datetime) -> None:
        """The step of one pivot over many subjects; no step for no answers."""
        if answers:
            answers = self._with_room(answers)
            kept = tuple(BulkAnswer(each.finding.subject, each.finding, each.exchanges) for each in answers)
            placed = [entity for each in answers for entity in (each.finding.subject, *_mentions(each))]
            replies = {key: reply for each in answers for key, reply in each.replies.items()}
            self.record(BulkPivoted(pivot, arguments, kept), at, placed=placed, replies=replies)

    def keep_rows(self, event: Imported, reply: Reply, at: datetime, placed: Sequence[Entity]) -> None:
        """The step of an import. Raises CaseError where the case has no room for its rows."""
        self.room.demand(reply, self.store.size())
        self.record(event, at, placed=placed, replies={reply.fingerprint: reply})

    def _with_room(self, answers: Sequence[Answer]) -> list[Answer]:
        size, kept = self.store.size(), list[Answer]()
        for answer in answers:
            kept.append(self.room.kept(answer, size))
            size += sum(len(reply.body) for reply in kept[-1].replies.values())
        return kept


def _mentions(answer: Answer) -> list[Entity]:
    found = answer.finding
    return [*found.same, *(end for link in found.links for end in (link.source, link.target))]
