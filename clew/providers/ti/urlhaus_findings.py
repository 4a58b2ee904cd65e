"""What URLhaus says of a host, of a URL and of a file."""

from __future__ import annotations

from clew.entities import Domain, File, Finding, IpAddress, Relation, Severity, Url, Verdict
from clew.entities.finding import Scalar
from clew.errors import AskFailed
from clew.providers.fact_text import join_texts
from clew.providers.file_hashes import file_from_hashes
from clew.providers.findings import found
from clew.providers.json_reply import JsonObject, latest
from clew.providers.link_collector import LinkCollector, host_kind

_PAGES = "https://urlhaus.abuse.ch/"
# What the domain blocklist of Spamhaus calls a domain that was registered for no good; an abused one is called so.
_BAD_LISTINGS = frozenset({"botnet_cc_domain", "phishing_domain", "malware_domain"})


def host_finding(host: IpAddress | Domain, document: JsonObject) -> Finding:
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
        observed_last=latest(urls, "date_added"),
    )


def url_finding(url: Url, document: JsonObject) -> Finding:
    """What is said of a URL, of its host and of what it served. Raises AskFailed where the reply names none."""
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


def file_finding(file: File, document: JsonObject) -> Finding:
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
