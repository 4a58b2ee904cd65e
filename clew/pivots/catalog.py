"""What is to know about a pivot before it is called, for help, the command line, the reference and the browser."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from inspect import Parameter as Argument
from inspect import formatannotation
from types import MappingProxyType

from clew.entities import (
    ENTITY_TYPES,
    Account,
    AutonomousSystem,
    Certificate,
    Domain,
    Entity,
    File,
    Host,
    IpAddress,
    Process,
    Url,
)
from clew.entities.display import html_table, visible
from clew.pivots.invocation import Pivot
from clew.providers.base import Provider

#: How an analyst writes one entity of each class.
EXAMPLES: Mapping[type[Entity], str] = MappingProxyType(
    {
        Account: 'Account("CORP\\\\alice")',
        AutonomousSystem: 'AutonomousSystem("AS64500")',
        Certificate: f'Certificate("{"c7" * 32}")',
        Domain: 'Domain("c2.example")',
        File: f'File("{"5f" * 32}")',
        Host: 'Host("ws01.corp.example")',
        IpAddress: 'IpAddress("198.51.100.7")',
        Process: 'Process("b34bc01c-7fae-5f63-1000-000000000400", host="ws01.corp.example")',
        Url: 'Url("https://c2.example/a?b=1")',
    }
)
_ENTRY = re.compile(r"    (\w+(?:, \w+)*): (.*)")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument that a pivot takes, as it is written."""

    name: str
    type: str
    default: str
    about: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column of what comes back."""

    name: str
    type: str
    about: str


@dataclass(frozen=True, slots=True)
class Source:
    """Somebody who is asked.

    Attributes:
        contact: `local` (nothing leaves), `passive` (somebody outside learns of it) or `active` (the suspect may).
        secret: the name of the key that it needs; empty for none.
    """

    name: str
    title: str
    docs: str
    contact: str
    secret: str

    def __str__(self) -> str:
        key = f", key in {self.secret}" if self.secret else ""
        return f"{self.title} ({self.contact}{key})"


@dataclass(frozen=True, slots=True)
class Card:
    """One pivot of one entity class.

    Attributes:
        calls: how many asks a call makes; 0 for what is computed here.
        wide: it answers with much that has little to do with the subject, so expansion leaves it to the analyst.
        rows: whether the columns are those of rows; otherwise they are facts beside `clew.entities.vocabulary.COMMON`.
    """

    entity: str
    name: str
    about: str
    sources: tuple[Source, ...]
    calls: int
    wide: bool
    rows: bool
    parameters: tuple[Parameter, ...]
    columns: tuple[Column, ...]
    example: str

    @property
    def contact(self) -> str:
        """The most that any of its sources does: `local`, `passive` or `active`."""
        return max((source.contact for source in self.sources), key=_CONTACTS.index)

    @property
    def leaves(self) -> str:
        """What leaves the machine, and to whom."""
        outside = [source.title for source in self.sources if source.contact != "local"]
        if len(outside) > _FEW:
            return f"the {self.entity}, to those of the {len(outside)} sources outside that are configured"
        return f"the {self.entity}, to {', '.join(outside)}" if outside else "nothing"

    @property
    def cost(self) -> str:
        """How many asks a call makes, in words."""
        many = f"at most {self.calls} asks" if len(self.sources) > 1 else f"{self.calls} asks"
        return "computed here" if not self.calls else "1 ask" if self.calls == 1 else many

    def __str__(self) -> str:
        return "\n".join(_lines(self))

    def _repr_html_(self) -> str:
        facts = [
            ("what", self.about),
            ("example", self.example),
            *(("asks", str(source)) for source in self.sources),
            ("leaves", self.leaves),
            ("cost", self.cost),
        ]
        taken = [(each.name, each.type, each.default, each.about) for each in self.parameters]
        given = [(each.name, each.type, each.about) for each in self.columns]
        tables = [
            html_table(("pivot", f"{self.entity}.{self.name}"), facts),
            html_table(("parameter", "type", "default", "what"), taken),
            html_table(("column", "type", "what"), given),
        ]
        return "".join(tables)


class Catalog(tuple[Card, ...]):
    """Pivots, to look through."""

    __slots__ = ()

    def search(self, words: str) -> Catalog:
        """Those in which every word stands somewhere, those that have it in their name first."""
        wanted = words.lower().split()
        hits = [card for card in self if all(word in _text(card) for word in wanted)]
        return Catalog(sorted(hits, key=lambda card: not any(word in card.name for word in wanted)))

    def __repr__(self) -> str:
        width = max((len(f"{card.entity}.{card.name}") for card in self), default=0)
        lines = [f"{f'{card.entity}.{card.name}':<{width}}  {card.contact:<7}  {card.about}" for card in self]
        return "\n".join(map(visible, lines)) or "no pivots"

    def _repr_html_(self) -> str:
        rows = [(f"{card.entity}.{card.name}", card.about, card.contact, card.leaves, card.cost) for card in self]
        return html_table(("pivot", "what", "contact", "leaves", "cost"), rows) or "<p>no pivots</p>"


# More sources than these are counted, where they are listed as well.
_FEW = 3
_CONTACTS = ("local", "passive", "active")


def card_of(entity: type[Entity], pivot: Pivot) -> Card:
    """The card of one pivot."""
    about = _arguments_of(pivot.help)
    taken = tuple(_parameter(argument, about) for argument in pivot.signature.parameters.values())
    shape = pivot.shape
    return Card(
        entity.__name__,
        pivot.name,
        pivot.about,
        tuple(
            dict.fromkeys(
                Source(each.name, each.title, each.docs, contact(each), each.secret) for each in pivot.providers
            )
        ),
        pivot.calls,
        pivot.wide,
        "time" in shape,
        taken,
        tuple(Column(name, term.type.__name__, term.about) for name, term in shape.items()),
        f"{EXAMPLES[entity]}.{pivot.name}()",
    )


def contact(provider: type[Provider]) -> str:
    """`local`, `passive` or `active`."""
    return "active" if provider.active else "passive" if provider.leaves else "local"


def catalog_of(entity: type[Entity]) -> Catalog:
    """The pivots of an entity class."""
    # Imported here: the registry is made of menus, whose calls show cards.
    from clew.pivots.registry import pivots_for

    return Catalog(card_of(entity, pivot) for pivot in pivots_for(entity).values())


def search(words: str = "") -> Catalog:
    """The pivots of all entities in which every word stands somewhere: name, description, source, parameter, column.

    >>> from clew.pivots import search
    >>> search("maxmind country")
    IpAddress.geo.locate  local    Country, city, coordinates, network and operator of the address.
    """
    return Catalog(card for entity in ENTITY_TYPES.values() for card in catalog_of(entity)).search(words)


def _text(card: Card) -> str:
    asked = [word for source in card.sources for word in (source.name, source.title)]
    taken = [parameter.name for parameter in card.parameters]
    given = [column.name for column in card.columns]
    return " ".join([card.entity, card.name, card.about, *asked, *taken, *given]).lower()


def _parameter(argument: Argument, about: Mapping[str, str]) -> Parameter:
    annotation: object = "" if argument.annotation is Argument.empty else argument.annotation
    kind = annotation if isinstance(annotation, str) else formatannotation(annotation)
    default = "" if argument.default is Argument.empty else repr(argument.default)
    return Parameter(argument.name, kind, default, about.get(argument.name, "").rstrip("."))


def _arguments_of(description: str) -> dict[str, str]:
    """What the section `Args:` of a docstring says, by name."""
    found: dict[str, str] = {}
    names: list[str] = []
    lines = iter(description.splitlines())
    for line in lines:
        if line == "Args:":
            break
    for line in lines:
        if line and not line.startswith("    "):
            break
        entry = _ENTRY.match(line)
        if entry:
            names = entry[1].split(", ")
            found |= dict.fromkeys(names, entry[2])
        else:
            found |= {name: f"{found[name]} {line.strip()}".strip() for name in names}
    return found


def _lines(card: Card) -> Iterator[str]:
    yield card.about
    yield ""
    yield f"example     {card.example}"
    yield from (f"{'asks' if not number else '':<12}{source}" for number, source in enumerate(card.sources))
    yield f"leaves      {card.leaves}"
    yield f"cost        {card.cost}{', wide: left out of expansions' if card.wide else ''}"
    taken = [(f"{each.name}: {each.type} = {each.default}", each.about) for each in card.parameters]
    yield from _block("parameters", taken)
    title = "rows" if card.rows else "facts"
    yield from _block(title, [(f"{each.name}: {each.type}", each.about) for each in card.columns])
    docs = [source.docs for source in card.sources if source.docs]
    if docs:
        yield f"read more   {' '.join(docs)}"


def _block(title: str, rows: list[tuple[str, str]]) -> Iterator[str]:
    if rows:
        width = max(len(left) for left, _ in rows)
        yield title
        yield from (f"  {left:<{width}}  {right}".rstrip() for left, right in rows)
