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
from clew.providers.fact_text import join_texts
from clew.providers.file_hashes import file_from_hashes, first_hash
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
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
        kind, value = first_hash(file, "sha1", "sha256", "md5")  # every file there has a SHA-1
        url = f"{_API}/lookup/{kind}/{value}"
        reply = yield HttpRequest("GET", url, answers=frozenset({404}), batch=BULK.get(kind))
        document = JsonObject.of(reply)
        if (document.text("message") or "").startswith(_ABSENT):
            return nothing(file, "CIRCL hashlookup does not know it", reference=url)
        if reply.status == 404 or (document.text(_FIELDS[kind]) or "").lower() != value:
            raise AskFailed("the reply is not about this file", kind="reply")
        return _finding(file, document, url)


def _finding(file: File, document: JsonObject, url: str) -> Finding:
    links, accusers = LinkCollector(file), join_texts(document.texts("KnownMalicious"))
    for parent in document.objects("parents"):
        package = file_from_hashes(parent, links, sha256="SHA-256", sha1="SHA-1", md5="MD5", size="FileSize")
        if package is not None:
            links.link(package, Relation.CONTAINS, file, parent.pointer)
    trust, software = document.integer("hashlookup:trust"), _software(document)
    collections = join_texts((document.text("source"), document.text("db")))
    facts: dict[str, Scalar] = {
        "trust": trust,
        "collections": collections,
        "software": software,
        "file_name": document.text("FileName"),
        "file_size": document.integer("FileSize"),
        "file_type": document.text("mimetype"),
        "called_malicious_by": accusers,
    }
    verdict, severity = _judge(accusers, trust)
    reason = (
        f"called malicious by {accusers}" if accusers else f"known: {join_texts((collections, software)) or 'a file'}"
    )
    parent_total = document.integer("hashlookup:parent-total") or 0
    parent_count = len(document.objects("parents"))
    return found(
        file,
        f"{reason}{f', trust {trust} of 100' if trust is not None else ''}",
        verdict=verdict,
        severity=severity,
        reference=url,
        facts=facts,
        links=links,
        same_entity=file_from_hashes(document, links, sha256="SHA-256", sha1="SHA-1", md5="MD5", size="FileSize"),
        returned=max(parent_count, 1),
        available=max(parent_total, parent_count, 1),
        truncated_by="source" if parent_total > parent_count > 0 else "",
    )


def _judge(accusers: str | None, trust: int | None) -> tuple[Verdict, Severity]:
    """That a file is known is a word for it: it is part of software that is published."""
    if accusers:
        return Verdict.MALICIOUS, Severity.HIGH
    if trust is not None and trust < NO_OPINION:
        return Verdict.SUSPICIOUS, Severity.LOW
    return Verdict.BENIGN, Severity.INFORMATIONAL


def _software(document: JsonObject) -> str | None:
    """The product of the NSRL, the package of a distribution, or the first package that contains the file."""
    first = next(iter(document.objects("parents")), document)
    for about, name, version in (
        (document.child("ProductCode"), "ProductName", "ProductVersion"),
        (document, "PackageName", "PackageVersion"),
        (first, "PackageName", "PackageVersion"),
    ):
        if product := about.text(name):
            return " ".join(text for text in (product, about.text(version)) if text)
    return None


def _join(kind: str, requests: Sequence[HttpRequest]) -> HttpRequest:
    hashes = [request.url.rpartition("/")[2] for request in requests]
    return HttpRequest("POST", f"{_API}/bulk/{kind}", json={"hashes": hashes}, idempotent=True)


def _split(kind: str, reply: Reply, requests: Sequence[HttpRequest]) -> Sequence[bytes]:
    """A file that is not known is left out of the one reply, or an empty object in it."""
    records = {(about.text(_FIELDS[kind]) or "").lower(): about.fields for about in JsonObject.all_of(reply)}
    bodies: list[bytes] = []
    for request in requests:
        value = request.url.rpartition("/")[2]
        absent: dict[str, object] = {"message": f"{_ABSENT} {_FIELDS[kind]}", "query": value}
        bodies.append(canonical_json(records.get(value, absent)).encode())
    return bodies


#: How many are asked at once, by the kind of the hash; the service has no such question for SHA-256.
BULK: Mapping[str, Batch] = {kind: Batch(100, partial(_join, kind), partial(_split, kind)) for kind in ("md5", "sha1")}
