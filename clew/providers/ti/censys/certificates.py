"""What certificates say, and who presents them, as Censys knows it."""

from __future__ import annotations

from clew.entities import Certificate, IpAddress, Relation
from clew.entities.finding import Scalar, Table
from clew.errors import AskSkipped
from clew.providers.base import Steps, operation
from clew.providers.reading import Links, Part, host_kind, joined, told, unknown, written
from clew.providers.ti.censys.base import API, KEY, PAGES, CensysBase, asked, certificate_of, paid_by, record
from clew.providers.web import HttpRequest

#: What one page of a search has at most.
PAGE = 100
COLUMNS = ("related", "ports", "asn", "country_code")
_ABOUT = (
    "names",
    "certificate_subject",
    "issuer",
    "serial_number",
    "not_before",
    "not_after",
    "self_signed",
    "revoked",
)


class CensysCertificates(CensysBase):
    """Certificates that were seen in scans or logged, the names in them, and the addresses that present them."""

    @operation(calls=1, wide=True, facts=_ABOUT)
    def certificate(self, certificate: Certificate, *, organization: str = "") -> Steps:
        """What the certificate says, and the names that it is for.

        Args:
            organization: the id of the organization that pays; empty for an account of one's own.
        """
        reply = yield asked("certificate", _digest(certificate), organization)
        reference = f"{PAGES}/certificates/{_digest(certificate)}"
        about = record(reply)
        if about is None:
            return unknown(certificate, "Censys does not know it", reference=reference)
        links, parsed = Links(certificate), about.need("parsed")
        for text, place in about.places("names"):
            name = text.removeprefix("*.")
            links.to(Relation.ISSUED_FOR, name, host_kind(name), place)
        names = joined(about.texts("names"))
        facts: dict[str, Scalar] = {
            "names": names,
            "certificate_subject": parsed.text("subject_dn"),
            "issuer": parsed.text("issuer_dn"),
            "serial_number": parsed.text("serial_number_hex"),
            "not_before": written(parsed.moment("validity_period", "not_before")),
            "not_after": written(parsed.moment("validity_period", "not_after")),
            "self_signed": parsed.flag("signature", "self_signed"),
            "revoked": about.flag("revoked"),
        }
        reason = f"issued by {facts['issuer'] or 'nobody named'}"
        return told(
            certificate, reason, reference=reference, facts=facts, links=links, same=certificate_of(about, links)
        )

    @operation(calls=1, wide=True, facts=COLUMNS)
    def hosts(self, certificate: Certificate, *, limit: int = PAGE, organization: str = "") -> Steps:
        """Addresses that present the certificate. Takes 5 credits, and a plan.

        Args:
            limit: how many at most; 100 is the most.
            organization: the id of the organization that pays; empty for an account of one's own.
        """
        # Hexadecimal digits only, so there is nothing to escape.
        query = f'host.services.cert.fingerprint_sha256="{_digest(certificate)}"'
        fields = ["host.ip", "host.autonomous_system.asn", "host.location.country_code", "host.services.port"]
        body = {"query": query, "fields": fields, "page_size": max(1, min(PAGE, limit))}
        reply = yield HttpRequest(
            "POST", f"{API}/search/query", paid_by(organization), secret=KEY, json=body, idempotent=True
        )
        result, links = Part.of(reply).need("result"), Links(certificate)
        reference = f"{PAGES}/certificates/{_digest(certificate)}"
        found = [each.part("host_v1", "resource") for each in result.every("hits")]
        if not found:
            return unknown(certificate, "Censys saw it nowhere", reference=reference)
        rows = tuple(_host(each, links) for each in found)
        total, more = result.whole("total_hits"), bool(result.text("next_page_token"))
        return told(
            certificate,
            f"{len(rows)} addresses present it",
            reference=reference,
            links=links,
            table=Table(COLUMNS, rows),
            returned=len(rows),
            available=total if more else len(rows),
            truncated_by="limit" if more else "",
        )


def _digest(certificate: Certificate) -> str:
    if certificate.sha256 is None:
        raise AskSkipped("Censys knows certificates by SHA-256 only", kind="no-hash", sent=False)
    return certificate.sha256


def _host(about: Part, links: Links) -> tuple[Scalar, ...]:
    ip = links.to(Relation.PRESENTS, about.text("ip"), IpAddress, about.where("ip"), backwards=True)
    ports = (each.whole("port") for each in about.parts("services"))
    return (
        str(ip.key) if ip else None,
        joined(str(port) for port in ports if port is not None),
        about.whole("autonomous_system", "asn"),
        about.text("location", "country_code"),
    )
