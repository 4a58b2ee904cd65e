"""What every entity is: frozen, hashable, equal by identity, and its own normaliser."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from operator import attrgetter
from typing import Any, ClassVar, Self, TypeVar

from pydantic import ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic.dataclasses import dataclass
from pydantic_core import ArgsKwargs

from clew.entities.key import Key
from clew.entities.static_menus import EntityMenus
from clew.errors import EntityError

M = TypeVar("M")

# extra="forbid" makes a misspelt argument an error; pydantic's default for dataclasses drops it silently.
STRICT = ConfigDict(extra="forbid", strict=True)


@dataclass(frozen=True, slots=True, eq=False, repr=False, config=STRICT)
class Entity(EntityMenus):
    """One noun of an investigation.

    A subclass has one positional identity argument, `value`; everything else is keyword-only. `identify` turns what
    was given into canonical fields, or raises `EntityError`. Equality and hash are those of `key`: descriptive
    fields (an operating system, a command line) never take part.
    """

    kind: ClassVar[str] = ""
    #: Identifier schemes, strongest first, in which two different values mean two different things.
    exclusive: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def identify(cls, arguments: dict[str, Any]) -> dict[str, Any]:
        """Canonical fields from the given ones. Raises EntityError naming what was wrong."""
        return arguments

    @model_validator(mode="wrap")
    @classmethod
    def _construct(cls, data: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(cls.identify(_fields(cls, data)))
        except ValidationError as error:
            raise EntityError(_explain(cls, error), location=cls.__name__) from None

    @property
    def key(self) -> Key:
        """The canonical identity."""
        raise NotImplementedError

    @property
    def aliases(self) -> tuple[Key, ...]:
        """Other identifiers that are known to mean the same thing."""
        return ()

    @property
    def label(self) -> str:
        """A short text for people. Not escaped: renderers do that."""
        return self.key.value

    @classmethod
    def scheme(cls, key: Key) -> str:
        """Which kind of identifier `key` is: `sha256`, `sid`, `fqdn`."""
        return key.kind

    def via(self, menu: Callable[[Self], M]) -> M:
        """A menu by its class, for menus of other packages, which type checkers cannot see on the entity itself.

        `ip.via(IpHello).greet()` is `ip.hello.greet()` with all its types.
        """
        return menu(self)

    def filled_fields(self) -> dict[str, Any]:
        """All fields that are set, by name."""
        pairs = zip(field_names(type(self)), field_values(self), strict=True)
        return {name: value for name, value in pairs if value is not None and value != ""}

    def filled_from(self, other: Entity) -> Self:
        """This entity with the fields it lacks taken from `other`, which means the same thing."""
        fields = self.filled_fields()
        additions = {name: value for name, value in other.filled_fields().items() if name not in fields}
        return type(self)(**fields, **additions) if additions else self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Entity) and type(other) is type(self) and other.key == self.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __str__(self) -> str:
        return self.label

    def __repr__(self) -> str:
        fields = self.filled_fields()
        value = fields.pop("value", None)
        parts = [repr(value)] if value is not None else []
        parts += [f"{name}={field!r}" for name, field in fields.items() if field != value]
        return f"{type(self).__name__}({', '.join(parts)})"

    def _repr_html_(self) -> str:
        # Imported here so that building entities does not load the rendering.
        from clew.entities.display import entity_html

        return entity_html(self)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._repr_html_()}


def field_names(cls: type[Entity]) -> tuple[str, ...]:
    """The names of the fields of an entity class, the identity argument first."""
    return tuple(cls.__slots__)


def field_values(entity: Entity) -> tuple[Any, ...]:
    """The values of all fields, set or not, in the order of `field_names`."""
    return _reader(field_names(type(entity)))(entity)


@functools.cache
def _reader(names: tuple[str, ...]) -> Callable[[Entity], tuple[Any, ...]]:
    # Of one name it gives the value itself.
    read = attrgetter(*names)
    return read if len(names) != 1 else lambda entity: (read(entity),)


def _fields(cls: type[Entity], data: object) -> dict[str, Any]:
    """What the constructor was given, by field name."""
    if not isinstance(data, ArgsKwargs):
        raise EntityError(f"a {cls.__name__} cannot be made from {type(data).__name__}")
    positional: tuple[Any, ...] = data.args
    keywords = data.kwargs
    if not keywords and len(positional) == 1:
        return {"value": positional[0]}
    fields = {**keywords} if keywords else {}
    if len(positional) > 1:
        message = f"{cls.__name__} takes one positional argument, its identity; {len(positional)} were given"
        raise EntityError(message, next_step="name the others")
    if positional:
        if "value" in fields:
            raise EntityError(f"{cls.__name__} was given its identity twice")
        fields["value"] = positional[0]
    return fields


def _explain(cls: type[Entity], error: ValidationError) -> str:
    """Pydantic's complaints in clew's words."""
    messages: list[str] = []
    for problem in error.errors(include_url=False):
        name = ".".join(str(part) for part in problem["loc"]) or "value"
        if problem["type"] == "unexpected_keyword_argument":
            # While it constructs, `cls` is the class as it was before it got its slots.
            known_fields = ", ".join(field.name for field in dataclasses.fields(cls))
            messages.append(f"{cls.__name__} has no field {name!r} (it has {known_fields})")
        else:
            messages.append(f"{name}: {problem['msg']}")
    return "; ".join(messages)
