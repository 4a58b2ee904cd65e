"""Questions by RDAP: the server to ask, registries that hand on, and the registrar."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import NamedTuple
from urllib.parse import urlsplit

from clew.entities import Domain
from clew.entities.finding import Scalar
from clew.errors import AskError, AskFailed
from clew.providers.base import Ask, Reply
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.web import HttpRequest
from clew.providers.web.redirects import REDIRECT_STATUSES as REDIRECTS
from clew.providers.whois import rdap_objects as objects
from clew.providers.whois.rdap_bootstrap import URL

NOT_FOUND = 404
_MAX_HOPS = 2
_ACCEPT = (("Accept", "application/rdap+json, application/json"),)


class RegistryReply(NamedTuple):
    """A reply, and the URL at which it was given."""

    reply: Reply
    url: str


class RegistrarFacts(NamedTuple):
    """The facts that a registrar knows, and what there is to say about them."""

    facts: dict[str, Scalar]
    remark: str


def find_server(registry: str, choose: Callable[[JsonObject], str]) -> Generator[Ask, Reply, str]:
    """The server to ask, by a registry of the IANA."""
    reply = yield HttpRequest("GET", URL.format(registry))
    return choose(JsonObject.of(reply))


def ask_registry(url: str) -> Generator[Ask, Reply, RegistryReply]:
    """The reply to a question: registries hand on what another one has, twice at most."""
    for _ in range(_MAX_HOPS + 1):
        reply = yield HttpRequest("GET", url, headers=_ACCEPT, answers=frozenset({NOT_FOUND, *REDIRECTS}), follows=True)
        if reply.status not in REDIRECTS:
            return RegistryReply(reply, url)
        url = JsonObject.of(reply).text("location") or ""
        if urlsplit(url).scheme != "https":
            raise AskFailed("the registry hands on to what is no https URL", kind="redirect")
    raise AskFailed(f"registries hand on more than {_MAX_HOPS} times", kind="redirect")


def ask_registrar(url: str, domain: Domain) -> Generator[Ask, Reply, RegistrarFacts]:
    """What the registrar says at that URL, which its registry names. Without it the registry's answer still stands."""
    if not url:
        return RegistrarFacts({}, "the registry names no RDAP of its registrar")
    try:
        reply, url = yield from ask_registry(url)
        if reply.status == NOT_FOUND:
            return RegistrarFacts({}, f"{host_of(url)}, the registrar's, does not know it (status 404)")
        record = objects.checked_record(JsonObject.of(reply), "domain")
    except AskError as error:
        return RegistrarFacts({}, f"the registrar did not answer: {error.reason}")
    contacts = objects.all_contacts(record)
    facts = {
        **objects.common_facts(record, contacts),
        **objects.domain_facts(record, domain, contacts, LinkCollector(domain)),
    }
    return RegistrarFacts(facts, f"what it does not say is from {host_of(url)}")


def host_of(url: str) -> str:
    """The host of a URL."""
    return urlsplit(url).hostname or url
