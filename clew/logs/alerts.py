"""Alerts and incidents as files or values: what they name, and in which role.

>>> found = alerts([{"AlertName": "odd logon", "Entities": '[{"Type": "ip", "Address": "192.0.2.7"}]'}])
>>> [(row.alert, str(row.entity)) for row in found.rows]
[('odd logon', '192.0.2.7')]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from clew.entities.entity import Entity
from clew.errors import ConnectError, QueryError
from clew.logs.alert_entities import role_entities
from clew.logs.engines.log_files import log_files
from clew.logs.event_paths import Fields, text_object, unwrap
from clew.logs.formats.json_codec import parse_json
from clew.logs.formats.json_documents import expand
from clew.logs.formats.log_format import LogFile

if TYPE_CHECKING:
    import pandas as pd

#: Where an alert keeps what it names, and where an incident keeps its alerts.
_ENTITY_FIELDS = ("Entities", "entities", "evidence", "relatedEntities")
_ALERT_FIELDS = ("alerts", "relatedAlerts", "Alerts")
_TEXT_FIELDS = ("Entities", "entities", "evidence", "properties")
_NAMES = ("AlertName", "AlertDisplayName", "alertDisplayName", "title", "Title", "DisplayName", "friendlyName", "name")
_IDENTIFIERS = ("SystemAlertId", "systemAlertId", "alertId", "AlertId", "id", "name")
#: Lists of entities alone, as a Sentinel incident's `entities` request gives them.
_ENTITY_KEYS = frozenset({"Type", "kind", "$id", "@odata.type", "entityType"})


class AlertEntity(NamedTuple):
    """One thing that one alert names.

    Attributes:
        alert: the name of the alert; empty where entities came without one.
        alert_id: its identifier at the source.
        role: what the thing does in it, as `RoleEntity` has it.
    """

    alert: str
    alert_id: str
    role: str
    entity: Entity


@dataclass(frozen=True, slots=True, eq=False)
class AlertEntities:
    """What alerts name.

    Attributes:
        rows: one for each thing of each alert.
        alert_count: how many alerts there were.
        no_entity: how many things no entity was made of, by their type and why.
        unread_count: how many records were no alerts, or could not be read.
    """

    rows: tuple[AlertEntity, ...]
    alert_count: int
    no_entity: Mapping[str, int]
    unread_count: int

    @property
    def distinct(self) -> tuple[Entity, ...]:
        """Each entity once, in the order in which alerts name them."""
        return tuple(dict.fromkeys(row.entity for row in self.rows))

    def to_frame(self) -> pd.DataFrame:
        """A row for each thing of each alert: alert, alert_id, role, kind, entity."""
        import pandas as pd

        records = [(row.alert, row.alert_id, row.role, row.entity.kind, row.entity) for row in self.rows]
        return pd.DataFrame(records, columns=["alert", "alert_id", "role", "kind", "entity"])

    def __str__(self) -> str:
        lines = [f"{self.alert_count:,} alerts name {len(self.distinct):,} entities, in {len(self.rows):,} places"]
        lines += [f"{count:,} not made an entity: {reason}" for reason, count in self.no_entity.items()]
        lines += [f"{self.unread_count:,} records are no alerts"] if self.unread_count else []
        return "\n".join(lines)


def alerts(source: str | Path | Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> AlertEntities:
    """The entities of alerts, with their roles.

    Args:
        source: a path of files (JSON, CSV, compressed or not), JSON text, or what such text says.

    Returns:
        What was made, and how much was not: a type that clew has no entity for is counted, never left out in silence.

    Raises:
        QueryError: no alert is among it, and no list of entities.
        ConnectError: the path is not there.
    """
    rows: list[AlertEntity] = []
    no_entity: Counter[str] = Counter()
    alert_count = unread_count = 0
    for fields in _records(source):
        named_alerts = [*_alerts_of(_with_documents(unwrap(fields)))] if fields is not None else []
        alert_count += len(named_alerts)
        unread_count += not named_alerts
        for alert, entities in named_alerts:
            name, identifier = _first(alert, _NAMES), _first(alert, _IDENTIFIERS)
            for result in role_entities(entities):
                if result.entity is None:
                    no_entity[f"{result.kind}: {result.error}"] += 1
                else:
                    rows.append(AlertEntity(name, identifier, result.role, result.entity))
    if not alert_count:
        raise QueryError("no alerts are among it", next_step="give alerts of Sentinel, Microsoft Graph or Defender")
    return AlertEntities(tuple(rows), alert_count, MappingProxyType(dict(no_entity.most_common())), unread_count)


def _records(source: str | Path | Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> Iterator[Fields | None]:
    if isinstance(source, str) and source.lstrip()[:1] in ("{", "["):
        try:
            yield from (event.fields for event in expand(parse_json(source.encode("utf-8", "replace"))))
        except ValueError as error:
            raise QueryError(f"this is no JSON: {error}") from None
    elif isinstance(source, str | Path):
        yield from _file_records(Path(source))
    else:
        yield from (event.fields for event in expand(source if isinstance(source, Mapping) else [*source]))


def _file_records(path: Path) -> Iterator[Fields | None]:
    for file in log_files(path):
        if not isinstance(file, LogFile):
            raise ConnectError(file.reason, location=file.name)
        yield from (event.fields for event in file.format.events(file))


def _alerts_of(record: Fields) -> Iterator[tuple[Fields, Any]]:
    """The alerts of a record, each with what it names: its own, those of an incident, or entities without an alert."""
    properties: Any = record.get("properties")
    alert = {**record, **cast("dict[str, Any]", properties)} if isinstance(properties, dict) else record
    entities = next((alert[key] for key in _ENTITY_FIELDS if isinstance(alert.get(key), list | dict)), None)
    if entities is not None:
        yield alert, entities
        return
    inner_alerts: Any = next((alert[key] for key in _ALERT_FIELDS if isinstance(alert.get(key), list)), None)
    if inner_alerts is not None:
        for item in cast("list[Any]", inner_alerts):
            if isinstance(item, dict):
                yield from _alerts_of(cast("dict[str, Any]", item))
        return
    if any(name in alert for name in _ENTITY_FIELDS) and _first(alert, _NAMES[:7]):
        yield alert, []  # it names nothing
        return
    nodes = [*record.values()]
    if nodes and all(isinstance(node, dict) and _ENTITY_KEYS & node.keys() for node in nodes):
        yield {}, record
    elif _ENTITY_KEYS & record.keys() and not {*_NAMES[:7]} & record.keys():
        yield {}, [record]


def _with_documents(record: Fields) -> Fields:
    return {**record, **{name: text_object(record[name]) for name in _TEXT_FIELDS if name in record}}


def _first(alert: Fields, names: Sequence[str]) -> str:
    return next((str(alert[name]) for name in names if alert.get(name) not in (None, "")), "")
