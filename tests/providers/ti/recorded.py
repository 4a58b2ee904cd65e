"""Exchanges that others recorded with real services, and what clew's operations make of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from clew.entities import Entity, Finding
from clew.pivots.bound_call import defaults_of
from clew.providers.base import Ask, Operation, Reply
from clew.testing.recordings import AT, runner


@dataclass(frozen=True)
class Cassette:
    """One exchange: how somebody asked, and what the service said."""

    method: str
    url: str
    status: int
    body: bytes
    at: datetime


def cassettes(folder: Path) -> Iterator[Cassette]:
    """The exchanges in the files below a folder, as Ruby's VCR writes them."""
    for file in sorted(folder.rglob("*.yml")):
        for each in yaml.safe_load(file.read_text("utf-8"))["http_interactions"]:
            body = each["response"]["body"]["string"]
            yield Cassette(
                each["request"]["method"].upper(),
                each["request"]["uri"],
                each["response"]["status"]["code"],
                body if isinstance(body, bytes) else body.encode(),
                AT,
            )


@dataclass
class Saying:
    """The given replies in order, to whatever is asked; keeps what was."""

    replies: list[Reply]
    asked: list[Ask] = field(default_factory=list)

    def find(self, ask: Ask, provider: str, now: datetime) -> Reply:
        """The next reply; the last one again where there are no more."""
        self.asked.append(ask)
        return self.replies[min(len(self.asked), len(self.replies)) - 1]


def answered(
    operation: Operation[Any, ...], subject: Entity, *bodies: object, status: int = 200, **arguments: object
) -> tuple[Finding, list[Ask]]:
    """What an operation makes of the bodies (bytes, or values that are written as JSON), and what it asked."""
    raw = [body if isinstance(body, bytes) else json.dumps(body).encode() for body in bodies]
    saying = Saying([Reply(body, "application/json", AT, status) for body in raw])
    given = {**defaults_of(operation.signature), **arguments}
    name = f"{operation.provider.name}.{operation.name}"
    steps = operation.steps(subject, **given)
    return runner(saying).run(name, operation.provider, subject, steps).finding, saying.asked


def facts(finding: Finding) -> dict[str, object]:
    """The facts of a finding by name."""
    return {fact.name: fact.value for fact in finding.facts}


def links(finding: Finding) -> set[tuple[str, str, str]]:
    """The links of a finding as texts."""
    return {(str(link.source.key), link.relation.value, str(link.target.key)) for link in finding.links}


def pointed(document: Any, pointer: str) -> Any:
    """What a JSON pointer points at."""
    for part in pointer.split("/")[1:]:
        step = part.replace("~1", "/").replace("~0", "~")
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document
