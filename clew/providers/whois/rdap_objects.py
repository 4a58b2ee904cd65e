"""Objects of RDAP (RFC 9083): the facts and links of a network, a name or an autonomous system."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from clew.entities import AutonomousSystem, Domain, IpAddress, Relation
from clew.entities.finding import Scalar
from clew.errors import AskFailed
from clew.providers.fact_text import iso_day, join_texts
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.whois.jcard import ContactCard, card_of
from clew.providers.whois.network_registration import networks_of

#: How deep entities are looked for within each other.
_MAX_DEPTH = 4
#: Facts about every kind of object.
COMMON_FACTS = (
    "handle",
    "registrant",
    "country_code",
    "registered",
    "changed",
    "registration_status",
    "abuse_mail",
    "abuse_phone",
    "withheld",
)
_WRONG_OBJECT = "the registry answers about something else"


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody that an object names: an organization, a role, a person."""

    roles: frozenset[str]
    card: ContactCard
    record: JsonObject
    depth: int


def all_contacts(record: JsonObject, depth: int = 0) -> list[Contact]:
    """Everybody in an object, those that it names itself before those that these name."""
    direct_contacts = [
        Contact(frozenset(entity.texts("roles")), card_of(entity.value("vcardArray")), entity, depth)
        for entity in record.objects("entities")
    ]
    nested_contacts = [
        contact
        for parent in direct_contacts
        if depth < _MAX_DEPTH
        for contact in all_contacts(parent.record, depth + 1)
    ]
    return direct_contacts + nested_contacts


def contact_with_role(contacts: Sequence[Contact], name: str) -> Contact | None:
    """The first with that role."""
    return next((contact for contact in contacts if name in contact.roles), None)


def checked_record(record: JsonObject, kind: str) -> JsonObject:
    """The object itself, if it is of the kind that was asked for. Raises AskFailed for anything else."""
    if record.text("objectClassName") not in (kind, None) or record.value("errorCode") is not None:
        raise AskFailed(_WRONG_OBJECT, kind="reply")
    return record


def common_facts(record: JsonObject, contacts: Sequence[Contact]) -> dict[str, Scalar]:
    """The facts that all kinds of object have."""
    owner, abuse = contact_with_role(contacts, "registrant"), contact_with_role(contacts, "abuse")
    events = {event.text("eventAction"): event for event in reversed(record.objects("events"))}
    return {
        "handle": record.text("handle"),
        "registrant": owner.card.title if owner else None,
        "country_code": record.text("country") or (owner.card.country if owner else None),
        "registered": _day(events, "registration"),
        "changed": _day(events, "last changed"),
        "registration_status": join_texts(record.texts("status")),
        "abuse_mail": join_texts(abuse.card.mails) if abuse else None,
        "abuse_phone": join_texts(abuse.card.phones) if abuse else None,
        "withheld": withheld_fields(record, contacts),
    }


def _day(events: Mapping[str | None, JsonObject], action: str) -> str | None:
    event = events.get(action)
    return iso_day(event.moment("eventDate")) if event else None


def withheld_fields(record: JsonObject, contacts: Sequence[Contact]) -> str | None:
    """What the registry says that it keeps to itself: by name (RFC 9537), else whose."""
    field_names = [
        notice.text("name", "description") or notice.text("name", "type") for notice in record.objects("redacted")
    ]
    return join_texts(field_names) or join_texts(
        ", ".join(sorted(contact.roles)) for contact in contacts if contact.card.is_withheld
    )


def network_facts(record: JsonObject, links: LinkCollector) -> dict[str, Scalar]:
    """The facts of a network, and the autonomous systems that its owner names. Raises AskFailed for what is none."""
    first, last = record.text("startAddress"), record.text("endAddress")
    if first is None or last is None:
        raise AskFailed("the registry's reply has no network", kind="reply")
    # Some write the size of one address behind it.
    networks = networks_of(f"{first.partition('/')[0]} - {last.partition('/')[0]}")
    # An extension of ARIN.
    for number, pointer in _numbers(record, "arin_originas0_originautnums"):
        links.link_to(Relation.BELONGS_TO, str(number), AutonomousSystem, pointer)
    return {
        "network": join_texts([*_cidrs(record)]) or join_texts(map(str, networks)),
        "network_name": record.text("name"),
        "network_type": record.text("type"),
        "parent_network": record.text("parentHandle"),
    }


def _cidrs(record: JsonObject) -> Iterator[str]:
    for cidr in record.objects("cidr0_cidrs"):
        prefix, length = cidr.text("v4prefix") or cidr.text("v6prefix"), cidr.integer("length")
        if prefix and length is not None:
            yield from map(str, networks_of(f"{prefix}/{length}"))


def _numbers(record: JsonObject, name: str) -> Iterator[tuple[int, str]]:
    values = record.value(name)
    for index, number in enumerate(cast("list[object]", values) if isinstance(values, list) else []):
        if isinstance(number, int) and not isinstance(number, bool):
            yield number, record.pointer_to(name, index)


def domain_facts(
    record: JsonObject, name: Domain, contacts: Sequence[Contact], links: LinkCollector
) -> dict[str, Scalar]:
    """The facts of a registered name, its name servers and their addresses."""
    registrar = contact_with_role(contacts, "registrar")
    events = {event.text("eventAction"): event for event in reversed(record.objects("events"))}
    identifiers = registrar.record.objects("publicIds") if registrar else []
    servers = [
        server for nameserver in record.objects("nameservers") if (server := _name_server(nameserver, name, links))
    ]
    return {
        "registrar": registrar.card.title or registrar.record.text("handle") if registrar else None,
        "registrar_id": next((identifier.text("identifier") for identifier in identifiers), None),
        "expires": _day(events, "expiration"),
        "name_servers": join_texts(servers),
        "is_signed": record.flag("secureDNS", "delegationSigned"),
    }


def _name_server(record: JsonObject, name: Domain, links: LinkCollector) -> str | None:
    """A name server, and the addresses that the registry has for it."""
    server = links.entity(record.text("ldhName"), Domain)
    if server is None:
        return None
    links.link(name, Relation.DELEGATED_TO, server, record.pointer_to("ldhName"))
    for version in ("v4", "v6"):
        for text, pointer in record.texts_with_pointers("ipAddresses", version):
            address = links.entity(text, IpAddress)
            if address is not None:
                links.link(server, Relation.RESOLVES_TO, address, pointer)
    return server.value


def related_url(record: JsonObject) -> str:
    """Where the registrar of a name says more; empty for nowhere."""
    for link in record.objects("links"):
        url = link.text("href")
        if link.text("rel") == "related" and url and (link.text("type") or "").startswith("application/rdap+json"):
            return url
    return ""
