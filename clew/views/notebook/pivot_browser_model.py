"""The pivot browser without its widgets: what there is to choose, what is typed, and the line of code that says it."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from inspect import formatannotation
from typing import cast

from clew.entities import ENTITY_TYPES, Entity, Verdict, dump, load, parse
from clew.entities.display import visible
from clew.entities.finding import SEVERITY_ORDER, VERDICT_ORDER
from clew.entities.times import parse_time
from clew.errors import EntityError, QueryError
from clew.graph.case import Case
from clew.graph.projection.tables import Node
from clew.pivots.catalog import Catalog, catalog_of, search
from clew.pivots.description import EXAMPLES, PivotDescription, describe_pivot
from clew.pivots.invocation import Pivot
from clew.providers.web.clock import now
from clew.views.explorer.scene import location_text

#: How many entities of a case are listed; any other can be typed.
ENTITIES_SHOWN = 200
_LABEL_SHOWN = 80
_BOOLEANS = {"False", "True"}
_STRING_COLLECTION = re.compile(r"(?:Collection|Iterable|Sequence|list)\[str\]")


@dataclass(frozen=True, slots=True)
class SubjectEntry:
    """What a line may be about: an entity class, or one entity of a case."""

    label: str
    cls: type[Entity]
    subject: Entity | None = None


@dataclass(frozen=True, slots=True)
class SubjectList:
    """What is listed: the entity classes, then the entities of a case, the most suspicious first.

    Attributes:
        total: how many entities the case has, listed or not.
    """

    entries: tuple[SubjectEntry, ...]
    total: int = 0

    @classmethod
    def of(cls, case: Case | None) -> SubjectList:
        """The classes of entities, and the worst nodes of a case, if there is one."""
        classes = [SubjectEntry(entity_class.__name__, entity_class) for entity_class in ENTITY_TYPES.values()]
        nodes = sorted(case.node_list(), key=_rank) if case else []
        return cls((*classes, *map(_entry, nodes[:ENTITIES_SHOWN])), len(nodes))

    @property
    def note(self) -> str:
        """What the list leaves out; empty if nothing."""
        if self.total <= ENTITIES_SHOWN:
            return ""
        return f"the {ENTITIES_SHOWN:,} most suspicious of {self.total:,} entities; type any other"


@dataclass(frozen=True, slots=True)
class PivotSelection:
    """What is chosen and typed so far: an entry, the name of an entity, and words to search for."""

    entry: SubjectEntry
    subject_text: str = ""
    words: str = ""

    @property
    def subject(self) -> Entity | None:
        """The entity that is typed, else that of the entry; None for a class alone.

        Raises:
            EntityError: what is typed is no entity.
        """
        return _parse_subject(self.subject_text, self.entry.cls) if self.subject_text.strip() else self.entry.subject

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
class ParameterField:
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
    def of(cls, name: str, kind: str, default: object) -> ParameterField:
        """The field of a parameter."""
        if _values(kind):
            return cls(name, kind, str(default), _values(kind))
        kinds = _kinds(kind)
        choices = tuple(sorted((kinds | _BOOLEANS) - {"bool"})) if kinds - {"None"} == {"bool"} else ()
        return cls(name, kind, repr(default) if choices else _default_text(default, kinds), choices)

    def value(self, text: str) -> object:
        """What the text means. An empty one is None, where that can be.

        Raises:
            QueryError: it is nothing that the parameter takes.
        """
        if not text.strip() and "None" in _kinds(self.type):
            return None
        try:
            value = self._read(text)
            # What Python cannot write down, such as infinity, has no place in code.
            ast.literal_eval(repr(value))
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            message = f"{self.name} cannot be {visible(repr(text), _LABEL_SHOWN)}"
            raise QueryError(message, next_step=f"give {self.type}") from None
        return value

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
        if kinds == {"TimeLike"}:
            parse_time(text, now(), label=self.name)
        if kinds <= {"str", "TimeLike"}:
            return text
        if all(map(_STRING_COLLECTION.fullmatch, kinds)):
            return [part.strip() for part in text.split(",") if part.strip()]
        return ast.literal_eval(text.strip())  # of other types, as Python writes them


@dataclass(frozen=True, slots=True)
class CallDraft:
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
    def description(self) -> PivotDescription:
        """What is to know about the pivot."""
        return describe_pivot(self.entity, self.pivot)

    @property
    def fields(self) -> tuple[ParameterField, ...]:
        """One for each parameter."""
        parameters = self.pivot.signature.parameters.values()
        return tuple(
            ParameterField.of(parameter.name, _annotation_text(parameter.annotation), parameter.default)
            for parameter in parameters
        )

    @property
    def arguments(self) -> dict[str, object]:
        """The arguments that differ from their defaults.

        Raises:
            QueryError: a field holds what its parameter does not take.
        """
        field_texts = ((parameter, self.texts.get(parameter.name, parameter.text)) for parameter in self.fields)
        arguments = {parameter.name: parameter.value(text) for parameter, text in field_texts if text != parameter.text}
        try:
            self.pivot.complete(arguments)
        except ValueError as error:
            raise QueryError(visible(error)) from None
        return arguments

    @property
    def code(self) -> str:
        """One line of Python that makes the call.

        Raises:
            EntityError: the pivot is not one of the subject.
            QueryError: a field holds what its parameter does not take.
        """
        if self.subject is not None and type(self.subject) is not self.entity:
            subject_label = f"{visible(self.subject.label, _LABEL_SHOWN)}, of {type(self.subject).__name__}"
            message = f"{self.entity.__name__}.{self.pivot.name} is no pivot of {subject_label}"
            raise EntityError(message, next_step="choose another pivot, or another entity")
        arguments = ", ".join(f"{name}={_literal(value)}" for name, value in self.arguments.items())
        subject_label = EXAMPLES[self.entity] if self.subject is None else entity_code(self.subject)
        return f"{subject_label}.{self.pivot.name}({arguments})"


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
    literals = {name: _literal(value) for name, value in fields.items() if name != "kind"}
    arguments = [text if name == "value" else f"{name}={text}" for name, text in literals.items()]
    return f"{type(entity).__name__}({', '.join(arguments)})"


def _makes(fields: Mapping[str, object], entity: Entity) -> bool:
    try:
        other = load(fields)
    except EntityError:
        return False
    return type(other) is type(entity) and other.filled_fields() == entity.filled_fields()


def _literal(value: object) -> str:
    """A literal in which every character can be seen. An escape says the same as what it stands for."""
    return visible(repr(value))


def _parse_subject(text: str, cls: type[Entity]) -> Entity:
    """An entity of the class, if the text can be one; else what `clew.parse` takes it for."""
    try:
        return load({"kind": cls.kind, "value": text})
    except EntityError:
        return parse(text)


def _annotation_text(annotation: object) -> str:
    return annotation if isinstance(annotation, str) else formatannotation(annotation)


def _values(annotation: str) -> tuple[str, ...]:
    """The texts that a `Literal` allows; none for another type."""
    members = annotation.removeprefix("Literal") if annotation.startswith("Literal[") else "[]"
    return tuple(map(str, ast.literal_eval(members)))


def _kinds(annotation: str) -> set[str]:
    return {part.strip() for part in annotation.split("|")}


def _default_text(default: object, kinds: set[str]) -> str:
    """The text that means a default."""
    if default is None:
        return ""
    if isinstance(default, str) and kinds & {"str", "TimeLike"}:
        return default
    return ", ".join(cast("Sequence[str]", default)) if any(map(_STRING_COLLECTION.fullmatch, kinds)) else repr(default)


def _rank(node: Node) -> tuple[int, int, int]:
    return VERDICT_ORDER.index(node.verdict), SEVERITY_ORDER.index(node.severity), node.first_step


def _entry(node: Node) -> SubjectEntry:
    location = location_text(node.key, node.label)
    label = f"{type(node.entity).__name__} {visible(node.label, _LABEL_SHOWN)}{f' ({location})' if location else ''}"
    text = label if node.verdict is Verdict.UNKNOWN else f"{label}, {node.verdict}"
    return SubjectEntry(text, type(node.entity), node.entity)
