"""A made-up key, and a network that echoes it."""

from __future__ import annotations

import base64
import dataclasses
import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from clew.providers.base import Operation, Reply
from clew.providers.exchange import Answer, NoRecordings
from clew.providers.gate import Gate
from clew.providers.runner import Runner
from clew.providers.web.connections import Connections
from clew.providers.web.http_channel import HttpChannel
from clew.providers.web.http_transport import fake_network
from clew.testing.recordings import AT, Recording

CANARY = "clew-canary-3f9a61d2e4b85c70"
# As basic authentication spells it.
_BASIC = base64.b64encode(f"{CANARY}:".encode()).decode()


def answer_with_canary(operation: Operation[Any, ...], recording: Recording) -> Answer:
    """The answer of a source that is sent the made-up key and says it back in its reply."""
    replies = iter(recording.replies)
    provider = operation.provider

    def echo(request: str) -> Reply:
        if not any(key in request for key in (CANARY, _BASIC)):
            raise AssertionError(f"the key in {provider.secret} is not sent")
        reply = next(replies)
        body = reply.body.replace(b"{", b'{"echo": "' + CANARY.encode() + b'", ', 1)
        return dataclasses.replace(reply, body=body)

    with _environment_variable(provider.secret, CANARY):
        # The subjects of recordings are documentation addresses, which the gate would not let pass.
        runner = Runner({"http": HttpChannel(Connections(fake_network(echo)))}, NoRecordings(), _OpenGate(), lambda: AT)
        steps = operation.steps(recording.subject, **recording.arguments)
        return runner.run(f"{provider.name}.{operation.name}", provider, recording.subject, steps)


class _OpenGate(Gate):
    """Lets everything pass: there is no network behind it."""

    __slots__ = ()

    def refusal(self, provider: object, subject: object) -> None:
        """Never."""


@contextmanager
def _environment_variable(name: str, value: str) -> Generator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
