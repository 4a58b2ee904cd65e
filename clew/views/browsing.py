"""The pivot browser without its widgets: what there is to choose, what is typed, and the line of code that says it."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from inspect import formatannotation
from typing import cast

from clew.entities import ENTITY_TYPES, Entity, Severity, Verdict, dump, load, parse
from clew.entities.display import visible
from clew.entities.times import moment
from clew.errors import EntityError, QueryError
from clew.graph.case import Case
from clew.graph.frames import Node
from clew.pivots.catalog import EXAMPLES, Card, Catalog, card_of, catalog_of, search
from clew.pivots.context import now
from clew.pivots.invocation import Pivot
from clew.views.scene import place

#: How many entities of a case are listed; any other can be typed.
LISTED = 200
_LABEL_SHOWN = 80
_TRUTHS = {"False", "True"}
_MANY = re.compile(r"(?:Collection|Iterable|Sequence|list)\[str\]")


@dataclass(frozen=True, slots=True)
class Entry:
    """What a line may be about: an entity class, or one entity of a case."""

    label: str
    cls: type[Entity]
    subject: Entity | None = None


@dataclass(frozen=True, slots=True)
class Shelf:
    """What is listed: the entity classes, then the entities of a case, the most suspicious first.

    Attributes:
        known: how many entities the case has, listed or not.
    """

    entries: tuple[Entry, ...]
    known: int = 0

    @classmethod
    def of(cls, case: Case | None) -> Shelf:
        """The shelf of a case, or of none."""
        classes = [Entry(each.__name__, each) for each in ENTITY_TYPES.values()]
        known = sorted(case.known(), key=_rank) if case else []
        return cls((*classes, *map(_entry, known[:LISTED])), len(known))

    @property
    def note(self) -> str:
        """What the list leaves out; empty if nothing."""
        if self.known <= LISTED:
            return ""
        return f"the {LISTED:,} most suspicious of {self.known:,} entities; type any other"


@dataclass(frozen=True, slots=True)
class Choice:
    """What is chosen and typed so far: an entry, the name of an entity, and words to search for."""

    entry: Entry
    typed: str = ""
    words: str = ""

    @property
    def subject(self) -> Entity | None:
        """The entity that is typed, else that of the entry; None for a class alone.

        Raises:
            EntityError: what is typed is no entity.
        """
        return _recognised(self.typed, self.entry.cls) if self.typed.strip() else self.entry.subject

    @property
    def is_of_class(self) -> bool:
        """Whether what is typed is an entity of the chosen class."""
        try:
            return self.entry.subject is None and type(self.subject) is self.entry.cls
        except EntityError:
            return False

    @property
    def catalog(self) -> Catalog:
        """The pivots to choose from: those that are searched for, else those of the entity."""
        if self.words.strip():
            return search(self.words)
        try:
            subject = self.subject
        except EntityError:
            subject = None
        return catalog_of(type(subject) if subject else self.entry.cls)


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter of a pivot, as it is typed.

    Attributes:
        text: its default. A field that is left at it is not written into the code.
        choices: the only texts that it can hold; empty for any.
    """

    name: str
    type: str
    text: str
    choices: tuple[str, ...] = ()

    @classmethod
    def of(cls, name: str, kind: str, default: object) -> Field:
        """The field of a parameter."""
        if _values(kind):
            return cls(name, kind, str(default), _values(kind))
        kinds = _kinds(kind)
        choices = tuple(sorted((kinds | _TRUTHS) - {"bool"})) if kinds - {"None"} == {"bool"} else ()
        return cls(name, kind, repr(default) if choices else _typed(default, kinds), choices)

    def value(self, text: str) -> object:
        """What the text means. An empty one is None, where that can be.

        Raises:
            QueryError: it is nothing that the parameter takes.
        """
        if not text.strip() and "None" in _kinds(self.type):
            return None
        try:
            found = self._read(text)
            # What Python cannot write down, such as infinity, has no place in code.
            ast.literal_eval(repr(found))
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            what = f"{self.name} cannot be {visible(repr(text), _LABEL_SHOWN)}"
            raise QueryError(what, next_step=f"give {self.type}") from None
        return found

    def _read(self, text: str) -> object:
        if _values(self.type):
            if text not in _values(self.type):
                raise ValueError(text)
            return text
        kinds = _kinds(self.type) - {"None"}
        if kinds == {"int"}:
            return int(text)
        if kinds == {"float"}:
            return float(text)
        if kinds == {"When"}:
            moment(text, now(), what=self.name)
        if kinds <= {"str", "When"}:
            return text
        if all(map(_MANY.fullmatch, kinds)):
            return [part.strip() for part in text.split(",") if part.strip()]
        return ast.literal_eval(text.strip())  # of other types, as Python writes them


@dataclass(frozen=True, slots=True)
class Draft:
    """A call that is being written.

    Attributes:
        subject: whom it is about; the example of the class stands in for None.
        texts: what stands in the fields, by name; a field that is not there has its default.
    """

    entity: type[Entity]
    pivot: Pivot
    subject: Entity | None = None
    texts: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def card(self) -> Card:
        """What is to know about the pivot."""
        return card_of(self.entity, self.pivot)

    @property
    def fields(self) -> tuple[Field, ...]:
        """One for each parameter."""
        arguments = self.pivot.signature.parameters.values()
        return tuple(Field.of(each.name, _spelt(each.annotation), each.default) for each in arguments)

    @property
    def arguments(self) -> dict[str, object]:
        """The arguments that differ from their defaults.

        Raises:
            QueryError: a field holds what its parameter does not take.
        """
        typed = ((each, self.texts.get(each.name, each.text)) for each in self.fields)
        given = {each.name: each.value(text) for each, text in typed if text != each.text}
        try:
            self.pivot.complete(given)
        except ValueError as error:
            raise QueryError(visible(error)) from None
        return given

    @property
    def code(self) -> str:
        """One line of Python that makes the call.

        Raises:
            EntityError: the pivot is not one of the subject.
            QueryError: a field holds what its parameter does not take.
        """
        if self.subject is not None and type(self.subject) is not self.entity:
            whom = f"{visible(self.subject.label, _LABEL_SHOWN)}, of {type(self.subject).__name__}"
            what = f"{self.entity.__name__}.{self.pivot.name} is no pivot of {whom}"
            raise EntityError(what, next_step="choose another pivot, or another entity")
        given = ", ".join(f"{name}={_literal(value)}" for name, value in self.arguments.items())
        whom = EXAMPLES[self.entity] if self.subject is None else entity_code(self.subject)
        return f"{whom}.{self.pivot.name}({given})"


def entity_code(entity: Entity) -> str:
    """The shortest call that makes an entity with all its fields, in names of `clew` alone: times are written as text.

    >>> from clew.entities import Process
    >>> entity_code(Process("4@2026-03-17T09:15:00Z", host="WS01"))
    "Process('4@2026-03-17T09:15:00.000000Z', host='ws01')"
    """
    fields = dump(entity)
    for name in reversed([*fields]):
        fewer = {other: value for other, value in fields.items() if other != name}
        if _makes(fewer, entity):
            fields = fewer
    given = {name: _literal(value) for name, value in fields.items() if name != "kind"}
    shown = [text if name == "value" else f"{name}={text}" for name, text in given.items()]
    return f"{type(entity).__name__}({', '.join(shown)})"


def _makes(fields: Mapping[str, object], entity: Entity) -> bool:
    try:
        other = load(fields)
    except EntityError:
        return False
    return type(other) is type(entity) and other.described() == entity.described()


def _literal(value: object) -> str:
    """A literal in which every character can be seen. An escape says the same as what it stands for."""
    return visible(repr(value))


def _recognised(text: str, cls: type[Entity]) -> Entity:
    """An entity of the class, if the text can be one; else what `clew.parse` takes it for."""
    try:
        return load({"kind": cls.kind, "value": text})
    except EntityError:
        return parse(text)


def _spelt(annotation: object) -> str:
    return annotation if isinstance(annotation, str) else formatannotation(annotation)


def _values(annotation: str) -> tuple[str, ...]:
    """The texts that a `Literal` allows; none for another type."""
    inside = annotation.removeprefix("Literal") if annotation.startswith("Literal[") else "[]"
    return tuple(map(str, ast.literal_eval(inside)))


def _kinds(annotation: str) -> set[str]:
    return {part.strip() for part in annotation.split("|")}


def _typed(default: object, kinds: set[str]) -> str:
    """The text that means a default."""
    if default is None:
        return ""
    if isinstance(default, str) and kinds & {"str", "When"}:
        return default
    return ", ".join(cast("Sequence[str]", default)) if any(map(_MANY.fullmatch, kinds)) else repr(default)


def _rank(node: Node) -> tuple[int, int, int]:
    return [*Verdict].index(node.verdict), [*Severity].index(node.severity), node.first_step


def _entry(node: Node) -> Entry:
    where = place(node.key, node.label)
    label = f"{type(node.entity).__name__} {visible(node.label, _LABEL_SHOWN)}{f' ({where})' if where else ''}"
    shown = label if node.verdict is Verdict.UNKNOWN else f"{label}, {node.verdict}"
    return Entry(shown, type(node.entity), node.entity)
