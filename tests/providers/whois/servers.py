"""A WHOIS server on loopback that behaves well, badly and worse, and channels that find it."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from socketserver import StreamRequestHandler, ThreadingTCPServer

from clew.providers.web.call_steps import CallSteps
from clew.providers.web.connections import Connections
from clew.providers.web.quota import Quotas
from clew.providers.web.reply_cache import ReplyCache
from clew.providers.web.sockets import GuardedBackend
from clew.providers.whois.whois_channel import WhoisChannel

Behaviour = Callable[["Handler"], None]


class Handler(StreamRequestHandler):
    """Reads one line, writes it down, and leaves the rest to a behaviour."""

    server: Server

    def handle(self) -> None:
        behave = self.server.heard(self.rfile.readline())
        try:
            behave(self)
        except OSError:
            return  # the client had enough

    def slowly(self, data: bytes) -> None:
        """Send it now, and not with what follows."""
        self.wfile.write(data)
        self.wfile.flush()


class Server(ThreadingTCPServer):
    """Listens on loopback; the first questions get one behaviour each, all others the last."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, behaviours: tuple[Behaviour, ...]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviours = behaviours
        self.seen: list[bytes] = []
        self.stopped = threading.Event()
        self._turn = threading.Lock()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def heard(self, line: bytes) -> Behaviour:
        with self._turn:
            self.seen.append(line)
            return self.behaviours[min(len(self.seen), len(self.behaviours)) - 1]

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is none."""


@contextmanager
def serving(*behaviours: Behaviour) -> Generator[Server]:
    """A server that behaves so, one after the other; the last goes on."""
    server = Server(behaviours)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()


def says(body: bytes) -> Behaviour:
    """A proper answer."""
    return lambda handler: handler.slowly(body)


def until_end(body: bytes) -> Behaviour:
    """An answer to a question of several lines, when all of them have come."""

    def behave(handler: Handler) -> None:
        while handler.rfile.readline().strip() != b"end":
            pass
        handler.slowly(body)

    return behave


def loopback() -> GuardedBackend:
    """A network on which every name leads to this machine."""
    return GuardedBackend(lookup=lambda _host, _port: ["127.0.0.1"], allowed_addresses=frozenset({"127.0.0.1"}))


def drips(handler: Handler) -> None:
    """A byte now and then, for as long as somebody listens."""
    while not handler.server.stopped.wait(0.01):
        handler.slowly(b"x")


def hangs(handler: Handler) -> None:
    """An answer that never ends."""
    handler.slowly(b"Domain Name: ")
    handler.server.stopped.wait()


def resets(handler: Handler) -> None:
    """A connection that is torn down in the middle of the answer."""
    handler.slowly(b"Domain Name: ")
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def floods(handler: Handler) -> None:
    """More than anybody reads."""
    while not handler.server.stopped.is_set():
        handler.slowly(b"x" * 65536)


def channel(
    port: int,
    *,
    leads_to: str = "127.0.0.1",
    allowed: bool = True,
    lines: Connections | None = None,
    cache: ReplyCache | None = None,
    quotas: Quotas | None = None,
    seconds: float = 5.0,
) -> WhoisChannel:
    """A channel for which every name leads to one address, which it may dial although it is inside."""
    steps = CallSteps(lines or Connections(), cache=cache, quotas=quotas, seconds=seconds)
    inside = frozenset({leads_to}) if allowed else frozenset[str]()
    return WhoisChannel(
        steps,
        network=lambda: GuardedBackend(lookup=lambda _host, _port: [leads_to], allowed_addresses=inside),
        port=port,
    )
