"""The channel of web services: requests with keys, through the layers, and what statuses mean on the way back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from clew.entities import Outcome
from clew.errors import AskSkipped
from clew.providers.base import Ask, Provider, Reply, expected
from clew.providers.web.cache import Cache
from clew.providers.web.clock import Deadline
from clew.providers.web.layers import SECONDS, Layers
from clew.providers.web.lines import Lines
from clew.providers.web.quota import Quotas
from clew.providers.web.redaction import redacted
from clew.providers.web.redirects import content
from clew.providers.web.request import HttpRequest
from clew.providers.web.ring import Ring
from clew.providers.web.secrets import Keys, Secret
from clew.providers.web.statuses import trouble

if TYPE_CHECKING:
    from clew.providers.web.transport import Received

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
        self,
        lines: Lines | None = None,
        *,
        keys: Keys = _NO_KEYS,
        cache: Cache | None = None,
        quotas: Quotas | None = None,
        seconds: float = SECONDS,
        fresh: bool = False,
    ) -> None:
        self._layers = Layers(lines or Lines(), cache=cache, quotas=quotas, seconds=seconds, fresh=fresh)
        self._ring = Ring(keys)

    def send(self, ask: Ask, provider: type[Provider]) -> Reply:
        """One reply: a good one that is kept, that of the same ask on its way, or one that is sent for.

        Raises:
            AskSkipped: there is no key.
            AskRefused: the source refuses the key, a quota is used up, or the URL must not be asked.
            AskFailed: no connection, no answer in time, a reply that is too large or damaged, or a server's error.
        """
        request = expected(ask, HttpRequest)
        secret = self._ring.secret(provider)
        lead = partial(self._lead, request, provider, secret)
        return self._layers.once(request, provider, lead, who=provider.title, key=_key(secret))

    def receive(self, ask: Ask, provider: type[Provider]) -> Received:
        """The reply with its headers, past what is kept: for what is fetched page by page. Raises AskError."""
        request = expected(ask, HttpRequest)
        got, secret = self._answered(request, provider, self._ring.secret(provider), self._layers.deadline)
        headers = {name: redacted(value.encode(), secret).decode() for name, value in got.headers.items()}
        return replace(got, headers=headers, body=redacted(got.body, secret))

    def recall(self, ask: Ask, provider: type[Provider]) -> Reply | None:
        """The good reply that is kept; None if there is none."""
        try:
            return self._layers.recall(ask, _key(self._ring.secret(provider)))
        except AskSkipped:
            return None

    def keep(self, ask: Ask, provider: type[Provider], reply: Reply) -> None:
        """Keep what was told in answer to a request that went out with others."""
        self._layers.keep(ask, reply, _key(self._ring.secret(provider)))

    def settle(self, ask: Ask, provider: type[Provider], outcome: Outcome) -> None:
        """Keep a reply for as long as it is good, now that it was understood."""
        self._layers.settle(ask, provider, outcome, _key(self._ring.secret(provider)))

    def _lead(
        self, request: HttpRequest, provider: type[Provider], secret: Secret | None, deadline: Deadline
    ) -> tuple[Reply, str]:
        got, secret = self._answered(request, provider, secret, deadline)
        body, media_type = content(got, request)
        told = redacted(media_type.encode(), secret).decode()
        reply = Reply(redacted(body, secret), told, self._now(), got.status, attempts=got.attempts)
        return reply, _key(secret)

    def _answered(
        self, request: HttpRequest, provider: type[Provider], secret: Secret | None, deadline: Deadline
    ) -> tuple[Received, Secret | None]:
        """What came back, as it came, and the key that it came for."""
        self._ring.check(provider)
        got = self._tried(request, provider, secret, deadline)
        made = got.attempts
        if got.status == 401 and secret is not None:
            other = self._ring.refused(provider, secret)
            if other is not None:
                secret = other
                got = self._tried(request, provider, secret, deadline)
                made += got.attempts
                if got.status == 401:
                    self._ring.refused(provider, secret)
        error = None if got.status in request.answers else trouble(got, provider, self._now())
        if error is not None:
            error.attempts = made
            raise error
        return replace(got, attempts=made), secret

    def _tried(
        self, request: HttpRequest, provider: type[Provider], secret: Secret | None, deadline: Deadline
    ) -> Received:
        # Servers that data name have nothing to do with each other: one that is down does not close the others.
        server = urlsplit(request.url).netloc if request.follows else ""
        transport = self._layers.lines.transport
        fetch = partial(transport.fetch, request, secret, deadline, who=provider.title)
        return self._layers.tried(
            provider,
            fetch,
            deadline,
            who=provider.title,
            key=_key(secret),
            server=server,
            repeatable=request.repeatable,
        )

    def _now(self) -> datetime:
        return self._layers.lines.clock.now()


def _key(secret: Secret | None) -> str:
    return secret.fingerprint if secret else ""
