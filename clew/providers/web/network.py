"""Sockets as clew opens them: within the deadline of the call, and to addresses that were looked at.

A time-out of a socket starts anew with each byte. So each read and write is given only what is left of the deadline of
the whole call, and a server that drips cannot stretch it. A name is resolved here, once, and it is the address that was
checked which is dialled: a name that means something else a moment later changes nothing.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

import httpcore

from clew.errors import AskRefused
from clew.providers.web.clock import Deadline

if TYPE_CHECKING:
    import ssl

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
#: From a name and a port to addresses. Raises OSError.
Lookup = Callable[[str, int], Sequence[str]]
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
# Where clouds keep what a machine may know of itself, and which count as public: Azure's.
_METADATA = frozenset({ipaddress.ip_address("168.63.129.16")})
_CHUNK = 16 * 1024


@dataclass(frozen=True, slots=True)
class Call:
    """What holds for the call that this thread is making."""

    deadline: Deadline
    follows: bool


_call: ContextVar[Call] = ContextVar("clew_call")


@contextmanager
def calling(call: Call) -> Generator[None]:
    """The call that sockets belong to which are opened, read and written inside of the block."""
    token = _call.set(call)
    try:
        yield
    finally:
        _call.reset(token)


def outside(text: str) -> bool:
    """Whether an address is on the public internet, and nobody's inside. What an address is wrapped in counts for it.

    >>> outside("9.9.9.9"), outside("169.254.169.254"), outside("::ffff:10.0.0.1")
    (True, False, False)
    """
    address = _unwrapped(ipaddress.ip_address(text.partition("%")[0]))
    inside = address.is_multicast or address.is_reserved or getattr(address, "is_site_local", False)
    # The block for protocols (RFC 6890) counts as global in parts, and clouds put metadata there.
    special = address.version == 4 and address in ipaddress.ip_network("192.0.0.0/24")
    return address.is_global and not inside and not special and address not in _METADATA


def _unwrapped(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv6Address):
        teredo = address.teredo
        translated = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _TRANSLATED else None
        return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None) or translated or address
    return address


def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, as the system knows them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [*dict.fromkeys(str(each[4][0]) for each in found)]


class Network(httpcore.NetworkBackend):
    """Opens sockets for the call in force.

    Args:
        lookup: resolves names.
        allowed: addresses that a URL out of data may lead to although they are inside.
    """

    def __init__(self, *, lookup: Lookup = resolve, allowed: frozenset[str] = frozenset()) -> None:
        self._lookup = lookup
        self._allowed = allowed
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first address that takes one.

        Raises:
            AskRefused: the URL came from data, and leads inside.
            httpcore.ConnectError: nobody takes it.
            httpcore.ConnectTimeout: the deadline is over.
        """
        trouble: Exception = httpcore.ConnectError("the name has no address")
        for address in self._addresses(host, port):
            try:
                return _Clamped(self._sockets.connect_tcp(address, port, _left(httpcore.ConnectTimeout)))
            except httpcore.ConnectError as error:
                trouble = error
        raise trouble

    def _addresses(self, host: str, port: int) -> Sequence[str]:
        found = _within_deadline(self._lookup, host, port)
        if _call.get().follows:
            inside = [address for address in found if address not in self._allowed and not outside(address)]
            if inside:
                raise AskRefused(f"{host} was not asked: it leads inside, to {inside[0]}", kind="address", sent=False)
        return found


def _within_deadline(lookup: Lookup, host: str, port: int) -> Sequence[str]:
    """The system resolves without a time limit: it does so in a thread that nobody has to wait for."""
    answered: SimpleQueue[Sequence[str] | BaseException] = SimpleQueue()

    def look() -> None:
        try:
            answered.put(lookup(host, port))
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that asks
            answered.put(error)

    threading.Thread(target=look, name="clew-resolve", daemon=True).start()
    try:
        found = answered.get(timeout=_left(httpcore.ConnectTimeout))
    except Empty:
        raise httpcore.ConnectTimeout from None
    if isinstance(found, OSError | UnicodeError):
        raise httpcore.ConnectError(type(found).__name__) from None
    if isinstance(found, BaseException):
        raise found
    return found


def _left(over: type[Exception]) -> float:
    """Seconds that the call in force has left. Raises `over` where there are none."""
    left = _call.get().deadline.left
    if left <= 0:
        raise over
    return left


class _Clamped(httpcore.NetworkStream):
    """A connection whose every step fits the deadline of the call that takes it."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # In pieces: the time-out of a large one starts anew with each part that is taken.
        for first in range(0, len(buffer), _CHUNK):
            self._stream.write(buffer[first : first + _CHUNK], _left(httpcore.WriteTimeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Clamped(self._stream.start_tls(ssl_context, server_hostname, _left(httpcore.ConnectTimeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def close(self) -> None:
        self._stream.close()
