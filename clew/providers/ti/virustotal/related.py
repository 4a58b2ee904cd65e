"""What VirusTotal has seen together with an address, a domain, a URL or a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from clew.entities import Domain, Entity, File, IpAddress, Relation, Url
from clew.entities.finding import Scalar
from clew.providers.base import Steps, operation
from clew.providers.reading import Links, Part, digest, quoted, written
from clew.providers.ti.virustotal.base import (
    HASHES,
    PAGE,
    VirusTotalBase,
    certificate_of,
    counts_of,
    file_of,
    listed,
    name_of,
)

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

OfIp = Literal["communicating_files", "downloaded_files", "referrer_files", "historical_ssl_certificates", "urls"]
OfDomain = Literal[
    "communicating_files",
    "downloaded_files",
    "referrer_files",
    "historical_ssl_certificates",
    "subdomains",
    "siblings",
    "urls",
]
OfUrl = Literal[
    "communicating_files",
    "downloaded_files",
    "referrer_files",
    "redirects_to",
    "redirecting_urls",
    "contacted_domains",
    "contacted_ips",
]
OfFile = Literal[
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
class _Way:
    """How a relationship of VirusTotal is said here; `backwards` if what is related is the source."""

    relation: Relation
    backwards: bool = False


_WAYS: Mapping[str, _Way] = {
    "communicating_files": _Way(Relation.COMMUNICATES_WITH, backwards=True),
    "downloaded_files": _Way(Relation.HOSTS),
    "referrer_files": _Way(Relation.CONTAINS, backwards=True),
    "historical_ssl_certificates": _Way(Relation.PRESENTS),
    "urls": _Way(Relation.CONTAINS, backwards=True),
    "subdomains": _Way(Relation.SUBDOMAIN_OF, backwards=True),
    "siblings": _Way(Relation.RELATED_TO),
    "redirects_to": _Way(Relation.REDIRECTS_TO),
    "redirecting_urls": _Way(Relation.REDIRECTS_TO, backwards=True),
    "dropped_files": _Way(Relation.DROPS),
    "bundled_files": _Way(Relation.CONTAINS),
    "execution_parents": _Way(Relation.DROPS, backwards=True),
    **dict.fromkeys(("contacted_ips", "contacted_domains", "contacted_urls"), _Way(Relation.COMMUNICATES_WITH)),
    **dict.fromkeys(("itw_urls", "itw_domains", "itw_ips"), _Way(Relation.HOSTS, backwards=True)),
    **dict.fromkeys(("embedded_domains", "embedded_urls"), _Way(Relation.CONTAINS)),
}


class VirusTotalRelated(VirusTotalBase):
    """Files that talked to it, what it served, certificates, subdomains: one relationship a call."""

    @operation(calls=1, wide=True, facts=COLUMNS)
    def ip(self, ip: IpAddress, *, relationship: OfIp = "communicating_files", limit: int = PAGE) -> Steps:
        """Files, URLs or certificates that were seen with the address.

        Args:
            relationship: which of them, in the words of VirusTotal.
            limit: how many at most; 40 is the most.
        """
        return (yield from _related(ip, f"ip_addresses/{ip.value}", relationship, limit, f"ip-address/{ip.value}"))

    @operation(calls=1, wide=True, facts=COLUMNS)
    def domain(self, domain: Domain, *, relationship: OfDomain = "communicating_files", limit: int = PAGE) -> Steps:
        """Files, names, URLs or certificates that were seen with the domain.

        Args:
            relationship: which of them, in the words of VirusTotal.
            limit: how many at most; 40 is the most.
        """
        name = quoted(domain.value)
        return (yield from _related(domain, f"domains/{name}", relationship, limit, f"domain/{name}"))

    @operation(calls=1, wide=True, facts=COLUMNS)
    def url(self, url: Url, *, relationship: OfUrl = "downloaded_files", limit: int = PAGE) -> Steps:
        """Files that the URL served, or where it led.

        Args:
            relationship: which of them, in the words of VirusTotal.
            limit: how many at most; 40 is the most.
        """
        name = name_of(url)
        return (yield from _related(url, f"urls/{name}", relationship, limit, f"url/{name}"))

    @operation(calls=1, wide=True, facts=COLUMNS)
    def file(self, file: File, *, relationship: OfFile = "contacted_ips", limit: int = PAGE) -> Steps:
        """What the file talked to, dropped or holds, and where it came from.

        Args:
            relationship: which of them, in the words of VirusTotal.
            limit: how many at most; 40 is the most.
        """
        _, known_by = digest(file, *HASHES)
        return (yield from _related(file, f"files/{known_by}", relationship, limit, f"file/{known_by}"))


def _related(subject: Entity, path: str, relationship: str, limit: int, page: str) -> Steps:
    def row(each: Part, links: Links) -> tuple[Scalar, ...] | None:
        return _row(each, _WAYS[relationship], links)

    return (yield from listed(subject, f"{path}/{relationship}", page, COLUMNS, row, limit))


def _row(each: Part, way: _Way, links: Links) -> tuple[Scalar, ...] | None:
    """Link what is related; its row, if it names something."""
    other, about = _entity(each, links), each.part("attributes")
    if other is None:
        return None
    first, last = about.moment("first_submission_date"), about.moment("last_analysis_date")
    ends = (other, links.subject) if way.backwards else (links.subject, other)
    links.between(ends[0], way.relation, ends[1], each.pointer, first=first, last=last)
    bad, asked = counts_of(about.part("last_analysis_stats"))
    return (
        str(other.key),
        way.relation.value,
        bad if asked else None,
        asked or None,
        about.text("popular_threat_classification", "suggested_threat_label"),
        about.text("meaningful_name"),
        written(first),
        written(last),
    )


def _entity(each: Part, links: Links) -> Entity | None:
    about = each.part("attributes")
    match each.text("type"):
        case "file":
            return file_of(about, links) if about.text("sha256") else links.made(each.text("id"), File)
        case "ip_address":
            return links.made(each.text("id"), IpAddress)
        case "domain":
            return links.made(each.text("id"), Domain)
        case "url":
            # Without attributes there is an identifier that cannot be turned back into the URL.
            return links.made(about.text("url") or each.text("context_attributes", "url"), Url)
        case "ssl_cert":
            return certificate_of(about, links)
        case _:
            return links.made(None, File)
