"""Recorded replies with the findings that they have to give: one readable JSON file each.

    {"operation": "ip", "subject": {...}, "arguments": {}, "exchanges": [{"ask": ..., "reply": ...}], "finding": {...}}

A reply that is JSON is written as JSON, other text as text, and anything else in base64.
"""

from __future__ import annotations

import base64
import dataclasses
import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from clew.entities import Entity, Finding, dump, load
from clew.entities.checked_text import stamp
from clew.errors import AskError, AskSkipped
from clew.pivots.bound_call import defaults_of
from clew.pivots.workspace import Workspace
from clew.providers.base import WORDING, Ask, Operation, Provider, Reply, canonical_json
from clew.providers.exchange import Answer, Recordings
from clew.providers.gate import Gate
from clew.providers.runner import Runner

#: The time of every recorded answer that does not come from a reply.
AT = datetime(2026, 3, 17, 9, 15, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Recording:
    """One call of one operation: what was asked, what came back, and what it means.

    Attributes:
        asks: the descriptions of what is asked, in order.
        replies: what came back to each.
        finding: as plain JSON values; empty in a recording that has not been looked at yet.
    """

    operation: str
    subject: Entity
    arguments: Mapping[str, Any]
    asks: tuple[dict[str, Any], ...]
    replies: tuple[Reply, ...]
    finding: Mapping[str, Any]

    @classmethod
    def load(cls, file: Path) -> Recording:
        """Read a file. Raises OSError, ValueError or LookupError where it is no recording."""
        document = json.loads(file.read_text("utf-8"))
        exchanges = document["exchanges"]
        return cls(
            document["operation"],
            load(document["subject"]),
            document["arguments"],
            tuple(exchange["ask"] for exchange in exchanges),
            tuple(_read_reply(exchange["reply"]) for exchange in exchanges),
            document.get("finding", {}),
        )

    def save(self, file: Path) -> None:
        """Write a file, for people to read too."""
        exchanges = [
            {"ask": ask, "reply": _reply_document(reply)} for ask, reply in zip(self.asks, self.replies, strict=True)
        ]
        document = {
            "operation": self.operation,
            "subject": dump(self.subject),
            "arguments": dict(self.arguments),
            "exchanges": exchanges,
            "finding": dict(self.finding),
        }
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", "utf-8")

    def playback(self) -> Recordings:
        """What was recorded, in place of the source."""
        keys = map(_request_key, self.asks)
        return RecordedReplies(dict(zip(keys, self.replies, strict=True)))

    def constant_playback(self, answer: Reply | AskError) -> Recordings:
        """The same answer to every ask."""
        return RecordedReplies({_request_key(ask): answer for ask in self.asks})


@dataclass(frozen=True, slots=True)
class RecordedReplies:
    """Answers by what is asked."""

    answers: Mapping[str, Reply | AskError]

    def find(self, ask: Ask, provider: str, now: datetime) -> Reply | AskError:
        """The recorded answer; what was not recorded is skipped, so that nobody is ever asked."""
        key = _request_key(ask.description())
        message = f"{provider} asks what is not recorded: {key}"
        return self.answers.get(key) or AskSkipped(message, kind="no-recording")


def _request_key(ask: Mapping[str, Any]) -> str:
    return canonical_json({key: value for key, value in ask.items() if key != WORDING})


def runner(recordings: Recordings) -> Runner:
    """A runner that can ask nobody."""
    return Runner({}, recordings, Gate(offline=True), lambda: AT)


def run(operation: Operation[Any, ...], recording: Recording, recordings: Recordings | None = None) -> Answer:
    """Run an operation on what was recorded."""
    steps = operation.steps(recording.subject, **recording.arguments)
    name = f"{operation.provider.name}.{operation.name}"
    return runner(recordings or recording.playback()).run(name, operation.provider, recording.subject, steps)


async def arun(operation: Operation[Any, ...], recording: Recording) -> Answer:
    """The asynchronous twin of `run`."""
    steps = operation.steps(recording.subject, **recording.arguments)
    name = f"{operation.provider.name}.{operation.name}"
    return await runner(recording.playback()).arun(name, operation.provider, recording.subject, steps)


def record(
    operation: Operation[Any, ...], subject: Entity, file: Path, *, workspace: Workspace, **arguments: object
) -> Recording:
    """Ask the real source once, and write what it said. The key that it needs is never written.

    Read the file before it is kept: a reply may say more than is meant for others.
    """
    all_arguments = {**defaults_of(operation.signature), **arguments}
    steps = operation.steps(subject, **all_arguments)
    answer = workspace.runner().run(f"{operation.provider.name}.{operation.name}", operation.provider, subject, steps)
    for exchange in answer.exchanges:
        if exchange.trouble is not None:
            raise exchange.trouble.error()
    replies = tuple(dataclasses.replace(answer.replies[exchange.evidence], at=AT) for exchange in answer.exchanges)
    recording = Recording(
        operation.name, subject, all_arguments, tuple(exchange.ask for exchange in answer.exchanges), replies, {}
    )
    recording = dataclasses.replace(recording, finding=snapshot(run(operation, recording).finding))
    recording.save(file)
    return recording


def snapshot(finding: Finding) -> dict[str, Any]:
    """A finding as plain JSON values, without what is empty."""
    plain: dict[str, Any] = _adapter().dump_python(finding, mode="json", exclude_defaults=True)
    return plain


def load_snapshot(plain: Mapping[str, Any]) -> Finding:
    """The finding that `snapshot` wrote."""
    return _adapter().validate_json(canonical_json(dict(plain)))


@functools.cache
def _adapter() -> TypeAdapter[Finding]:
    return TypeAdapter(Finding)


def _reply_document(reply: Reply) -> dict[str, Any]:
    common = {"status": reply.status, "media_type": reply.media_type, "at": stamp(reply.at)}
    try:
        text = reply.body.decode("utf-8")
    except UnicodeDecodeError:
        return {**common, "base64": base64.b64encode(reply.body).decode("ascii")}
    try:
        document = json.loads(text)
    except ValueError:
        return {**common, "text": text}
    # Written as JSON where that gives the same bytes back.
    return {**common, "json": document} if canonical_json(document) == text else {**common, "text": text}


def _read_reply(document: Mapping[str, Any]) -> Reply:
    if "json" in document:
        body = canonical_json(document["json"]).encode()
    elif "text" in document:
        body = str(document["text"]).encode()
    else:
        body = base64.b64decode(document["base64"], validate=True)
    return Reply(body, document["media_type"], datetime.fromisoformat(document["at"]), int(document["status"]))


def operations(provider: type[Provider]) -> dict[str, Operation[Any, ...]]:
    """The operations of a provider, by name; those that it inherits are its parent's."""
    return {name: row for name, row in vars(provider).items() if isinstance(row, Operation)}
