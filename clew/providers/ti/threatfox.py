"""ThreatFox: indicators of malware, above all its command servers."""

from __future__ import annotations

from typing import ClassVar

from clew.entities import Domain, File, IpAddress, Url
from clew.providers.base import Ask, Steps, operation
from clew.providers.file_hashes import first_hash
from clew.providers.ti.abusech_api import KEY, AbuseCh, parse_reply
from clew.providers.ti.threatfox_findings import indicator_finding
from clew.providers.ti.threatfox_indicators import match_domain, match_exact, match_ip, match_server
from clew.providers.web import HttpRequest

_FACTS = ("reports", "confidence", "threat_name", "threat_aliases", "threat_type", "tags", "malpedia")
_URL = "https://threatfox-api.abuse.ch/api/v1/"


class ThreatFox(AbuseCh):
    """Indicators of malware that people share, of the last six months: command servers, what delivers, samples."""

    name: ClassVar[str] = "threatfox"
    title: ClassVar[str] = "ThreatFox"
    docs: ClassVar[str] = "https://threatfox.abuse.ch/api/"

    @operation(calls=1, facts=(*_FACTS, "c2_ports"))
    def ip(self, ip: IpAddress) -> Steps:
        """Indicators on the address: command servers by port, and URLs."""
        reply = yield _request("search_ioc", "search_term", ip.value)
        return indicator_finding(ip, parse_reply(reply, type(self)), ip.value, match_ip)

    @operation(calls=1, facts=(*_FACTS, "c2_ports"))
    def domain(self, domain: Domain) -> Steps:
        """Indicators that are the domain, below it, or URLs on it."""
        reply = yield _request("search_ioc", "search_term", domain.value)
        return indicator_finding(domain, parse_reply(reply, type(self)), domain.value, match_domain)

    @operation(calls=1, facts=_FACTS)
    def url(self, url: Url) -> Steps:
        """Indicators that are the URL."""
        reply = yield _request("search_ioc", "search_term", url.value)
        return indicator_finding(url, parse_reply(reply, type(self)), url.value, match_exact)

    @operation(calls=2, facts=_FACTS)
    def file(self, file: File) -> Steps:
        """Servers that the file calls; where none is known, itself."""
        value = first_hash(file, "sha256", "md5", "sha1").value
        reply = yield _request("search_hash", "hash", value)
        document = parse_reply(reply, type(self))
        if document is not None and document.require_objects("data"):
            return indicator_finding(file, document, value, match_server)
        reply = yield _request("search_ioc", "search_term", value)
        return indicator_finding(file, parse_reply(reply, type(self)), value, match_exact)


def _request(query: str, name: str, value: str) -> Ask:
    return HttpRequest("POST", _URL, json={"query": query, name: value}, secret=KEY, idempotent=True)
