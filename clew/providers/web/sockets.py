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
_NAT64_PREFIX = ipaddress.ip_network("64:ff9b::/96")
# Where clouds keep what a machine may know of itself, and which count as public: Azure's.
_METADATA_ADDRESSES = frozenset({ipaddress.ip_address("168.63.129.16")})
_CHUNK = 16 * 1024


@dataclass(frozen=True, slots=True)
class CallContext:
    """What holds for the call that this thread is making."""

    deadline: Deadline
    follows: bool


_call_context: ContextVar[CallContext] = ContextVar("clew_call")


@contextmanager
def call_scope(call: CallContext) -> Generator[None]:
    """The call that sockets belong to which are opened, read and written inside of the block."""
    token = _call_context.set(call)
    try:
        yield
    finally:
        _call_context.reset(token)


def is_public(text: str) -> bool:
    """Whether an address is on the public internet, and nobody's inside. What an address is wrapped in counts for it.

    >>> is_public("9.9.9.9"), is_public("169.254.169.254"), is_public("::ffff:10.0.0.1")
    (True, False, False)
    """
    address = _embedded_address(ipaddress.ip_address(text.partition("%")[0]))
    is_internal = address.is_multicast or address.is_reserved or getattr(address, "is_site_local", False)
    # The block for protocols (RFC 6890) counts as global in parts, and clouds put metadata there.
    is_reserved = address.version == 4 and address in ipaddress.ip_network("192.0.0.0/24")
    return address.is_global and not is_internal and not is_reserved and address not in _METADATA_ADDRESSES


def _embedded_address(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv6Address):
        teredo = address.teredo
        nat64_address = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64_PREFIX else None
        return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None) or nat64_address or address
    return address


def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, as the system knows them."""
    records = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [*dict.fromkeys(str(record[4][0]) for record in records)]


class GuardedBackend(httpcore.NetworkBackend):
    """Opens sockets for the call in force.

    Args:
        lookup: resolves names.
        allowed_addresses: addresses that a URL out of data may lead to although they are inside.
    """

    def __init__(self, *, lookup: Lookup = resolve, allowed_addresses: frozenset[str] = frozenset()) -> None:
        self._lookup = lookup
        self._allowed_addresses = allowed_addresses
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
        failure: Exception = httpcore.ConnectError("the name has no address")
        for address in self._addresses(host, port):
            try:
                return _DeadlineStream(
                    self._sockets.connect_tcp(address, port, _remaining_seconds(httpcore.ConnectTimeout))
                )
            except httpcore.ConnectError as error:
                failure = error
        raise failure

    def _addresses(self, host: str, port: int) -> Sequence[str]:
        addresses = _resolve_in_time(self._lookup, host, port)
        if _call_context.get().follows:
            internal = [
                address for address in addresses if address not in self._allowed_addresses and not is_public(address)
            ]
            if internal:
                raise AskRefused(f"{host} was not asked: it leads inside, to {internal[0]}", kind="address", sent=False)
        return addresses


def _resolve_in_time(lookup: Lookup, host: str, port: int) -> Sequence[str]:
    """The system resolves without a time limit: it does so in a thread that nobody has to wait for."""
    results: SimpleQueue[Sequence[str] | BaseException] = SimpleQueue()

    def resolve_name() -> None:
        try:
            results.put(lookup(host, port))
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that asks
            results.put(error)

    threading.Thread(target=resolve_name, name="clew-resolve", daemon=True).start()
    try:
        result = results.get(timeout=_remaining_seconds(httpcore.ConnectTimeout))
    except Empty:
        raise httpcore.ConnectTimeout from None
    if isinstance(result, OSError | UnicodeError):
        raise httpcore.ConnectError(type(result).__name__) from None
    if isinstance(result, BaseException):
        raise result
    return result


def _remaining_seconds(timeout_error: type[Exception]) -> float:
    """Seconds that the call in force has left. Raises `timeout_error` where there are none."""
    seconds = _call_context.get().deadline.remaining
    if seconds <= 0:
        raise timeout_error
    return seconds


class _DeadlineStream(httpcore.NetworkStream):
    """A connection whose every step fits the deadline of the call that takes it."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _remaining_seconds(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # In pieces: the time-out of a large one starts anew with each part that is taken.
        for start in range(0, len(buffer), _CHUNK):
            self._stream.write(buffer[start : start + _CHUNK], _remaining_seconds(httpcore.WriteTimeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _DeadlineStream(
            self._stream.start_tls(ssl_context, server_hostname, _remaining_seconds(httpcore.ConnectTimeout))
        )

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def close(self) -> None:
        self._stream.close()
