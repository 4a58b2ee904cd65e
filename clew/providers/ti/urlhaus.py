"""URLhaus: URLs from which malware was downloaded, the hosts that they are on, and what was downloaded."""

from __future__ import annotations

from typing import ClassVar

from clew.entities import Domain, Entity, File, Finding, IpAddress, Url
from clew.providers.base import Ask, Steps, operation
from clew.providers.file_hashes import first_hash
from clew.providers.findings import nothing
from clew.providers.ti.abusech_api import KEY, AbuseCh, parse_reply
from clew.providers.ti.urlhaus_findings import file_finding, host_finding, url_finding
from clew.providers.web import HttpRequest

_HOST_FACTS = ("urls_listed", "urls_online", "threat_type", "tags", "blocklisted_by")
_API = "https://urlhaus-api.abuse.ch/v1"


class UrlHaus(AbuseCh):
    """URLs that served malware, as people report them and abuse.ch verifies them, with what was downloaded."""

    name: ClassVar[str] = "urlhaus"
    title: ClassVar[str] = "URLhaus"
    docs: ClassVar[str] = "https://urlhaus-api.abuse.ch/"

    @operation(calls=1, facts=_HOST_FACTS)
    def ip(self, ip: IpAddress) -> Steps:
        """URLs on the address that served malware."""
        reply = yield _request("host", host=ip.value)
        document = parse_reply(reply, type(self))
        return _not_listed(ip) if document is None else host_finding(ip, document)

    @operation(calls=1, facts=_HOST_FACTS)
    def domain(self, domain: Domain) -> Steps:
        """URLs on the domain that served malware."""
        reply = yield _request("host", host=domain.value)
        document = parse_reply(reply, type(self))
        return _not_listed(domain) if document is None else host_finding(domain, document)

    @operation(calls=1, facts=("url_status", "threat_type", "threat_name", "tags", "blocklisted_by"))
    def url(self, url: Url) -> Steps:
        """Whether the URL served malware, whether it still does, and which."""
        reply = yield _request("url", url=url.value)
        document = parse_reply(reply, type(self))
        return _not_listed(url) if document is None else url_finding(url, document)

    @operation(calls=1, facts=("threat_name", "file_type", "file_size", "urls_listed"))
    def file(self, file: File) -> Steps:
        """Whether the file was downloaded from URLs that are listed."""
        kind, value = first_hash(file, "sha256", "md5")
        reply = yield _request("payload", **{f"{kind}_hash": value})
        document = parse_reply(reply, type(self))
        return _not_listed(file) if document is None else file_finding(file, document)


def _request(path: str, **form: str) -> Ask:
    return HttpRequest("POST", f"{_API}/{path}/", form=tuple(form.items()), secret=KEY, idempotent=True)


def _not_listed(subject: Entity) -> Finding:
    return nothing(subject, "URLhaus does not list it")
