"""What rules matched in logs into a case: a step for each rule, with the raw events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from clew.entities import Entity, Host, Link
from clew.entities.checked_text import stamp
from clew.errors import EntityError
from clew.graph.format.events import Imported
from clew.graph.projection import imports as batches
from clew.graph.recording.case_recorder import CaseRecorder
from clew.logs.engines.protocol import LogSource, RawEvents
from clew.logs.event_mapper import EventMapper
from clew.logs.row_entities import map_rows
from clew.logs.schema_files import load_schemas
from clew.logs.sigma.detections import Detection, EventPlace, RuleHeader, RuleMatch
from clew.logs.sigma.raw_events import raw_fields
from clew.providers.base import Reply

_MAX_TITLE = 120


class _Statements(NamedTuple):
    """What events say.

    Attributes:
        links: with the places of their events.
        hosts: the machines of events that say nothing else.
    """

    links: list[tuple[Link, list[int]]]
    hosts: list[Host]


def record_detection(recorder: CaseRecorder, detection: Detection, sources: Iterable[LogSource]) -> None:
    """Record what each rule matched, in the order in which rules matched first.

    Raises:
        CaseError: the case would be larger than `case_limit` allows.
        ConnectError: what was kept of a source is damaged.
    """
    stores = {source.description.identity: source for source in sources if isinstance(source, RawEvents)}
    by_rule: dict[RuleHeader, list[RuleMatch]] = {}
    for match in detection.matches:
        by_rule.setdefault(match.rule, []).append(match)
    for rule, matches in by_rule.items():
        places = [*dict.fromkeys(event for match in matches for event in match.events)]
        texts = _raw_texts(places, stores)
        _record_rule(recorder, rule, places, texts, _statements(places, texts, stores))


def rule_source(rule: RuleHeader) -> str:
    """Who says so: the rule, by its title, level, techniques and id."""
    notes = ", ".join([*([rule.level] if rule.level else []), *rule.techniques, rule.id])
    return f"sigma: {rule.title[:_MAX_TITLE]} ({notes})"


def _raw_texts(places: Sequence[EventPlace], stores: Mapping[str, RawEvents]) -> list[str]:
    texts = [""] * len(places)
    for identity, source in stores.items():
        indexes = [index for index, place in enumerate(places) if place.identity == identity]
        found_texts = source.events.texts([(places[index].source, places[index].row) for index in indexes])
        for index, raw in zip(indexes, found_texts, strict=True):
            texts[index] = raw
    return texts


def _statements(places: Sequence[EventPlace], texts: Sequence[str], stores: Mapping[str, RawEvents]) -> _Statements:
    files = {(identity, file.name): file for identity, source in stores.items() for file in source.events.files}
    schemas = load_schemas()
    mapper = EventMapper(schemas)
    rows: dict[str, list[tuple[int, tuple[Any, ...]]]] = {}
    hosts: list[Host] = []
    for index, (place, raw) in enumerate(zip(places, texts, strict=True)):
        fields = raw_fields(raw.encode("utf-8", "replace"), files[place.identity, place.source])
        view_rows = mapper.map_event(fields or {}).rows
        for view, cells in view_rows:
            rows.setdefault(view, []).append((index, tuple(map(_in_utc, cells))))
        if not view_rows and place.host:
            hosts += _host(place.host)
    links: list[tuple[Link, list[int]]] = []
    for view, numbered_rows in rows.items():
        columns = schemas.views[view].cell_names
        cells_of_rows = [cells for _, cells in numbered_rows]
        for link in map_rows(schemas.views[view].rows, columns, cells_of_rows).links:
            indexes = [numbered_rows[int(pointer.rpartition("/")[2])][0] for pointer in link.pointers]
            links.append((link, indexes))
    return _Statements(links, hosts)


def _in_utc(cell: Any) -> Any:
    """Times of cells are in UTC without saying so."""
    return cell.replace(tzinfo=UTC) if isinstance(cell, datetime) and cell.tzinfo is None else cell


def _host(name: str) -> list[Host]:
    try:
        return [Host(name)]
    except EntityError:
        return []


def _record_rule(
    recorder: CaseRecorder, rule: RuleHeader, places: Sequence[EventPlace], texts: list[str], statements: _Statements
) -> None:
    ends: list[Entity] = [end for link, _ in statements.links for end in (link.source, link.target)]
    entities = [*dict.fromkeys([*statements.hosts, *ends])]
    links = [
        (
            str(link.source.key),
            link.relation.value,
            str(link.target.key),
            _stamp(link.observed_first),
            _stamp(link.observed_last),
        )
        for link, _ in statements.links
    ]
    about = {
        "rule": {
            "id": rule.id,
            "title": rule.title,
            "level": rule.level,
            "techniques": [*rule.techniques],
            "tags": [*rule.tags],
        },
        "events": [
            {
                "connection": place.connection,
                "identity": place.identity,
                "source": place.source,
                "row": place.row,
                "time": _stamp(place.time),
            }
            for place in places
        ],
        "raw": texts,
        "rests_on": [indexes for _, indexes in statements.links],
    }
    batch = batches.ImportBatch([batches.plain_entity(entity) for entity in entities], links, about)
    reply = Reply(batch.body(), batches.IMPORTED_ROWS, recorder.clock())
    event = Imported(rule_source(rule), reply.fingerprint, len(batch.nodes), len(batch.links))
    mentions = [entity for entity in entities if entity.aliases or entity.kind in batches.ALIASED_KINDS]
    recorder.steps.record_import(event, reply, reply.at, mentions)


def _stamp(time: datetime | None) -> str:
    return stamp(time) if time else ""
