"""How the relationships of VirusTotal are said here, and the row of what stands in one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from clew.entities import Domain, Entity, File, IpAddress, Relation, Url
from clew.entities.finding import Scalar
from clew.providers.field_table import COMPUTED_FIELD, Field, FieldTable
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.virustotal_api import ScanCounts, certificate_of, counts_of, file_of


@dataclass(frozen=True, slots=True)
class RelationRule:
    """How a relationship of VirusTotal is said here; `backwards` if what is related is the source."""

    relation: Relation
    backwards: bool = False


RELATION_RULES: Mapping[str, RelationRule] = {
    "communicating_files": RelationRule(Relation.COMMUNICATES_WITH, backwards=True),
    "downloaded_files": RelationRule(Relation.HOSTS),
    "referrer_files": RelationRule(Relation.CONTAINS, backwards=True),
    "historical_ssl_certificates": RelationRule(Relation.PRESENTS),
    "urls": RelationRule(Relation.CONTAINS, backwards=True),
    "subdomains": RelationRule(Relation.SUBDOMAIN_OF, backwards=True),
    "siblings": RelationRule(Relation.RELATED_TO),
    "redirects_to": RelationRule(Relation.REDIRECTS_TO),
    "redirecting_urls": RelationRule(Relation.REDIRECTS_TO, backwards=True),
    "dropped_files": RelationRule(Relation.DROPS),
    "bundled_files": RelationRule(Relation.CONTAINS),
    "execution_parents": RelationRule(Relation.DROPS, backwards=True),
    **dict.fromkeys(("contacted_ips", "contacted_domains", "contacted_urls"), RelationRule(Relation.COMMUNICATES_WITH)),
    **dict.fromkeys(("itw_urls", "itw_domains", "itw_ips"), RelationRule(Relation.HOSTS, backwards=True)),
    **dict.fromkeys(("embedded_domains", "embedded_urls"), RelationRule(Relation.CONTAINS)),
}


def _counts(about: JsonObject) -> ScanCounts:
    return counts_of(about.child("last_analysis_stats"))


RELATED_FIELDS = FieldTable(
    related=COMPUTED_FIELD,
    relation=COMPUTED_FIELD,
    detections=Field(lambda about: _counts(about).detections if _counts(about).engines else None),
    engines=Field(lambda about: _counts(about).engines or None),
    threat_name=Field.text("popular_threat_classification", "suggested_threat_label"),
    file_name=Field.text("meaningful_name"),
    observed_first=Field.time("first_submission_date"),
    observed_last=Field.time("last_analysis_date"),
)


def related_row(rule: RelationRule, entry: JsonObject, links: LinkCollector) -> tuple[Scalar, ...] | None:
    """Link what is related; its row, if it names something."""
    other, about = _entity(entry, links), entry.child("attributes")
    if other is None:
        return None
    first, last = about.moment("first_submission_date"), about.moment("last_analysis_date")
    ends = (other, links.subject) if rule.backwards else (links.subject, other)
    links.link(ends[0], rule.relation, ends[1], entry.pointer, first=first, last=last)
    return RELATED_FIELDS.row(about, related=str(other.key), relation=rule.relation.value)


def _entity(entry: JsonObject, links: LinkCollector) -> Entity | None:
    about = entry.child("attributes")
    match entry.text("type"):
        case "file":
            return file_of(about, links) if about.text("sha256") else links.entity(entry.text("id"), File)
        case "ip_address":
            return links.entity(entry.text("id"), IpAddress)
        case "domain":
            return links.entity(entry.text("id"), Domain)
        case "url":
            # Without attributes there is an identifier that cannot be turned back into the URL.
            return links.entity(about.text("url") or entry.text("context_attributes", "url"), Url)
        case "ssl_cert":
            return certificate_of(about, links)
        case _:
            return links.entity(None, File)
