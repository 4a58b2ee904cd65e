"""A DNS resolver on loopback, over UDP and TCP, that answers as it is told."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

#: From a question and whether it came by TCP to the bytes of a reply; None for silence.
Behaviour = Callable[[dns.message.Message, bool], bytes | None]


class _Udp(socketserver.BaseRequestHandler):
    server: _UdpServer

    def handle(self) -> None:
        data, connection = self.request
        body = self.server.resolver.answer(data, by_tcp=False)
        if body is not None:
            connection.sendto(body, self.client_address)


class _Tcp(socketserver.BaseRequestHandler):
    server: _TcpServer

    def handle(self) -> None:
        (size,) = struct.unpack("!H", self.request.recv(2))
        body = self.server.resolver.answer(self.request.recv(size), by_tcp=True)
        if body is not None:
            self.request.sendall(struct.pack("!H", len(body)) + body)


class _UdpServer(socketserver.ThreadingUDPServer):
    daemon_threads = True
    resolver: Resolver


class _TcpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    resolver: Resolver


def _pair() -> tuple[_UdpServer, _TcpServer]:
    """Both on one port, which nobody else has."""
    while True:
        udp = _UdpServer(("127.0.0.1", 0), _Udp)
        try:
            return udp, _TcpServer(udp.server_address, _Tcp)
        except OSError:
            udp.server_close()  # somebody else has it for TCP


class Resolver:
    """Answers by its behaviour, and writes down what it was asked and how."""

    def __init__(self, behave: Behaviour) -> None:
        self.behave = behave
        self.seen: list[tuple[str, str, bool]] = []
        self._turn = threading.Lock()
        self.udp, self.tcp = _pair()
        self.udp.resolver = self.tcp.resolver = self

    @property
    def address(self) -> str:
        """As in the settings."""
        host, port = self.udp.server_address[:2]
        return f"{host}:{port}"

    def answer(self, data: bytes, *, by_tcp: bool) -> bytes | None:
        query = dns.message.from_wire(data)
        asked = query.question[0]
        with self._turn:
            self.seen.append((asked.name.to_text(), dns.rdatatype.to_text(asked.rdtype), by_tcp))
        return self.behave(query, by_tcp)


@contextmanager
def resolving(behave: Behaviour) -> Generator[Resolver]:
    """A resolver that behaves so."""
    resolver = Resolver(behave)
    servers = (resolver.udp, resolver.tcp)
    threads = [threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005}) for server in servers]
    for thread in threads:
        thread.start()
    try:
        yield resolver
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()


def zone(*records: str) -> Behaviour:
    """A resolver that knows these records (`name type data`); other names do not exist."""
    known = [record.split(" ", 2) for record in records]

    def behave(query: dns.message.Message, _by_tcp: bool) -> bytes:
        reply = dns.message.make_response(query, recursion_available=True)
        asked = query.question[0]
        name, kind = asked.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(asked.rdtype)
        names = {owner for owner, _, _ in known}
        if name not in names:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        for owner, its_kind, data in known:
            if owner == name and its_kind in (kind, "CNAME"):
                reply.answer.append(dns.rrset.from_text(f"{owner}.", 300, "IN", its_kind, data))
                name = data.rstrip(".") if its_kind == "CNAME" else name
        return reply.to_wire()

    return behave


def failing(rcode: dns.rcode.Rcode) -> Behaviour:
    """A resolver that says only that."""

    def behave(query: dns.message.Message, _by_tcp: bool) -> bytes:
        reply = dns.message.make_response(query)
        reply.set_rcode(rcode)
        return reply.to_wire()

    return behave


def silent(_query: dns.message.Message, _by_tcp: bool) -> None:
    """Says nothing."""


def only_by_tcp(behave: Behaviour) -> Behaviour:
    """Says by UDP only that it does not fit."""

    def choose(query: dns.message.Message, by_tcp: bool) -> bytes | None:
        if by_tcp:
            return behave(query, by_tcp)
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.TC
        return reply.to_wire()

    return choose
