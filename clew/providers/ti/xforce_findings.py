"""What a report of X-Force says: a score with its categories, or the malware that a file is."""

from __future__ import annotations

from typing import NamedTuple

from clew.entities import AutonomousSystem, Domain, File, Finding, IpAddress, Relation, Severity, Url, Verdict
from clew.entities.finding import Scalar
from clew.errors import AskFailed
from clew.providers.fact_text import join_texts
from clew.providers.file_hashes import same_file
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.xforce_api import judge, page_of, plain_address, plain_hash

_RISKS = {
    "high": (Verdict.MALICIOUS, Severity.HIGH),
    "medium": (Verdict.SUSPICIOUS, Severity.MEDIUM),
    "low": (Verdict.UNKNOWN, Severity.LOW),
}


class Network(NamedTuple):
    """The number of a network and who runs it."""

    number: int | None
    owner: str | None


def link_networks(about: JsonObject, links: LinkCollector) -> Network:
    """Link the networks of an address; the first of them."""
    networks = [
        Network(system.number, subnet.text("asns", number, "Company"))
        for subnet in about.objects("subnets")
        for number in subnet.child("asns").fields
        if (system := links.link_to(Relation.BELONGS_TO, number, AutonomousSystem, subnet.pointer_to("asns", number)))
    ]
    return networks[0] if networks else Network(None, None)


def not_known(subject: IpAddress | Domain | Url | File) -> Finding:
    """The finding about what X-Force does not know."""
    return nothing(subject, "X-Force does not know it", reference=page_of(subject))


def score_finding(
    subject: IpAddress | Domain | Url,
    about: JsonObject,
    document: JsonObject,
    facts: dict[str, Scalar],
    links: LinkCollector,
) -> Finding:
    """The finding about what has a score; X-Force writes null for what it has not looked at."""
    score, value = about.number("score"), about.value("score")
    if value is None and "score" in about.fields:
        return nothing(subject, "X-Force has no score for it", reference=page_of(subject), facts=facts)
    if score is None or not 0 <= score <= 10:
        raise AskFailed(f"the reply has no score from 1 to 10 at {about.pointer_to('score')}", kind="reply")
    categories = join_texts(_categories(about.child("cats")))
    facts = {"risk_score": score, "categories": categories, "tags": _tags(document), **facts}
    # Every address has at least the lowest score, as the registries have given it to somebody.
    if score <= 1 and categories is None:
        return nothing(subject, f"score {score:g} of 10, no categories", reference=page_of(subject), facts=facts)
    verdict, severity = judge(score)
    return found(
        subject,
        f"score {score:g} of 10: {categories or 'no categories'}",
        verdict=verdict,
        severity=severity,
        reference=page_of(subject),
        facts=facts,
        links=links,
    )


def malware_finding(file: File, document: JsonObject) -> Finding:
    """The finding about a file. Raises AskFailed where the report has no risk."""
    about, links = document.require("malware"), LinkCollector(file)
    risk = about.text("risk")
    if risk not in _RISKS:
        raise AskFailed(f"the reply has no risk that X-Force has at {about.pointer_to('risk')}", kind="reply")
    verdict, severity = _RISKS[risk]
    external = about.child("origins", "external")
    for name in ("CnCServers", "downloadServers"):
        for row in about.objects("origins", name, "rows"):
            _link_origin(row, links, is_c2=name == "CnCServers")
    families = join_texts([*about.texts("family"), *external.texts("family")])
    facts: dict[str, Scalar] = {
        "risk": risk,
        "threat_name": families,
        "tags": _tags(document),
        "detection_rate": external.integer("detectionCoverage"),
    }
    return found(
        file,
        f"risk {risk}; {families or 'no family'}",
        verdict=verdict,
        severity=severity,
        reference=page_of(file),
        facts=facts,
        links=links,
        observed_first=external.moment("firstSeen") or about.moment("created"),
        observed_last=external.moment("lastSeen"),
        same_entity=same_file(file, *(plain_hash(about.text(name)) for name in ("sha256", "sha1", "md5", "hash"))),
    )


def _categories(categories: JsonObject) -> list[str]:
    """Categories of an address have a confidence in per cent, those of a URL are there or not."""
    confidences = {name: categories.integer(name) for name in categories.fields}
    labels = {name: f"{name} ({share} %)" for name, share in confidences.items() if share}
    return [labels.get(name, name) for name in categories.fields if name in labels or categories.flag(name)]


def _tags(document: JsonObject) -> str | None:
    return join_texts([*document.texts("tags"), *(tag.text("tag") for tag in document.objects("tags"))])


def _link_origin(row: JsonObject, links: LinkCollector, *, is_c2: bool) -> None:
    """Link the file with a place that it called, or was downloaded from."""
    first, last = row.moment("firstseen"), row.moment("lastseen")
    relation = Relation.COMMUNICATES_WITH if is_c2 else Relation.HOSTS
    for name, kind in (("uri", Url), ("domain", Domain), ("ip", IpAddress)):
        value = plain_address(row.text(name)) if name == "ip" else row.text(name)
        if value:
            links.link_to(relation, value, kind, row.pointer_to(name), backwards=not is_c2, first=first, last=last)
