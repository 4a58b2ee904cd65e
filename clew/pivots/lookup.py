"""`lookup`: the row of a menu that asks all its other rows, for one verdict."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Self, TypeVar, overload

from clew.entities import Entity
from clew.entities.term import Term
from clew.pivots.binding import Menu, MenuRow
from clew.pivots.bound_call import LookupCall, defaults_of
from clew.pivots.bulk_call import Bulk
from clew.pivots.invocation import Pivot, SubQuery
from clew.pivots.lookup_policy import EVERY_SOURCE, LookupPolicy, VerdictRule
from clew.pivots.lookup_rows import LookupRows
from clew.pivots.lookup_verdict import combine_findings
from clew.providers.base import ColumnFunction, Provider
from clew.providers.exchange import Answer

E = TypeVar("E", bound=Entity)


class Lookup(MenuRow[E]):
    """A row of a menu that asks all other rows of it."""

    broad = False
    expands = True
    columns: ColumnFunction | None = None

    def __init__(self, about: str = "What every configured source knows about it, as one verdict.") -> None:
        super().__init__(self, {"providers": None, "agree": None})
        self.about = about

    def with_arguments(self, *, providers: Sequence[str] | None = None, agree: float | None = None) -> Bulk[E]:
        """The look-up with chosen providers. Raises ValueError for one that the menu has not."""
        return Bulk(self, self.kind, {"providers": self.selection(providers), "agree": agree})

    @overload
    def __get__(self, space: None, owner: type[Menu[E]]) -> Self: ...
    @overload
    def __get__(self, space: Menu[E], owner: type[Menu[E]]) -> LookupCall: ...
    def __get__(self, space: Menu[E] | None, owner: type[Menu[E]]) -> Self | LookupCall:
        return self if space is None else LookupCall(self, space.subject)

    @cached_property
    def targets(self) -> LookupRows:
        """Whom it can ask."""
        return LookupRows.of(self.name, self.space)

    @property
    def member_names(self) -> tuple[str, ...]:
        """The full names of the rows."""
        return tuple(row.name for row in self.targets.rows.values())

    @property
    def signature(self) -> inspect.Signature:
        """Of the call."""
        call_signature = inspect.signature(LookupCall.__call__)
        return call_signature.replace(parameters=list(call_signature.parameters.values())[1:])

    @property
    def help(self) -> str:
        """The whole description."""
        return (
            f"{self.about}\n\nArgs:\n"
            f"    providers: whom to ask, out of {', '.join(self.targets.rows)}; without it, all that are configured.\n"
            "    agree: how many of them have to say malicious for it to be; without it, what the settings say."
        )

    @property
    def calls(self) -> int:
        """The asks of all rows together."""
        return sum(row.calls for row in self.targets.rows.values())

    @property
    def shape(self) -> Mapping[str, Term]:
        """What all rows together come back with, by name."""
        return {name: term for row in self.targets.rows.values() for name, term in row.shape.items()}

    @property
    def providers(self) -> tuple[type[Provider], ...]:
        """Everybody who is asked."""
        return tuple(provider for row in self.targets.rows.values() for provider in row.providers)

    def selection(self, names: Sequence[str] | None) -> list[str] | None:
        """The rows to ask; None where nothing is said. Raises ValueError for one that the menu has not."""
        return self.targets.selection(names)

    def complete(self, arguments: Mapping[str, Any], policy: LookupPolicy = EVERY_SOURCE) -> dict[str, Any]:
        """All arguments of a call; `policy` says what these do not. Raises TypeError or ValueError for a wrong one."""
        return self.targets.complete(arguments, policy)

    def source_pivots(self, arguments: Mapping[str, Any]) -> tuple[Pivot, ...]:
        """The rows that are asked."""
        return self.targets.pivots(arguments.get("providers"))

    def sub_queries(self, subject: Entity, arguments: Mapping[str, Any]) -> tuple[SubQuery, ...]:
        """One sub-query for each row, with its default arguments."""
        rows = self.source_pivots(arguments)
        return tuple(sub_query for row in rows for sub_query in row.sub_queries(subject, defaults_of(row.signature)))

    def combine(self, subject: Entity, answers: tuple[Answer, ...], arguments: Mapping[str, Any]) -> Answer:
        """One finding with a part for each provider."""
        parts = tuple(answer.finding for answer in answers)
        finding = combine_findings(subject, self.name, parts, VerdictRule.of(arguments))
        exchanges = tuple(exchange for answer in answers for exchange in answer.exchanges)
        replies = {key: reply for answer in answers for key, reply in answer.replies.items()}
        return Answer(finding, exchanges, replies)
