"""What scanners, sandboxes and the community of VirusTotal say of an address, a domain, a URL or a file."""

from __future__ import annotations

from clew.entities import AutonomousSystem, Domain, File, Finding, IpAddress, Relation, Url
from clew.entities.finding import Scalar
from clew.providers.base import Steps, operation
from clew.providers.reading import Links, Part, day, digest, joined, quoted
from clew.providers.ti.virustotal.base import (
    FACTS,
    HASHES,
    PAGES,
    VirusTotalBase,
    certificate_of,
    file_of,
    judged,
    name_of,
    object_of,
)

_DNS = {
    "A": (Relation.RESOLVES_TO, IpAddress),
    "AAAA": (Relation.RESOLVES_TO, IpAddress),
    "CNAME": (Relation.ALIAS_OF, Domain),
    "MX": (Relation.MAIL_HANDLED_BY, Domain),
    "NS": (Relation.DELEGATED_TO, Domain),
}
_OF_FILES = ("threat_name", "file_type", "file_size", "file_name", "signers", "sandbox_verdicts")


class VirusTotal(VirusTotalBase):
    """Some seventy scanners, sandboxes, and a community that votes."""

    @operation(calls=1, facts=(*FACTS, "asn", "as_organization", "country_code", "network"))
    def ip(self, ip: IpAddress) -> Steps:
        """What scanners say of the address, and whose it is."""
        reference = f"{PAGES}/ip-address/{ip.value}"
        about = yield from object_of(ip, f"ip_addresses/{ip.value}", reference)
        if isinstance(about, Finding):
            return about
        links = Links(ip)
        system = about.whole("asn")
        if system is not None:
            links.to(Relation.BELONGS_TO, f"AS{system}", AutonomousSystem, about.where("asn"))
        _shown_certificate(about, links)
        facts: dict[str, Scalar] = {
            "asn": system,
            "as_organization": about.text("as_owner"),
            "country_code": about.text("country"),
            "network": about.text("network"),
        }
        return judged(ip, about, reference, facts, links)

    @operation(calls=1, facts=(*FACTS, "categories", "registrar", "registered", "popularity_rank"))
    def domain(self, domain: Domain) -> Steps:
        """What scanners say of the domain, its registrar and DNS records."""
        reference = f"{PAGES}/domain/{quoted(domain.value)}"
        about = yield from object_of(domain, f"domains/{quoted(domain.value)}", reference)
        if isinstance(about, Finding):
            return about
        links = Links(domain)
        for record in about.parts("last_dns_records"):
            known = _DNS.get(record.text("type") or "")
            if known is not None:
                links.to(known[0], record.at("value"), known[1], record.pointer)
        _shown_certificate(about, links)
        ranks = about.part("popularity_ranks")
        facts: dict[str, Scalar] = {
            "categories": _categories(about),
            "registrar": about.text("registrar"),
            "registered": day(about.moment("creation_date")),
            "popularity_rank": min(
                (rank for name in ranks.fields if (rank := ranks.whole(name, "rank"))), default=None
            ),
        }
        return judged(domain, about, reference, facts, links)

    @operation(calls=1, facts=(*FACTS, "categories", "title", "http_status"))
    def url(self, url: Url) -> Steps:
        """What scanners say of the URL, where it led and what it served."""
        name = name_of(url)
        reference = f"{PAGES}/url/{name}"
        about = yield from object_of(url, f"urls/{name}", reference)
        if isinstance(about, Finding):
            return about
        links = Links(url)
        if about.text("last_final_url"):
            links.to(Relation.REDIRECTS_TO, about.text("last_final_url"), Url, about.where("last_final_url"))
        served = "last_http_response_content_sha256"
        if about.text(served):
            links.to(Relation.HOSTS, about.text(served), File, about.where(served))
        facts: dict[str, Scalar] = {
            "categories": _categories(about),
            "title": about.text("title"),
            "http_status": about.whole("last_http_response_code"),
        }
        return judged(url, about, reference, facts, links)

    @operation(calls=1, facts=(*FACTS, *_OF_FILES))
    def file(self, file: File) -> Steps:
        """What scanners and sandboxes say of the file, its names and signers."""
        _, known_by = digest(file, *HASHES)
        reference = f"{PAGES}/file/{known_by}"
        about = yield from object_of(file, f"files/{known_by}", reference)
        if isinstance(about, Finding):
            return about
        links = Links(file)
        boxes = about.part("sandbox_verdicts")
        facts: dict[str, Scalar] = {
            "threat_name": about.text("popular_threat_classification", "suggested_threat_label"),
            "file_type": about.text("type_description"),
            "file_size": about.whole("size"),
            "file_name": about.text("meaningful_name"),
            "signers": about.text("signature_info", "signers"),
            "sandbox_verdicts": joined(
                f"{box}: {said}" for box in boxes.fields if (said := boxes.text(box, "category"))
            ),
        }
        return judged(file, about, reference, facts, links, same=file_of(about, links))


def _shown_certificate(about: Part, links: Links) -> None:
    shown = about.part("last_https_certificate")
    found = certificate_of(shown, links) if shown.fields else None
    if found is not None:
        seen = about.moment("last_https_certificate_date")
        links.between(links.subject, Relation.PRESENTS, found, shown.pointer, last=seen)


def _categories(about: Part) -> str | None:
    sources = about.part("categories")
    return joined(sources.text(name) for name in sources.fields)
