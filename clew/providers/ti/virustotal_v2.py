"""The second version of VirusTotal's API, which old keys, proxies and appliances still speak."""

from __future__ import annotations

from typing import ClassVar

from clew.entities import Domain, File, IpAddress, Relation, Url
from clew.providers.base import Steps, operation
from clew.providers.file_hashes import first_hash, same_file
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.virustotal_api import HASHES, VirusTotalBase, path_of
from clew.providers.ti.virustotal_v2_batch import FILE_BATCH, report_of, report_request
from clew.providers.ti.virustotal_v2_reports import host_finding, scan_finding

_SCAN_FACTS = ("detections", "engines", "tags")
_HOST_FACTS = ("detections", "engines", "categories", "asn", "as_organization", "country_code")


class VirusTotal2(VirusTotalBase):
    """What VirusTotal says in the second version of its API, which it keeps for those who still use it.

    It has a key of its own, so that nobody is asked twice who has not said so; where that is the key of the third
    version, both count towards one quota.
    """

    name: ClassVar[str] = "virustotal-v2"
    title: ClassVar[str] = "VirusTotal (API v2)"
    docs: ClassVar[str] = "https://docs.virustotal.com/v2.0/reference/overview"
    secret: ClassVar[str] = "CLEW_VIRUSTOTAL_V2_KEY"
    counted_with: ClassVar[str] = VirusTotalBase.name

    @operation(calls=1, facts=_HOST_FACTS)
    def ip(self, ip: IpAddress) -> Steps:
        """Which names had the address, and what malicious it served.

        It is suspicious if three scanners object to a URL there.
        """
        reply = yield report_request("ip-address", ip=ip.value)
        return host_finding(ip, report_of(reply), path_of(ip).page)

    @operation(calls=1, facts=_HOST_FACTS)
    def domain(self, domain: Domain) -> Steps:
        """Its addresses and subdomains, and what malicious the domain served.

        It is suspicious if three scanners object to a URL there.
        """
        reply = yield report_request("domain", domain=domain.value)
        return host_finding(domain, report_of(reply), path_of(domain).page)

    @operation(calls=1, facts=_SCAN_FACTS)
    def url(self, url: Url) -> Steps:
        """What scanners say of the URL, and which file it served."""
        reply = yield report_request("url", resource=url.value)
        about, links = report_of(reply), LinkCollector(url)
        file_hash = (about.text("filescan_id") or "").partition("-")[0]
        if file_hash:
            links.link_to(Relation.HOSTS, file_hash, File, about.pointer_to("filescan_id"))
        return scan_finding(url, about, path_of(url).page, links)

    @operation(calls=1, facts=_SCAN_FACTS)
    def file(self, file: File) -> Steps:
        """What scanners say of the file, and its other hashes."""
        file_hash = first_hash(file, *HASHES).value
        about = report_of((yield report_request("file", batch=FILE_BATCH, resource=file_hash)))
        same_entity = same_file(file, about.text("sha256"), about.text("sha1"), about.text("md5"))
        return scan_finding(file, about, path_of(file).page, LinkCollector(file), same_entity)
