"""The descriptor behind `ip.ti`."""

from __future__ import annotations

import importlib
from functools import cached_property
from typing import Any, Generic, TypeVar, overload

from clew.entities import Entity
from clew.pivots.binding import Menu, rows_of

S = TypeVar("S", bound=Menu[Any])


class MenuAccess(Generic[S]):
    """A menu of an entity. Its module is loaded when it is first used: importing clew stays light.

    Args:
        target: the class of the menu, as `module:name`.
    """

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
