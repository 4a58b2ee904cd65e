"""ThreatFox: indicators of malware, above all its command servers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import ClassVar
from urllib.parse import urlsplit

from clew.entities import Domain, Entity, File, Finding, IpAddress, Relation, Severity, Url, Verdict
from clew.entities.finding import Scalar
from clew.providers.base import Ask, Steps, operation
from clew.providers.reading import Links, Part, digest, file_of, host_kind, joined, quoted, told, unknown
from clew.providers.ti.abusech import KEY, AbuseCh, accepted, endpoint
from clew.providers.web import HttpRequest

_URL, _PAGES = "https://threatfox-api.abuse.ch/api/v1/", "https://threatfox.abuse.ch"
_FACTS = ("reports", "confidence", "threat_name", "threat_aliases", "threat_type", "tags", "malpedia")
_MALPEDIA = "https://malpedia.caad.fkie.fraunhofer.de/details/"
#: From here on, in percent, it is malicious; 50 is what is given when nothing else is said.
SURE = 75


class ThreatFox(AbuseCh):
    """Indicators of malware that people share, of the last six months: command servers, what delivers, samples."""

    name: ClassVar[str] = "threatfox"
    title: ClassVar[str] = "ThreatFox"
    docs: ClassVar[str] = "https://threatfox.abuse.ch/api/"

    @operation(calls=1, facts=(*_FACTS, "c2_ports"))
    def ip(self, ip: IpAddress) -> Steps:
        """Indicators on the address: command servers by port, and URLs."""
        reply = yield _request("search_ioc", "search_term", ip.value)
        return _searched(ip, accepted(reply, type(self)), ip.value, _near_ip)

    @operation(calls=1, facts=(*_FACTS, "c2_ports"))
    def domain(self, domain: Domain) -> Steps:
        """Indicators that are the domain, below it, or URLs on it."""
        reply = yield _request("search_ioc", "search_term", domain.value)
        return _searched(domain, accepted(reply, type(self)), domain.value, _near_domain)

    @operation(calls=1, facts=_FACTS)
    def url(self, url: Url) -> Steps:
        """Indicators that are the URL."""
        reply = yield _request("search_ioc", "search_term", url.value)
        return _searched(url, accepted(reply, type(self)), url.value, _is_it)

    @operation(calls=2, facts=_FACTS)
    def file(self, file: File) -> Steps:
        """Servers that the file calls; where none is known, itself."""
        _, value = digest(file, "sha256", "md5", "sha1")
        reply = yield _request("search_hash", "hash", value)
        document = accepted(reply, type(self))
        if document is not None and document.need_parts("data"):
            return _searched(file, document, value, _called)
        reply = yield _request("search_ioc", "search_term", value)
        return _searched(file, accepted(reply, type(self)), value, _is_it)


def _request(query: str, name: str, value: str) -> Ask:
    return HttpRequest("POST", _URL, json={"query": query, name: value}, secret=KEY, idempotent=True)


#: Links what an indicator says; True if it is about the subject, False if only near it, None if only spelt alike.
_Near = Callable[[Part, Links], bool | None]


def _near_ip(each: Part, links: Links) -> bool | None:
    """An address has one machine behind it, so that a URL on it is about it."""
    text = each.text("ioc") or ""
    host, _ = _place(text)
    if _entity(host, IpAddress, links) != links.subject:
        return None
    if "://" in text:
        links.to(Relation.CONTAINS, text, Url, each.pointer, backwards=True, first=each.moment("first_seen"))
    _samples(each, links)
    return True


def _near_domain(each: Part, links: Links) -> bool | None:
    """A name may be a hoster's, so that a URL on it, or a name below, is only near it."""
    text, seen = each.text("ioc") or "", each.moment("first_seen")
    found = _entity(_place(text)[0], Domain, links)
    if found is None or not f".{found.key.value}".endswith(f".{links.subject.key.value}"):
        return None
    url = links.made(text, Url) if "://" in text else None
    if url is not None:
        links.between(url, Relation.CONTAINS, found, each.pointer, first=seen)
    if found != links.subject:
        links.between(found, Relation.SUBDOMAIN_OF, links.subject, each.pointer, first=seen)
    if found != links.subject or url is not None:
        return False
    _samples(each, links)
    return True


def _is_it(each: Part, links: Links) -> bool | None:
    """The indicator is the subject itself, by its spelling or by another of its hashes."""
    subject, said = links.subject, _entity(each.text("ioc") or "", type(links.subject), links)
    if said is None:
        return None
    return said == subject or bool({said.key, *said.aliases} & {subject.key, *subject.aliases}) or None


def _called(each: Part, links: Links) -> bool:
    """A server that the file calls."""
    text = each.text("ioc") or ""
    host, _ = endpoint(text)
    kind: type[Entity] = Url if "://" in text else host_kind(host)
    first, last = each.moment("first_seen"), each.moment("last_seen")
    value = text if kind is Url else host
    links.to(Relation.COMMUNICATES_WITH, value, kind, each.pointer, first=first, last=last)
    return True


def _samples(each: Part, links: Links) -> None:
    for sample in each.parts("malware_samples"):
        file = file_of(sample, links, sha256="sha256_hash", md5="md5_hash")
        if file is not None:
            links.between(
                file, Relation.COMMUNICATES_WITH, links.subject, sample.pointer, first=sample.moment("time_stamp")
            )


def _place(text: str) -> tuple[str, int | None]:
    """The host and the port of an indicator, which is an address with a port, a name or a URL."""
    if "://" not in text:
        return endpoint(text)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return "", None
    return parts.hostname or "", port


def _entity(text: str, kind: type[Entity], links: Links) -> Entity | None:
    """What is compared with the subject, and not counted if it names nothing: it may only be spelt alike."""
    return Links(links.subject).made(text, kind)


def _searched(subject: Entity, document: Part | None, term: str, near: _Near) -> Finding:
    reference = f"{_PAGES}/browse.php?search=ioc%3A{quoted(term)}"
    if document is None:
        return unknown(subject, "ThreatFox knows no indicator of it", reference=reference)
    links, listed = Links(subject), document.need_parts("data")
    about = [(each, said) for each in listed if (said := near(each, links)) is not None]
    if not about:
        reason = f"ThreatFox knows no indicator of it; spelt alike: {len(listed)}"
        return unknown(subject, reason, reference=reference)
    own = [each for each, said in about if said]
    shown = own or [each for each, _ in about]
    confidence = max((sure for each in shown if (sure := each.whole("confidence_level")) is not None), default=None)
    verdict, severity = _judged(confidence) if own else (Verdict.SUSPICIOUS, Severity.LOW)
    pages = [each.text("malware_malpedia") or "" for each in shown]
    facts: dict[str, Scalar] = {
        "reports": len(shown),
        "confidence": confidence,
        "threat_name": joined(each.text("malware_printable") for each in shown),
        "threat_aliases": joined(
            name.strip() for each in shown for name in (each.text("malware_alias") or "").split(",")
        ),
        "threat_type": joined(each.text("threat_type") for each in shown),
        "tags": joined(tag for each in shown for tag in each.texts("tags")),
        "malpedia": joined(page for page in pages if page.startswith(_MALPEDIA)),
    }
    if isinstance(subject, IpAddress | Domain):
        facts["c2_ports"] = _ports(each for each in own if each.text("threat_type") == "botnet_cc")
    return told(
        subject,
        _reason(len(own), len(about) - len(own), facts["threat_name"], confidence),
        verdict=verdict,
        severity=severity,
        reference=reference,
        facts=facts,
        links=links,
        returned=len(about),
        observed_first=min(_moments(shown, "first_seen"), default=None),
        observed_last=max(_moments(shown, "last_seen"), default=None),
    )


def _judged(confidence: int | None) -> tuple[Verdict, Severity]:
    if confidence is not None and confidence >= SURE:
        return Verdict.MALICIOUS, Severity.HIGH
    return Verdict.SUSPICIOUS, Severity.MEDIUM


def _ports(servers: Iterable[Part]) -> str:
    found = {port for each in servers if (port := _place(each.text("ioc") or "")[1]) is not None}
    return ", ".join(map(str, sorted(found)))


def _reason(own: int, around: int, names: Scalar, confidence: int | None) -> str:
    near = f", on or below it: {around}" if around else ""
    sure = f", confidence {confidence} %" if confidence is not None else ""
    return f"indicators: {own}{near}{f'; {names}' if names else ''}{sure}"


def _moments(parts: Iterable[Part], name: str) -> list[datetime]:
    return [at for each in parts if (at := each.moment(name))]
