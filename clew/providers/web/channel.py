"""The channel of web services: what a request goes through before it leaves, and its reply on the way back.

cache -> single flight -> breaker -> attempts (quota -> place -> transport) -> status -> redaction -> cache
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from clew.entities import Outcome
from clew.errors import AskFailed, AskSkipped
from clew.providers.base import Ask, Provider, Reply, expected
from clew.providers.web.cache import Cache
from clew.providers.web.clock import Deadline
from clew.providers.web.lines import Line, Lines
from clew.providers.web.quota import Quotas
from clew.providers.web.redaction import redacted
from clew.providers.web.redirects import content
from clew.providers.web.request import HttpRequest
from clew.providers.web.retry import attempts, retry_after
from clew.providers.web.ring import Ring
from clew.providers.web.secrets import Keys, Secret
from clew.providers.web.statuses import trouble

if TYPE_CHECKING:
    from clew.providers.web.transport import Received

#: How long a call may take in all, its waits and attempts included.
SECONDS = 30.0
_NO_KEYS = Keys()


class HttpChannel:
    """Sends requests. One channel serves one batch of asks, from as many threads as there are.

    Args:
        lines: what this process shares with other batches.
        keys: where keys are looked for.
        cache: replies that are still good; None keeps none.
        quotas: counts calls; None counts none.
        seconds: how long a call may take in all.
        fresh: ask again even where a good reply is kept.
    """

    def __init__(
        self, lines: Lines | None = None, *, keys: Keys = _NO_KEYS, cache: Cache | None = None,
        quotas: Quotas | None = None, seconds: float = SECONDS, fresh: bool = False,
    ) -> None:  # fmt: skip
        self._lines = lines or Lines()
        self._ring = Ring(keys)
        self._cache = cache
        self._quotas = quotas
        self._seconds = seconds
        self._fresh = fresh

    def send(self, ask: Ask, provider: type[Provider]) -> Reply:
        """One reply: a good one that is kept, that of the same ask on its way, or one that is sent for.

        Raises:
            AskSkipped: there is no key.
            AskRefused: the source refuses the key, a quota is used up, or the URL must not be asked.
            AskFailed: no connection, no answer in time, a reply that is too large or damaged, or a server's error.
        """
        request = expected(ask, HttpRequest)
        secret = self._ring.secret(provider)
        known = self._known(request, secret)
        if known is not None:
            return known
        deadline = Deadline.after(self._seconds, self._lines.clock)
        key = f"{provider.name} {_key(secret)} {request.fingerprint}"
        lead = partial(self._lead, request, provider, secret, deadline)
        return self._lines.flights.join(key, lead, deadline, who=provider.title)

    def receive(self, ask: Ask, provider: type[Provider]) -> Received:
        """The reply with its headers, past what is kept: for what is fetched page by page. Raises AskError."""
        request = expected(ask, HttpRequest)
        deadline = Deadline.after(self._seconds, self._lines.clock)
        got, secret = self._answered(request, provider, self._ring.secret(provider), deadline)
        headers = {name: redacted(value.encode(), secret).decode() for name, value in got.headers.items()}
        return replace(got, headers=headers, body=redacted(got.body, secret))

    def recall(self, ask: Ask, provider: type[Provider]) -> Reply | None:
        """The good reply that is kept; None if there is none."""
        try:
            return self._known(expected(ask, HttpRequest), self._ring.secret(provider))
        except AskSkipped:
            return None

    def keep(self, ask: Ask, provider: type[Provider], reply: Reply) -> None:
        """Keep what was told in answer to a request that went out with others."""
        if self._cache is not None:
            self._cache.keep(ask, _key(self._ring.secret(provider)), reply)

    def settle(self, ask: Ask, provider: type[Provider], outcome: Outcome) -> None:
        """Keep a reply for as long as it is good, now that it was understood."""
        if self._cache is not None:
            self._cache.settle(ask, _key(self._ring.secret(provider)), provider, outcome)

    def _known(self, request: HttpRequest, secret: Secret | None) -> Reply | None:
        return None if self._cache is None or self._fresh else self._cache.find(request, _key(secret))

    def _lead(self, request: HttpRequest, provider: type[Provider], secret: Secret | None, deadline: Deadline) -> Reply:
        # Again: between the first look and the lead, another flight may have landed.
        known = self._known(request, secret)
        if known is not None:
            return known
        got, secret = self._answered(request, provider, secret, deadline)
        body, media_type = content(got, request)
        told = redacted(media_type.encode(), secret).decode()
        reply = Reply(redacted(body, secret), told, self._lines.clock.now(), got.status, attempts=got.attempts)
        if self._cache is not None:
            self._cache.keep(request, _key(secret), reply)
        return reply

    def _answered(
        self, request: HttpRequest, provider: type[Provider], secret: Secret | None, deadline: Deadline
    ) -> tuple[Received, Secret | None]:
        """What came back, as it came, and the key that it came for."""
        self._ring.check(provider)
        got = self._tried(request, provider, secret, deadline)
        if got.status == 401 and secret is not None:
            other = self._ring.refused(provider, secret)
            if other is not None:
                secret = other
                got = self._tried(request, provider, secret, deadline)
                if got.status == 401:
                    self._ring.refused(provider, secret)
        error = None if got.status in request.answers else trouble(got, provider, self._lines.clock.now())
        if error is not None:
            raise error
        return got, secret

    def _tried(
        self, request: HttpRequest, provider: type[Provider], secret: Secret | None, deadline: Deadline
    ) -> Received:
        # Servers that data name have nothing to do with each other: one that is down does not close the others.
        line = self._lines.line(provider, urlsplit(request.url).netloc if request.follows else "")
        line.breaker.check(provider.title)
        once = partial(self._once, request, provider, secret, deadline, line)
        try:
            got = attempts(once, line.allowance, deadline, repeatable=request.repeatable)
        except AskFailed as error:
            if error.sent:
                line.breaker.told(answered=error.kind not in ("connect", "timeout"))
            raise
        line.breaker.told(answered=got.status < 500)
        return got

    def _once(
        self, request: HttpRequest, provider: type[Provider], secret: Secret | None, deadline: Deadline, line: Line
    ) -> Received:
        key, quotas = _key(secret), self._quotas
        turn = quotas.turn(provider, key, deadline) if quotas is not None else nullcontext()
        with turn, line.place(deadline, who=provider.title):
            got = self._lines.transport.fetch(request, secret, deadline, who=provider.title)
        seconds = retry_after(got.headers, self._lines.clock.now()) if got.status == 429 else None
        if quotas is not None and seconds is not None:
            quotas.hold(provider, key, seconds, deadline)
        return got


def _key(secret: Secret | None) -> str:
    return secret.fingerprint if secret else ""
