"""Whom a look-up can ask: the rows of its menu, by their own names and those of their sources."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clew.pivots.binding import Menu, OperationPivot, rows_of
from clew.pivots.lookup_policy import LookupPolicy


@dataclass(frozen=True, slots=True)
class LookupRows:
    """The rows that a look-up can ask.

    Attributes:
        lookup: the name of the look-up, for people.
        rows: by name, in the order of the menu.
    """

    lookup: str
    rows: Mapping[str, OperationPivot[Any, ...]]

    @classmethod
    def of(cls, lookup: str, space: type[Menu[Any]]) -> LookupRows:
        """Every row of a menu that asks one source, those that joined it too."""
        return cls(lookup, {name: row for name, row in rows_of(space).items() if isinstance(row, OperationPivot)})

    def selection(self, names: Sequence[str] | None) -> list[str] | None:
        """The rows to ask, each once, by their own names or those of their sources; None where nothing is said.

        Raises:
            ValueError: the menu has no such row.
        """
        if names is None:
            return None
        aliases = {row.operation.provider.name: name for name, row in self.rows.items()} | {
            name: name for name in self.rows
        }
        unknown = [name for name in names if name not in aliases]
        if unknown:
            raise ValueError(f"{self.lookup} has no provider {unknown[0]!r}; it has {', '.join(self.rows)}")
        return [*dict.fromkeys(aliases[name] for name in names)]

    def pivots(self, names: Sequence[str] | None) -> tuple[OperationPivot[Any, ...], ...]:
        """The rows of those names, or all of them. Raises ValueError for a name that is none."""
        row_names = self.selection(names)
        return tuple(self.rows[name] for name in (self.rows if row_names is None else row_names))

    def complete(self, arguments: Mapping[str, Any], policy: LookupPolicy) -> dict[str, Any]:
        """All arguments of a call: who is asked by name and judged how, so that it means the same at any later time.

        Raises:
            TypeError, ValueError: a provider that the menu has not, or a number that nobody can reach.
        """
        agree = policy.rule.agree if arguments.get("agree") is None else float(arguments["agree"])
        if not 0 < agree < math.inf:
            raise ValueError(f"agree is a number above 0, not {arguments.get('agree')!r}")
        row_names = self.selection(arguments.get("providers"))
        if row_names is None:
            row_names = [name for name, row in self.rows.items() if policy.includes(row.operation.provider)]
        source_names = {row.operation.provider.name for row in self.rows.values()}
        weights = {name: weight for name, weight in policy.rule.weights.items() if name in source_names}
        return {**({"weights": weights} if weights else {}), **arguments, "agree": agree, "providers": row_names}
