"""A table that no schema knows, mapped on the spot: which of its columns are which columns of a view.

What a column is may be said in the words of the Elastic Common Schema (`source.ip`, `@timestamp`), or as the views call
it (`source_ip`, `time`). All rows become rows of one view: the one that is named, else the first that has all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from clew.entities.spelling import spelling_hint
from clew.entities.vocabulary import VOCABULARY
from clew.errors import ConnectError
from clew.logs.cell_values import CELL_FUNCTIONS, CellFunction
from clew.logs.column_rules import ColumnRule
from clew.logs.log_schemas import EventMap, LogSchema, LogSchemas, LogView

DATASET = "mapped"
_EXAMPLES = "columns are named as in the Elastic Common Schema: source.ip, user.name, url.full, @timestamp"
#: Columns that clew itself fills.
_OWN_COLUMNS = frozenset({"dataset", "source", "row", "event_created"})
#: Names of the Elastic Common Schema that the views call otherwise.
ECS_NAMES: Mapping[str, str] = {
    "@timestamp": "time",
    "timestamp": "time",
    "dns.resolved_ip": "dns_resolved_ip",
    "host.hostname": "host_name",
    "http.request.method": "http_method",
    "http.request.referrer": "http_referrer",
    "http.request.bytes": "request_bytes",
    "http.response.bytes": "response_bytes",
    "http.response.status_code": "http_status",
    "process.parent.command_line": "parent_command_line",
    "process.parent.entity_id": "parent_entity_id",
    "process.parent.executable": "parent_executable",
    "process.parent.pid": "parent_pid",
    "process.start": "process_started",
    "rule.id": "rule_id",
    "rule.name": "rule_name",
    "tls.client.server_name": "tls_server_name",
    "url.original": "url_full",
    "user_agent.original": "user_agent",
}
#: What a view calls the ends of a connection otherwise.
_ENDS: Mapping[str, Mapping[str, str]] = {
    "connections": {
        "source_ip": "local_ip",
        "source_port": "local_port",
        "source_bytes": "local_bytes",
        "destination_ip": "peer_ip",
        "destination_port": "peer_port",
        "destination_bytes": "peer_bytes",
    }
}
#: Where several views have all columns, the first of these is meant.
_VIEW_PREFERENCE = ("connections", "processes", "logons", "resolutions", "web_requests", "files", "alerts")
_BY_ENDING: Mapping[str, str] = {
    "_ip": "ip",
    "_sha256": "hash",
    "_sha1": "hash",
    "_md5": "hash",
    "_entity_id": "guid",
}
_BY_NAME: Mapping[str, str] = {
    "dns_resolved_ip": "dns_answers",
    "dns_question_name": "domain",
    "url_domain": "domain",
    "tls_server_name": "domain",
    "url_full": "url",
    "host_name": "host",
    "source_host": "host",
    "target_host": "host",
    "user_id": "sid",
    "target_user_id": "sid",
    "logon_id": "logon_id",
    "network_transport": "transport",
    "event_outcome": "lower",
}
_BY_TYPE: Mapping[type, str] = {int: "number", float: "decimal", bool: "yes", datetime: "time"}


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Columns of a table as columns of a view.

    Attributes:
        view: the view that the rows are of.
        columns: for a column of the view, that of the table.
    """

    view: str
    columns: Mapping[str, str]

    @property
    def by_column(self) -> Mapping[str, str]:
        """For a column of the table, that of the view."""
        return {column: target for target, column in self.columns.items()}

    def schema(self) -> LogSchema:
        """The schema that reads such rows; one that lacks a column has no cell for it."""
        rules = {target: ColumnRule(cell_function(target), (column,)) for target, column in self.columns.items()}
        names = dict.fromkeys(name for column in self.columns.values() for name in (column, column.partition(".")[0]))
        maps = tuple(EventMap(DATASET, self.view, {}, (name,), (), rules) for name in names)
        return LogSchema(DATASET, ("",), {}, (), (), (), maps)


def read_column_map(columns: Mapping[str, str], schemas: LogSchemas, view: str = "") -> ColumnMap:
    """What a user said of the columns of a table.

    Args:
        columns: for a column of the table, what it is.
        view: the view that its rows are of; the first that has all of them, if not given.

    Raises:
        ConnectError: no such target or view, two columns for one target, or no view has all targets.
    """
    targets: dict[str, str] = {}
    for column, target in columns.items():
        name = _target_column(column, target)
        if name in targets:
            message = f"both {targets[name]!r} and {column!r} are mapped to {target!r}"
            raise ConnectError(message, next_step="choose one of them")
        targets[name] = column
    chosen_view = _named_view(view, schemas) if view else _view_of(targets, schemas)
    by_column = {_ENDS.get(chosen_view.name, {}).get(name, name): column for name, column in targets.items()}
    if missing_names := [name for name in by_column if name not in chosen_view.columns]:
        raise ConnectError(
            f"the view {chosen_view.name!r} has no {', '.join(missing_names)}",
            next_step=f"it has {', '.join(name for name in chosen_view.columns if name not in _OWN_COLUMNS)}",
        )
    return ColumnMap(chosen_view.name, by_column)


def cell_function(column: str) -> CellFunction:
    """The function that makes the cells of a column, by what the column is."""
    name = _BY_NAME.get(column) or next(
        (function for ending, function in _BY_ENDING.items() if column.endswith(ending)), ""
    )
    return CELL_FUNCTIONS[name or _BY_TYPE.get(VOCABULARY[column].type, "text")]


def _target_column(column: str, target: str) -> str:
    """The column of the views that a target names."""
    name = ECS_NAMES.get(target.lower()) or target.lower().lstrip("@").replace(".", "_")
    is_end = any(name in ends for ends in _ENDS.values())
    if (name in VOCABULARY and name not in _OWN_COLUMNS) or is_end:
        return name
    known_names = sorted({*VOCABULARY, *ECS_NAMES} - _OWN_COLUMNS)
    raise ConnectError(
        f"{column!r} is mapped to {target!r}, which is no column of logs",
        next_step=hint if (hint := spelling_hint(target.lower(), known_names)).startswith("did") else _EXAMPLES,
    )


def _named_view(name: str, schemas: LogSchemas) -> LogView:
    if name not in schemas.views:
        raise ConnectError(f"there is no view {name!r}", next_step=spelling_hint(name, [*schemas.views]))
    return schemas.views[name]


def _view_of(targets: Mapping[str, str], schemas: LogSchemas) -> LogView:
    """The first view that has all targets, those preferred first."""
    names = [*_VIEW_PREFERENCE, *(name for name in schemas.views if name not in _VIEW_PREFERENCE)]
    missing_by_view: dict[str, list[str]] = {}
    for view in map(schemas.views.__getitem__, names):
        ends = _ENDS.get(view.name, {})
        missing_by_view[view.name] = [name for name in targets if ends.get(name, name) not in view.columns]
        if not missing_by_view[view.name]:
            return view
    best = min(missing_by_view, key=lambda name: len(missing_by_view[name]))
    raise ConnectError(
        f"no view has all of {', '.join(targets)}",
        next_step=f"{best} has all but {', '.join(missing_by_view[best])}; map fewer columns, or name another view",
    )
