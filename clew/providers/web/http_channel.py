"""The channel of web services: requests with keys, through the steps of a call, and what statuses mean."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from urllib.parse import urlsplit

from clew.entities import Outcome
from clew.errors import AskSkipped
from clew.providers.base import Ask, Provider, Reply, narrow_ask
from clew.providers.channels import ChannelContext
from clew.providers.web.api_keys import Keys, Secret
from clew.providers.web.call_steps import CALL_SECONDS, CallSteps, ResponseStep
from clew.providers.web.call_walk import Call, Step, walk
from clew.providers.web.connections import Connections
from clew.providers.web.http_request import HttpRequest
from clew.providers.web.http_statuses import status_error
from clew.providers.web.key_cache import KeyCache
from clew.providers.web.key_redaction import redact_secret
from clew.providers.web.quota import Quotas
from clew.providers.web.raw_response import RawResponse
from clew.providers.web.redirects import reply_content
from clew.providers.web.reply_cache import ReplyCache

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
        self._steps = CallSteps(connections or Connections(), cache=cache, quotas=quotas, seconds=seconds, fresh=fresh)
        self._key_cache = KeyCache(keys)
        response_steps: tuple[Step, ...] = (self._check_status, self._renew_key, *self._steps.response_steps)
        self._response_steps = response_steps
        self._all_steps: tuple[Step, ...] = (*self._steps.reply_steps, self._read_reply, *response_steps)

    def send(self, ask: Ask, provider: type[Provider]) -> Reply:
        """One reply: a good one that is kept, that of the same ask on its way, or one that is sent for.

        Raises:
            AskSkipped: there is no key.
            AskRefused: the source refuses the key, a quota is used up, or the URL must not be asked.
            AskFailed: no connection, no answer in time, a reply that is too large or damaged, or a server's error.
        """
        reply: Reply = walk(self._all_steps, self._exchange, self._call(ask, provider))
        return reply

    def receive(self, ask: Ask, provider: type[Provider]) -> RawResponse:
        """The reply with its headers, past what is kept: for what is fetched page by page. Raises AskError."""
        call = self._call(ask, provider)
        response: RawResponse = walk(self._response_steps, self._exchange, call)
        headers = {
            name: redact_secret(value.encode(), call.secret).decode() for name, value in response.headers.items()
        }
        return replace(response, headers=headers, body=redact_secret(response.body, call.secret))

    def recall(self, ask: Ask, provider: type[Provider]) -> Reply | None:
        """The good reply that is kept; None if there is none."""
        try:
            return self._steps.recall(ask, _key(self._key_cache.secret(provider)))
        except AskSkipped:
            return None

    def keep(self, ask: Ask, provider: type[Provider], reply: Reply) -> None:
        """Keep what was told in answer to a request that went out with others."""
        self._steps.keep(ask, reply, _key(self._key_cache.secret(provider)))

    def settle(self, ask: Ask, provider: type[Provider], outcome: Outcome) -> None:
        """Keep a reply for as long as it is good, now that it was understood."""
        self._steps.settle(ask, provider, outcome, _key(self._key_cache.secret(provider)))

    def _call(self, ask: Ask, provider: type[Provider]) -> Call:
        """Raises AskSkipped where there is no key."""
        request = narrow_ask(ask, HttpRequest)
        return Call(
            request,
            provider,
            provider.title,
            self._steps.deadline,
            secret=self._key_cache.secret(provider),
            # Servers that data name have nothing to do with each other: one that is down does not close the others.
            server=urlsplit(request.url).netloc if request.follows else "",
            repeatable=request.repeatable,
        )

    def _read_reply(self, call: Call) -> Generator[None, RawResponse, Reply]:
        """What a response says, without the key that it came for."""
        response = yield
        body, media_type = reply_content(response, narrow_ask(call.ask, HttpRequest))
        return Reply(
            redact_secret(body, call.secret),
            redact_secret(media_type.encode(), call.secret).decode(),
            self._steps.connections.clock.now(),
            response.status,
            attempts=response.attempts,
        )

    def _check_status(self, call: Call) -> ResponseStep:
        """A status that the operation does not read itself is an error."""
        response = yield
        if response.status in narrow_ask(call.ask, HttpRequest).answers:
            return response
        error = status_error(response, call.provider, self._steps.connections.clock.now())
        if error is not None:
            error.attempts = response.attempts
            raise error
        return response

    def _renew_key(self, call: Call) -> ResponseStep:
        """A key that is refused is looked up once more; if it is still refused, its source is left alone."""
        self._key_cache.check(call.provider)
        response = yield
        if response.status != 401 or call.secret is None:
            return response
        renewed_secret = self._key_cache.renew_secret(call.provider, call.secret)
        if renewed_secret is None:
            return response
        attempts, call.secret = response.attempts, renewed_secret
        response = yield
        if response.status == 401:
            self._key_cache.renew_secret(call.provider, renewed_secret)
        return replace(response, attempts=attempts + response.attempts)

    def _exchange(self, call: Call) -> RawResponse:
        request = narrow_ask(call.ask, HttpRequest)
        return self._steps.connections.transport.fetch(request, call.secret, call.deadline, source=call.source)


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
