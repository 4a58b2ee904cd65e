"""CIRCL passive SSL: which addresses presented which certificate."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from clew.entities import Certificate, IpAddress, Relation
from clew.entities.finding import Scalar, Table
from clew.errors import AskFailed, AskSkipped
from clew.providers.base import Provider, Quota, Steps, operation
from clew.providers.fact_text import join_texts
from clew.providers.findings import counted_extent, found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.url_quoting import percent_encode
from clew.providers.web import HttpRequest, SecretLocation

_API = "https://www.circl.lu/v2pssl"
_IP_COLUMNS = ("certificate", "certificate_subject")
_CERTIFICATE_COLUMNS = ("related",)


class CirclPassiveSsl(Provider):
    """Certificates that were seen in scans of IPv4, by address; for trusted partners."""

    name: ClassVar[str] = "circl-pssl"
    title: ClassVar[str] = "CIRCL passive SSL"
    docs: ClassVar[str] = "https://www.circl.lu/services/passive-ssl/"
    leaves: ClassVar[bool] = True
    #: A user and a password, as `user:password`; the same as for passive DNS.
    secret: ClassVar[str] = "CLEW_CIRCL_KEY"
    #: CIRCL names no figure: this is courtesy.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(5, timedelta(seconds=1)),)
    concurrency: ClassVar[int] = 3

    @operation(calls=1, broad=True, facts=_IP_COLUMNS)
    def ip(self, ip: IpAddress) -> Steps:
        """Certificates that the address presented, and whom they name."""
        reply = yield _request(f"query/{percent_encode(ip.value)}")
        if reply.status == 404:
            return nothing(ip, "CIRCL passive SSL does not know it")
        document = JsonObject.of(reply)
        about, links = document.child(ip.value), LinkCollector(ip)
        digests = about.texts_with_pointers("certificates")
        if not digests:
            if document.fields and ip.value not in document.fields:
                raise AskFailed("the reply is not about this address", kind="reply")
            return nothing(ip, "CIRCL passive SSL has seen no certificate there")
        rows: list[tuple[Scalar, ...]] = []
        for digest, pointer in digests:
            subjects = join_texts(about.texts("subjects", digest, "values"))
            certificate = links.entity(digest, Certificate)
            if certificate is not None:
                links.link(ip, Relation.PRESENTS, Certificate(certificate.value, subject=subjects), pointer)
                rows.append((certificate.value, subjects))
        return found(
            ip, f"certificates: {len(rows)}", links=links, table=Table(_IP_COLUMNS, tuple(rows)), returned=len(digests)
        )

    @operation(calls=1, broad=True, facts=_CERTIFICATE_COLUMNS)
    def certificate(self, certificate: Certificate) -> Steps:
        """Addresses that presented the certificate."""
        if certificate.sha1 is None:
            raise AskSkipped("CIRCL knows certificates by SHA-1 only", kind="no-hash", sent=False)
        reply = yield _request(f"cquery/{certificate.sha1}")
        if reply.status == 404:
            return nothing(certificate, "CIRCL passive SSL does not know it")
        document, links = JsonObject.of(reply), LinkCollector(certificate)
        if (document.text("certificate") or "").lower() != certificate.sha1:
            raise AskFailed("the reply is not about this certificate", kind="reply")
        addresses = document.texts_with_pointers("seen")
        if not addresses:
            return nothing(certificate, "CIRCL passive SSL has seen it nowhere")
        ips = [
            links.link_to(Relation.PRESENTS, text, IpAddress, pointer, backwards=True) for text, pointer in addresses
        ]
        rows = tuple((str(ip.key),) for ip in ips if ip is not None)
        return found(
            certificate,
            f"presented by addresses: {len(rows)}",
            links=links,
            table=Table(_CERTIFICATE_COLUMNS, rows),
            **counted_extent(len(addresses), document.count("hits")),
        )


def _request(path: str) -> HttpRequest:
    return HttpRequest("GET", f"{_API}/{path}", secret=SecretLocation("basic"), answers=frozenset({404}))
