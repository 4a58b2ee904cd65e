"""What operations make of replies that are given in order, and what they ask for them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from clew.entities import Entity, Finding
from clew.errors import AskError, AskSkipped
from clew.pivots.bound_call import defaults_of
from clew.providers.base import Ask, Operation, Reply
from clew.testing.recordings import AT, runner


@dataclass
class Saying:
    """The given answers in order; keeps what was asked."""

    given: list[Reply | AskError]
    asked: list[Any] = field(default_factory=list)

    def find(self, ask: Ask, provider: str, now: datetime) -> Reply | AskError:
        """The next answer; nothing more is known where there are no more."""
        self.asked.append(ask)
        if len(self.asked) > len(self.given):
            return AskSkipped("the test has no more replies", kind="no-recording")
        return self.given[len(self.asked) - 1]


def asked(
    operation: Operation[Any, ...], subject: Entity, *given: object, **arguments: object
) -> tuple[Finding, list[Any]]:
    """What an operation makes of replies, errors, bytes, texts, or values written as JSON; and what it asks."""
    saying = Saying([_answer(each) for each in given])
    whole = {**defaults_of(operation.signature), **arguments}
    name = f"{operation.provider.name}.{operation.name}"
    return runner(saying).run(
        name, operation.provider, subject, operation.steps(subject, **whole)
    ).finding, saying.asked


def _answer(given: object) -> Reply | AskError:
    if isinstance(given, Reply | AskError):
        return given
    if isinstance(given, bytes | str):
        return Reply(given if isinstance(given, bytes) else given.encode(), "text/plain", AT)
    return Reply(json.dumps(given).encode(), "application/json", AT)
