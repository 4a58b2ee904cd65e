"""What rules matched in logs into a case: a step for each rule, with the raw events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from clew.entities import AttackTechnique, Entity, Host, Link, Relation
from clew.entities.checked_text import stamp
from clew.errors import EntityError
from clew.graph.format.events import Imported
from clew.graph.projection import imports as batches
from clew.graph.recording.case_recorder import CaseRecorder
from clew.logs.engines.protocol import LogSource, RawEvents
from clew.logs.event_mapper import EventMapper
from clew.logs.log_schemas import LogView
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
        actors: what did it, with the places of its events: a process, else the machine.
    """

    links: list[tuple[Link, list[int]]]
    hosts: list[Host]
    actors: dict[Entity, list[int]]


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
        statements = _statements(places, texts, stores)
        statements.links.extend(_technique_links(rule, places, statements.actors))
        _record_rule(recorder, rule, places, texts, statements)


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
    actors: dict[Entity, list[int]] = {}
    for index, (place, raw) in enumerate(zip(places, texts, strict=True)):
        fields = raw_fields(raw.encode("utf-8", "replace"), files[place.identity, place.source])
        view_rows = mapper.map_event(fields or {}).rows
        for view, cells in view_rows:
            rows.setdefault(view, []).append((index, tuple(map(_in_utc, cells))))
        machine = _host(place.host) if place.host else None
        if machine and not view_rows:
            hosts.append(machine)
        processes = (_process(schemas.views[view], cells) for view, cells in view_rows)
        if actor := next(filter(None, processes), machine):
            actors.setdefault(actor, []).append(index)
    links: list[tuple[Link, list[int]]] = []
    for view, numbered_rows in rows.items():
        columns = schemas.views[view].cell_names
        cells_of_rows = [cells for _, cells in numbered_rows]
        for link in map_rows(schemas.views[view].rows, columns, cells_of_rows).links:
            indexes = [numbered_rows[int(pointer.rpartition("/")[2])][0] for pointer in link.pointers]
            links.append((link, indexes))
    return _Statements(links, hosts, actors)


def _process(view: LogView, cells: Sequence[Any]) -> Entity | None:
    """The process that a row is about."""
    rule = view.rows.entities.get("process")
    if rule is None:
        return None
    named_cells = dict(zip(view.cell_names, map(_in_utc, cells), strict=True))
    try:
        return rule.make(*map(named_cells.get, rule.columns))
    except EntityError:
        return None


def _technique_links(
    rule: RuleHeader, places: Sequence[EventPlace], actors: Mapping[Entity, list[int]]
) -> Iterator[tuple[Link, list[int]]]:
    """What the rule says of who did it: the techniques of ATT&CK that it is tagged with."""
    for technique in rule.techniques:
        for actor, indexes in actors.items():
            times = [time for index in indexes if (time := places[index].time)]
            first, last = min(times, default=None), max(times, default=None)
            yield Link(actor, Relation.RELATED_TO, AttackTechnique(technique), (), first, last), indexes


def _in_utc(cell: Any) -> Any:
    """Times of cells are in UTC without saying so."""
    return cell.replace(tzinfo=UTC) if isinstance(cell, datetime) and cell.tzinfo is None else cell


def _host(name: str) -> Host | None:
    try:
        return Host(name)
    except EntityError:
        return None


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
