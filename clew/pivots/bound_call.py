"""A pivot of one subject, ready to be called: what `ip.ti.abuseipdb` is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol

from clew.entities import Entity, Finding
from clew.entities.display import visible
from clew.pivots.description import describe_pivot
from clew.pivots.invocation import Invocation, Pivot
from clew.pivots.session import current_session

P = ParamSpec("P")


class TypedPivot(Pivot, Protocol[P]):
    """A pivot whose arguments are those of one operation."""

    def arguments(self, *args: P.args, **kwargs: P.kwargs) -> dict[str, Any]:
        """All arguments of a call, defaults included. Raises TypeError for one that the pivot has not."""
        ...


class SelectivePivot(Pivot, Protocol):
    """A pivot that asks those whom its call names."""

    def selection(self, names: Sequence[str] | None) -> list[str] | None:
        """The rows to ask; None where nothing is said. Raises ValueError for one that the menu has not."""
        ...


def defaults_of(signature: Signature) -> dict[str, Any]:
    """The arguments of a call in which nothing is given."""
    parameters = signature.parameters.items()
    return {name: parameter.default for name, parameter in parameters if parameter.default is not Parameter.empty}


def call_help(pivot: Pivot, subject: Entity) -> str:
    """What `help` shows of a call."""
    return str(describe_pivot(type(subject), pivot))


class PivotCall(Generic[P]):
    """A pivot of one subject, ready to be called; `aio` is its asynchronous twin."""

    __slots__ = ("_pivot", "_subject")

    def __init__(self, pivot: TypedPivot[P], subject: Entity) -> None:
        self._pivot = pivot
        self._subject = subject

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Finding:
        """Ask, and wait for the finding. Outcomes other than `found` are findings too, not exceptions."""
        return current_session().perform(self.invocation(*args, **kwargs), self._pivot)

    async def aio(self, *args: P.args, **kwargs: P.kwargs) -> Finding:
        """Ask without blocking the event loop."""
        return await current_session().aperform(self.invocation(*args, **kwargs), self._pivot)

    def invocation(self, *args: P.args, **kwargs: P.kwargs) -> Invocation:
        """The call as a value, without making it. Raises TypeError for arguments that the pivot has not."""
        return Invocation(self._pivot.name, self._subject, self._pivot.arguments(*args, **kwargs))

    def __repr__(self) -> str:
        return f"<pivot {self._pivot.name}{self.__signature__} of {visible(self._subject.key)}: {self._pivot.about}>"

    @property
    def __signature__(self) -> Signature:
        return self._pivot.signature

    if not TYPE_CHECKING:  # to type checkers a docstring is text

        @property
        def __doc__(self) -> str:
            return call_help(self._pivot, self._subject)


class LookupCall:
    """A call that asks every provider of its menu."""

    __slots__ = ("_pivot", "_subject")

    def __init__(self, pivot: SelectivePivot, subject: Entity) -> None:
        self._pivot = pivot
        self._subject = subject

    def __call__(self, *, providers: Sequence[str] | None = None, agree: float | None = None) -> Finding:
        """Ask all providers that are configured, or the named ones: one verdict, one part per provider.

        Args:
            providers: whom to ask, by the names of the rows of the menu; who has no key is skipped, and says so.
            agree: how many of them have to say malicious for it to be, by their weights in the settings.

        Raises:
            ValueError: a provider that the menu has not.
        """
        return current_session().perform(self.invocation(providers=providers, agree=agree), self._pivot)

    async def aio(self, *, providers: Sequence[str] | None = None, agree: float | None = None) -> Finding:
        """Ask without blocking the event loop."""
        return await current_session().aperform(self.invocation(providers=providers, agree=agree), self._pivot)

    def invocation(self, *, providers: Sequence[str] | None = None, agree: float | None = None) -> Invocation:
        """The call as a value, without making it."""
        arguments: Mapping[str, Any] = {"providers": self._pivot.selection(providers), "agree": agree}
        return Invocation(self._pivot.name, self._subject, arguments)

    def __repr__(self) -> str:
        return f"<pivot {self._pivot.name} of {visible(self._subject.key)}: {self._pivot.about}>"

    if not TYPE_CHECKING:  # to type checkers a docstring is text

        @property
        def __doc__(self) -> str:
            return call_help(self._pivot, self._subject)
