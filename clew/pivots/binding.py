"""The mechanism: `bind` joins an operation to a menu, and keeps all static types.

A menu is a class that reads as a table:

    class IpTi(Menu[IpAddress]):
        menu = "ti"
        lookup = Lookup[IpAddress]()
        abuseipdb = bind(AbuseIpDb.ip)

`ip.ti` is then a `IpTi` for that address, and `ip.ti.abuseipdb` a call with the operation's own signature. Rows of
other packages are placed beside its own by who knows of them, and says so by `join_rows`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Generic, ParamSpec, Self, TypeVar, cast, get_args, overload

from clew.entities import Entity
from clew.entities.display import visible
from clew.entities.term import Term
from clew.pivots.bound_call import PivotCall, defaults_of
from clew.pivots.bulk_call import Bulk
from clew.pivots.invocation import Pivot, SubQuery
from clew.pivots.lookup_policy import EVERY_SOURCE, LookupPolicy
from clew.providers.base import Operation, Provider
from clew.providers.exchange import Answer

P = ParamSpec("P")
E = TypeVar("E", bound=Entity)


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


class MenuRow(Bulk[E]):
    """What stands in a menu: a pivot, and the descriptor that makes calls of it.

    Attributes:
        name: the full name, `ti.abuseipdb`.
        space: the menu that it stands in.
        kind: the class of the entities that it is about.
    """

    def __init__(self, pivot: Pivot, arguments: Mapping[str, Any]) -> None:
        super().__init__(pivot, Entity, arguments)
        self.name = ""
        self.space: type[Menu[E]] = Menu

    def __set_name__(self, owner: type[Menu[E]], name: str) -> None:
        self.name = f"{owner.menu}.{name}"
        self.space = owner
        self.kind = owner.entity()


class OperationPivot(MenuRow[E], Generic[E, P]):
    """One operation as one row of a menu; `bind` makes it."""

    def __init__(self, operation: Operation[E, P]) -> None:
        #: Of the call, without provider and subject.
        self.signature: inspect.Signature = operation.signature
        self._defaults = defaults_of(self.signature)
        super().__init__(self, self._defaults)
        self.operation = operation
        self.about = operation.about
        self.calls = operation.calls
        self.broad = operation.broad
        self.columns = operation.columns
        self.expands = operation.expands
        self.member_names: tuple[str, ...] = ()

    def with_arguments(self, *args: P.args, **kwargs: P.kwargs) -> Bulk[E]:
        """The pivot with arguments of its own: `IpAddress.ti.abuseipdb.with_arguments(max_age_days=7).over(...)`."""
        return Bulk(self, self.kind, self.arguments(*args, **kwargs))

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
        return self.operation.provider.shape(self.operation, self.kind)

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


def bind(operation: Operation[E, P]) -> OperationPivot[E, P]:
    """A row of a menu that asks what one operation asks."""
    return OperationPivot(operation)


#: Places rows in a menu that it has not placed there before.
RowSource = Callable[[type[Menu[Any]]], object]
_row_sources: list[RowSource] = []


def join_rows(source: RowSource) -> None:
    """Have `source` asked for its rows before those of any menu are looked at."""
    if source not in _row_sources:
        _row_sources.append(source)


def own_rows(space: type[Menu[Any]]) -> dict[str, MenuRow[Any]]:
    """The rows that are in a menu already, by name."""
    return {name: row for name, row in vars(space).items() if isinstance(row, MenuRow)}


def rows_of(space: type[Menu[Any]]) -> dict[str, MenuRow[Any]]:
    """The rows of a menu, by name, with those of other packages that joined it."""
    for source in _row_sources:
        source(space)
    return own_rows(space)


def pivots_of(space: type[Menu[Any]]) -> dict[str, Pivot]:
    """The rows of a menu, by full name."""
    rows = [cast("Pivot", row) for row in rows_of(space).values()]
    return {row.name: row for row in rows}
