"""The mechanism: `bind` joins an operation to a menu, `menu` a menu to an entity; both keep all static types.

A menu is a class that reads as a table:

    class IpTi(Menu[IpAddress]):
        menu = "ti"
        lookup = fan_out()
        abuseipdb = bind(AbuseIpDb.ip)

`ip.ti` is then a `IpTi` for that address, and `ip.ti.abuseipdb` a call with the operation's own signature.
"""

from __future__ import annotations

import importlib
import inspect
import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Generic, ParamSpec, Self, TypeVar, cast, get_args, overload

from clew.entities import Entity
from clew.entities.display import visible
from clew.entities.vocabulary import Term
from clew.pivots.bound_call import LookupCall, PivotCall, defaults_of
from clew.pivots.invocation import Pivot, SubQuery
from clew.pivots.lookup_policy import EVERY_SOURCE, LookupPolicy, VerdictRule
from clew.pivots.lookup_verdict import combine_findings
from clew.providers.base import ColumnFunction, Operation, Provider
from clew.providers.exchange import Answer

if TYPE_CHECKING:
    import pandas as pd
    from narwhals.typing import IntoDataFrameT as IntoFrameT

    from clew.pivots.bulk import Join

P = ParamSpec("P")
E = TypeVar("E", bound=Entity)
S = TypeVar("S", bound="Menu[Any]")


class Menu(Generic[E]):
    """A menu of pivots of one subject."""

    __slots__ = ("subject",)
    menu: ClassVar[str] = ""

    def __init__(self, subject: E) -> None:
        self.subject = subject

    @classmethod
    def entity(cls) -> type[Entity]:
        """The class of its subjects: `IpAddress` for a `Menu[IpAddress]`."""
        (kind,) = get_args(vars(cls)["__orig_bases__"][0])
        return cast("type[Entity]", kind)

    def __dir__(self) -> list[str]:
        return [*rows_of(type(self))]

    def __repr__(self) -> str:
        return f"<{self.menu} pivots of {visible(self.subject.key)}: {', '.join(dir(self))}>"


class Bulk(Generic[E]):
    """A pivot with its arguments, ready to be asked over many values."""

    def __init__(self, pivot: Pivot, kind: type[Entity], arguments: Mapping[str, Any]) -> None:
        self._pivot = pivot
        self._kind = kind
        self._arguments = arguments

    @overload
    def over(
        self, values: pd.DataFrame, *, column: str, join: Join | None = None, progress: bool = False
    ) -> pd.DataFrame: ...
    @overload
    def over(
        self, values: IntoFrameT, *, column: str, join: Join | None = None, progress: bool = False
    ) -> IntoFrameT: ...
    @overload
    def over(self, values: Iterable[object], *, progress: bool = False) -> pd.DataFrame: ...
    def over(self, values: Any, *, column: str | None = None, join: Join | None = None, progress: bool = False) -> Any:
        """Ask about each distinct value once, and answer for every row.

        Args:
            values: a list, an iterator, a pandas Series; or, with `column`, a pandas, polars or pyarrow frame.
            column: the column of the frame that holds the values.
            join: `left` puts the answers beside the columns of the frame; without it they come alone.
            progress: show how far it is.

        Returns:
            As many rows as went in, in the same order and, for pandas, with the same index. `status` says what became
            of each: found, nothing, failed, refused, skipped, empty or unparsable.

        Raises:
            QueryError: the frame has no such column.
        """
        from clew.pivots.bulk import over_frame, over_values

        if column is None:
            return over_values(self._pivot, self._kind, self._arguments, values, progress=progress)
        return over_frame(self._pivot, self._kind, self._arguments, values, column, join=join, progress=progress)


class bind(Bulk[E], Generic[E, P]):  # noqa: N801 - it reads as a word of the table, like property
    """One operation as one row of a menu."""

    def __init__(self, operation: Operation[E, P]) -> None:
        #: Of the call, without provider and subject.
        self.signature: inspect.Signature = operation.signature
        self._defaults = defaults_of(self.signature)
        super().__init__(self, Entity, self._defaults)
        self.operation = operation
        self.about = operation.about
        self.calls = operation.calls
        self.broad = operation.broad
        self.columns = operation.columns
        self.expands = operation.expands
        self.member_names: tuple[str, ...] = ()
        self.name = ""

    def __set_name__(self, owner: type[Menu[E]], name: str) -> None:
        self.name = f"{owner.menu}.{name}"
        self._kind = owner.entity()

    def given(self, *args: P.args, **kwargs: P.kwargs) -> Bulk[E]:
        """The pivot with arguments of its own: `IpAddress.ti.abuseipdb.given(max_age_days=7).over(...)`."""
        return Bulk(self, self._kind, self.arguments(*args, **kwargs))

    def arguments(self, *args: P.args, **kwargs: P.kwargs) -> dict[str, Any]:
        """All arguments of a call, defaults included. Raises TypeError for one that the pivot has not."""
        values = {**self._defaults, **kwargs}
        if not args and values.keys() == self.signature.parameters.keys():
            return values  # nearly every call, at a tenth of the cost
        bound_arguments = self.signature.bind(*args, **kwargs)
        bound_arguments.apply_defaults()
        return dict(bound_arguments.arguments)

    @overload
    def __get__(self, space: None, owner: type[Menu[E]]) -> Self: ...
    @overload
    def __get__(self, space: Menu[E], owner: type[Menu[E]]) -> PivotCall[P]: ...
    def __get__(self, space: Menu[E] | None, owner: type[Menu[E]]) -> Self | PivotCall[P]:
        return self if space is None else PivotCall(self, space.subject)

    @property
    def help(self) -> str:
        """The whole description."""
        return self.operation.help

    @property
    def shape(self) -> Mapping[str, Term]:
        """What comes back, by name."""
        return self.operation.provider.shape(self.operation, self._kind)

    @property
    def providers(self) -> tuple[type[Provider], ...]:
        """The one provider that is asked."""
        return (self.operation.provider,)

    def complete(self, arguments: Mapping[str, Any], policy: LookupPolicy = EVERY_SOURCE) -> dict[str, Any]:
        """All arguments of a call, defaults included. Raises ValueError for one that is none of its choices."""
        full_arguments = {**self._defaults, **arguments}
        for name, values in self.operation.choices.items():
            if full_arguments[name] not in values:
                raise ValueError(f"{name} is one of {', '.join(map(str, values))}, not {full_arguments[name]!r}")
        return full_arguments

    def source_pivots(self, arguments: Mapping[str, Any]) -> tuple[Pivot, ...]:
        """Itself: it asks one source."""
        return (self,)

    def sub_queries(self, subject: Entity, arguments: Mapping[str, Any]) -> tuple[SubQuery, ...]:
        """The operation, begun."""
        operation: Operation[Any, ...] = self.operation
        return (SubQuery(self.name, operation.provider, operation.steps(subject, **arguments)),)

    def combine(self, subject: Entity, answers: tuple[Answer, ...], arguments: Mapping[str, Any]) -> Answer:
        """The one answer."""
        return answers[0]


class fan_out(Bulk[E]):  # noqa: N801 - it reads as a word of the table, like property
    """A row of a menu that asks all other rows of it."""

    broad = False
    expands = True
    columns: ColumnFunction | None = None

    def __init__(self, about: str = "What every configured source knows about it, as one verdict.") -> None:
        super().__init__(self, Entity, {"providers": None, "agree": None})
        self.about = about
        self.name = ""
        self._space: type[Menu[E]] = Menu

    def __set_name__(self, owner: type[Menu[E]], name: str) -> None:
        self.name = f"{owner.menu}.{name}"
        self._space = owner
        self._kind = owner.entity()

    def given(self, *, providers: Sequence[str] | None = None, agree: float | None = None) -> Bulk[E]:
        """The look-up with chosen providers. Raises ValueError for one that the menu has not."""
        return Bulk(self, self._kind, {"providers": self.selected_rows(providers), "agree": agree})

    @overload
    def __get__(self, space: None, owner: type[Menu[E]]) -> Self: ...
    @overload
    def __get__(self, space: Menu[E], owner: type[Menu[E]]) -> LookupCall: ...
    def __get__(self, space: Menu[E] | None, owner: type[Menu[E]]) -> Self | LookupCall:
        return self if space is None else LookupCall(self, space.subject)

    @cached_property
    def rows(self) -> Mapping[str, bind[Any, ...]]:
        """The rows that are asked, by name."""
        all_rows = rows_of(self._space)
        return {name: cast("bind[Any, ...]", row) for name, row in all_rows.items() if isinstance(row, bind)}

    @cached_property
    def _row_aliases(self) -> Mapping[str, str]:
        """The rows by their own names, and by those of their sources."""
        by_source = {row.operation.provider.name: name for name, row in self.rows.items()}
        return by_source | {name: name for name in self.rows}

    @property
    def member_names(self) -> tuple[str, ...]:
        """The full names of the rows."""
        return tuple(row.name for row in self.rows.values())

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
            f"    providers: whom to ask, out of {', '.join(self.rows)}; without it, all that are configured.\n"
            "    agree: how many of them have to say malicious for it to be; without it, what the settings say."
        )

    @property
    def calls(self) -> int:
        """The asks of all rows together."""
        return sum(row.calls for row in self.rows.values())

    @property
    def shape(self) -> Mapping[str, Term]:
        """What all rows together come back with, by name."""
        return {name: term for row in self.rows.values() for name, term in row.shape.items()}

    @property
    def providers(self) -> tuple[type[Provider], ...]:
        """Everybody who is asked."""
        return tuple(provider for row in self.rows.values() for provider in row.providers)

    def selected_rows(self, names: Sequence[str] | None) -> list[str] | None:
        """The rows to ask, each once, by their own names or those of their sources; None where nothing is said.

        Raises:
            ValueError: the menu has no such row.
        """
        if names is None:
            return None
        aliases = self._row_aliases
        unknown = [name for name in names if name not in aliases]
        if unknown:
            raise ValueError(f"{self.name} has no provider {unknown[0]!r}; it has {', '.join(self.rows)}")
        return [*dict.fromkeys(aliases[name] for name in names)]

    def complete(self, arguments: Mapping[str, Any], policy: LookupPolicy = EVERY_SOURCE) -> dict[str, Any]:
        """All arguments of a call: who is asked by name and judged how, so that it means the same at any later time.

        Raises:
            TypeError, ValueError: a provider that the menu has not, or a number that nobody can reach.
        """
        agree = arguments.get("agree")
        rule_arguments = {"agree": policy.rule.agree if agree is None else float(agree)}
        if not 0 < rule_arguments["agree"] < math.inf:
            raise ValueError(f"agree is a number above 0, not {agree!r}")
        row_names = self.selected_rows(arguments.get("providers"))
        if row_names is None:
            row_names = [name for name, row in self.rows.items() if policy.includes(row.operation.provider)]
        names = {row.operation.provider.name for row in self.rows.values()}
        weights = {name: weight for name, weight in policy.rule.weights.items() if name in names}
        return {**({"weights": weights} if weights else {}), **arguments, **rule_arguments, "providers": row_names}

    def source_pivots(self, arguments: Mapping[str, Any]) -> tuple[Pivot, ...]:
        """The rows that are asked."""
        row_names = self.selected_rows(arguments.get("providers"))
        return tuple(self.rows[name] for name in (self.rows if row_names is None else row_names))

    def sub_queries(self, subject: Entity, arguments: Mapping[str, Any]) -> tuple[SubQuery, ...]:
        """One leg for each row, with its default arguments."""
        rows = self.source_pivots(arguments)
        return tuple(sub_query for row in rows for sub_query in row.sub_queries(subject, defaults_of(row.signature)))

    def combine(self, subject: Entity, answers: tuple[Answer, ...], arguments: Mapping[str, Any]) -> Answer:
        """One finding with a part for each provider."""
        parts = tuple(answer.finding for answer in answers)
        finding = combine_findings(subject, self.name, parts, VerdictRule.of(arguments))
        exchanges = tuple(exchange for answer in answers for exchange in answer.exchanges)
        replies = {key: reply for answer in answers for key, reply in answer.replies.items()}
        return Answer(finding, exchanges, replies)


class menu(Generic[S]):  # noqa: N801 - it reads as a word of the table, like property
    """The descriptor behind `ip.ti`. The space is loaded when it is first used: importing clew stays light."""

    def __init__(self, target: str) -> None:
        self.target = target

    @cached_property
    def space(self) -> type[S]:
        """The class of the menu."""
        module, _, name = self.target.partition(":")
        space_class: type[S] = getattr(importlib.import_module(module), name)
        rows_of(space_class)  # those of other packages join
        return space_class

    @overload
    def __get__(self, subject: None, owner: type[Any]) -> type[S]: ...
    @overload
    def __get__(self, subject: Entity, owner: type[Any]) -> S: ...
    def __get__(self, subject: Entity | None, owner: type[Any]) -> type[S] | S:
        return self.space if subject is None else self.space(subject)


def rows_of(space: type[Menu[Any]]) -> dict[str, object]:
    """The rows of a menu, by name, with the providers of other packages that joined it."""
    # Imported here: what joins a menu is made of what this module defines.
    from clew.pivots.plugin_menus import join_providers

    join_providers(space)
    return {name: row for name, row in vars(space).items() if isinstance(row, bind | fan_out)}


def pivots_of(space: type[Menu[Any]]) -> dict[str, Pivot]:
    """The rows of a menu, by full name."""
    rows = [cast("Pivot", row) for row in rows_of(space).values()]
    return {row.name: row for row in rows}
