"""One exchange over HTTP: bounded in time and size, TLS only, never with a credential to another place.

The only module that knows the HTTP library. It is loaded when the first request is sent.
"""

from __future__ import annotations

import base64
import json
import os
import traceback
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import cast
from urllib.parse import urlencode
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from clew.errors import AskError, AskFailed, AskRefused
from clew.providers.base import Reply
from clew.providers.web.api_keys import Secret
from clew.providers.web.clock import Deadline
from clew.providers.web.decompression import TooLarge, decompress
from clew.providers.web.http_request import HttpRequest
from clew.providers.web.raw_response import RawResponse
from clew.providers.web.sockets import CallContext, GuardedBackend, call_scope

MAX_BODY = 16 * 1024 * 1024
MAX_HEADERS = 64 * 1024
MAX_REDIRECTS = 5
#: How long a connection that nobody uses is kept open, in seconds, and how many of them are.
IDLE_SECONDS, IDLE_CONNECTIONS = 20.0, 20
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
_NETWORK_ERRORS = (httpx.HTTPError, httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError)
Headers = list[tuple[bytes, bytes]]


class HttpTransport:
    """Fetches. Its connections are kept open between calls; after a fork, the child opens its own.

    Args:
        substitute: a network in the place of the real one, for tests.
        backend: opens the sockets of the real one.
    """

    def __init__(
        self,
        substitute: Callable[[], httpx.BaseTransport] | None = None,
        *,
        backend: Callable[[], GuardedBackend] = GuardedBackend,
    ) -> None:
        self._substitute = substitute
        self._backend = backend
        self._pools: dict[tuple[int, bool, str], httpx.BaseTransport] = {}

    def fetch(self, request: HttpRequest, secret: Secret | None, deadline: Deadline, *, source: str) -> RawResponse:
        """One request, and the redirects that stay where it was sent.

        Args:
            source: the name of the source, for people.

        Raises:
            AskRefused: it would not go by TLS, or a URL out of data leads inside.
            AskFailed: no connection, no answer in time, one that is too large or damaged, or a redirect elsewhere.
        """
        try:
            return self._follow(request, secret, deadline, source)
        except BaseException as error:  # noqa: BLE001 - all of them are raised again
            # Further below, variables hold the key, and tools that show variables would show it.
            raise _without_traceback(error) from None

    def _follow(self, request: HttpRequest, secret: Secret | None, deadline: Deadline, source: str) -> RawResponse:
        first = url = checked_url(request, source)
        for _ in range(MAX_REDIRECTS + 1):
            response = self._exchange(_outgoing_request(request, url, secret), request, deadline, source)
            if (
                response.status not in _REDIRECT_STATUSES
                or "location" not in response.headers
                or response.status in request.answers
            ):
                return response
            try:
                url = url.join(response.headers["location"])
            except (httpx.InvalidURL, ValueError):
                raise AskFailed(
                    f"{source} points to what is no URL (status {response.status})", kind="redirect"
                ) from None
            if _origin(url) != _origin(first) or not request.repeatable:
                raise AskFailed(f"{source} points elsewhere (status {response.status}): not followed", kind="redirect")
        raise AskFailed(f"{source} redirects more than {MAX_REDIRECTS} times", kind="redirect")

    def _exchange(self, message: httpx.Request, request: HttpRequest, deadline: Deadline, source: str) -> RawResponse:
        try:
            with call_scope(CallContext(deadline, request.follows)):
                response = self._pool_for(message.url, follows=request.follows).handle_request(message)
                try:
                    return _read_response(response, deadline, source)
                finally:
                    response.close()
        except (httpx.TimeoutException, httpcore.TimeoutException, TimeoutError):
            raise AskFailed(f"{source} did not answer within {deadline.seconds:g} s", kind="timeout") from None
        except _NETWORK_ERRORS as error:
            raise AskFailed(f"{source} could not be asked: {type(error).__name__}", kind="connect") from None

    def _pool_for(self, url: httpx.URL, *, follows: bool) -> httpx.BaseTransport:
        """The connections for such a URL. What follows URLs has its own: none that was opened without a look."""
        if self._substitute is not None:
            key = (os.getpid(), False, "")
            return self._pools.get(key) or self._pools.setdefault(key, self._substitute())
        # A proxy would resolve the name itself, where it cannot be looked at.
        direct = follows or url.host in _LOOPBACK or proxy_bypass(url.host)
        proxy = "" if direct else getproxies().get(url.scheme, "")
        key = (os.getpid(), follows, proxy)
        return self._pools.get(key) or self._pools.setdefault(key, _Pool(proxy, self._backend()))


class _Pool(httpx.BaseTransport):
    """Connections that are kept open, over sockets of ours."""

    def __init__(self, proxy: str, backend: GuardedBackend) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            proxy=httpcore.Proxy(proxy) if proxy else None,
            max_connections=None,  # the places of each provider are the bound
            max_keepalive_connections=IDLE_CONNECTIONS,
            keepalive_expiry=IDLE_SECONDS,
            network_backend=backend,
        )
        # Nobody closes a workspace: they go with it, at the latest when the process ends.
        weakref.finalize(self, self._pool.close)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = httpcore.URL(
            scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path
        )
        pool_request = httpcore.Request(request.method, url, headers=request.headers.raw, content=request.content)
        pool_response = self._pool.handle_request(pool_request)
        return httpx.Response(pool_response.status, headers=pool_response.headers, stream=_Body(pool_response))


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        return self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


def checked_url(request: HttpRequest, source: str) -> httpx.URL:
    """The URL with its parameters, as the library reads it: what is checked is what is dialled.

    Raises:
        AskRefused: it is none, or not TLS to somebody else.
    """
    try:
        url = httpx.URL(request.url)
        full_url = url.copy_merge_params(request.params) if request.params else url
    except (httpx.InvalidURL, ValueError):
        raise AskRefused(f"{source} was not asked: the URL is none", kind="url", sent=False) from None
    if not url.host or (url.scheme != "https" and not (url.scheme == "http" and url.host in _LOOPBACK)):
        raise AskRefused(f"{url.host} was not asked: only https is sent", kind="tls", sent=False)
    return full_url


def _outgoing_request(request: HttpRequest, url: httpx.URL, secret: Secret | None) -> httpx.Request:
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
    location = request.secret
    if secret is not None and location is not None:
        match location.kind:
            case "header":
                headers.append((location.name.encode(), f"{location.prefix}{secret.reveal()}".encode()))
            case "basic":
                pair = secret.reveal() if ":" in secret.reveal() else f"{secret.reveal()}:"
                headers.append((b"Authorization", b"Basic " + base64.b64encode(pair.encode())))
            case "query":
                url = url.copy_merge_params({location.name: secret.reveal()})
    return httpx.Request(request.method, url, headers=headers, content=content)


def _read_response(response: httpx.Response, deadline: Deadline, source: str) -> RawResponse:
    if sum(len(name) + len(value) + 4 for name, value in response.headers.raw) > MAX_HEADERS:
        raise AskFailed(f"{source} sent more than {MAX_HEADERS // 1024} KiB of headers", kind="reply")
    encoding = response.headers.get("content-encoding", "").strip().lower()
    try:
        body = decompress(_chunks(response, deadline), encoding, MAX_BODY)
    except TooLarge:
        raise AskFailed(f"{source} sent more than {MAX_BODY // 2**20} MiB", kind="reply") from None
    except ValueError as error:
        raise AskFailed(f"{source}'s reply is damaged: {error}", kind="reply") from None
    return RawResponse(response.status_code, dict(response.headers.items()), body)


def _chunks(response: httpx.Response, deadline: Deadline) -> Iterator[bytes]:
    for chunk in cast("Iterable[bytes]", response.stream):
        if deadline.remaining <= 0:
            raise TimeoutError
        yield chunk


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _without_traceback(error: BaseException) -> BaseException:
    """The error without the way that it came; for a mistake, where it came from is said in words."""
    if not isinstance(error, AskError) and error.__traceback__ is not None:
        last = traceback.extract_tb(error.__traceback__)[-1]
        error.add_note(f"raised at {last.filename}:{last.lineno}, in {last.name}")
    error.__context__ = None
    return error.with_traceback(None)


def fake_network(answer: Callable[[str], Reply]) -> Callable[[], httpx.BaseTransport]:
    """A network that is a function: from everything that is sent, as one text, to what comes back. For tests."""

    def respond(request: httpx.Request) -> httpx.Response:
        text = f"{request.method} {request.url} {request.headers.multi_items()} {request.content!r}"
        reply = answer(text)
        return httpx.Response(reply.status, content=reply.body, headers={"content-type": reply.media_type})

    return lambda: httpx.MockTransport(respond)
