"""The attributes of an object of VirusTotal: the facts of each kind of object, its links, and the verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from clew.entities import Domain, File, IpAddress, Relation, Url
from clew.providers.base import Steps
from clew.providers.dns_relations import DNS_RELATIONS
from clew.providers.fact_text import join_texts
from clew.providers.field_table import Field, FieldTable
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.virustotal_api import certificate_of, counts_of, file_of, path_of, request, verdict_of

# Facts about every kind of object.
_SCAN = FieldTable(
    detections=Field(lambda about: counts_of(about.child("last_analysis_stats")).detections),
    engines=Field(lambda about: counts_of(about.child("last_analysis_stats")).engines),
    reputation=Field.integer("reputation"),
    tags=Field.texts("tags"),
)


@dataclass(frozen=True, slots=True)
class ObjectKind:
    """What is read of objects of a kind.

    Attributes:
        facts: besides those that every object has.
        link: makes the links of an object; the file with all of its hashes, if it is one.
    """

    facts: FieldTable
    link: Callable[[JsonObject, LinkCollector], File | None]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all facts."""
        return (*_SCAN.names, *self.facts.names)


def fetch_finding(subject: IpAddress | Domain | Url | File, kind: ObjectKind) -> Steps:
    """Ask for an object: its verdict follows from the number of scanners that call it malicious."""
    path = path_of(subject)
    reply = yield request(path.api)
    if reply.status == 404:
        return nothing(subject, "VirusTotal does not know it", reference=path.page)
    about, links = JsonObject.of(reply).require("data", "attributes"), LinkCollector(subject)
    same_entity = kind.link(about, links)
    stats = about.require("last_analysis_stats")
    detections, engines = counts_of(stats)
    suspicious = stats.integer("suspicious") or 0
    verdict, severity = verdict_of(detections, suspicious)
    return found(
        subject,
        f"{detections} of {engines} scanners say malicious{f', {suspicious} suspicious' if suspicious else ''}",
        verdict=verdict,
        severity=severity,
        reference=path.page,
        facts={**_SCAN.facts(about), **kind.facts.facts(about)},
        links=links,
        observed_first=about.moment("first_submission_date"),
        observed_last=about.moment("last_analysis_date"),
        same_entity=same_entity,
    )


def _link_address(about: JsonObject, links: LinkCollector) -> None:
    links.link_network(about, "asn")
    _link_certificate(about, links)


def _link_domain(about: JsonObject, links: LinkCollector) -> None:
    for record in about.objects("last_dns_records"):
        if (rule := DNS_RELATIONS.get(record.text("type") or "")) is not None:
            links.link_to(rule.relation, record.value("value"), rule.kind, record.pointer)
    _link_certificate(about, links)


def _link_page(about: JsonObject, links: LinkCollector) -> None:
    links.link_field(Relation.REDIRECTS_TO, about, "last_final_url", Url)
    links.link_field(Relation.HOSTS, about, "last_http_response_content_sha256", File)


def _link_certificate(about: JsonObject, links: LinkCollector) -> None:
    details = about.child("last_https_certificate")
    certificate = certificate_of(details, links) if details.fields else None
    if certificate is not None:
        seen_at = about.moment("last_https_certificate_date")
        links.link(links.subject, Relation.PRESENTS, certificate, details.pointer, last=seen_at)


def _categories(about: JsonObject) -> str | None:
    sources = about.child("categories")
    return join_texts(sources.text(name) for name in sources.fields)


def _best_rank(about: JsonObject) -> int | None:
    ranks = about.child("popularity_ranks")
    return min((rank for name in ranks.fields if (rank := ranks.integer(name, "rank"))), default=None)


def _sandbox_verdicts(about: JsonObject) -> str | None:
    sandboxes = about.child("sandbox_verdicts")
    verdicts = {name: sandboxes.text(name, "category") for name in sandboxes.fields}
    return join_texts(f"{name}: {verdict}" for name, verdict in verdicts.items() if verdict)


ADDRESS = ObjectKind(
    FieldTable(
        asn=Field.integer("asn"),
        as_organization=Field.text("as_owner"),
        country_code=Field.text("country"),
        network=Field.text("network"),
    ),
    _link_address,
)
DOMAIN = ObjectKind(
    FieldTable(
        categories=Field(_categories),
        registrar=Field.text("registrar"),
        registered=Field.day("creation_date"),
        popularity_rank=Field(_best_rank),
    ),
    _link_domain,
)
PAGE = ObjectKind(
    FieldTable(
        categories=Field(_categories),
        title=Field.text("title"),
        http_status=Field.integer("last_http_response_code"),
    ),
    _link_page,
)
SAMPLE = ObjectKind(
    FieldTable(
        threat_name=Field.text("popular_threat_classification", "suggested_threat_label"),
        file_type=Field.text("type_description"),
        file_size=Field.integer("size"),
        file_name=Field.text("meaningful_name"),
        signers=Field.text("signature_info", "signers"),
        sandbox_verdicts=Field(_sandbox_verdicts),
    ),
    file_of,
)
