"""A pivot call as a value: what is recorded, planned and replayed."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from clew.entities import Entity, Finding
from clew.entities.codec import AnyEntity
from clew.entities.term import Term
from clew.entities.times import TimeWindow, parse_time
from clew.pivots.lookup_policy import EVERY_SOURCE, LookupPolicy
from clew.providers.base import ColumnFunction, Provider, Steps
from clew.providers.exchange import Answer


@dataclass(frozen=True, slots=True)
class Invocation:
    """Which pivot, of which entity, with which arguments (all of them, defaults included)."""

    pivot: str
    subject: AnyEntity
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class SubQuery:
    """One operation of a pivot, begun but not yet run."""

    pivot: str
    provider: type[Provider]
    steps: Steps | Finding


class Pivot(Protocol):
    """A verb, as the registry knows it."""

    @property
    def name(self) -> str:
        """`ti.lookup`."""
        ...

    @property
    def about(self) -> str:
        """One line."""
        ...

    @property
    def calls(self) -> int:
        """How many asks a call makes."""
        ...

    @property
    def broad(self) -> bool:
        """Whether expansion leaves it to the analyst."""
        ...

    @property
    def expands(self) -> bool:
        """Whether its answer can lead on to something."""
        ...

    @property
    def member_names(self) -> tuple[str, ...]:
        """The full names of the pivots that it asks itself, as one verdict."""
        ...

    @property
    def help(self) -> str:
        """The whole description."""
        ...

    @property
    def signature(self) -> inspect.Signature:
        """Of the call as an analyst writes it."""
        ...

    @property
    def columns(self) -> ColumnFunction | None:
        """The same answers for many subjects at once, where they can be computed so."""
        ...

    @property
    def shape(self) -> Mapping[str, Term]:
        """What comes back, by name: facts, or the columns of rows."""
        ...

    @property
    def providers(self) -> tuple[type[Provider], ...]:
        """Who is asked."""
        ...

    def complete(self, arguments: Mapping[str, Any], policy: LookupPolicy = EVERY_SOURCE) -> dict[str, Any]:
        """All arguments of a call, those that were not given too, as they are kept."""
        ...

    def source_pivots(self, arguments: Mapping[str, Any]) -> tuple[Pivot, ...]:
        """The pivots of one source each that it asks with these arguments."""
        ...

    def sub_queries(self, subject: Entity, arguments: Mapping[str, Any]) -> tuple[SubQuery, ...]:
        """Its operations for that subject."""
        ...

    def combine(self, subject: Entity, answers: tuple[Answer, ...], arguments: Mapping[str, Any]) -> Answer:
        """One answer out of those of the sub-queries."""
        ...


def resolve_arguments(
    pivot: Pivot, arguments: Mapping[str, Any], window: TimeWindow, now: datetime, policy: LookupPolicy = EVERY_SOURCE
) -> dict[str, Any]:
    """The arguments of a call as they are recorded: all of them, and meaning the same at any later time.

    A pivot that takes `start` and `end` is asked about a window of time: what a call does not give of it comes from
    `window`, and what is relative becomes absolute. Whom a look-up asks that does not say so is decided by `policy`.

    Raises:
        QueryError: a time that is none, or a window that does not end after it starts.
    """
    full_arguments = pivot.complete(arguments, policy)
    if "start" not in full_arguments or "end" not in full_arguments:
        return full_arguments
    start, end = full_arguments["start"], full_arguments["end"]
    full_window = TimeWindow(
        window.start if start is None else parse_time(start, now, label="start"),
        window.end if end is None else parse_time(end, now, label="end"),
    )
    full_arguments["start"], full_arguments["end"] = full_window.stamps
    return full_arguments
