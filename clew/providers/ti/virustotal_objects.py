"""What scanners, sandboxes and the community of VirusTotal say of an address, a domain, a URL or a file."""

from __future__ import annotations

from clew.entities import Domain, File, IpAddress, Url
from clew.providers.base import Steps, operation
from clew.providers.ti.virustotal_api import VirusTotalBase
from clew.providers.ti.virustotal_attributes import ADDRESS, DOMAIN, PAGE, SAMPLE, fetch_finding


class VirusTotal(VirusTotalBase):
    """Some seventy scanners, sandboxes, and a community that votes."""

    @operation(calls=1, facts=ADDRESS.names)
    def ip(self, ip: IpAddress) -> Steps:
        """What scanners say of the address, and whose it is."""
        return (yield from fetch_finding(ip, ADDRESS))

    @operation(calls=1, facts=DOMAIN.names)
    def domain(self, domain: Domain) -> Steps:
        """What scanners say of the domain, its registrar and DNS records."""
        return (yield from fetch_finding(domain, DOMAIN))

    @operation(calls=1, facts=PAGE.names)
    def url(self, url: Url) -> Steps:
        """What scanners say of the URL, where it led and what it served."""
        return (yield from fetch_finding(url, PAGE))

    @operation(calls=1, facts=SAMPLE.names)
    def file(self, file: File) -> Steps:
        """What scanners and sandboxes say of the file, its names and signers."""
        return (yield from fetch_finding(file, SAMPLE))
