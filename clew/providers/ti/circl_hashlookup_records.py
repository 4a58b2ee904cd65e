"""What CIRCL hashlookup says of a file that it knows."""

from __future__ import annotations

from clew.entities import File, Finding, Relation, Severity, Verdict
from clew.providers.fact_text import join_texts
from clew.providers.field_table import Field, FieldTable
from clew.providers.file_hashes import file_from_hashes
from clew.providers.findings import Judgement, found
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector

#: What the service says where it has no opinion; below, it trusts the file less.
NO_OPINION = 50


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


def _collections(document: JsonObject) -> str | None:
    return join_texts((document.text("source"), document.text("db")))


FACTS = FieldTable(
    trust=Field.integer("hashlookup:trust"),
    collections=Field(_collections),
    software=Field(_software),
    file_name=Field.text("FileName"),
    file_size=Field.integer("FileSize"),
    file_type=Field.text("mimetype"),
    called_malicious_by=Field.texts("KnownMalicious"),
)


def known_file_finding(file: File, document: JsonObject, url: str) -> Finding:
    """The finding about a file that is known; `url` is where the service says so."""
    links, accusers = LinkCollector(file), join_texts(document.texts("KnownMalicious"))
    for parent in document.objects("parents"):
        package = file_from_hashes(parent, links, sha256="SHA-256", sha1="SHA-1", md5="MD5", size="FileSize")
        if package is not None:
            links.link(package, Relation.CONTAINS, file, parent.pointer)
    facts = FACTS.facts(document)
    trust, summary = document.integer("hashlookup:trust"), join_texts((_collections(document), _software(document)))
    verdict, severity = _judge(accusers, trust)
    reason = f"called malicious by {accusers}" if accusers else f"known: {summary or 'a file'}"
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


def _judge(accusers: str | None, trust: int | None) -> Judgement:
    """That a file is known is a word for it: it is part of software that is published."""
    if accusers:
        return Judgement(Verdict.MALICIOUS, Severity.HIGH)
    if trust is not None and trust < NO_OPINION:
        return Judgement(Verdict.SUSPICIOUS, Severity.LOW)
    return Judgement(Verdict.BENIGN, Severity.INFORMATIONAL)
