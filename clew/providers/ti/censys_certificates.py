"""What certificates say, and who presents them, as Censys knows it."""

from __future__ import annotations

from clew.entities import Certificate, IpAddress, Relation
from clew.entities.finding import Scalar, Table
from clew.errors import AskSkipped
from clew.providers.base import Steps, operation
from clew.providers.fact_text import join_texts
from clew.providers.field_table import COMPUTED_FIELD, Field, FieldTable
from clew.providers.findings import found, nothing, page_extent
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector, host_kind
from clew.providers.ti.censys_api import (
    API,
    KEY,
    PAGES,
    CensysBase,
    asset_request,
    certificate_of,
    organization_params,
    record,
)
from clew.providers.web import HttpRequest

#: What one page of a search has at most.
PAGE_SIZE = 100
_FACTS = FieldTable(
    names=Field.texts("names"),
    certificate_subject=Field.text("parsed", "subject_dn"),
    issuer=Field.text("parsed", "issuer_dn"),
    serial_number=Field.text("parsed", "serial_number_hex"),
    not_before=Field.time("parsed", "validity_period", "not_before"),
    not_after=Field.time("parsed", "validity_period", "not_after"),
    self_signed=Field.flag("parsed", "signature", "self_signed"),
    revoked=Field.flag("revoked"),
)
_HOSTS = FieldTable(
    related=COMPUTED_FIELD,
    ports=COMPUTED_FIELD,
    asn=Field.integer("autonomous_system", "asn"),
    country_code=Field.text("location", "country_code"),
)


class CensysCertificates(CensysBase):
    """Certificates that were seen in scans or logged, the names in them, and the addresses that present them."""

    @operation(calls=1, broad=True, facts=_FACTS.names)
    def certificate(self, certificate: Certificate, *, organization: str = "") -> Steps:
        """What the certificate says, and the names that it is for.

        Args:
            organization: the id of the organization that pays; empty for an account of one's own.
        """
        reply = yield asset_request("certificate", _sha256(certificate), organization)
        reference = f"{PAGES}/certificates/{_sha256(certificate)}"
        about = record(reply)
        if about is None:
            return nothing(certificate, "Censys does not know it", reference=reference)
        about.require("parsed")
        links = LinkCollector(certificate)
        for text, pointer in about.texts_with_pointers("names"):
            name = text.removeprefix("*.")
            links.link_to(Relation.ISSUED_FOR, name, host_kind(name), pointer)
        facts = _FACTS.facts(about)
        reason = f"issued by {facts['issuer'] or 'nobody named'}"
        return found(
            certificate, reason, reference=reference, facts=facts, links=links, same_entity=certificate_of(about, links)
        )

    @operation(calls=1, broad=True, facts=_HOSTS.names)
    def hosts(self, certificate: Certificate, *, limit: int = PAGE_SIZE, organization: str = "") -> Steps:
        """Addresses that present the certificate. Takes 5 credits, and a plan.

        Args:
            limit: how many at most; 100 is the most.
            organization: the id of the organization that pays; empty for an account of one's own.
        """
        # Hexadecimal digits only, so there is nothing to escape.
        query = f'host.services.cert.fingerprint_sha256="{_sha256(certificate)}"'
        fields = ["host.ip", "host.autonomous_system.asn", "host.location.country_code", "host.services.port"]
        body = {"query": query, "fields": fields, "page_size": max(1, min(PAGE_SIZE, limit))}
        reply = yield HttpRequest(
            "POST", f"{API}/search/query", organization_params(organization), secret=KEY, json=body, idempotent=True
        )
        result, links = JsonObject.of(reply).require("result"), LinkCollector(certificate)
        reference = f"{PAGES}/certificates/{_sha256(certificate)}"
        hosts = [hit.child("host_v1", "resource") for hit in result.require_all("hits")]
        if not hosts:
            return nothing(certificate, "Censys saw it nowhere", reference=reference)
        rows = tuple(_host_row(host, links) for host in hosts)
        total, has_more = result.integer("total_hits"), bool(result.text("next_page_token"))
        return found(
            certificate,
            f"{len(rows)} addresses present it",
            reference=reference,
            links=links,
            table=Table(_HOSTS.names, rows),
            **page_extent(len(rows), total, has_more=has_more),
        )


def _sha256(certificate: Certificate) -> str:
    if certificate.sha256 is None:
        raise AskSkipped("Censys knows certificates by SHA-256 only", kind="no-hash", sent=False)
    return certificate.sha256


def _host_row(about: JsonObject, links: LinkCollector) -> tuple[Scalar, ...]:
    ip = links.link_to(Relation.PRESENTS, about.text("ip"), IpAddress, about.pointer_to("ip"), backwards=True)
    ports = (service.integer("port") for service in about.objects("services"))
    port_text = join_texts(str(port) for port in ports if port is not None)
    return _HOSTS.row(about, related=str(ip.key) if ip else None, ports=port_text)
