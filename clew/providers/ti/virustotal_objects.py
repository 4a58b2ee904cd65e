"""What scanners, sandboxes and the community of VirusTotal say of an address, a domain, a URL or a file."""

from __future__ import annotations

from clew.entities import AutonomousSystem, Domain, File, Finding, IpAddress, Relation, Url
from clew.entities.finding import Scalar
from clew.providers.base import Steps, operation
from clew.providers.dns_relations import DNS_RELATIONS
from clew.providers.fact_text import iso_day, join_texts
from clew.providers.file_hashes import first_hash
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.virustotal_api import (
    FACTS,
    HASHES,
    PAGES,
    VirusTotalBase,
    certificate_of,
    fetch_object,
    file_of,
    name_of,
    object_finding,
)
from clew.providers.url_quoting import percent_encode

_FILE_FACTS = ("threat_name", "file_type", "file_size", "file_name", "signers", "sandbox_verdicts")


class VirusTotal(VirusTotalBase):
    """Some seventy scanners, sandboxes, and a community that votes."""

    @operation(calls=1, facts=(*FACTS, "asn", "as_organization", "country_code", "network"))
    def ip(self, ip: IpAddress) -> Steps:
        """What scanners say of the address, and whose it is."""
        reference = f"{PAGES}/ip-address/{ip.value}"
        about = yield from fetch_object(ip, f"ip_addresses/{ip.value}", reference)
        if isinstance(about, Finding):
            return about
        links = LinkCollector(ip)
        asn = about.integer("asn")
        if asn is not None:
            links.link_to(Relation.BELONGS_TO, f"AS{asn}", AutonomousSystem, about.pointer_to("asn"))
        _link_certificate(about, links)
        facts: dict[str, Scalar] = {
            "asn": asn,
            "as_organization": about.text("as_owner"),
            "country_code": about.text("country"),
            "network": about.text("network"),
        }
        return object_finding(ip, about, reference, facts, links)

    @operation(calls=1, facts=(*FACTS, "categories", "registrar", "registered", "popularity_rank"))
    def domain(self, domain: Domain) -> Steps:
        """What scanners say of the domain, its registrar and DNS records."""
        reference = f"{PAGES}/domain/{percent_encode(domain.value)}"
        about = yield from fetch_object(domain, f"domains/{percent_encode(domain.value)}", reference)
        if isinstance(about, Finding):
            return about
        links = LinkCollector(domain)
        for record in about.objects("last_dns_records"):
            if (rule := DNS_RELATIONS.get(record.text("type") or "")) is not None:
                links.link_to(rule.relation, record.value("value"), rule.kind, record.pointer)
        _link_certificate(about, links)
        ranks = about.child("popularity_ranks")
        facts: dict[str, Scalar] = {
            "categories": _categories(about),
            "registrar": about.text("registrar"),
            "registered": iso_day(about.moment("creation_date")),
            "popularity_rank": min(
                (rank for name in ranks.fields if (rank := ranks.integer(name, "rank"))), default=None
            ),
        }
        return object_finding(domain, about, reference, facts, links)

    @operation(calls=1, facts=(*FACTS, "categories", "title", "http_status"))
    def url(self, url: Url) -> Steps:
        """What scanners say of the URL, where it led and what it served."""
        name = name_of(url)
        reference = f"{PAGES}/url/{name}"
        about = yield from fetch_object(url, f"urls/{name}", reference)
        if isinstance(about, Finding):
            return about
        links = LinkCollector(url)
        if about.text("last_final_url"):
            links.link_to(Relation.REDIRECTS_TO, about.text("last_final_url"), Url, about.pointer_to("last_final_url"))
        hash_field = "last_http_response_content_sha256"
        if about.text(hash_field):
            links.link_to(Relation.HOSTS, about.text(hash_field), File, about.pointer_to(hash_field))
        facts: dict[str, Scalar] = {
            "categories": _categories(about),
            "title": about.text("title"),
            "http_status": about.integer("last_http_response_code"),
        }
        return object_finding(url, about, reference, facts, links)

    @operation(calls=1, facts=(*FACTS, *_FILE_FACTS))
    def file(self, file: File) -> Steps:
        """What scanners and sandboxes say of the file, its names and signers."""
        _, file_hash = first_hash(file, *HASHES)
        reference = f"{PAGES}/file/{file_hash}"
        about = yield from fetch_object(file, f"files/{file_hash}", reference)
        if isinstance(about, Finding):
            return about
        links = LinkCollector(file)
        sandboxes = about.child("sandbox_verdicts")
        facts: dict[str, Scalar] = {
            "threat_name": about.text("popular_threat_classification", "suggested_threat_label"),
            "file_type": about.text("type_description"),
            "file_size": about.integer("size"),
            "file_name": about.text("meaningful_name"),
            "signers": about.text("signature_info", "signers"),
            "sandbox_verdicts": join_texts(
                f"{sandbox}: {category}"
                for sandbox in sandboxes.fields
                if (category := sandboxes.text(sandbox, "category"))
            ),
        }
        return object_finding(file, about, reference, facts, links, same_entity=file_of(about, links))


def _link_certificate(about: JsonObject, links: LinkCollector) -> None:
    details = about.child("last_https_certificate")
    certificate = certificate_of(details, links) if details.fields else None
    if certificate is not None:
        seen_at = about.moment("last_https_certificate_date")
        links.link(links.subject, Relation.PRESENTS, certificate, details.pointer, last=seen_at)


def _categories(about: JsonObject) -> str | None:
    sources = about.child("categories")
    return join_texts(sources.text(name) for name in sources.fields)
