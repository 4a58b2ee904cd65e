"""A made-up provider, a channel that says what it is told, and a server on loopback that behaves badly."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from clew.entities import Fact, Finding, IpAddress
from clew.providers.base import Ask, Provider, Reply, Steps, operation
from clew.providers.exchange import NoRecordings, Recordings
from clew.providers.gate import Gate
from clew.providers.runner import Runner

NOW = datetime(2026, 3, 17, 9, 15, tzinfo=UTC)
# Public, so that the gate lets it pass; nobody is ever asked.
PUBLIC = IpAddress("8.8.4.4")


@dataclass(frozen=True, slots=True)
class Question(Ask):
    """An ask that leaves."""

    channel: ClassVar[str] = "double"
    leaves: ClassVar[bool] = True
    text: str = ""

    def described(self) -> dict[str, Any]:
        return {"text": self.text}


class Oracle(Provider):
    """Asks as often as it is told, and reports what it heard."""

    name: ClassVar[str] = "oracle"
    title: ClassVar[str] = "Oracle"
    leaves: ClassVar[bool] = True

    @operation(calls=1)
    def ip(self, ip: IpAddress, *, times: int = 1) -> Steps:
        """What the oracle says.

        Args:
            times: how often it is asked.
        """
        heard = []
        for number in range(times):
            reply = yield Question(f"{ip.value} {number}")
            heard.append(reply.object()["said"])
        return Finding(ip, facts=tuple(Fact("said", text) for text in heard), returned=len(heard), available=len(heard))


class Prober(Oracle):
    """Touches the suspect's own infrastructure."""

    name: ClassVar[str] = "prober"
    title: ClassVar[str] = "Prober"
    active: ClassVar[bool] = True


def answer(said: object) -> Reply:
    """A reply that the oracle understands."""
    return Reply(json.dumps({"said": said}).encode(), "application/json", NOW)


@dataclass
class Speaker:
    """A channel that gives its lines in order and keeps what it was asked."""

    lines: Iterable[Reply | Exception]
    asked: list[Ask] = field(default_factory=list)

    def send(self, ask: Ask, provider: type[Provider]) -> Reply:
        """The next line."""
        line = [*self.lines][len(self.asked)]
        self.asked.append(ask)
        if isinstance(line, Exception):
            raise line
        return line


def runner(speaker: Any, *, gate: Gate | None = None, recordings: Recordings | None = None) -> Runner:
    """A runner whose only way out is the speaker."""
    return Runner({"double": speaker}, recordings or NoRecordings(), gate or Gate(), lambda: NOW)


# --- a server --------------------------------------------------------------------------------------------------------

Behaviour = Callable[[BaseHTTPRequestHandler], None]


def reply(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Behaviour:
    """A proper answer."""

    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return behave


def drip(pause: float, times: int) -> Behaviour:
    """A header at once, and a byte now and then."""

    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(times):
            handler.wfile.write(b" ")
            time.sleep(pause)

    return behave


def hang(seconds: float) -> Behaviour:
    """Silence."""
    return lambda _: time.sleep(seconds)


def raw(data: bytes) -> Behaviour:
    """Bytes that need not be HTTP, and then the end."""

    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(data)

    return behave


def reset() -> Behaviour:
    """A connection that is torn down."""

    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()

    return behave


def flood(size: int) -> Behaviour:
    """A body of that size without a length."""

    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        chunk = b" " * 65536
        for _ in range(size // len(chunk)):
            handler.wfile.write(chunk)

    return behave


@dataclass
class Served:
    """A running server: where it is, and the request lines and headers that it saw."""

    port: int
    seen: list[tuple[str, dict[str, str]]]

    @property
    def url(self) -> str:
        """The address of the question that everybody asks here."""
        return f"http://127.0.0.1:{self.port}/check"


@contextmanager
def serving(behave: Behaviour) -> Generator[Served]:
    """A server on loopback that behaves so to every request."""
    seen: list[tuple[str, dict[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append((self.path, dict(self.headers.items())))
            self.close_connection = True
            try:
                behave(self)
            except OSError:
                return  # the client had enough

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the base class
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Served(server.server_address[1], seen)
    finally:
        server.shutdown()
        server.socket.close()
        thread.join()
