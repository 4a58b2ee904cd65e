"""URLhaus: URLs from which malware was downloaded, the hosts that they are on, and what was downloaded."""

from __future__ import annotations

from typing import ClassVar

from clew.entities import Domain, Entity, File, Finding, IpAddress, Relation, Severity, Url, Verdict
from clew.entities.finding import Scalar
from clew.errors import AskFailed
from clew.providers.base import Ask, Steps, operation
from clew.providers.fact_text import join_texts
from clew.providers.file_hashes import file_from_hashes, first_hash
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector, host_kind
from clew.providers.ti.abusech_api import KEY, AbuseCh, parse_reply
from clew.providers.web import HttpRequest

_API, _PAGES = "https://urlhaus-api.abuse.ch/v1", "https://urlhaus.abuse.ch/"
_HOST_FACTS = ("urls_listed", "urls_online", "threat_type", "tags", "blocklisted_by")
# What the domain blocklist of Spamhaus calls a domain that was registered for no good; an abused one is called so.
_BAD_LISTINGS = frozenset({"botnet_cc_domain", "phishing_domain", "malware_domain"})


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
        return _not_listed(ip) if document is None else _host_finding(ip, document)

    @operation(calls=1, facts=_HOST_FACTS)
    def domain(self, domain: Domain) -> Steps:
        """URLs on the domain that served malware."""
        reply = yield _request("host", host=domain.value)
        document = parse_reply(reply, type(self))
        return _not_listed(domain) if document is None else _host_finding(domain, document)

    @operation(calls=1, facts=("url_status", "threat_type", "threat_name", "tags", "blocklisted_by"))
    def url(self, url: Url) -> Steps:
        """Whether the URL served malware, whether it still does, and which."""
        reply = yield _request("url", url=url.value)
        document = parse_reply(reply, type(self))
        return _not_listed(url) if document is None else _url_finding(url, document)

    @operation(calls=1, facts=("threat_name", "file_type", "file_size", "urls_listed"))
    def file(self, file: File) -> Steps:
        """Whether the file was downloaded from URLs that are listed."""
        kind, value = first_hash(file, "sha256", "md5")
        reply = yield _request("payload", **{f"{kind}_hash": value})
        document = parse_reply(reply, type(self))
        return _not_listed(file) if document is None else _file_finding(file, document)


def _request(path: str, **form: str) -> Ask:
    return HttpRequest("POST", f"{_API}/{path}/", form=tuple(form.items()), secret=KEY, idempotent=True)


def _not_listed(subject: Entity) -> Finding:
    return nothing(subject, "URLhaus does not list it")


def _host_finding(host: IpAddress | Domain, document: JsonObject) -> Finding:
    """What is said of a host. A name may be a hoster's, so a bad URL on it makes it suspicious and no more."""
    links, urls = LinkCollector(host), document.require_objects("urls")
    for entry in urls:
        added_at = entry.moment("date_added")
        links.link_to(Relation.CONTAINS, entry.text("url"), Url, entry.pointer, backwards=True, first=added_at)
    online = sum(entry.text("url_status") == "online" for entry in urls)
    count = max(document.count("url_count"), len(urls))
    is_bad = document.text("blacklists", "spamhaus_dbl") in _BAD_LISTINGS or (
        isinstance(host, IpAddress) and online > 0
    )
    severity = Severity.HIGH if is_bad else Severity.MEDIUM if online else Severity.LOW
    facts: dict[str, Scalar] = {
        "urls_listed": count,
        "urls_online": online,
        "threat_type": join_texts(entry.text("threat") for entry in urls),
        "tags": join_texts(tag for entry in urls for tag in entry.texts("tags")),
        "blocklisted_by": _blocklists(document),
    }
    return found(
        host,
        f"URLs on it that served malware: {count}; of the latest {len(urls)}, online: {online}",
        verdict=Verdict.MALICIOUS if is_bad else Verdict.SUSPICIOUS,
        severity=severity,
        reference=_reference(document),
        facts=facts,
        links=links,
        returned=len(urls),
        available=count,
        truncated_by="limit" if count > len(urls) else "",
        observed_first=document.moment("firstseen"),
        observed_last=max((time for entry in urls if (time := entry.moment("date_added"))), default=None),
    )


def _url_finding(url: Url, document: JsonObject) -> Finding:
    if document.text("url") is None:
        raise AskFailed("the reply names no URL", kind="reply")
    links, payloads = LinkCollector(url), document.objects("payloads")
    host = document.text("host")
    if host is not None:
        links.link_to(Relation.CONTAINS, host, host_kind(host), document.pointer_to("host"))
    for payload in payloads:
        file = file_from_hashes(payload, links, sha256="response_sha256", md5="response_md5", size="response_size")
        if file is not None:
            links.link(url, Relation.HOSTS, file, payload.pointer, first=payload.moment("firstseen"))
    status = document.text("url_status")
    names = join_texts(payload.text("signature") for payload in payloads)
    facts: dict[str, Scalar] = {
        "url_status": status,
        "threat_type": document.text("threat"),
        "threat_name": names,
        "tags": join_texts(document.texts("tags")),
        "blocklisted_by": _blocklists(document),
    }
    return found(
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


def _file_finding(file: File, document: JsonObject) -> Finding:
    """What is said of a file. Without a name it may be a harmless page that a bad URL showed, so it is suspicious."""
    links, urls = LinkCollector(file), document.require_objects("urls")
    same_entity = file_from_hashes(document, links, sha256="sha256_hash", md5="md5_hash", size="file_size")
    for entry in urls:
        links.link_to(
            Relation.HOSTS,
            entry.text("url"),
            Url,
            entry.pointer,
            backwards=True,
            first=entry.moment("firstseen"),
            last=entry.moment("lastseen"),
        )
    count, signature = max(document.count("url_count"), len(urls)), document.text("signature")
    facts: dict[str, Scalar] = {
        "threat_name": signature,
        "file_type": document.text("file_type"),
        "file_size": document.integer("file_size"),
        "urls_listed": count,
    }
    return found(
        file,
        f"{signature or 'a file without a name'}, downloaded from listed URLs: {count}",
        verdict=Verdict.MALICIOUS if signature else Verdict.SUSPICIOUS,
        severity=Severity.HIGH if signature else Severity.MEDIUM,
        reference=f"{_PAGES}browse.php?search={same_entity.sha256}"
        if same_entity is not None and same_entity.sha256
        else "",
        facts=facts,
        links=links,
        same_entity=same_entity,
        returned=len(urls),
        available=count,
        truncated_by="limit" if count > len(urls) else "",
        observed_first=document.moment("firstseen"),
        observed_last=document.moment("lastseen"),
    )


def _blocklists(document: JsonObject) -> str | None:
    """Who else lists it: Spamhaus in its own words, SURBL by yes or no."""
    listings = {name: document.text("blacklists", name) for name in ("spamhaus_dbl", "surbl")}
    return join_texts(f"{name}: {listing}" for name, listing in listings.items() if listing and listing != "not listed")


def _reference(document: JsonObject) -> str:
    """The page for people, if it is one of theirs."""
    page = document.text("urlhaus_reference") or ""
    return page if page.startswith(_PAGES) else ""
