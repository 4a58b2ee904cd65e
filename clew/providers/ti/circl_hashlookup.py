"""CIRCL hashlookup: files that are known, from which software and which collections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import ClassVar

from clew.entities import File, Finding, Relation, Severity, Verdict
from clew.entities.finding import Scalar
from clew.errors import AskFailed
from clew.providers.base import Provider, Quota, Reply, Steps, canonical_json, operation
from clew.providers.reading import Links, Part, digest, file_of, joined, told, unknown
from clew.providers.web import Batch, HttpRequest

_API = "https://hashlookup.circl.lu"
#: What the service says where it has no opinion; below, it trusts the file less.
NO_OPINION = 50
_FIELDS = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256"}
_ABSENT = "Non existing"
_FACTS = ("trust", "collections", "software", "file_name", "file_size", "file_type", "called_malicious_by")


class CirclHashlookup(Provider):
    """Files of operating systems, distributions and the NSRL; some of which others call malicious."""

    name: ClassVar[str] = "circl-hashlookup"
    title: ClassVar[str] = "CIRCL hashlookup"
    docs: ClassVar[str] = "https://www.circl.lu/services/hashlookup/"
    leaves: ClassVar[bool] = True
    #: Free, as well as CIRCL can: it names no figure, and this is courtesy.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(10, timedelta(seconds=1)),)
    concurrency: ClassVar[int] = 5
    #: What a file is does not change, and collections grow slowly.
    lifetime: ClassVar[timedelta] = timedelta(days=7)

    @operation(calls=1, facts=_FACTS)
    def file(self, file: File) -> Steps:
        """Whether the file is known, and as part of which software."""
        kind, value = digest(file, "sha1", "sha256", "md5")  # every file there has a SHA-1
        url = f"{_API}/lookup/{kind}/{value}"
        reply = yield HttpRequest("GET", url, answers=frozenset({404}), batch=BULK.get(kind))
        document = Part.of(reply)
        if (document.text("message") or "").startswith(_ABSENT):
            return unknown(file, "CIRCL hashlookup does not know it", reference=url)
        if reply.status == 404 or (document.text(_FIELDS[kind]) or "").lower() != value:
            raise AskFailed("the reply is not about this file", kind="reply")
        return _finding(file, document, url)


def _finding(file: File, document: Part, url: str) -> Finding:
    links, accused = Links(file), joined(document.texts("KnownMalicious"))
    for parent in document.parts("parents"):
        package = file_of(parent, links, sha256="SHA-256", sha1="SHA-1", md5="MD5", size="FileSize")
        if package is not None:
            links.between(package, Relation.CONTAINS, file, parent.pointer)
    trust, software = document.whole("hashlookup:trust"), _software(document)
    collections = joined((document.text("source"), document.text("db")))
    facts: dict[str, Scalar] = {
        "trust": trust,
        "collections": collections,
        "software": software,
        "file_name": document.text("FileName"),
        "file_size": document.whole("FileSize"),
        "file_type": document.text("mimetype"),
        "called_malicious_by": accused,
    }
    verdict, severity = _judged(accused, trust)
    why = f"called malicious by {accused}" if accused else f"known: {joined((collections, software)) or 'a file'}"
    there = document.whole("hashlookup:parent-total") or 0
    shown = len(document.parts("parents"))
    return told(
        file,
        f"{why}{f', trust {trust} of 100' if trust is not None else ''}",
        verdict=verdict,
        severity=severity,
        reference=url,
        facts=facts,
        links=links,
        same=file_of(document, links, sha256="SHA-256", sha1="SHA-1", md5="MD5", size="FileSize"),
        returned=max(shown, 1),
        available=max(there, shown, 1),
        truncated_by="source" if there > shown > 0 else "",
    )


def _judged(accused: str | None, trust: int | None) -> tuple[Verdict, Severity]:
    """That a file is known is a word for it: it is part of software that is published."""
    if accused:
        return Verdict.MALICIOUS, Severity.HIGH
    if trust is not None and trust < NO_OPINION:
        return Verdict.SUSPICIOUS, Severity.LOW
    return Verdict.BENIGN, Severity.INFORMATIONAL


def _software(document: Part) -> str | None:
    """The product of the NSRL, the package of a distribution, or the first package that contains the file."""
    first = next(iter(document.parts("parents")), document)
    for about, name, version in (
        (document.part("ProductCode"), "ProductName", "ProductVersion"),
        (document, "PackageName", "PackageVersion"),
        (first, "PackageName", "PackageVersion"),
    ):
        if called := about.text(name):
            return " ".join(text for text in (called, about.text(version)) if text)
    return None


def _join(kind: str, requests: Sequence[HttpRequest]) -> HttpRequest:
    hashes = [request.url.rpartition("/")[2] for request in requests]
    return HttpRequest("POST", f"{_API}/bulk/{kind}", json={"hashes": hashes}, idempotent=True)


def _split(kind: str, reply: Reply, requests: Sequence[HttpRequest]) -> Sequence[bytes]:
    """A file that is not known is left out of the one reply, or an empty object in it."""
    known = {(about.text(_FIELDS[kind]) or "").lower(): about.fields for about in Part.all_of(reply)}
    bodies: list[bytes] = []
    for request in requests:
        value = request.url.rpartition("/")[2]
        absent: dict[str, object] = {"message": f"{_ABSENT} {_FIELDS[kind]}", "query": value}
        bodies.append(canonical_json(known.get(value, absent)).encode())
    return bodies


#: How many are asked at once, by the kind of the hash; the service has no such question for SHA-256.
BULK: Mapping[str, Batch] = {kind: Batch(100, partial(_join, kind), partial(_split, kind)) for kind in ("md5", "sha1")}
