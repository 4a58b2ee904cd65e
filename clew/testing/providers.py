"""What every provider is held to, as tests to inherit.

    class TestAcme(ProviderSuite):
        provider = Acme
        recordings = Path(__file__).parent / "recordings"

`recordings` holds one file or more for each operation: `ip.json`, `ip-unknown.json`. Run the tests once with
UPDATE_CLEW_RECORDINGS=1 to have the findings written into them, and read what was written.
"""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from clew.entities import Outcome
from clew.entities.finding import Finding
from clew.errors import AskError, AskFailed, AskRefused, AskSkipped
from clew.providers.base import Operation, Provider, Reply
from clew.providers.exchange import Answer
from clew.testing.imports import import_effects
from clew.testing.recordings import AT, Recording, arun, load_snapshot, operations, run, snapshot
from clew.testing.secrets import CANARY, answer_with_canary

UPDATE = "UPDATE_CLEW_RECORDINGS"
#: What a source may send instead of what it documents.
DAMAGED_BODIES = (
    b"",
    b"{",
    b"null",
    b"[]",
    b"{}",
    b"0",
    b'"text"',
    b"<html>busy</html>",
    b"\xff\xfe\x00",
    b"[" * 5000,
    b'{"data": null}',
    b'{"data": []}',
    b'{"error": "x"}',
)


class ProviderSuite:
    """The contract of a provider. A subclass whose name begins with `Test` is run by pytest."""

    provider: ClassVar[type[Provider]]
    recordings: ClassVar[Path]

    def cases(self) -> Iterator[tuple[str, Operation[Any, ...], Recording]]:
        """Every recording with its operation.

        Yields:
            The name of the recording, its operation, and the recording.
        """
        provider_operations = operations(self.provider)
        for name, operation in provider_operations.items():
            for file in sorted(self.recordings.glob(f"{name}*.json")):
                if re.fullmatch(rf"{name}(?:-[\w-]+)?", file.stem):
                    yield file.stem, operation, Recording.load(file)

    def test_it_describes_itself(self) -> None:
        """A short name, a title and a docstring for people, constants of the right kinds, documentation by TLS."""
        provider = self.provider
        check(re.fullmatch(r"[a-z][a-z0-9-]{1,20}", provider.name), f"{provider.name!r} is no short name in lower case")
        check(provider.title and inspect.getdoc(provider), "it has a title and a docstring")
        check(type(provider.leaves) is type(provider.active) is bool, "leaves and active are True or False")
        check(min(provider.lifetime, provider.lifetime_nothing) > timedelta(0), "lifetimes are spans of time")
        check(provider.concurrency >= 1, "concurrency is at least one ask at a time")
        check(not provider.docs or urlsplit(provider.docs).scheme == "https", f"{provider.docs!r} is no https address")
        check(not provider.active or provider.leaves, "what is active leaves the machine")
        check(not provider.leaves or provider.docs, "a source outside says where it is documented")

    def test_its_secret_is_named_and_never_held(self) -> None:
        """A secret is the name of an environment variable, and only who leaves the machine needs one."""
        secret = self.provider.secret
        check(not secret or re.fullmatch(r"[A-Z][A-Z0-9_]+", secret), f"{secret!r} is no name of a variable")
        check(not secret or self.provider.leaves, "what needs a key leaves the machine")

    def test_every_operation_explains_itself(self) -> None:
        """One line of at most 72 characters; arguments that are keyword-only, annotated, optional and explained."""
        provider_operations = operations(self.provider)
        check(provider_operations, "it has at least one operation")
        for name, operation in provider_operations.items():
            check(
                10 < len(operation.about) <= 72 and operation.about.endswith("."),
                f"{name}: its first line is {operation.about!r}; a sentence of at most 72 characters is needed",
            )
            check(operation.calls >= 0, f"{name}: it makes no negative number of asks")
            for argument in operation.signature.parameters.values():
                label = f"{name}, {argument.name}"
                check(argument.kind is inspect.Parameter.KEYWORD_ONLY, f"{label}: it is keyword-only")
                check(argument.annotation is not inspect.Parameter.empty, f"{label}: it has a type")
                check(argument.default is not inspect.Parameter.empty, f"{label}: it has a default")
                check(f"{argument.name}: " in operation.help, f"{label}: its docstring explains it under Args:")

    def test_every_operation_has_a_recording(self) -> None:
        """For each operation there is at least one recorded reply."""
        missing = set(operations(self.provider)) - {operation.name for _, operation, _ in self.cases()}
        check(not missing, f"no recording of {', '.join(sorted(missing))} in {self.recordings}")

    def test_recorded_replies_give_the_recorded_findings(self) -> None:
        """What was asked is asked again, and the reply means what it meant."""
        for name, operation, recording in self.cases():
            finding = run(operation, recording).finding
            check("is not recorded" not in finding.reason, f"{name}: {finding.reason}")
            if os.environ.get(UPDATE):
                dataclasses.replace(recording, finding=snapshot(finding)).save(self.recordings / f"{name}.json")
            else:
                check(
                    snapshot(finding) == dict(recording.finding),
                    f"{name}: the finding is now {snapshot(finding)}; "
                    f"if that is right, run the tests once with {UPDATE}=1",
                )

    def test_waiting_and_not_waiting_are_the_same(self) -> None:
        """The asynchronous form of every operation gives the same answer."""
        for name, operation, recording in self.cases():
            check(asyncio.run(arun(operation, recording)) == run(operation, recording), f"{name}: the two differ")

    def test_findings_survive_json(self) -> None:
        """A finding written as JSON and read back is the same."""
        for name, operation, recording in self.cases():
            finding = run(operation, recording).finding
            check(load_snapshot(snapshot(finding)) == finding, f"{name}: its finding does not survive JSON")

    def test_facts_mean_what_their_names_say(self) -> None:
        """Every fact and column is announced, and has the type that its name has everywhere."""
        for name, operation, recording in self.cases():
            shape = self.provider.shape(operation, type(recording.subject))
            for term, value in _named_values(run(operation, recording).finding):
                check(term in shape, f"{name}: {term!r} is not announced; add it to facts= of the operation")
                fits = value is None or _fits(value, shape[term].type)
                check(fits, f"{name}: {term!r} is {value!r}, but means a {shape[term].type.__name__}")

    def test_an_ask_without_an_answer_is_an_outcome(self) -> None:
        """Failed, refused and skipped asks become that outcome with a reason, never silence and never innocence."""
        for name, operation, recording in self.cases():
            for error in (AskFailed, AskRefused, AskSkipped):
                self._check_error(name, operation, recording, error(f"made-up {error.outcome}", kind="made-up"))

    def _check_error(self, name: str, operation: Operation[Any, ...], recording: Recording, error: AskError) -> None:
        if recording.asks:
            finding = run(operation, recording, recording.constant_playback(error)).finding
            check(finding.outcome == error.outcome, f"{name}: an ask that is {error.outcome} gives {finding.outcome}")
            check(
                error.message in finding.reason,
                f"{name}: the reason is {finding.reason!r}, and does not say {error.message!r}",
            )

    def test_a_damaged_reply_is_a_failure(self) -> None:
        """A reply that is not what the source documents is `failed` with a reason, or nothing; never an exception."""
        for name, operation, recording in self.cases():
            for body in (*DAMAGED_BODIES, *(reply.body[: len(reply.body) // 2] for reply in recording.replies)):
                if recording.asks:
                    reply = Reply(body, recording.replies[0].media_type, AT)
                    finding = run(operation, recording, recording.constant_playback(reply)).finding
                    is_expected = finding.outcome in (Outcome.FAILED, Outcome.NOTHING) and finding.reason
                    check(is_expected, f"{name}: {body[:40]!r} gives {finding.outcome}: {finding.reason}")

    def test_its_key_is_nowhere(self) -> None:
        """The key is sent, and then stands in nothing that is kept or shown, even if the source echoes it."""
        if self.provider.secret:
            for name, operation, recording in self.cases():
                answer = answer_with_canary(operation, recording)
                check(CANARY not in _everything(answer), f"{name}: the key can be read in the answer")

    def test_importing_it_opens_nothing(self) -> None:
        """Importing its module reads no file but code, opens no socket and starts no program."""
        effects = import_effects(self.provider.__module__)
        check(not effects, effects)


def check(condition: object, message: str) -> None:
    """Raise AssertionError, which pytest shows, saying what does not hold."""
    if not condition:
        raise AssertionError(message)


def _named_values(finding: Finding) -> Iterator[tuple[str, object]]:
    yield from ((fact.name, fact.value) for fact in finding.facts)
    if finding.table is not None:
        for row in finding.table.rows:
            yield from zip(finding.table.columns, row, strict=True)


def _fits(value: object, kind: type) -> bool:
    """Whether a value is of the kind; times are written as text in rows, and whole numbers are numbers."""
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, kind if kind in (str, bool) else str)


def _everything(answer: Answer) -> str:
    bodies = [reply.body.decode("utf-8", "replace") for reply in answer.replies.values()]
    return "\n".join([repr(answer), str(answer.finding), str(snapshot(answer.finding)), *bodies])
