"""The risk that Pulsedive sees in an address, a domain or a URL, and what feeds and scans say of it."""

from __future__ import annotations

from clew.entities import AutonomousSystem, Domain, IpAddress, Relation, Url
from clew.entities.finding import Scalar
from clew.errors import AskFailed, EntityError
from clew.providers.base import Steps, operation
from clew.providers.dns_relations import DNS_RELATIONS
from clew.providers.fact_text import iso_day, join_texts
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector, host_kind
from clew.providers.ti.pulsedive_api import RISKS, PulsediveBase, fetch_record, page_of

_FACTS = (
    "risk",
    "risk_factors",
    "threat_name",
    "feeds",
    "ports",
    "technologies",
    "retired",
    "popularity_rank",
    "asn",
    "isp",
    "organization",
    "country_code",
    "city",
    "registered",
    "http_status",
    "title",
)


class Pulsedive(PulsediveBase):
    """Indicators of some dozens of feeds and of a community, scanned and scored."""

    @operation(calls=1, facts=_FACTS)
    def ip(self, ip: IpAddress) -> Steps:
        """The risk of the address, the feeds and threats that name it."""
        return (yield from _finding(ip))

    @operation(calls=1, facts=_FACTS)
    def domain(self, domain: Domain) -> Steps:
        """The risk of the domain, the feeds and threats that name it, its DNS."""
        return (yield from _finding(domain))

    @operation(calls=1, facts=_FACTS)
    def url(self, url: Url) -> Steps:
        """The risk of the URL, the feeds and threats that name it."""
        return (yield from _finding(url))


def _finding(subject: IpAddress | Domain | Url) -> Steps:
    reference = page_of(subject)
    about = yield from fetch_record(indicator=subject.value)
    if about is None:
        return nothing(subject, "Pulsedive does not know it", reference=reference)
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
        reference=reference,
        facts=_facts(about),
        links=_links(subject, about),
        observed_first=about.moment("stamp_added"),
        observed_last=about.moment("stamp_seen"),
    )


def _facts(about: JsonObject) -> dict[str, Scalar]:
    attributes, geo = about.child("attributes"), about.child("properties", "geo")
    return {
        "risk": about.text("risk"),
        "risk_factors": join_texts(factor.text("description") for factor in about.objects("riskfactors")),
        "threat_name": join_texts(threat.text("name") for threat in about.objects("threats")),
        "feeds": join_texts(feed.text("name") for feed in about.objects("feeds")),
        "ports": join_texts(attributes.texts("port")),
        "technologies": join_texts(attributes.texts("technology")),
        "retired": about.text("retired"),
        "popularity_rank": about.integer("umbrella_rank"),
        "asn": _as_number(geo.text("asn")),
        "isp": geo.text("isp"),
        "organization": join_texts(geo.texts("org")),
        "country_code": geo.text("countrycode"),
        "city": geo.text("city"),
        "registered": iso_day(about.moment("properties", "whois", "++registered")),
        "http_status": about.integer("properties", "http", "++code"),
        "title": about.text("properties", "meta", "++title"),
    }


def _as_number(asn: str | None) -> int | None:
    try:
        return AutonomousSystem(asn or "").number
    except EntityError:
        return None


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


def _texts_at(part: JsonObject, name: str) -> list[tuple[str, str]]:
    """The texts there, of which there may be one or a list, each with where it stands."""
    text = part.text(name)
    return part.texts_with_pointers(name) if text is None else [(text, part.pointer_to(name))]
