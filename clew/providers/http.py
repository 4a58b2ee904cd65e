"""The way to the network: one bounded request, TLS only, no credential to another host."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, urlsplit

from clew.errors import AskFailed, AskRefused, AskSkipped
from clew.providers.base import Ask, Provider, Reply, expected

if TYPE_CHECKING:
    import httpx

MAX_BODY = 16 * 1024 * 1024
TIMEOUT_SECONDS = 30.0
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_TOKEN = re.compile(r"[!-~]{8,}")


@dataclass(frozen=True, slots=True)
class HttpRequest(Ask):
    """A request to a web service.

    Attributes:
        params: query parameters, in order.
        secret_header: the header that carries the provider's secret; the secret itself is added when sending.
    """

    channel: ClassVar[str] = "http"
    leaves: ClassVar[bool] = True

    method: str
    url: str
    params: tuple[tuple[str, str], ...] = ()
    secret_header: str = ""

    def described(self) -> dict[str, Any]:
        return {"method": self.method, "url": self.url, "params": dict(self.params)}


@dataclass(frozen=True, slots=True)
class HttpChannel:
    """Sends requests through httpx. `transport` replaces the network, in tests and for proxies."""

    transport: Callable[[], httpx.BaseTransport] | None = None

    def send(self, ask: Ask, provider: type[Provider]) -> Reply:
        """One request, one bounded reply.

        Raises:
            AskSkipped: the provider's secret is not set.
            AskRefused: the vendor refuses the key or the quota; or the URL is not TLS.
            AskFailed: no connection, no answer in time, too large an answer, or a server error.
        """
        # Loaded here: most sessions never use the network.
        import httpx

        request = expected(ask, HttpRequest)
        _require_tls(request.url)
        secret = _secret(provider)
        headers = {"Accept": "application/json", "User-Agent": "clew"}
        if request.secret_header:
            headers[request.secret_header] = secret
        try:
            with (
                httpx.Client(transport=self.transport() if self.transport else None, timeout=TIMEOUT_SECONDS) as client,
                client.stream(request.method, request.url, params=request.params, headers=headers) as response,
            ):
                body = _bounded_body(response, provider)
                media_type = response.headers.get("content-type", "").partition(";")[0].strip()
                status, retry_after = response.status_code, response.headers.get("retry-after", "")
        except (httpx.TimeoutException, TimeoutError):
            raise AskFailed(f"{provider.title} did not answer within {TIMEOUT_SECONDS:.0f} s", kind="timeout") from None
        except httpx.HTTPError as error:
            raise AskFailed(f"{provider.title} could not be asked: {type(error).__name__}", kind="connect") from None
        _check_status(status, retry_after, provider)
        return Reply(_redacted(body, secret), media_type, datetime.now(UTC), status)


def _require_tls(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise AskRefused(f"{parts.hostname} was not asked: plain http is not sent", kind="tls")


def _secret(provider: type[Provider]) -> str:
    if not provider.secret:
        return ""
    secret = os.environ.get(provider.secret, "").strip()
    if not secret:
        raise AskSkipped(f"{provider.title} was not asked: it needs a key", kind="no-key",
                         next_step=f"set the environment variable {provider.secret}")  # fmt: skip
    if not _TOKEN.fullmatch(secret):
        raise AskSkipped(f"the key of {provider.title} has characters that no key has", kind="no-key",
                         next_step=f"check the environment variable {provider.secret}")  # fmt: skip
    return secret


def _bounded_body(response: httpx.Response, provider: type[Provider]) -> bytes:
    chunks: list[bytes] = []
    size = 0
    # A time-out of the connection starts anew with each byte: one that drips would never reach it.
    deadline = monotonic() + TIMEOUT_SECONDS
    for chunk in response.iter_bytes():
        size += len(chunk)
        if size > MAX_BODY:
            raise AskFailed(f"{provider.title} sent more than {MAX_BODY // 2**20} MiB", kind="reply")
        if monotonic() > deadline:
            raise TimeoutError
        chunks.append(chunk)
    return b"".join(chunks)


def _check_status(status: int, retry_after: str, provider: type[Provider]) -> None:
    if status in (401, 403):
        raise AskRefused(f"{provider.title} refused the key (status {status})", kind="key",
                         next_step=f"check the environment variable {provider.secret}")  # fmt: skip
    if status == 429:
        when = f"; it says to wait {retry_after} s" if retry_after.isdigit() else ""
        raise AskRefused(f"{provider.title}'s quota is used up{when}", kind="quota")
    if status == 404:
        raise AskFailed(f"{provider.title} does not know it (status 404)", kind="not-found")
    if status >= 300:
        raise AskFailed(f"{provider.title} answered with status {status}", kind="status")


def _redacted(body: bytes, secret: str) -> bytes:
    """The body without the key, for vendors that echo it: as it is, and as JSON or a URL would spell it."""
    if not secret:
        return body
    mark = b"[redacted sha256:" + sha256(secret.encode()).hexdigest()[:8].encode() + b"]"
    quoted = json.dumps(secret)[1:-1]
    for spelling in {secret, quoted, quoted.replace("/", "\\/"), quote(secret), quote(secret, safe="")}:
        body = body.replace(spelling.encode(), mark)
    return body


def pretended(answer: Callable[[str], Reply]) -> Callable[[], httpx.BaseTransport]:
    """A network that is a function: from everything that is sent, as one text, to what comes back. For tests."""
    import httpx

    def respond(request: httpx.Request) -> httpx.Response:
        sent = f"{request.method} {request.url} {request.headers.multi_items()} {request.content!r}"
        reply = answer(sent)
        return httpx.Response(reply.status, content=reply.body, headers={"content-type": reply.media_type})

    return lambda: httpx.MockTransport(respond)
