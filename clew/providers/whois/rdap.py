"""RDAP: who registered a name, an address or an autonomous system, asked of the registry that has it."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Generator
from datetime import timedelta
from typing import ClassVar
from urllib.parse import urlsplit

from clew.entities import AutonomousSystem, Domain, Entity, Finding, IpAddress, Relation
from clew.entities.finding import Scalar
from clew.errors import AskError, AskFailed
from clew.providers.base import Ask, Provider, Quota, Reply, Steps, operation
from clew.providers.reading import Links, Part, quoted, told, unknown
from clew.providers.web import HttpRequest
from clew.providers.web.redirects import STATUSES as REDIRECTS
from clew.providers.whois import objects
from clew.providers.whois.bootstrap import URL, server_for_address, server_for_name, server_for_system
from clew.providers.whois.names import registered_name

_NOT_THERE = 404
_MAX_HOPS = 2
_ACCEPT = (("Accept", "application/rdap+json, application/json"),)
_NETWORK = ("network", "network_name", "network_type", "parent_network")
_NAME = ("registrar", "registrar_id", "expires", "name_servers", "is_signed", "registered_name")

Answered = Generator[Ask, Reply, tuple[Reply, str]]


class Rdap(Provider):
    """Registration data of all registries that have RDAP: the five regional ones, and most top-level domains."""

    name: ClassVar[str] = "rdap"
    title: ClassVar[str] = "RDAP"
    docs: ClassVar[str] = "https://www.rfc-editor.org/rfc/rfc9083"
    leaves: ClassVar[bool] = True
    #: A courtesy: each registry has a limit of its own, and few publish it.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(5, timedelta(seconds=1)), Quota(300, timedelta(minutes=10)))
    concurrency: ClassVar[int] = 4

    @operation(calls=2, facts=(*_NETWORK, *objects.COMMON))
    def ip(self, ip: IpAddress) -> Steps:
        """The network of the address, who holds it, and where to report abuse."""
        server = yield from _server(f"ipv{ip.version}", lambda registry: server_for_address(registry, ip.value))
        if not server:
            return _no_server(ip, "no registry has the address by RDAP")
        reply, url = yield from _asked(f"{server}ip/{ip.value}")
        if reply.status == _NOT_THERE:
            return unknown(ip, f"{_host(url)} knows no network with the address (status 404)", reference=url)
        about, links = objects.checked(Part.of(reply), "ip network"), Links(ip)
        facts = {**objects.network(about, links), **objects.common(about, objects.people(about))}
        _check_around(ip, facts["network"])
        reason = f"{facts['network']} {facts['network_name'] or ''}".rstrip()
        return told(ip, f"{reason}, says {_host(url)}", facts=facts, links=links, reference=url)

    @operation(calls=2, facts=(*objects.COMMON, *_NAME))
    def domain(self, domain: Domain, *, registrar: bool = False) -> Steps:
        """When and through whom the domain was registered, and its name servers.

        Asked about is the name that is registered: of `cdn.shop.example`, that is `shop.example`.

        Args:
            registrar: whether the registrar is asked too, which may know the registrant.
        """
        name = registered_name(domain)
        server = yield from _server("dns", lambda registry: server_for_name(registry, name))
        if not server:
            return _no_server(domain, f"the registry of .{name.rpartition('.')[2]} has no RDAP; ask whois.whois")
        reply, url = yield from _asked(f"{server}domain/{quoted(name)}")
        if reply.status == _NOT_THERE:
            return unknown(domain, f"{name} is not registered, says {_host(url)} (status 404)", reference=url)
        about, links = objects.checked(Part.of(reply), "domain"), Links(domain)
        if (about.text("ldhName") or name).lower().rstrip(".") != name:
            raise AskFailed("the registry's reply is about another name", kind="reply")
        everybody = objects.people(about)
        facts: dict[str, Scalar] = {
            **objects.common(about, everybody),
            **objects.domain(about, Domain(name), everybody, links),
        }
        reasons = [_registered(name, facts, _host(url))]
        if name != domain.value:
            links.to(Relation.SUBDOMAIN_OF, name, Domain, about.where("ldhName"))
            facts["registered_name"] = name
        if registrar:
            more, remark = yield from _from_registrar(objects.related(about), domain)
            # The registry is believed: what it does not say is taken from the registrar.
            facts = {key: value if value is not None else more.get(key) for key, value in facts.items()}
            reasons.append(remark)
        return told(domain, "; ".join(filter(None, reasons)), facts=facts, links=links, reference=url)

    @operation(calls=2, facts=(*objects.COMMON, "network_name", "as_range"))
    def autonomous_system(self, system: AutonomousSystem) -> Steps:
        """Who holds the autonomous system, and where to report abuse."""
        server = yield from _server("asn", lambda registry: server_for_system(registry, system.number))
        if not server:
            return _no_server(system, "no registry has the number by RDAP")
        reply, url = yield from _asked(f"{server}autnum/{system.value}")
        if reply.status == _NOT_THERE:
            return unknown(system, f"{_host(url)} does not know it (status 404)", reference=url)
        about = objects.checked(Part.of(reply), "autnum")
        name = about.text("name")
        if name is None and about.text("handle") is None:
            raise AskFailed("the registry's reply has no autonomous system", kind="reply")
        first, last = about.whole("startAutnum"), about.whole("endAutnum")
        span = f"{first}-{last}" if first is not None and last is not None and first != last else None
        facts = {**objects.common(about, objects.people(about)), "network_name": name, "as_range": span}
        same = AutonomousSystem(system.value, name=name) if name else None
        reason = f"{system.label} {name or ''}".rstrip()
        return told(system, f"{reason}, says {_host(url)}", facts=facts, same=same, reference=url)


def _server(registry: str, choose: Callable[[Part], str]) -> Generator[Ask, Reply, str]:
    """The server to ask, by a registry of the IANA."""
    reply = yield HttpRequest("GET", URL.format(registry))
    return choose(Part.of(reply))


def _asked(url: str) -> Answered:
    """The reply to a question, and who gave it: registries hand on what another one has, twice at most."""
    for _ in range(_MAX_HOPS + 1):
        reply = yield HttpRequest(
            "GET", url, headers=_ACCEPT, answers=frozenset({_NOT_THERE, *REDIRECTS}), follows=True
        )
        if reply.status not in REDIRECTS:
            return reply, url
        url = Part.of(reply).text("location") or ""
        if urlsplit(url).scheme != "https":
            raise AskFailed("the registry hands on to what is no https URL", kind="redirect")
    raise AskFailed(f"registries hand on more than {_MAX_HOPS} times", kind="redirect")


def _from_registrar(url: str, domain: Domain) -> Generator[Ask, Reply, tuple[dict[str, Scalar], str]]:
    """What the registrar says, and what there is to say about that. Without it the registry's answer still stands."""
    if not url:
        return {}, "the registry names no RDAP of its registrar"
    try:
        reply, url = yield from _asked(url)
        if reply.status == _NOT_THERE:
            return {}, f"{_host(url)}, the registrar's, does not know it (status 404)"
        about = objects.checked(Part.of(reply), "domain")
    except AskError as error:
        return {}, f"the registrar did not answer: {error.reason}"
    everybody = objects.people(about)
    facts = {**objects.common(about, everybody), **objects.domain(about, domain, everybody, Links(domain))}
    return facts, f"what it does not say is from {_host(url)}"


def _registered(name: str, facts: dict[str, Scalar], host: str) -> str:
    since = f" since {facts['registered']}" if facts["registered"] else ""
    through = f" through {facts['registrar']}" if facts["registrar"] else ""
    return f"{name} is registered{since}{through}, says {host}"


def _check_around(ip: IpAddress, network: Scalar) -> None:
    """A registry that answers about another network is not believed. Raises AskFailed."""
    parts = [ipaddress.ip_network(part) for part in str(network or "").split(", ") if part]
    if not any(ipaddress.ip_address(ip.value) in part for part in parts):
        raise AskFailed("the registry's reply is about a network without the address", kind="reply")


def _no_server(subject: Entity, reason: str) -> Finding:
    return unknown(subject, reason)


def _host(url: str) -> str:
    return urlsplit(url).hostname or url
