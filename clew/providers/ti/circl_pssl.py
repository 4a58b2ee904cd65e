"""CIRCL passive SSL: which addresses presented which certificate."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from clew.entities import Certificate, IpAddress, Relation
from clew.entities.finding import Scalar, Table
from clew.errors import AskFailed, AskSkipped
from clew.providers.base import Provider, Quota, Steps, operation
from clew.providers.reading import Links, Part, joined, quoted, told, unknown
from clew.providers.web import HttpRequest, Place

_API = "https://www.circl.lu/v2pssl"
_OF_IPS = ("certificate", "certificate_subject")
_OF_CERTIFICATES = ("related",)


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

    @operation(calls=1, wide=True, facts=_OF_IPS)
    def ip(self, ip: IpAddress) -> Steps:
        """Certificates that the address presented, and whom they name."""
        reply = yield _request(f"query/{quoted(ip.value)}")
        if reply.status == 404:
            return unknown(ip, "CIRCL passive SSL does not know it")
        document = Part.of(reply)
        about, links = document.part(ip.value), Links(ip)
        found = about.places("certificates")
        if not found:
            if document.fields and ip.value not in document.fields:
                raise AskFailed("the reply is not about this address", kind="reply")
            return unknown(ip, "CIRCL passive SSL has seen no certificate there")
        rows: list[tuple[Scalar, ...]] = []
        for digest, place in found:
            named = joined(about.texts("subjects", digest, "values"))
            made = links.made(digest, Certificate)
            if made is not None:
                links.between(ip, Relation.PRESENTS, Certificate(made.value, subject=named), place)
                rows.append((made.value, named))
        return told(
            ip, f"certificates: {len(rows)}", links=links, table=Table(_OF_IPS, tuple(rows)), returned=len(found)
        )

    @operation(calls=1, wide=True, facts=_OF_CERTIFICATES)
    def certificate(self, certificate: Certificate) -> Steps:
        """Addresses that presented the certificate."""
        if certificate.sha1 is None:
            raise AskSkipped("CIRCL knows certificates by SHA-1 only", kind="no-hash", sent=False)
        reply = yield _request(f"cquery/{certificate.sha1}")
        if reply.status == 404:
            return unknown(certificate, "CIRCL passive SSL does not know it")
        document, links = Part.of(reply), Links(certificate)
        if (document.text("certificate") or "").lower() != certificate.sha1:
            raise AskFailed("the reply is not about this certificate", kind="reply")
        found = document.places("seen")
        if not found:
            return unknown(certificate, "CIRCL passive SSL has seen it nowhere")
        seen = [links.to(Relation.PRESENTS, text, IpAddress, place, backwards=True) for text, place in found]
        rows = tuple((str(ip.key),) for ip in seen if ip is not None)
        hits = max(document.count("hits"), len(found))
        return told(
            certificate,
            f"presented by addresses: {len(rows)}",
            links=links,
            table=Table(_OF_CERTIFICATES, rows),
            returned=len(found),
            available=hits,
            truncated_by="source" if hits > len(found) else "",
        )


def _request(path: str) -> HttpRequest:
    return HttpRequest("GET", f"{_API}/{path}", secret=Place("basic"), answers=frozenset({404}))
