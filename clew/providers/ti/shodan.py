"""Shodan: what answers at an address."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import ClassVar, cast

from clew.entities import AutonomousSystem, Certificate, IpAddress, Relation, Verdict
from clew.entities.finding import Scalar, Table
from clew.errors import AskFailed, EntityError
from clew.providers.base import Ask, Provider, Quota, Reply, Steps, operation
from clew.providers.reading import Links, Part, host_kind, joined, told, unknown, written
from clew.providers.web import HttpRequest, Place

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
_ABOUT = ("ports", "vulnerabilities", "tags", "operating_system", "organization", "isp", "asn", "country_code", "city")
#: Tags that speak against an address. All others, such as `vpn`, `self-signed` or `eol-product`, say what it is.
_BAD = {
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

    @operation(calls=1, facts=_ABOUT)
    def ip(self, ip: IpAddress) -> Steps:
        """Open ports, tags and operator of the address, from the last scan.

        The tags of Shodan make the verdict: `malware` and `c2` malicious, `compromised` and `doublepulsar` suspicious.
        Open ports and possible vulnerabilities are no verdict.
        """
        reply = yield _host(ip, minify="true")
        about = _known(reply)
        reference = f"{PAGES}/{ip.value}"
        if about is None:
            return unknown(ip, "Shodan has nothing about it", reference=reference)
        links, ports, tags = Links(ip), numbers(about, "ports"), about.texts("tags")
        _owner(about, links)
        names(about, links)
        if not (ports or tags or links.found):
            return unknown(ip, "Shodan has nothing about it", reference=reference)
        verdict, why = judged(tags)
        facts: dict[str, Scalar] = {
            "ports": joined(map(str, ports)),
            "vulnerabilities": joined(named(about, "vulns")),
            "tags": joined(tags),
            "operating_system": about.text("os"),
            "organization": about.text("org"),
            "isp": about.text("isp"),
            "asn": _number(about.text("asn")),
            "country_code": about.text("country_code"),
            "city": about.text("city"),
        }
        return told(
            ip,
            f"{len(ports)} open ports{why}",
            verdict=verdict,
            reference=reference,
            facts=facts,
            links=links,
            observed_last=about.moment("last_update"),
        )

    @operation(calls=1, wide=True, facts=COLUMNS)
    def services(self, ip: IpAddress) -> Steps:
        """Services that answer at the address, with certificates and names."""
        reply = yield _host(ip)
        about = _known(reply)
        reference = f"{PAGES}/{ip.value}"
        if about is None:
            return unknown(ip, "Shodan has nothing about it", reference=reference)
        links, banners = Links(ip), about.every("data")
        _owner(about, links)
        names(about, links)
        rows = [_service(banner, links) for banner in banners]
        if not rows:
            return unknown(ip, "Shodan saw no service there", reference=reference)
        return told(
            ip,
            f"{len(rows)} services",
            reference=reference,
            links=links,
            table=Table(COLUMNS, tuple(rows)),
            returned=len(rows),
            observed_last=about.moment("last_update"),
        )


def _host(ip: IpAddress, **params: str) -> Ask:
    return HttpRequest(
        "GET", f"{_URL}/{ip.value}", tuple(params.items()), secret=Place("query", "key"), answers=frozenset({404})
    )


def _known(reply: Reply) -> Part | None:
    """What is said of the host; None for a host that was never seen to answer."""
    if reply.status == 404:
        return None
    about = Part.of(reply)
    if about.text("error"):
        raise AskFailed(f"Shodan says: {about.text('error')}", kind="reply")
    if not isinstance(about.at("ports"), list):
        raise AskFailed("the reply has no list of ports", kind="reply")
    return about


def _service(banner: Part, links: Links) -> tuple[Scalar, ...]:
    seen = banner.moment("timestamp")
    names(banner, links, seen)
    shown = _shown(banner.part("ssl", "cert"), links, seen)
    product = " ".join(text for text in (banner.text("product"), banner.text("version")) if text)
    return (
        banner.whole("port"),
        banner.text("transport"),
        product or None,
        banner.text("http", "title"),
        banner.whole("http", "status"),
        shown.value if shown else None,
        banner.text("ssl", "jarm"),
        joined(named(banner, "vulns")),
        written(seen),
    )


def _shown(about: Part, links: Links, seen: datetime | None) -> Certificate | None:
    """Link the certificate that a service shows, and the name in it."""
    prints = about.part("fingerprint")
    found = links.made(prints.text("sha256") or prints.text("sha1"), Certificate) if prints.fields else None
    if found is None:
        return None
    shown = _told(found, about)
    links.between(links.subject, Relation.PRESENTS, shown, about.pointer, first=seen, last=seen)
    name = (about.text("subject", "CN") or "").removeprefix("*.")
    other = links.made(name, host_kind(name)) if name else None
    if other is not None:
        links.between(shown, Relation.ISSUED_FOR, other, about.where("subject", "CN"))
    return shown


def _told(found: Certificate, about: Part) -> Certificate:
    """The certificate with what else is told of it."""
    serial = about.whole("serial")
    try:
        return Certificate(
            found.value,
            sha1=about.text("fingerprint", "sha1"),
            serial=None if serial is None or serial < 0 else f"{serial:x}",
            issuer=about.text("issuer", "CN"),
            subject=about.text("subject", "CN"),
            not_before=_asn1_time(about.text("issued")),
            not_after=_asn1_time(about.text("expires")),
        )
    except EntityError:
        return found


def _asn1_time(text: str | None) -> datetime | None:
    try:
        return datetime.strptime(text or "", "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def _owner(about: Part, links: Links) -> None:
    if about.text("asn"):
        links.to(Relation.BELONGS_TO, about.text("asn"), AutonomousSystem, about.where("asn"))


def names(about: Part, links: Links, seen: datetime | None = None) -> None:
    """Link the names that Shodan has for the address."""
    # From reverse DNS and from certificates: the reply does not say which, so it is no resolution.
    for name, place in about.places("hostnames"):
        links.to(Relation.RELATED_TO, name, host_kind(name), place, first=seen, last=seen)


def _number(asn: str | None) -> int | None:
    try:
        return None if asn is None else AutonomousSystem(asn).number
    except EntityError:
        return None


def numbers(about: Part, name: str) -> list[int]:
    """The whole numbers in a list."""
    found = about.at(name)
    many = cast("list[object]", found) if isinstance(found, list) else []
    return [each for each in many if isinstance(each, int) and not isinstance(each, bool)]


def named(about: Part, name: str) -> list[str]:
    """The names in a list, or the keys of a table."""
    return about.texts(name) or list(about.part(name).fields)


def judged(tags: Iterable[str]) -> tuple[Verdict, str]:
    """The verdict that tags make, and the reason for it as the end of a sentence."""
    bad = {tag: _BAD[tag.lower()] for tag in tags if tag.lower() in _BAD}
    if not bad:
        return Verdict.UNKNOWN, ""
    verdict = Verdict.MALICIOUS if Verdict.MALICIOUS in bad.values() else Verdict.SUSPICIOUS
    return verdict, f", tagged {joined(bad)}"
