"""What is to know about a pivot before it is called, for help, the command line, the reference and the browser."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from inspect import Parameter as Argument
from inspect import formatannotation
from types import MappingProxyType

from clew.entities import (
    Account,
    Alert,
    AttackTechnique,
    AutonomousSystem,
    Certificate,
    Domain,
    Entity,
    File,
    Host,
    Incident,
    IpAddress,
    Process,
    Url,
    Vulnerability,
)
from clew.entities.display import html_table
from clew.pivots.invocation import Pivot
from clew.providers.base import Provider

#: How an analyst writes one entity of each class.
EXAMPLES: Mapping[type[Entity], str] = MappingProxyType(
    {
        Account: 'Account("CORP\\\\alice")',
        Alert: 'Alert("defender:da637-1")',
        AttackTechnique: 'AttackTechnique("T1059.001")',
        AutonomousSystem: 'AutonomousSystem("AS64500")',
        Certificate: f'Certificate("{"c7" * 32}")',
        Domain: 'Domain("c2.example")',
        File: f'File("{"5f" * 32}")',
        Host: 'Host("ws01.corp.example")',
        Incident: 'Incident("defender:42")',
        IpAddress: 'IpAddress("198.51.100.7")',
        Process: 'Process("b34bc01c-7fae-5f63-1000-000000000400", host="ws01.corp.example")',
        Url: 'Url("https://c2.example/a?b=1")',
        Vulnerability: 'Vulnerability("CVE-2021-44228")',
    }
)
_ENTRY = re.compile(r"    (\w+(?:, \w+)*): (.*)")


@dataclass(frozen=True, slots=True)
class PivotParameter:
    """One argument that a pivot takes, as it is written."""

    name: str
    type: str
    default: str
    about: str


@dataclass(frozen=True, slots=True)
class PivotColumn:
    """One column of what comes back."""

    name: str
    type: str
    about: str


@dataclass(frozen=True, slots=True)
class PivotSource:
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
class PivotDescription:
    """One pivot of one entity class.

    Attributes:
        calls: how many asks a call makes; 0 for what is computed here.
        broad: it answers with much that has little to do with the subject, so expansion leaves it to the analyst.
        rows: whether the columns are those of rows; otherwise they are facts beside `clew.entities.vocabulary.COMMON`.
    """

    entity: str
    name: str
    about: str
    sources: tuple[PivotSource, ...]
    calls: int
    broad: bool
    rows: bool
    parameters: tuple[PivotParameter, ...]
    columns: tuple[PivotColumn, ...]
    example: str

    @property
    def contact(self) -> str:
        """The most that any of its sources does: `local`, `passive` or `active`."""
        return max((source.contact for source in self.sources), key=_CONTACTS.index)

    @property
    def leaves(self) -> str:
        """What leaves the machine, and to whom."""
        titles = [source.title for source in self.sources if source.contact != "local"]
        if len(titles) > _MAX_LISTED:
            return f"the {self.entity}, to those of the {len(titles)} sources outside that are configured"
        return f"the {self.entity}, to {', '.join(titles)}" if titles else "nothing"

    @property
    def cost(self) -> str:
        """How many asks a call makes, in words."""
        plural = f"at most {self.calls} asks" if len(self.sources) > 1 else f"{self.calls} asks"
        return "computed here" if not self.calls else "1 ask" if self.calls == 1 else plural

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
        parameter_rows = [
            (parameter.name, parameter.type, parameter.default, parameter.about) for parameter in self.parameters
        ]
        column_rows = [(column.name, column.type, column.about) for column in self.columns]
        tables = [
            html_table(("pivot", f"{self.entity}.{self.name}"), facts),
            html_table(("parameter", "type", "default", "what"), parameter_rows),
            html_table(("column", "type", "what"), column_rows),
        ]
        return "".join(tables)


# More sources than these are counted, where they are listed as well.
_MAX_LISTED = 3
_CONTACTS = ("local", "passive", "active")


def describe_pivot(entity: type[Entity], pivot: Pivot) -> PivotDescription:
    """What is to know about one pivot of an entity class."""
    argument_help = _arguments_of(pivot.help)
    parameters = tuple(_parameter(argument, argument_help) for argument in pivot.signature.parameters.values())
    shape = pivot.shape
    return PivotDescription(
        entity.__name__,
        pivot.name,
        pivot.about,
        tuple(
            dict.fromkeys(
                PivotSource(provider.name, provider.title, provider.docs, contact(provider), provider.secret)
                for provider in pivot.providers
            )
        ),
        pivot.calls,
        pivot.broad,
        "time" in shape,
        parameters,
        tuple(PivotColumn(name, term.type.__name__, term.about) for name, term in shape.items()),
        f"{EXAMPLES[entity]}.{pivot.name}()",
    )


def contact(provider: type[Provider]) -> str:
    """`local`, `passive` or `active`."""
    return "active" if provider.active else "passive" if provider.leaves else "local"


def _parameter(argument: Argument, about: Mapping[str, str]) -> PivotParameter:
    annotation: object = "" if argument.annotation is Argument.empty else argument.annotation
    kind = annotation if isinstance(annotation, str) else formatannotation(annotation)
    default = "" if argument.default is Argument.empty else repr(argument.default)
    return PivotParameter(argument.name, kind, default, about.get(argument.name, "").rstrip("."))


def _arguments_of(description: str) -> dict[str, str]:
    """What the section `Args:` of a docstring says, by name."""
    texts: dict[str, str] = {}
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
            texts |= dict.fromkeys(names, entry[2])
        else:
            texts |= {name: f"{texts[name]} {line.strip()}".strip() for name in names}
    return texts


def _lines(description: PivotDescription) -> Iterator[str]:
    yield description.about
    yield ""
    yield f"example     {description.example}"
    yield from (f"{'asks' if not number else '':<12}{source}" for number, source in enumerate(description.sources))
    yield f"leaves      {description.leaves}"
    yield f"cost        {description.cost}{', wide: left out of expansions' if description.broad else ''}"
    parameter_rows = [
        (f"{parameter.name}: {parameter.type} = {parameter.default}", parameter.about)
        for parameter in description.parameters
    ]
    yield from _block("parameters", parameter_rows)
    title = "rows" if description.rows else "facts"
    yield from _block(title, [(f"{column.name}: {column.type}", column.about) for column in description.columns])
    docs = [source.docs for source in description.sources if source.docs]
    if docs:
        yield f"read more   {' '.join(docs)}"


def _block(title: str, rows: list[tuple[str, str]]) -> Iterator[str]:
    if rows:
        width = max(len(label) for label, _ in rows)
        yield title
        yield from (f"  {label:<{width}}  {text}".rstrip() for label, text in rows)
