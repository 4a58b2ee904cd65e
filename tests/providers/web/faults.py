"""A server on loopback that behaves well, badly and worse, and writes down what it was asked."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Behaviour = Callable[["Handler"], None]


@dataclass
class Seen:
    """One request, as the server saw it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    port: int  # of the client: the same for all requests of one connection
    at: float


class Handler(BaseHTTPRequestHandler):
    """Reads a request, writes it down, and leaves the rest to a behaviour."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet for a header and a short body
    server: Server

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        seen = Seen(self.command, self.path, dict(self.headers.items()), body, self.client_address[1], time.time())
        behave = self.server.heard(seen)
        try:
            behave(self)
            self.wfile.flush()
        except OSError:
            self.close_connection = True  # the client had enough

    def do_GET(self) -> None:
        self.handle_any()

    def do_POST(self) -> None:
        self.handle_any()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the base class
        return

    def slowly(self, data: bytes) -> None:
        """Send it now, and not with what follows."""
        self.wfile.write(data)
        self.wfile.flush()


class Server(ThreadingHTTPServer):
    """Listens on loopback; the first requests get one behaviour each, all others the last."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, behaviours: tuple[Behaviour, ...]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviours = behaviours
        self.seen: list[Seen] = []
        self.stopped = threading.Event()
        #: How many requests are being answered, and how many were at most.
        self.busy = self.most = 0
        self._turn = threading.Lock()

    @property
    def url(self) -> str:
        """The address of the question that everybody asks here."""
        return f"http://127.0.0.1:{self.server_address[1]}/check"

    def heard(self, seen: Seen) -> Behaviour:
        with self._turn:
            self.seen.append(seen)
            return self.behaviours[min(len(self.seen), len(self.behaviours)) - 1]

    @contextmanager
    def counted(self) -> Generator[None]:
        with self._turn:
            self.busy += 1
            self.most = max(self.most, self.busy)
        yield
        with self._turn:
            self.busy -= 1

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
        server.socket.close()
        thread.join()


def reply(body: bytes = b"{}", status: int = 200, headers: Mapping[str, str] | None = None) -> Behaviour:
    """A proper answer."""

    def behave(handler: Handler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            handler.send_header(name, value)
        if status not in (204, 304):
            handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(b"" if status in (204, 304) else body)

    return behave


def slow(seconds: float, then: Behaviour | None = None) -> Behaviour:
    """An answer that takes its time; the server counts how many it works on at once."""

    def behave(handler: Handler) -> None:
        with handler.server.counted():
            handler.server.stopped.wait(seconds)
        (then or reply())(handler)

    return behave


def packed(body: bytes) -> Behaviour:
    """An answer in gzip."""
    return reply(gzip.compress(body), headers={"Content-Encoding": "gzip"})


def drip(start: bytes, pause: float = 0.02) -> Behaviour:
    """A beginning, and then a byte now and then, for as long as somebody listens."""

    def behave(handler: Handler) -> None:
        handler.slowly(start)
        while not handler.server.stopped.wait(pause):
            handler.slowly(b"x")

    return behave


DRIPS = {
    "status line": b"HTT",
    "header": b"HTTP/1.1 200 OK\r\nX-Slow: ",
    "body": b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
    "chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000\r\n",
}


def hang() -> Behaviour:
    """Silence, until the server is stopped."""

    def behave(handler: Handler) -> None:
        handler.server.stopped.wait()
        handler.close_connection = True

    return behave


def raw(data: bytes) -> Behaviour:
    """Bytes that need not be HTTP, and then the end."""

    def behave(handler: Handler) -> None:
        handler.wfile.write(data)
        handler.close_connection = True

    return behave


def reset() -> Behaviour:
    """A connection that is torn down."""

    def behave(handler: Handler) -> None:
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()
        handler.close_connection = True

    return behave


def flood(size: int) -> Behaviour:
    """A body of that size whose length nobody said."""

    def behave(handler: Handler) -> None:
        handler.slowly(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(size // 65536):
            handler.slowly(b" " * 65536)
        handler.close_connection = True

    return behave


def by(choose: Callable[[Seen], Behaviour]) -> Behaviour:
    """A behaviour that depends on what is asked."""

    def behave(handler: Handler) -> None:
        choose(next(seen for seen in reversed(handler.server.seen) if seen.path == handler.path))(handler)

    return behave
