"""Records and names that SecurityTrails has kept, as links and rows."""

from __future__ import annotations

from datetime import UTC, datetime

from clew.entities import Domain, IpAddress, Relation
from clew.entities.finding import Scalar
from clew.providers.fact_text import iso_day, join_texts, time_text
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.securitytrails_api import VALUE_FIELDS, answer_cells, link_value, values_of

PAST_COLUMNS = (
    "dns_question_name",
    "dns_answer_type",
    "dns_resolved_ip",
    "dns_answer_data",
    "organization",
    "observed_first",
    "observed_last",
)
HOSTED_COLUMNS = ("dns_question_name", "dns_resolved_ip", "organization", "registrar", "registered")
CURRENT_COLUMNS = (
    "dns_answer_type",
    "dns_resolved_ip",
    "dns_answer_data",
    "organization",
    "shared_by",
    "observed_first",
)
SUBDOMAIN_COLUMNS = ("related", "relation")


def past_record_rows(record: JsonObject, record_type: str, links: LinkCollector) -> list[tuple[Scalar, ...]]:
    """Link what a record of that type held; its rows."""
    first, last = record.moment("first_seen"), record.moment("last_seen")
    owners = join_texts(record.texts("organizations"))
    texts = [link_value(value, record_type, links, first=first, last=last) for value in values_of(record)]
    name = links.subject.key.value
    return [(name, *answer_cells(record_type, text), owners, time_text(first), time_text(last)) for text in texts]


def name_row(record: JsonObject, ip: IpAddress, links: LinkCollector) -> tuple[Scalar, ...]:
    """Link a name that is at the address; its row."""
    links.link_to(Relation.RESOLVES_TO, record.text("hostname"), Domain, record.pointer, backwards=True)
    owners, created_at = join_texts(record.texts("host_provider")), _epoch_time(record.integer("whois", "createdDate"))
    return (record.text("hostname"), ip.value, owners, record.text("whois", "registrar"), iso_day(created_at))


def _epoch_time(milliseconds: int | None) -> datetime | None:
    try:
        return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OSError, OverflowError, ValueError):
        return None


def current_record_rows(name: str, about: JsonObject, links: LinkCollector) -> list[tuple[Scalar, ...]]:
    """Link what the records of that type hold today; their rows."""
    first = about.moment("first_seen")
    rows: list[tuple[Scalar, ...]] = []
    for value in values_of(about):
        text = (
            link_value(value, name, links, first=first, last=None)
            if name in VALUE_FIELDS
            else value.text("value") or value.text("email")
        )
        field = next((key for key in value.fields if key.endswith("_organization")), "")
        count = next((key for key in value.fields if key.endswith("_count")), "")
        rows.append((*answer_cells(name, text), value.text(field), value.integer(count), time_text(first)))
    return rows


def subdomain_row(label: str, domain: Domain, pointer: str, links: LinkCollector) -> tuple[Scalar, ...] | None:
    """Link a name below the domain; its row."""
    name = links.link_to(Relation.SUBDOMAIN_OF, f"{label}.{domain.value}", Domain, pointer, backwards=True)
    return (str(name.key), Relation.SUBDOMAIN_OF.value) if name else None
