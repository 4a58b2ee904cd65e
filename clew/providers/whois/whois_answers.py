"""What the registration of a name or a network comes to, as a finding or as an error."""

from __future__ import annotations

from clew.entities import Domain, Entity, Finding, IpAddress, Relation
from clew.entities.finding import Scalar
from clew.errors import AskFailed, AskRefused
from clew.providers.fact_text import join_texts
from clew.providers.findings import found, nothing
from clew.providers.link_collector import LinkCollector
from clew.providers.whois.domain_registration import Registration
from clew.providers.whois.network_registration import NetworkRegistration
from clew.providers.whois.registration_status import ReplyState

# The whole reply is the evidence: it is text, and has no places.
ROOT_POINTER = ""


def raise_for_state(state: ReplyState, server: str) -> None:
    """Raises AskRefused or AskFailed for what is no answer: it is never told as a name that nobody has."""
    match state:
        case ReplyState.THROTTLED:
            raise AskRefused(
                f"{server} answers no more for now: too many questions", kind="quota", next_step="try later"
            )
        case ReplyState.UNAVAILABLE:
            raise AskFailed(f"{server} says that it cannot answer at the moment", kind="status", next_step="try later")
        case ReplyState.UNCLEAR:
            raise AskFailed(f"{server}'s reply could not be understood", kind="reply")
        case _:
            pass


def unregistered_finding(subject: Entity, name: str, state: ReplyState, server: str) -> Finding:
    """The finding that nobody can have, or that nobody has, the name."""
    phrases = {
        ReplyState.AVAILABLE: "is not registered",
        ReplyState.RESERVED: "is nobody's: the registry keeps it",
        ReplyState.INVALID: "is no name that can be registered",
    }
    return nothing(subject, f"{name} {phrases[state]}, says {server}", facts={"whois_server": server})


def registration_finding(domain: Domain, name: str, record: Registration, server: str, remark: str) -> Finding:
    """The finding about a domain, of which `name` is what is registered."""
    links, registered_domain = LinkCollector(domain), Domain(name)
    for name_server in record.servers:
        server_name = links.entity(name_server.name, Domain)
        if server_name is not None:
            links.link(registered_domain, Relation.DELEGATED_TO, server_name, ROOT_POINTER)
            for address in name_server.addresses:
                links.link(server_name, Relation.RESOLVES_TO, IpAddress(address), ROOT_POINTER)
    if name != domain.value:
        links.link_to(Relation.SUBDOMAIN_OF, name, Domain, ROOT_POINTER)
    facts: dict[str, Scalar] = {
        "registrant": record.registrant,
        "country_code": record.country,
        "registrar": record.registrar,
        "registered": record.created,
        "changed": record.changed,
        "expires": record.expires,
        "registration_status": join_texts(record.statuses),
        "name_servers": join_texts(name_server.name for name_server in record.servers),
        "abuse_mail": record.abuse_mail,
        "abuse_phone": record.abuse_phone,
        "withheld": f"{record.withheld} values" if record.withheld else None,
        "whois_server": server,
        "registered_name": name if name != domain.value else None,
    }
    creation_text = f" since {record.created}" if record.created else ""
    registrar_text = f" through {record.registrar}" if record.registrar else ""
    reasons = (f"{name} is registered{creation_text}{registrar_text}, says {server}", remark)
    return found(domain, "; ".join(filter(None, reasons)), facts=facts, links=links)


def network_facts(record: NetworkRegistration, server: str) -> dict[str, Scalar]:
    """The facts about a network."""
    return {
        "network": join_texts(record.networks),
        "network_name": record.name,
        "handle": record.handle,
        "parent_network": record.parent or join_texts(record.enclosing_networks),
        "registrant": record.organization,
        "country_code": record.country,
        "registered": record.created,
        "changed": record.changed,
        "registration_status": record.status,
        "abuse_mail": record.abuse_mail,
        "abuse_phone": record.abuse_phone,
        "whois_server": server,
    }
