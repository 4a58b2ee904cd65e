"""What the services of abuse.ch have in common: one key, and the word with which each of their answers begins."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, NamedTuple

from clew.errors import AskFailed, AskRefused
from clew.providers.base import Provider, Quota, Reply
from clew.providers.json_reply import JsonObject
from clew.providers.web import SecretLocation

KEY = SecretLocation("header", "Auth-Key")
_NO_RESULTS = frozenset({"no_result", "no_results", "hash_not_found"})
_KEY_ERRORS = frozenset({"unknown_auth_key", "no_auth_key", "user_blacklisted"})


class AbuseCh(Provider):
    """The services of abuse.ch, whichever is asked."""

    leaves: ClassVar[bool] = True
    secret: ClassVar[str] = "CLEW_ABUSECH_KEY"
    #: abuse.ch asks for fair use and names no figure: this is courtesy.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(10, timedelta(seconds=1)),)
    concurrency: ClassVar[int] = 5


def parse_reply(reply: Reply, provider: type[AbuseCh]) -> JsonObject | None:
    """The reply, if the service knows the subject; None if it does not.

    Raises:
        AskRefused: it does not take the key.
        AskFailed: it did not understand the query, or this is no answer of it.
    """
    document = JsonObject.of(reply)
    status = document.text("query_status")
    if status == "ok":
        return document
    if status in _NO_RESULTS:
        return None
    if status in _KEY_ERRORS:
        raise AskRefused(
            f"{provider.title} refused the key: {status}", kind="key", next_step=f"check the key {provider.secret}"
        )
    if status is None:
        raise AskFailed("the reply does not say what became of the query", kind="reply")
    raise AskFailed(f"{provider.title} did not take the query: {status[:60]}", kind="reply")


class HostPort(NamedTuple):
    """The name or address of a machine, and a port of it; None where there is none."""

    host: str
    port: int | None


def endpoint(text: str) -> HostPort:
    """What `host:port` says.

    >>> endpoint("198.51.100.7:443"), endpoint("[2001:db8::7]:8080").port, endpoint("2001:db8::7").port
    (HostPort(host='198.51.100.7', port=443), 8080, None)
    """
    if text.startswith("["):
        host, _, suffix = text[1:].partition("]")
        digits = suffix.removeprefix(":")
    elif text.count(":") == 1:
        host, _, digits = text.partition(":")
    else:
        return HostPort(text, None)
    port = int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 5 else 0
    return HostPort(host, port if 0 < port <= 65_535 else None)
