"""ThreatFox: indicators of malware, above all its command servers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import ClassVar
from urllib.parse import urlsplit

from clew.entities import Domain, Entity, File, Finding, IpAddress, Relation, Severity, Url, Verdict
from clew.entities.finding import Scalar
from clew.providers.base import Ask, Steps, operation
from clew.providers.fact_text import join_texts
from clew.providers.file_hashes import file_from_hashes, first_hash
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector, host_kind
from clew.providers.ti.abusech_api import KEY, AbuseCh, endpoint, parse_reply
from clew.providers.url_quoting import percent_encode
from clew.providers.web import HttpRequest

_URL, _PAGES = "https://threatfox-api.abuse.ch/api/v1/", "https://threatfox.abuse.ch"
_FACTS = ("reports", "confidence", "threat_name", "threat_aliases", "threat_type", "tags", "malpedia")
_MALPEDIA = "https://malpedia.caad.fkie.fraunhofer.de/details/"
#: From here on, in percent, it is malicious; 50 is what is given when nothing else is said.
MALICIOUS_CONFIDENCE = 75


class ThreatFox(AbuseCh):
    """Indicators of malware that people share, of the last six months: command servers, what delivers, samples."""

    name: ClassVar[str] = "threatfox"
    title: ClassVar[str] = "ThreatFox"
    docs: ClassVar[str] = "https://threatfox.abuse.ch/api/"

    @operation(calls=1, facts=(*_FACTS, "c2_ports"))
    def ip(self, ip: IpAddress) -> Steps:
        """Indicators on the address: command servers by port, and URLs."""
        reply = yield _request("search_ioc", "search_term", ip.value)
        return _search_finding(ip, parse_reply(reply, type(self)), ip.value, _match_ip)

    @operation(calls=1, facts=(*_FACTS, "c2_ports"))
    def domain(self, domain: Domain) -> Steps:
        """Indicators that are the domain, below it, or URLs on it."""
        reply = yield _request("search_ioc", "search_term", domain.value)
        return _search_finding(domain, parse_reply(reply, type(self)), domain.value, _match_domain)

    @operation(calls=1, facts=_FACTS)
    def url(self, url: Url) -> Steps:
        """Indicators that are the URL."""
        reply = yield _request("search_ioc", "search_term", url.value)
        return _search_finding(url, parse_reply(reply, type(self)), url.value, _match_exact)

    @operation(calls=2, facts=_FACTS)
    def file(self, file: File) -> Steps:
        """Servers that the file calls; where none is known, itself."""
        _, value = first_hash(file, "sha256", "md5", "sha1")
        reply = yield _request("search_hash", "hash", value)
        document = parse_reply(reply, type(self))
        if document is not None and document.require_objects("data"):
            return _search_finding(file, document, value, _match_server)
        reply = yield _request("search_ioc", "search_term", value)
        return _search_finding(file, parse_reply(reply, type(self)), value, _match_exact)


def _request(query: str, name: str, value: str) -> Ask:
    return HttpRequest("POST", _URL, json={"query": query, name: value}, secret=KEY, idempotent=True)


#: Links what an indicator says; True if it is about the subject, False if only near it, None if only spelt alike.
_Matcher = Callable[[JsonObject, LinkCollector], bool | None]


def _match_ip(indicator: JsonObject, links: LinkCollector) -> bool | None:
    """An address has one machine behind it, so that a URL on it is about it."""
    text = indicator.text("ioc") or ""
    host, _ = _host_port(text)
    if _entity(host, IpAddress, links) != links.subject:
        return None
    if "://" in text:
        links.link_to(
            Relation.CONTAINS, text, Url, indicator.pointer, backwards=True, first=indicator.moment("first_seen")
        )
    _link_samples(indicator, links)
    return True


def _match_domain(indicator: JsonObject, links: LinkCollector) -> bool | None:
    """A name may be a hoster's, so that a URL on it, or a name below, is only near it."""
    text, seen_at = indicator.text("ioc") or "", indicator.moment("first_seen")
    host = _entity(_host_port(text)[0], Domain, links)
    if host is None or not f".{host.key.value}".endswith(f".{links.subject.key.value}"):
        return None
    url = links.entity(text, Url) if "://" in text else None
    if url is not None:
        links.link(url, Relation.CONTAINS, host, indicator.pointer, first=seen_at)
    if host != links.subject:
        links.link(host, Relation.SUBDOMAIN_OF, links.subject, indicator.pointer, first=seen_at)
    if host != links.subject or url is not None:
        return False
    _link_samples(indicator, links)
    return True


def _match_exact(indicator: JsonObject, links: LinkCollector) -> bool | None:
    """The indicator is the subject itself, by its spelling or by another of its hashes."""
    subject, entity = links.subject, _entity(indicator.text("ioc") or "", type(links.subject), links)
    if entity is None:
        return None
    return entity == subject or bool({entity.key, *entity.aliases} & {subject.key, *subject.aliases}) or None


def _match_server(indicator: JsonObject, links: LinkCollector) -> bool:
    """A server that the file calls."""
    text = indicator.text("ioc") or ""
    host, _ = endpoint(text)
    kind: type[Entity] = Url if "://" in text else host_kind(host)
    first, last = indicator.moment("first_seen"), indicator.moment("last_seen")
    value = text if kind is Url else host
    links.link_to(Relation.COMMUNICATES_WITH, value, kind, indicator.pointer, first=first, last=last)
    return True


def _link_samples(indicator: JsonObject, links: LinkCollector) -> None:
    for sample in indicator.objects("malware_samples"):
        file = file_from_hashes(sample, links, sha256="sha256_hash", md5="md5_hash")
        if file is not None:
            links.link(
                file, Relation.COMMUNICATES_WITH, links.subject, sample.pointer, first=sample.moment("time_stamp")
            )


def _host_port(text: str) -> tuple[str, int | None]:
    """The host and the port of an indicator, which is an address with a port, a name or a URL."""
    if "://" not in text:
        return endpoint(text)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return "", None
    return parts.hostname or "", port


def _entity(text: str, kind: type[Entity], links: LinkCollector) -> Entity | None:
    """What is compared with the subject, and not counted if it names nothing: it may only be spelt alike."""
    return LinkCollector(links.subject).entity(text, kind)


def _search_finding(subject: Entity, document: JsonObject | None, term: str, matcher: _Matcher) -> Finding:
    reference = f"{_PAGES}/browse.php?search=ioc%3A{percent_encode(term)}"
    if document is None:
        return nothing(subject, "ThreatFox knows no indicator of it", reference=reference)
    links, results = LinkCollector(subject), document.require_objects("data")
    matches = [(indicator, match) for indicator in results if (match := matcher(indicator, links)) is not None]
    if not matches:
        reason = f"ThreatFox knows no indicator of it; spelt alike: {len(results)}"
        return nothing(subject, reason, reference=reference)
    exact = [indicator for indicator, match in matches if match]
    indicators = exact or [indicator for indicator, _ in matches]
    confidence = max(
        (level for indicator in indicators if (level := indicator.integer("confidence_level")) is not None),
        default=None,
    )
    verdict, severity = _judge(confidence) if exact else (Verdict.SUSPICIOUS, Severity.LOW)
    pages = [indicator.text("malware_malpedia") or "" for indicator in indicators]
    facts: dict[str, Scalar] = {
        "reports": len(indicators),
        "confidence": confidence,
        "threat_name": join_texts(indicator.text("malware_printable") for indicator in indicators),
        "threat_aliases": join_texts(
            name.strip() for indicator in indicators for name in (indicator.text("malware_alias") or "").split(",")
        ),
        "threat_type": join_texts(indicator.text("threat_type") for indicator in indicators),
        "tags": join_texts(tag for indicator in indicators for tag in indicator.texts("tags")),
        "malpedia": join_texts(page for page in pages if page.startswith(_MALPEDIA)),
    }
    if isinstance(subject, IpAddress | Domain):
        facts["c2_ports"] = _ports(indicator for indicator in exact if indicator.text("threat_type") == "botnet_cc")
    return found(
        subject,
        _reason(len(exact), len(matches) - len(exact), facts["threat_name"], confidence),
        verdict=verdict,
        severity=severity,
        reference=reference,
        facts=facts,
        links=links,
        returned=len(matches),
        observed_first=min(_times(indicators, "first_seen"), default=None),
        observed_last=max(_times(indicators, "last_seen"), default=None),
    )


def _judge(confidence: int | None) -> tuple[Verdict, Severity]:
    if confidence is not None and confidence >= MALICIOUS_CONFIDENCE:
        return Verdict.MALICIOUS, Severity.HIGH
    return Verdict.SUSPICIOUS, Severity.MEDIUM


def _ports(servers: Iterable[JsonObject]) -> str:
    ports = {port for server in servers if (port := _host_port(server.text("ioc") or "")[1]) is not None}
    return ", ".join(map(str, sorted(ports)))


def _reason(exact: int, nearby: int, names: Scalar, confidence: int | None) -> str:
    nearby_text = f", on or below it: {nearby}" if nearby else ""
    confidence_text = f", confidence {confidence} %" if confidence is not None else ""
    return f"indicators: {exact}{nearby_text}{f'; {names}' if names else ''}{confidence_text}"


def _times(indicators: Iterable[JsonObject], name: str) -> list[datetime]:
    return [time for indicator in indicators if (time := indicator.moment(name))]
