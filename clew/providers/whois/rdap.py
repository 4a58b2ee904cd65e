"""RDAP: who registered a name, an address or an autonomous system, asked of the registry that has it."""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from typing import ClassVar

from clew.entities import AutonomousSystem, Domain, Entity, Finding, IpAddress, Relation
from clew.entities.finding import Scalar
from clew.errors import AskFailed
from clew.providers.base import Provider, Quota, Steps, operation
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.url_quoting import percent_encode
from clew.providers.whois import rdap_objects as objects
from clew.providers.whois.rdap_bootstrap import server_for_address, server_for_name, server_for_system
from clew.providers.whois.rdap_questions import NOT_FOUND, ask_registrar, ask_registry, find_server, host_of
from clew.providers.whois.registered_domain import registered_name

_NETWORK_FACTS = ("network", "network_name", "network_type", "parent_network")
_DOMAIN_FACTS = ("registrar", "registrar_id", "expires", "name_servers", "is_signed", "registered_name")


class Rdap(Provider):
    """Registration data of all registries that have RDAP: the five regional ones, and most top-level domains."""

    name: ClassVar[str] = "rdap"
    title: ClassVar[str] = "RDAP"
    docs: ClassVar[str] = "https://www.rfc-editor.org/rfc/rfc9083"
    leaves: ClassVar[bool] = True
    #: A courtesy: each registry has a limit of its own, and few publish it.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(5, timedelta(seconds=1)), Quota(300, timedelta(minutes=10)))
    concurrency: ClassVar[int] = 4

    @operation(calls=2, facts=(*_NETWORK_FACTS, *objects.COMMON_FACTS))
    def ip(self, ip: IpAddress) -> Steps:
        """The network of the address, who holds it, and where to report abuse."""
        server = yield from find_server(f"ipv{ip.version}", lambda registry: server_for_address(registry, ip.value))
        if not server:
            return _no_server(ip, "no registry has the address by RDAP")
        reply, url = yield from ask_registry(f"{server}ip/{ip.value}")
        if reply.status == NOT_FOUND:
            return nothing(ip, f"{host_of(url)} knows no network with the address (status 404)", reference=url)
        record, links = objects.checked_record(JsonObject.of(reply), "ip network"), LinkCollector(ip)
        facts = {**objects.network_facts(record, links), **objects.common_facts(record, objects.all_contacts(record))}
        _check_network(ip, facts["network"])
        reason = f"{facts['network']} {facts['network_name'] or ''}".rstrip()
        return found(ip, f"{reason}, says {host_of(url)}", facts=facts, links=links, reference=url)

    @operation(calls=2, facts=(*objects.COMMON_FACTS, *_DOMAIN_FACTS))
    def domain(self, domain: Domain, *, registrar: bool = False) -> Steps:
        """When and through whom the domain was registered, and its name servers.

        Asked about is the name that is registered: of `cdn.shop.example`, that is `shop.example`.

        Args:
            registrar: whether the registrar is asked too, which may know the registrant.
        """
        name = registered_name(domain)
        server = yield from find_server("dns", lambda registry: server_for_name(registry, name))
        if not server:
            return _no_server(domain, f"the registry of .{name.rpartition('.')[2]} has no RDAP; ask whois.whois")
        reply, url = yield from ask_registry(f"{server}domain/{percent_encode(name)}")
        if reply.status == NOT_FOUND:
            return nothing(domain, f"{name} is not registered, says {host_of(url)} (status 404)", reference=url)
        record, links = objects.checked_record(JsonObject.of(reply), "domain"), LinkCollector(domain)
        if (record.text("ldhName") or name).lower().rstrip(".") != name:
            raise AskFailed("the registry's reply is about another name", kind="reply")
        contacts = objects.all_contacts(record)
        facts: dict[str, Scalar] = {
            **objects.common_facts(record, contacts),
            **objects.domain_facts(record, Domain(name), contacts, links),
        }
        reasons = [_registration_reason(name, facts, host_of(url))]
        if name != domain.value:
            links.link_to(Relation.SUBDOMAIN_OF, name, Domain, record.pointer_to("ldhName"))
            facts["registered_name"] = name
        if registrar:
            registrar_facts, remark = yield from ask_registrar(objects.related_url(record), domain)
            # The registry is believed: what it does not say is taken from the registrar.
            facts = {key: value if value is not None else registrar_facts.get(key) for key, value in facts.items()}
            reasons.append(remark)
        return found(domain, "; ".join(filter(None, reasons)), facts=facts, links=links, reference=url)

    @operation(calls=2, facts=(*objects.COMMON_FACTS, "network_name", "as_range"))
    def autonomous_system(self, system: AutonomousSystem) -> Steps:
        """Who holds the autonomous system, and where to report abuse."""
        server = yield from find_server("asn", lambda registry: server_for_system(registry, system.number))
        if not server:
            return _no_server(system, "no registry has the number by RDAP")
        reply, url = yield from ask_registry(f"{server}autnum/{system.value}")
        if reply.status == NOT_FOUND:
            return nothing(system, f"{host_of(url)} does not know it (status 404)", reference=url)
        record = objects.checked_record(JsonObject.of(reply), "autnum")
        name = record.text("name")
        if name is None and record.text("handle") is None:
            raise AskFailed("the registry's reply has no autonomous system", kind="reply")
        first, last = record.integer("startAutnum"), record.integer("endAutnum")
        span = f"{first}-{last}" if first is not None and last is not None and first != last else None
        facts = {**objects.common_facts(record, objects.all_contacts(record)), "network_name": name, "as_range": span}
        named_system = AutonomousSystem(system.value, name=name) if name else None
        reason = f"{system.label} {name or ''}".rstrip()
        return found(system, f"{reason}, says {host_of(url)}", facts=facts, same_entity=named_system, reference=url)


def _registration_reason(name: str, facts: dict[str, Scalar], host: str) -> str:
    creation_text = f" since {facts['registered']}" if facts["registered"] else ""
    registrar_text = f" through {facts['registrar']}" if facts["registrar"] else ""
    return f"{name} is registered{creation_text}{registrar_text}, says {host}"


def _check_network(ip: IpAddress, network: Scalar) -> None:
    """A registry that answers about another network is not believed. Raises AskFailed."""
    parts = [ipaddress.ip_network(part) for part in str(network or "").split(", ") if part]
    if not any(ipaddress.ip_address(ip.value) in part for part in parts):
        raise AskFailed("the registry's reply is about a network without the address", kind="reply")


def _no_server(subject: Entity, reason: str) -> Finding:
    return nothing(subject, reason)
