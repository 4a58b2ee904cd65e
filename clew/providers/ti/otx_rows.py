"""URLs and files that OTX has seen with something, as links and rows."""

from __future__ import annotations

from clew.entities import Domain, File, IpAddress, Relation, Url
from clew.entities.finding import Scalar
from clew.providers.fact_text import join_texts, time_text
from clew.providers.field_table import COMPUTED_FIELD, Field, FieldTable
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector

RELATED_FIELDS = FieldTable(
    related=COMPUTED_FIELD,
    relation=COMPUTED_FIELD,
    http_status=Field.integer("httpcode") | Field.integer("result", "urlworker", "http_code"),
    file_type=COMPUTED_FIELD,
    detections=COMPUTED_FIELD,
    threat_name=COMPUTED_FIELD,
    observed_last=Field.time("date"),
)


def url_rows(entry: JsonObject, links: LinkCollector) -> list[tuple[Scalar, ...]]:
    """Link a URL with its host, its address and what it served; its rows."""
    url = links.entity(entry.text("url"), Url)
    if url is None:
        return []
    seen_at, worker = entry.moment("date"), entry.child("result", "urlworker")
    rows: list[tuple[Scalar, ...]] = []
    if url != links.subject:
        # OTX fetched it from the address, whatever name it has.
        relation = Relation.CONTAINS if isinstance(links.subject, Domain) else Relation.RELATED_TO
        links.link(url, relation, links.subject, entry.pointer, last=seen_at)
        rows.append(RELATED_FIELDS.row(entry, related=str(url.key), relation=relation.value))
    elif (address := worker.text("ip")) and (host := links.entity(address, IpAddress)) is not None:
        links.link(url, Relation.RELATED_TO, host, worker.pointer_to("ip"), last=seen_at)
        rows.append(RELATED_FIELDS.row(entry, related=str(host.key), relation=Relation.RELATED_TO.value))
    digest = worker.text("sha256")
    if digest and (file := links.entity(digest, File)) is not None:
        links.link(url, Relation.HOSTS, file, worker.pointer_to("sha256"), last=seen_at)
        file_type = worker.text("filetype")
        rows.append(
            RELATED_FIELDS.row(entry, related=str(file.key), relation=Relation.HOSTS.value, file_type=file_type)
        )
    return rows


def file_row(entry: JsonObject, links: LinkCollector) -> tuple[Scalar, ...] | None:
    """Link a file that talked to the subject; its row."""
    file, seen_at = links.entity(entry.text("hash"), File), entry.moment("datetime_int") or entry.moment("date")
    if file is None:
        return None
    links.link(file, Relation.COMMUNICATES_WITH, links.subject, entry.pointer, last=seen_at)
    detections = entry.child("detections")
    names = [name for scanner in detections.fields if (name := detections.text(scanner))]
    return RELATED_FIELDS.row(
        entry,
        related=str(file.key),
        relation=Relation.COMMUNICATES_WITH.value,
        http_status=None,
        detections=len(names),
        threat_name=join_texts(names),
        observed_last=time_text(seen_at),
    )
