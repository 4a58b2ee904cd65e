"""What VirusTotal has seen together with an address, a domain, a URL or a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from clew.entities import Domain, Entity, File, IpAddress, Relation, Url
from clew.entities.finding import Scalar
from clew.providers.base import Steps, operation
from clew.providers.fact_text import time_text
from clew.providers.file_hashes import first_hash
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.virustotal_api import (
    HASHES,
    PAGE_SIZE,
    VirusTotalBase,
    certificate_of,
    counts_of,
    file_of,
    list_related,
    name_of,
)
from clew.providers.url_quoting import percent_encode

COLUMNS = (
    "related",
    "relation",
    "detections",
    "engines",
    "threat_name",
    "file_name",
    "observed_first",
    "observed_last",
)

IpRelationship = Literal[
    "communicating_files", "downloaded_files", "referrer_files", "historical_ssl_certificates", "urls"
]
DomainRelationship = Literal[
    "communicating_files",
    "downloaded_files",
    "referrer_files",
    "historical_ssl_certificates",
    "subdomains",
    "siblings",
    "urls",
]
UrlRelationship = Literal[
    "communicating_files",
    "downloaded_files",
    "referrer_files",
    "redirects_to",
    "redirecting_urls",
    "contacted_domains",
    "contacted_ips",
]
FileRelationship = Literal[
    "contacted_ips",
    "contacted_domains",
    "contacted_urls",
    "dropped_files",
    "bundled_files",
    "execution_parents",
    "itw_urls",
    "itw_domains",
    "itw_ips",
    "embedded_domains",
    "embedded_urls",
]


@dataclass(frozen=True, slots=True)
class _RelationRule:
    """How a relationship of VirusTotal is said here; `backwards` if what is related is the source."""

    relation: Relation
    backwards: bool = False


_RELATION_RULES: Mapping[str, _RelationRule] = {
    "communicating_files": _RelationRule(Relation.COMMUNICATES_WITH, backwards=True),
    "downloaded_files": _RelationRule(Relation.HOSTS),
    "referrer_files": _RelationRule(Relation.CONTAINS, backwards=True),
    "historical_ssl_certificates": _RelationRule(Relation.PRESENTS),
    "urls": _RelationRule(Relation.CONTAINS, backwards=True),
    "subdomains": _RelationRule(Relation.SUBDOMAIN_OF, backwards=True),
    "siblings": _RelationRule(Relation.RELATED_TO),
    "redirects_to": _RelationRule(Relation.REDIRECTS_TO),
    "redirecting_urls": _RelationRule(Relation.REDIRECTS_TO, backwards=True),
    "dropped_files": _RelationRule(Relation.DROPS),
    "bundled_files": _RelationRule(Relation.CONTAINS),
    "execution_parents": _RelationRule(Relation.DROPS, backwards=True),
    **dict.fromkeys(
        ("contacted_ips", "contacted_domains", "contacted_urls"), _RelationRule(Relation.COMMUNICATES_WITH)
    ),
    **dict.fromkeys(("itw_urls", "itw_domains", "itw_ips"), _RelationRule(Relation.HOSTS, backwards=True)),
    **dict.fromkeys(("embedded_domains", "embedded_urls"), _RelationRule(Relation.CONTAINS)),
}


class VirusTotalRelated(VirusTotalBase):
    """Files that talked to it, what it served, certificates, subdomains: one relationship a call."""

    @operation(calls=1, broad=True, facts=COLUMNS)
    def ip(
        self, ip: IpAddress, *, relationship: IpRelationship = "communicating_files", limit: int = PAGE_SIZE
    ) -> Steps:
        """Files, URLs or certificates that were seen with the address.

        Args:
            relationship: which of them, in the words of VirusTotal.
            limit: how many at most; 40 is the most.
        """
        return (
            yield from _related_objects(ip, f"ip_addresses/{ip.value}", relationship, limit, f"ip-address/{ip.value}")
        )

    @operation(calls=1, broad=True, facts=COLUMNS)
    def domain(
        self, domain: Domain, *, relationship: DomainRelationship = "communicating_files", limit: int = PAGE_SIZE
    ) -> Steps:
        """Files, names, URLs or certificates that were seen with the domain.

        Args:
            relationship: which of them, in the words of VirusTotal.
            limit: how many at most; 40 is the most.
        """
        name = percent_encode(domain.value)
        return (yield from _related_objects(domain, f"domains/{name}", relationship, limit, f"domain/{name}"))

    @operation(calls=1, broad=True, facts=COLUMNS)
    def url(self, url: Url, *, relationship: UrlRelationship = "downloaded_files", limit: int = PAGE_SIZE) -> Steps:
        """Files that the URL served, or where it led.

        Args:
            relationship: which of them, in the words of VirusTotal.
            limit: how many at most; 40 is the most.
        """
        name = name_of(url)
        return (yield from _related_objects(url, f"urls/{name}", relationship, limit, f"url/{name}"))

    @operation(calls=1, broad=True, facts=COLUMNS)
    def file(self, file: File, *, relationship: FileRelationship = "contacted_ips", limit: int = PAGE_SIZE) -> Steps:
        """What the file talked to, dropped or holds, and where it came from.

        Args:
            relationship: which of them, in the words of VirusTotal.
            limit: how many at most; 40 is the most.
        """
        _, file_hash = first_hash(file, *HASHES)
        return (yield from _related_objects(file, f"files/{file_hash}", relationship, limit, f"file/{file_hash}"))


def _related_objects(subject: Entity, path: str, relationship: str, limit: int, page: str) -> Steps:
    def read_row(entry: JsonObject, links: LinkCollector) -> tuple[Scalar, ...] | None:
        return _row(entry, _RELATION_RULES[relationship], links)

    return (yield from list_related(subject, f"{path}/{relationship}", page, COLUMNS, read_row, limit))


def _row(entry: JsonObject, rule: _RelationRule, links: LinkCollector) -> tuple[Scalar, ...] | None:
    """Link what is related; its row, if it names something."""
    other, about = _entity(entry, links), entry.child("attributes")
    if other is None:
        return None
    first, last = about.moment("first_submission_date"), about.moment("last_analysis_date")
    ends = (other, links.subject) if rule.backwards else (links.subject, other)
    links.link(ends[0], rule.relation, ends[1], entry.pointer, first=first, last=last)
    detections, engines = counts_of(about.child("last_analysis_stats"))
    return (
        str(other.key),
        rule.relation.value,
        detections if engines else None,
        engines or None,
        about.text("popular_threat_classification", "suggested_threat_label"),
        about.text("meaningful_name"),
        time_text(first),
        time_text(last),
    )


def _entity(entry: JsonObject, links: LinkCollector) -> Entity | None:
    about = entry.child("attributes")
    match entry.text("type"):
        case "file":
            return file_of(about, links) if about.text("sha256") else links.entity(entry.text("id"), File)
        case "ip_address":
            return links.entity(entry.text("id"), IpAddress)
        case "domain":
            return links.entity(entry.text("id"), Domain)
        case "url":
            # Without attributes there is an identifier that cannot be turned back into the URL.
            return links.entity(about.text("url") or entry.text("context_attributes", "url"), Url)
        case "ssl_cert":
            return certificate_of(about, links)
        case _:
            return links.entity(None, File)
