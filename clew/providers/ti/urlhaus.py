"""URLhaus: URLs from which malware was downloaded, the hosts that they are on, and what was downloaded."""

from __future__ import annotations

from typing import ClassVar

from clew.entities import Domain, Entity, File, Finding, IpAddress, Relation, Severity, Url, Verdict
from clew.entities.finding import Scalar
from clew.errors import AskFailed
from clew.providers.base import Ask, Steps, operation
from clew.providers.reading import Links, Part, digest, file_of, host_kind, joined, told, unknown
from clew.providers.ti.abusech import KEY, AbuseCh, accepted
from clew.providers.web import HttpRequest

_API, _PAGES = "https://urlhaus-api.abuse.ch/v1", "https://urlhaus.abuse.ch/"
_OF_HOSTS = ("urls_listed", "urls_online", "threat_type", "tags", "blocklisted_by")
# What the domain blocklist of Spamhaus calls a domain that was registered for no good; an abused one is called so.
_BAD_NAMES = frozenset({"botnet_cc_domain", "phishing_domain", "malware_domain"})


class UrlHaus(AbuseCh):
    """URLs that served malware, as people report them and abuse.ch verifies them, with what was downloaded."""

    name: ClassVar[str] = "urlhaus"
    title: ClassVar[str] = "URLhaus"
    docs: ClassVar[str] = "https://urlhaus-api.abuse.ch/"

    @operation(calls=1, facts=_OF_HOSTS)
    def ip(self, ip: IpAddress) -> Steps:
        """URLs on the address that served malware."""
        reply = yield _request("host", host=ip.value)
        document = accepted(reply, type(self))
        return _nothing(ip) if document is None else _of_host(ip, document)

    @operation(calls=1, facts=_OF_HOSTS)
    def domain(self, domain: Domain) -> Steps:
        """URLs on the domain that served malware."""
        reply = yield _request("host", host=domain.value)
        document = accepted(reply, type(self))
        return _nothing(domain) if document is None else _of_host(domain, document)

    @operation(calls=1, facts=("url_status", "threat_type", "threat_name", "tags", "blocklisted_by"))
    def url(self, url: Url) -> Steps:
        """Whether the URL served malware, whether it still does, and which."""
        reply = yield _request("url", url=url.value)
        document = accepted(reply, type(self))
        return _nothing(url) if document is None else _of_url(url, document)

    @operation(calls=1, facts=("threat_name", "file_type", "file_size", "urls_listed"))
    def file(self, file: File) -> Steps:
        """Whether the file was downloaded from URLs that are listed."""
        kind, value = digest(file, "sha256", "md5")
        reply = yield _request("payload", **{f"{kind}_hash": value})
        document = accepted(reply, type(self))
        return _nothing(file) if document is None else _of_file(file, document)


def _request(path: str, **form: str) -> Ask:
    return HttpRequest("POST", f"{_API}/{path}/", form=tuple(form.items()), secret=KEY, idempotent=True)


def _nothing(subject: Entity) -> Finding:
    return unknown(subject, "URLhaus does not list it")


def _of_host(host: IpAddress | Domain, document: Part) -> Finding:
    """What is said of a host. A name may be a hoster's, so a bad URL on it makes it suspicious and no more."""
    links, listed = Links(host), document.need_parts("urls")
    for each in listed:
        added = each.moment("date_added")
        links.to(Relation.CONTAINS, each.text("url"), Url, each.pointer, backwards=True, first=added)
    online = sum(each.text("url_status") == "online" for each in listed)
    count = max(document.count("url_count"), len(listed))
    is_bad = document.text("blacklists", "spamhaus_dbl") in _BAD_NAMES or (isinstance(host, IpAddress) and online > 0)
    severity = Severity.HIGH if is_bad else Severity.MEDIUM if online else Severity.LOW
    facts: dict[str, Scalar] = {
        "urls_listed": count,
        "urls_online": online,
        "threat_type": joined(each.text("threat") for each in listed),
        "tags": joined(tag for each in listed for tag in each.texts("tags")),
        "blocklisted_by": _blocklists(document),
    }
    return told(
        host,
        f"URLs on it that served malware: {count}; of the latest {len(listed)}, online: {online}",
        verdict=Verdict.MALICIOUS if is_bad else Verdict.SUSPICIOUS,
        severity=severity,
        reference=_reference(document),
        facts=facts,
        links=links,
        returned=len(listed),
        available=count,
        truncated_by="limit" if count > len(listed) else "",
        observed_first=document.moment("firstseen"),
        observed_last=max((at for each in listed if (at := each.moment("date_added"))), default=None),
    )


def _of_url(url: Url, document: Part) -> Finding:
    if document.text("url") is None:
        raise AskFailed("the reply names no URL", kind="reply")
    links, served = Links(url), document.parts("payloads")
    host = document.text("host")
    if host is not None:
        links.to(Relation.CONTAINS, host, host_kind(host), document.where("host"))
    for each in served:
        file = file_of(each, links, sha256="response_sha256", md5="response_md5", size="response_size")
        if file is not None:
            links.between(url, Relation.HOSTS, file, each.pointer, first=each.moment("firstseen"))
    status = document.text("url_status")
    names = joined(each.text("signature") for each in served)
    facts: dict[str, Scalar] = {
        "url_status": status,
        "threat_type": document.text("threat"),
        "threat_name": names,
        "tags": joined(document.texts("tags")),
        "blocklisted_by": _blocklists(document),
    }
    return told(
        url,
        f"listed as {document.text('threat') or 'malicious'}, {status or 'status not told'}"
        + (f": {names}" if names else ""),
        verdict=Verdict.MALICIOUS,
        severity=Severity.MEDIUM if status == "offline" else Severity.HIGH,
        reference=_reference(document),
        facts=facts,
        links=links,
        observed_first=document.moment("date_added"),
        observed_last=document.moment("last_online"),
    )


def _of_file(file: File, document: Part) -> Finding:
    """What is said of a file. Without a name it may be a harmless page that a bad URL showed, so it is suspicious."""
    links, listed = Links(file), document.need_parts("urls")
    same = file_of(document, links, sha256="sha256_hash", md5="md5_hash", size="file_size")
    for each in listed:
        links.to(
            Relation.HOSTS,
            each.text("url"),
            Url,
            each.pointer,
            backwards=True,
            first=each.moment("firstseen"),
            last=each.moment("lastseen"),
        )
    count, signature = max(document.count("url_count"), len(listed)), document.text("signature")
    facts: dict[str, Scalar] = {
        "threat_name": signature,
        "file_type": document.text("file_type"),
        "file_size": document.whole("file_size"),
        "urls_listed": count,
    }
    return told(
        file,
        f"{signature or 'a file without a name'}, downloaded from listed URLs: {count}",
        verdict=Verdict.MALICIOUS if signature else Verdict.SUSPICIOUS,
        severity=Severity.HIGH if signature else Severity.MEDIUM,
        reference=f"{_PAGES}browse.php?search={same.sha256}" if same is not None and same.sha256 else "",
        facts=facts,
        links=links,
        same=same,
        returned=len(listed),
        available=count,
        truncated_by="limit" if count > len(listed) else "",
        observed_first=document.moment("firstseen"),
        observed_last=document.moment("lastseen"),
    )


def _blocklists(document: Part) -> str | None:
    """Who else lists it: Spamhaus in its own words, SURBL by yes or no."""
    said = {name: document.text("blacklists", name) for name in ("spamhaus_dbl", "surbl")}
    return joined(f"{name}: {word}" for name, word in said.items() if word and word != "not listed")


def _reference(document: Part) -> str:
    """The page for people, if it is one of theirs."""
    page = document.text("urlhaus_reference") or ""
    return page if page.startswith(_PAGES) else ""
