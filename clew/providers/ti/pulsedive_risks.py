"""What Pulsedive says of an indicator: its risk and why it has it, and what belongs to it."""

from __future__ import annotations

from clew.entities import AutonomousSystem, Domain, Finding, IpAddress, Relation, Url
from clew.errors import AskFailed
from clew.providers.dns_relations import DNS_RELATIONS
from clew.providers.fact_text import join_texts
from clew.providers.field_table import Field, FieldTable
from clew.providers.findings import found
from clew.providers.json_reply import JsonObject, PlacedText
from clew.providers.link_collector import LinkCollector, host_kind
from clew.providers.ti.pulsedive_api import RISKS, page_of


def _names(path: str, field: str) -> Field:
    """What is in a field of the objects in the list there."""
    return Field(lambda about: join_texts(item.text(field) for item in about.objects(path)))


FACTS = FieldTable(
    risk=Field.text("risk"),
    risk_factors=_names("riskfactors", "description"),
    threat_name=_names("threats", "name"),
    feeds=_names("feeds", "name"),
    ports=Field.texts("attributes", "port"),
    technologies=Field.texts("attributes", "technology"),
    retired=Field.text("retired"),
    popularity_rank=Field.integer("umbrella_rank"),
    asn=Field.network_number("properties", "geo", "asn"),
    isp=Field.text("properties", "geo", "isp"),
    organization=Field.texts("properties", "geo", "org"),
    country_code=Field.text("properties", "geo", "countrycode"),
    city=Field.text("properties", "geo", "city"),
    registered=Field.day("properties", "whois", "++registered"),
    http_status=Field.integer("properties", "http", "++code"),
    title=Field.text("properties", "meta", "++title"),
)


def risk_finding(subject: IpAddress | Domain | Url, about: JsonObject) -> Finding:
    """The finding about an indicator. Raises AskFailed where the reply has no risk."""
    risk = about.text("risk")
    if risk is None or risk not in RISKS:
        raise AskFailed(f"the reply has no risk that Pulsedive has at {about.pointer_to('risk')}", kind="reply")
    verdict, severity = RISKS[risk]
    feeds, threats = about.objects("feeds"), about.objects("threats")
    return found(
        subject,
        f"risk {risk}; feeds: {len(feeds)}; threats: {len(threats)}",
        verdict=verdict,
        severity=severity,
        reference=page_of(subject),
        facts=FACTS.facts(about),
        links=_links(subject, about),
        observed_first=about.moment("stamp_added"),
        observed_last=about.moment("stamp_seen"),
    )


def _links(subject: IpAddress | Domain | Url, about: JsonObject) -> LinkCollector:
    links = LinkCollector(subject)
    geo = about.child("properties", "geo")
    for value, pointer in _texts_at(geo, "asn") if isinstance(subject, IpAddress) else ():
        links.link_to(Relation.BELONGS_TO, value, AutonomousSystem, pointer)
    records = about.child("properties", "dns")
    for name in records.fields:
        for value, pointer in _texts_at(records, name):
            _link_record(links, name.upper(), value, pointer)
    return links


def _link_record(links: LinkCollector, kind: str, value: str, pointer: str) -> None:
    """Link what a DNS record says of a domain, or the name that an address has itself."""
    if kind == "PTR" and isinstance(links.subject, IpAddress):
        links.link_to(Relation.RESOLVES_TO, value, Domain, pointer, backwards=True)
    elif kind in DNS_RELATIONS and isinstance(links.subject, Domain):
        relation, expected_kind = DNS_RELATIONS[kind]
        actual_kind = host_kind(value)
        # For MX, the address of the mail server stands where its name belongs.
        links.link_to(relation if actual_kind is expected_kind else Relation.RELATED_TO, value, actual_kind, pointer)


def _texts_at(part: JsonObject, name: str) -> list[PlacedText]:
    """The texts there, of which there may be one or a list, each with where it stands."""
    text = part.text(name)
    return part.texts_with_pointers(name) if text is None else [PlacedText(text, part.pointer_to(name))]
