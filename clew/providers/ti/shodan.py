"""Shodan: what answers at an address."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import ClassVar, cast

from clew.entities import AutonomousSystem, Certificate, IpAddress, Relation, Verdict
from clew.entities.finding import Scalar, Table
from clew.errors import AskFailed, EntityError
from clew.providers.base import Ask, Provider, Quota, Reply, Steps, operation
from clew.providers.fact_text import join_texts, time_text
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector, host_kind
from clew.providers.web import HttpRequest, SecretLocation

PAGES = "https://www.shodan.io/host"
COLUMNS = (
    "service_port",
    "network_transport",
    "product",
    "title",
    "http_status",
    "certificate",
    "jarm",
    "vulnerabilities",
    "observed_last",
)
_URL = "https://api.shodan.io/shodan/host"
_HOST_FACTS = (
    "ports",
    "vulnerabilities",
    "tags",
    "operating_system",
    "organization",
    "isp",
    "asn",
    "country_code",
    "city",
)
#: Tags that speak against an address. All others, such as `vpn`, `self-signed` or `eol-product`, say what it is.
_TAG_VERDICTS = {
    "malware": Verdict.MALICIOUS,
    "c2": Verdict.MALICIOUS,
    # Somebody else has got in: a victim as much as a danger.
    "compromised": Verdict.SUSPICIOUS,
    "doublepulsar": Verdict.SUSPICIOUS,
}


class Shodan(Provider):
    """Services, names and certificates of addresses, as Shodan last scanned them. It scans nothing when asked."""

    name: ClassVar[str] = "shodan"
    title: ClassVar[str] = "Shodan"
    docs: ClassVar[str] = "https://developer.shodan.io/api"
    leaves: ClassVar[bool] = True
    secret: ClassVar[str] = "CLEW_SHODAN_KEY"
    #: Of every plan. Looking up a host costs no query credits.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(1, timedelta(seconds=1)),)

    @operation(calls=1, facts=_HOST_FACTS)
    def ip(self, ip: IpAddress) -> Steps:
        """Open ports, tags and operator of the address, from the last scan.

        The tags of Shodan make the verdict: `malware` and `c2` malicious, `compromised` and `doublepulsar` suspicious.
        Open ports and possible vulnerabilities are no verdict.
        """
        reply = yield _host_request(ip, minify="true")
        about = _host_record(reply)
        reference = f"{PAGES}/{ip.value}"
        if about is None:
            return nothing(ip, "Shodan has nothing about it", reference=reference)
        links, ports, tags = LinkCollector(ip), integers(about, "ports"), about.texts("tags")
        _link_owner(about, links)
        link_names(about, links)
        if not (ports or tags or links.collected_links):
            return nothing(ip, "Shodan has nothing about it", reference=reference)
        verdict, tag_note = judge_tags(tags)
        facts: dict[str, Scalar] = {
            "ports": join_texts(map(str, ports)),
            "vulnerabilities": join_texts(names_at(about, "vulns")),
            "tags": join_texts(tags),
            "operating_system": about.text("os"),
            "organization": about.text("org"),
            "isp": about.text("isp"),
            "asn": _as_number(about.text("asn")),
            "country_code": about.text("country_code"),
            "city": about.text("city"),
        }
        return found(
            ip,
            f"{len(ports)} open ports{tag_note}",
            verdict=verdict,
            reference=reference,
            facts=facts,
            links=links,
            observed_last=about.moment("last_update"),
        )

    @operation(calls=1, broad=True, facts=COLUMNS)
    def services(self, ip: IpAddress) -> Steps:
        """Services that answer at the address, with certificates and names."""
        reply = yield _host_request(ip)
        about = _host_record(reply)
        reference = f"{PAGES}/{ip.value}"
        if about is None:
            return nothing(ip, "Shodan has nothing about it", reference=reference)
        links, banners = LinkCollector(ip), about.require_all("data")
        _link_owner(about, links)
        link_names(about, links)
        rows = [_service_row(banner, links) for banner in banners]
        if not rows:
            return nothing(ip, "Shodan saw no service there", reference=reference)
        return found(
            ip,
            f"{len(rows)} services",
            reference=reference,
            links=links,
            table=Table(COLUMNS, tuple(rows)),
            returned=len(rows),
            observed_last=about.moment("last_update"),
        )


def _host_request(ip: IpAddress, **params: str) -> Ask:
    return HttpRequest(
        "GET",
        f"{_URL}/{ip.value}",
        tuple(params.items()),
        secret=SecretLocation("query", "key"),
        answers=frozenset({404}),
    )


def _host_record(reply: Reply) -> JsonObject | None:
    """What is said of the host; None for a host that was never seen to answer."""
    if reply.status == 404:
        return None
    about = JsonObject.of(reply)
    if about.text("error"):
        raise AskFailed(f"Shodan says: {about.text('error')}", kind="reply")
    if not isinstance(about.value("ports"), list):
        raise AskFailed("the reply has no list of ports", kind="reply")
    return about


def _service_row(banner: JsonObject, links: LinkCollector) -> tuple[Scalar, ...]:
    seen_at = banner.moment("timestamp")
    link_names(banner, links, seen_at)
    certificate = _link_certificate(banner.child("ssl", "cert"), links, seen_at)
    product = " ".join(text for text in (banner.text("product"), banner.text("version")) if text)
    return (
        banner.integer("port"),
        banner.text("transport"),
        product or None,
        banner.text("http", "title"),
        banner.integer("http", "status"),
        certificate.value if certificate else None,
        banner.text("ssl", "jarm"),
        join_texts(names_at(banner, "vulns")),
        time_text(seen_at),
    )


def _link_certificate(about: JsonObject, links: LinkCollector, seen_at: datetime | None) -> Certificate | None:
    """Link the certificate that a service shows, and the name in it."""
    fingerprints = about.child("fingerprint")
    stub = (
        links.entity(fingerprints.text("sha256") or fingerprints.text("sha1"), Certificate)
        if fingerprints.fields
        else None
    )
    if stub is None:
        return None
    certificate = _full_certificate(stub, about)
    links.link(links.subject, Relation.PRESENTS, certificate, about.pointer, first=seen_at, last=seen_at)
    name = (about.text("subject", "CN") or "").removeprefix("*.")
    other = links.entity(name, host_kind(name)) if name else None
    if other is not None:
        links.link(certificate, Relation.ISSUED_FOR, other, about.pointer_to("subject", "CN"))
    return certificate


def _full_certificate(certificate: Certificate, about: JsonObject) -> Certificate:
    """The certificate with what else is told of it."""
    serial = about.integer("serial")
    try:
        return Certificate(
            certificate.value,
            sha1=about.text("fingerprint", "sha1"),
            serial=None if serial is None or serial < 0 else f"{serial:x}",
            issuer=about.text("issuer", "CN"),
            subject=about.text("subject", "CN"),
            not_before=_asn1_time(about.text("issued")),
            not_after=_asn1_time(about.text("expires")),
        )
    except EntityError:
        return certificate


def _asn1_time(text: str | None) -> datetime | None:
    try:
        return datetime.strptime(text or "", "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def _link_owner(about: JsonObject, links: LinkCollector) -> None:
    if about.text("asn"):
        links.link_to(Relation.BELONGS_TO, about.text("asn"), AutonomousSystem, about.pointer_to("asn"))


def link_names(about: JsonObject, links: LinkCollector, seen_at: datetime | None = None) -> None:
    """Link the names that Shodan has for the address."""
    # From reverse DNS and from certificates: the reply does not say which, so it is no resolution.
    for name, pointer in about.texts_with_pointers("hostnames"):
        links.link_to(Relation.RELATED_TO, name, host_kind(name), pointer, first=seen_at, last=seen_at)


def _as_number(asn: str | None) -> int | None:
    try:
        return None if asn is None else AutonomousSystem(asn).number
    except EntityError:
        return None


def integers(about: JsonObject, name: str) -> list[int]:
    """The whole numbers in a list."""
    value = about.value(name)
    values = cast("list[object]", value) if isinstance(value, list) else []
    return [number for number in values if isinstance(number, int) and not isinstance(number, bool)]


def names_at(about: JsonObject, name: str) -> list[str]:
    """The names in a list, or the keys of a table."""
    return about.texts(name) or list(about.child(name).fields)


def judge_tags(tags: Iterable[str]) -> tuple[Verdict, str]:
    """The verdict that tags make, and the reason for it as the end of a sentence."""
    bad_tags = {tag: _TAG_VERDICTS[tag.lower()] for tag in tags if tag.lower() in _TAG_VERDICTS}
    if not bad_tags:
        return Verdict.UNKNOWN, ""
    verdict = Verdict.MALICIOUS if Verdict.MALICIOUS in bad_tags.values() else Verdict.SUSPICIOUS
    return verdict, f", tagged {join_texts(bad_tags)}"
