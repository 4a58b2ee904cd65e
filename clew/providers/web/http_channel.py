"""The channel of web services: requests with keys, through the layers, and what statuses mean on the way back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from clew.entities import Outcome
from clew.errors import AskSkipped
from clew.providers.base import Ask, Provider, Reply, narrow_ask
from clew.providers.channels import ChannelContext
from clew.providers.web.api_keys import Keys, Secret
from clew.providers.web.clock import Deadline
from clew.providers.web.connections import Connections
from clew.providers.web.http_request import HttpRequest
from clew.providers.web.http_statuses import status_error
from clew.providers.web.key_cache import KeyCache
from clew.providers.web.key_redaction import redact_secret
from clew.providers.web.middleware import CALL_SECONDS, Middleware
from clew.providers.web.quota import Quotas
from clew.providers.web.redirects import reply_content
from clew.providers.web.reply_cache import ReplyCache

if TYPE_CHECKING:
    from clew.providers.web.http_transport import RawResponse

_NO_KEYS = Keys()


class HttpChannel:
    """Sends requests. One channel serves one batch of asks, from as many threads as there are.

    Args:
        connections: what this process shares with other batches.
        keys: where keys are looked for.
        cache: replies that are still good; None keeps none.
        quotas: counts calls; None counts none.
        seconds: how long a call may take in all.
        fresh: ask again even where a good reply is kept.
    """

    def __init__(
        self,
        connections: Connections | None = None,
        *,
        keys: Keys = _NO_KEYS,
        cache: ReplyCache | None = None,
        quotas: Quotas | None = None,
        seconds: float = CALL_SECONDS,
        fresh: bool = False,
    ) -> None:
        self._middleware = Middleware(
            connections or Connections(), cache=cache, quotas=quotas, seconds=seconds, fresh=fresh
        )
        self._key_cache = KeyCache(keys)

    def send(self, ask: Ask, provider: type[Provider]) -> Reply:
        """One reply: a good one that is kept, that of the same ask on its way, or one that is sent for.

        Raises:
            AskSkipped: there is no key.
            AskRefused: the source refuses the key, a quota is used up, or the URL must not be asked.
            AskFailed: no connection, no answer in time, a reply that is too large or damaged, or a server's error.
        """
        request = narrow_ask(ask, HttpRequest)
        secret = self._key_cache.secret(provider)
        fetch = partial(self._fetch_reply, request, provider, secret)
        return self._middleware.fetch_once(request, provider, fetch, source=provider.title, key=_key(secret))

    def receive(self, ask: Ask, provider: type[Provider]) -> RawResponse:
        """The reply with its headers, past what is kept: for what is fetched page by page. Raises AskError."""
        request = narrow_ask(ask, HttpRequest)
        response, secret = self._exchange_with_key(
            request, provider, self._key_cache.secret(provider), self._middleware.deadline
        )
        headers = {name: redact_secret(value.encode(), secret).decode() for name, value in response.headers.items()}
        return replace(response, headers=headers, body=redact_secret(response.body, secret))

    def recall(self, ask: Ask, provider: type[Provider]) -> Reply | None:
        """The good reply that is kept; None if there is none."""
        try:
            return self._middleware.recall(ask, _key(self._key_cache.secret(provider)))
        except AskSkipped:
            return None

    def keep(self, ask: Ask, provider: type[Provider], reply: Reply) -> None:
        """Keep what was told in answer to a request that went out with others."""
        self._middleware.keep(ask, reply, _key(self._key_cache.secret(provider)))

    def settle(self, ask: Ask, provider: type[Provider], outcome: Outcome) -> None:
        """Keep a reply for as long as it is good, now that it was understood."""
        self._middleware.settle(ask, provider, outcome, _key(self._key_cache.secret(provider)))

    def _fetch_reply(
        self, request: HttpRequest, provider: type[Provider], secret: Secret | None, deadline: Deadline
    ) -> tuple[Reply, str]:
        response, secret = self._exchange_with_key(request, provider, secret, deadline)
        body, media_type = reply_content(response, request)
        clean_type = redact_secret(media_type.encode(), secret).decode()
        reply = Reply(redact_secret(body, secret), clean_type, self._now(), response.status, attempts=response.attempts)
        return reply, _key(secret)

    def _exchange_with_key(
        self, request: HttpRequest, provider: type[Provider], secret: Secret | None, deadline: Deadline
    ) -> tuple[RawResponse, Secret | None]:
        """What came back, as it came, and the key that it came for."""
        self._key_cache.check(provider)
        response = self._exchange_with_retries(request, provider, secret, deadline)
        attempts = response.attempts
        if response.status == 401 and secret is not None:
            renewed_secret = self._key_cache.renew_secret(provider, secret)
            if renewed_secret is not None:
                secret = renewed_secret
                response = self._exchange_with_retries(request, provider, secret, deadline)
                attempts += response.attempts
                if response.status == 401:
                    self._key_cache.renew_secret(provider, secret)
        error = None if response.status in request.answers else status_error(response, provider, self._now())
        if error is not None:
            error.attempts = attempts
            raise error
        return replace(response, attempts=attempts), secret

    def _exchange_with_retries(
        self, request: HttpRequest, provider: type[Provider], secret: Secret | None, deadline: Deadline
    ) -> RawResponse:
        # Servers that data name have nothing to do with each other: one that is down does not close the others.
        server = urlsplit(request.url).netloc if request.follows else ""
        transport = self._middleware.connections.transport
        fetch = partial(transport.fetch, request, secret, deadline, source=provider.title)
        return self._middleware.exchange_with_retries(
            provider,
            fetch,
            deadline,
            source=provider.title,
            key=_key(secret),
            server=server,
            repeatable=request.repeatable,
        )

    def _now(self) -> datetime:
        return self._middleware.connections.clock.now()


def make_channel(context: ChannelContext) -> HttpChannel:
    """The channel `http`."""
    resources = context.resources
    return HttpChannel(
        resources.connections,
        keys=resources.keys,
        cache=resources.reply_cache,
        quotas=resources.quotas if resources.connections.is_real else None,
        seconds=resources.settings.deadline,
        fresh=context.fresh,
    )


def _key(secret: Secret | None) -> str:
    return secret.fingerprint if secret else ""
