"""One exchange over HTTP: bounded in time and size, TLS only, never with a credential to another place.

The only module that knows the HTTP library. It is loaded when the first request is sent.
"""

from __future__ import annotations

import base64
import json
import os
import traceback
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlencode
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from clew.errors import AskError, AskFailed, AskRefused
from clew.providers.base import Reply
from clew.providers.web.clock import Deadline
from clew.providers.web.network import Call, Network, calling
from clew.providers.web.request import HttpRequest
from clew.providers.web.secrets import Secret
from clew.providers.web.unpacking import TooLarge, unpacked

MAX_BODY = 16 * 1024 * 1024
MAX_HEADERS = 64 * 1024
MAX_REDIRECTS = 5
#: How long a connection that nobody uses is kept open, in seconds, and how many of them are.
IDLE_SECONDS, IDLE_CONNECTIONS = 20.0, 20
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NETWORK_ERRORS = (httpx.HTTPError, httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError)
Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Received:
    """What came back: a status, the headers by name in lower case, the unpacked body, at which attempt."""

    status: int
    # Not shown: a source may have said the key back.
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    attempts: int = 1


class Transport:
    """Fetches. Its connections are kept open between calls; after a fork, the child opens its own.

    Args:
        instead: a network in the place of the real one, for tests.
        network: opens the sockets of the real one.
    """

    def __init__(
        self, instead: Callable[[], httpx.BaseTransport] | None = None, *, network: Callable[[], Network] = Network
    ) -> None:
        self._instead = instead
        self._network = network
        self._ways: dict[tuple[int, bool, str], httpx.BaseTransport] = {}

    def fetch(self, request: HttpRequest, secret: Secret | None, deadline: Deadline, *, who: str) -> Received:
        """One request, and the redirects that stay where it was sent.

        Args:
            who: the name of the source, for people.

        Raises:
            AskRefused: it would not go by TLS, or a URL out of data leads inside.
            AskFailed: no connection, no answer in time, one that is too large or damaged, or a redirect elsewhere.
        """
        try:
            return self._follow(request, secret, deadline, who)
        except BaseException as error:  # noqa: BLE001 - all of them are raised again
            # Further below, variables hold the key, and tools that show variables would show it.
            raise _shorn(error) from None

    def _follow(self, request: HttpRequest, secret: Secret | None, deadline: Deadline, who: str) -> Received:
        first = url = checked_url(request, who)
        for _ in range(MAX_REDIRECTS + 1):
            got = self._exchange(_message(request, url, secret), request, deadline, who)
            if got.status not in _REDIRECTS or "location" not in got.headers or got.status in request.answers:
                return got
            try:
                url = url.join(got.headers["location"])
            except (httpx.InvalidURL, ValueError):
                raise AskFailed(f"{who} points to what is no URL (status {got.status})", kind="redirect") from None
            if _origin(url) != _origin(first) or not request.repeatable:
                raise AskFailed(f"{who} points elsewhere (status {got.status}): not followed", kind="redirect")
        raise AskFailed(f"{who} redirects more than {MAX_REDIRECTS} times", kind="redirect")

    def _exchange(self, message: httpx.Request, request: HttpRequest, deadline: Deadline, who: str) -> Received:
        try:
            with calling(Call(deadline, request.follows)):
                response = self._way(message.url, follows=request.follows).handle_request(message)
                try:
                    return _received(response, deadline, who)
                finally:
                    response.close()
        except (httpx.TimeoutException, httpcore.TimeoutException, TimeoutError):
            raise AskFailed(f"{who} did not answer within {deadline.seconds:g} s", kind="timeout") from None
        except _NETWORK_ERRORS as error:
            raise AskFailed(f"{who} could not be asked: {type(error).__name__}", kind="connect") from None

    def _way(self, url: httpx.URL, *, follows: bool) -> httpx.BaseTransport:
        """The connections for such a URL. What follows URLs has its own: none that was opened without a look."""
        if self._instead is not None:
            key = (os.getpid(), False, "")
            return self._ways.get(key) or self._ways.setdefault(key, self._instead())
        # A proxy would resolve the name itself, where it cannot be looked at.
        direct = follows or url.host in _LOOPBACK or proxy_bypass(url.host)
        proxy = "" if direct else getproxies().get(url.scheme, "")
        key = (os.getpid(), follows, proxy)
        return self._ways.get(key) or self._ways.setdefault(key, _Pool(proxy, self._network()))


class _Pool(httpx.BaseTransport):
    """Connections that are kept open, over sockets of ours."""

    def __init__(self, proxy: str, network: Network) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            proxy=httpcore.Proxy(proxy) if proxy else None,
            max_connections=None,  # the places of each provider are the bound
            max_keepalive_connections=IDLE_CONNECTIONS,
            keepalive_expiry=IDLE_SECONDS,
            network_backend=network,
        )
        # Nobody closes a workspace: they go with it, at the latest when the process ends.
        weakref.finalize(self, self._pool.close)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = httpcore.URL(
            scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path
        )
        sent = httpcore.Request(request.method, url, headers=request.headers.raw, content=request.content)
        got = self._pool.handle_request(sent)
        return httpx.Response(got.status, headers=got.headers, stream=_Body(got))


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        return self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


def checked_url(request: HttpRequest, who: str) -> httpx.URL:
    """The URL with its parameters, as the library reads it: what is checked is what is dialled.

    Raises:
        AskRefused: it is none, or not TLS to somebody else.
    """
    try:
        url = httpx.URL(request.url)
        whole = url.copy_merge_params(request.params) if request.params else url
    except (httpx.InvalidURL, ValueError):
        raise AskRefused(f"{who} was not asked: the URL is none", kind="url", sent=False) from None
    if not url.host or (url.scheme != "https" and not (url.scheme == "http" and url.host in _LOOPBACK)):
        raise AskRefused(f"{url.host} was not asked: only https is sent", kind="tls", sent=False)
    return whole


def _message(request: HttpRequest, url: httpx.URL, secret: Secret | None) -> httpx.Request:
    """The request as it goes out, with the key in its place."""
    headers: Headers = [(name.encode(), value.encode()) for name, value in request.headers]
    names = {name.lower() for name, _ in headers}
    headers += [] if b"accept" in names else [(b"Accept", b"application/json")]
    # Not more packings than can be unpacked within bounds.
    headers += [(b"Accept-Encoding", b"gzip"), (b"User-Agent", b"clew")]
    content = b""
    if request.json is not None:
        content = json.dumps(request.json).encode()
        headers.append((b"Content-Type", b"application/json"))
    elif request.form:
        content = urlencode(request.form).encode()
        headers.append((b"Content-Type", b"application/x-www-form-urlencoded"))
    place = request.secret
    if secret is not None and place is not None:
        match place.kind:
            case "header":
                headers.append((place.name.encode(), f"{place.prefix}{secret.reveal()}".encode()))
            case "basic":
                pair = secret.reveal() if ":" in secret.reveal() else f"{secret.reveal()}:"
                headers.append((b"Authorization", b"Basic " + base64.b64encode(pair.encode())))
            case "query":
                url = url.copy_merge_params({place.name: secret.reveal()})
    return httpx.Request(request.method, url, headers=headers, content=content)


def _received(response: httpx.Response, deadline: Deadline, who: str) -> Received:
    if sum(len(name) + len(value) + 4 for name, value in response.headers.raw) > MAX_HEADERS:
        raise AskFailed(f"{who} sent more than {MAX_HEADERS // 1024} KiB of headers", kind="reply")
    packing = response.headers.get("content-encoding", "").strip().lower()
    try:
        body = unpacked(_chunks(response, deadline), packing, MAX_BODY)
    except TooLarge:
        raise AskFailed(f"{who} sent more than {MAX_BODY // 2**20} MiB", kind="reply") from None
    except ValueError as error:
        raise AskFailed(f"{who}'s reply is damaged: {error}", kind="reply") from None
    return Received(response.status_code, dict(response.headers.items()), body)


def _chunks(response: httpx.Response, deadline: Deadline) -> Iterator[bytes]:
    for chunk in cast("Iterable[bytes]", response.stream):
        if deadline.left <= 0:
            raise TimeoutError
        yield chunk


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _shorn(error: BaseException) -> BaseException:
    """The error without the way that it came; for a mistake, where it came from is said in words."""
    if not isinstance(error, AskError) and error.__traceback__ is not None:
        last = traceback.extract_tb(error.__traceback__)[-1]
        error.add_note(f"raised at {last.filename}:{last.lineno}, in {last.name}")
    error.__context__ = None
    return error.with_traceback(None)


def pretended(answer: Callable[[str], Reply]) -> Callable[[], httpx.BaseTransport]:
    """A network that is a function: from everything that is sent, as one text, to what comes back. For tests."""

    def respond(request: httpx.Request) -> httpx.Response:
        sent = f"{request.method} {request.url} {request.headers.multi_items()} {request.content!r}"
        reply = answer(sent)
        return httpx.Response(reply.status, content=reply.body, headers={"content-type": reply.media_type})

    return lambda: httpx.MockTransport(respond)
