"""What VirusTotal has seen together with an address, a domain, a URL or a file."""

from __future__ import annotations

from functools import partial
from typing import Literal

from clew.entities import Domain, File, IpAddress, Url
from clew.providers.base import Steps, operation
from clew.providers.ti.virustotal_api import PAGE_SIZE, VirusTotalBase, list_related
from clew.providers.ti.virustotal_relations import RELATED_FIELDS, RELATION_RULES, related_row

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


class VirusTotalRelated(VirusTotalBase):
    """Files that talked to it, what it served, certificates, subdomains: one relationship a call."""

    @operation(calls=1, broad=True, facts=RELATED_FIELDS.names)
    def ip(
        self, ip: IpAddress, *, relationship: IpRelationship = "communicating_files", limit: int = PAGE_SIZE
    ) -> Steps:
        """Files, URLs or certificates that were seen with the address.

        Args:
            relationship: which of them, in the words of VirusTotal.
            limit: how many at most; 40 is the most.
        """
        return (yield from _related_objects(ip, relationship, limit))

    @operation(calls=1, broad=True, facts=RELATED_FIELDS.names)
    def domain(
        self, domain: Domain, *, relationship: DomainRelationship = "communicating_files", limit: int = PAGE_SIZE
    ) -> Steps:
        """Files, names, URLs or certificates that were seen with the domain.

        Args:
            relationship: which of them, in the words of VirusTotal.
            limit: how many at most; 40 is the most.
        """
        return (yield from _related_objects(domain, relationship, limit))

    @operation(calls=1, broad=True, facts=RELATED_FIELDS.names)
    def url(self, url: Url, *, relationship: UrlRelationship = "downloaded_files", limit: int = PAGE_SIZE) -> Steps:
        """Files that the URL served, or where it led.

        Args:
            relationship: which of them, in the words of VirusTotal.
            limit: how many at most; 40 is the most.
        """
        return (yield from _related_objects(url, relationship, limit))

    @operation(calls=1, broad=True, facts=RELATED_FIELDS.names)
    def file(self, file: File, *, relationship: FileRelationship = "contacted_ips", limit: int = PAGE_SIZE) -> Steps:
        """What the file talked to, dropped or holds, and where it came from.

        Args:
            relationship: which of them, in the words of VirusTotal.
            limit: how many at most; 40 is the most.
        """
        return (yield from _related_objects(file, relationship, limit))


def _related_objects(subject: IpAddress | Domain | Url | File, relationship: str, limit: int) -> Steps:
    return (
        yield from list_related(
            subject, relationship, RELATED_FIELDS.names, partial(related_row, RELATION_RULES[relationship]), limit
        )
    )
