"""The risk that Pulsedive sees in an address, a domain or a URL, and what feeds and scans say of it."""

from __future__ import annotations

from clew.entities import AutonomousSystem, Domain, IpAddress, Relation, Url
from clew.entities.finding import Scalar
from clew.errors import AskFailed, EntityError
from clew.providers.base import Steps, operation
from clew.providers.reading import Links, Part, day, host_kind, joined, told, unknown
from clew.providers.ti.pulsedive.base import RISKS, PulsediveBase, asked, page_of

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
_DNS = {
    "A": (Relation.RESOLVES_TO, IpAddress),
    "AAAA": (Relation.RESOLVES_TO, IpAddress),
    "CNAME": (Relation.ALIAS_OF, Domain),
    "NS": (Relation.DELEGATED_TO, Domain),
    "MX": (Relation.MAIL_HANDLED_BY, Domain),
}


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
    about = yield from asked(indicator=subject.value)
    if about is None:
        return unknown(subject, "Pulsedive does not know it", reference=reference)
    risk = about.text("risk")
    if risk is None or risk not in RISKS:
        raise AskFailed(f"the reply has no risk that Pulsedive has at {about.where('risk')}", kind="reply")
    verdict, severity = RISKS[risk]
    feeds, threats = about.parts("feeds"), about.parts("threats")
    return told(
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


def _facts(about: Part) -> dict[str, Scalar]:
    seen, place = about.part("attributes"), about.part("properties", "geo")
    return {
        "risk": about.text("risk"),
        "risk_factors": joined(each.text("description") for each in about.parts("riskfactors")),
        "threat_name": joined(each.text("name") for each in about.parts("threats")),
        "feeds": joined(each.text("name") for each in about.parts("feeds")),
        "ports": joined(seen.texts("port")),
        "technologies": joined(seen.texts("technology")),
        "retired": about.text("retired"),
        "popularity_rank": about.whole("umbrella_rank"),
        "asn": _number(place.text("asn")),
        "isp": place.text("isp"),
        "organization": joined(place.texts("org")),
        "country_code": place.text("countrycode"),
        "city": place.text("city"),
        "registered": day(about.moment("properties", "whois", "++registered")),
        "http_status": about.whole("properties", "http", "++code"),
        "title": about.text("properties", "meta", "++title"),
    }


def _number(system: str | None) -> int | None:
    try:
        return AutonomousSystem(system or "").number
    except EntityError:
        return None


def _links(subject: IpAddress | Domain | Url, about: Part) -> Links:
    links = Links(subject)
    place = about.part("properties", "geo")
    for value, where in _each(place, "asn") if isinstance(subject, IpAddress) else ():
        links.to(Relation.BELONGS_TO, value, AutonomousSystem, where)
    records = about.part("properties", "dns")
    for name in records.fields:
        for value, where in _each(records, name):
            _record(links, name.upper(), value, where)
    return links


def _record(links: Links, kind: str, value: str, where: str) -> None:
    """Link what a DNS record says of a domain, or the name that an address has itself."""
    if kind == "PTR" and isinstance(links.subject, IpAddress):
        links.to(Relation.RESOLVES_TO, value, Domain, where, backwards=True)
    elif kind in _DNS and isinstance(links.subject, Domain):
        relation, expected = _DNS[kind]
        found = host_kind(value)
        # For MX, the address of the mail server stands where its name belongs.
        links.to(relation if found is expected else Relation.RELATED_TO, value, found, where)


def _each(part: Part, name: str) -> list[tuple[str, str]]:
    """The texts there, of which there may be one or a list, each with where it stands."""
    alone = part.text(name)
    return part.places(name) if alone is None else [(alone, part.where(name))]
