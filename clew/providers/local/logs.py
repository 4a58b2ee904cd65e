"""Asking the logs: a query by name, its rows as links and as a table."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from clew.entities import (
    Account,
    Certificate,
    Domain,
    Entity,
    File,
    Finding,
    Host,
    IpAddress,
    Outcome,
    Process,
    Table,
    Url,
)
from clew.entities.checked_text import stamp
from clew.entities.display import plural
from clew.entities.term import Term
from clew.entities.times import ANY_TIME, TimeLike, TimeWindow
from clew.entities.vocabulary import VOCABULARY
from clew.errors import AskFailed, AskSkipped, ConnectError, QueryError
from clew.logs.engines.protocol import GAP_NOUNS, LogRows, LogSource
from clew.logs.event_mapper import EventKind
from clew.logs.query_packs import load_queries
from clew.logs.row_entities import map_rows
from clew.logs.schema_files import load_schemas
from clew.providers.base import Ask, Operation, Provider, Reply, Steps, canonical_json, narrow_ask
from clew.providers.channels import ChannelContext

MAX_ROWS = 100_000
#: The media type of rows with the raw events beside them.
LOG_ROWS = "application/vnd.clew.rows+json"


@dataclass(frozen=True, slots=True)
class LogQuery(Ask):
    """A query of the pack with its parameters."""

    channel: ClassVar[str] = "logs"
    query: str
    parameters: tuple[tuple[str, Any], ...]
    limit: int
    window: TimeWindow = ANY_TIME

    def description(self) -> dict[str, Any]:
        sql = load_queries()[self.query].sql
        description = {"query": self.query, "sql": sql, "parameters": dict(self.parameters), "limit": self.limit}
        return {**description, "window": [*self.window.stamps]} if self.window else description


class LogProvider(Provider):
    """The logs that are connected."""

    name: ClassVar[str] = "logs"
    title: ClassVar[str] = "connected logs"

    @classmethod
    def shape(cls, operation: Operation[Any, ...], subject: type[Entity]) -> Mapping[str, Term]:
        """The columns of the view that the query gives rows of, and the logs that each row is from."""
        query = load_queries()[f"{subject.__name__}.{operation.name}"]
        return {name: cls.term(name) for name in (*load_schemas().views[query.view].columns, "connection")}

    def ask(
        self,
        query: str,
        subject: Entity,
        parameters: Mapping[str, Any],
        limit: int,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> Steps:
        """Rows of one query about one entity, as a finding with a table and links."""
        if not 1 <= limit <= MAX_ROWS:
            raise QueryError(f"limit must be from 1 to {MAX_ROWS:,}, not {limit}")
        window = TimeWindow.of_absolute(start, end)
        arguments = {**subject_parameters(subject), **parameters}
        definition = load_queries()[query]
        reply = yield LogQuery(
            query, tuple((name, arguments[name]) for name in definition.parameter_names), limit, window
        )
        return _finding(subject, definition.view, reply, limit, window)


def log_view(subject: str, pivot_name: str) -> str | None:
    """The view that a pivot gives rows of, by the class of its entity and its name; None for one that asks no logs."""
    query = load_queries().get(f"{subject}.{pivot_name.removeprefix('query.')}")
    return query.view if query is not None and pivot_name.startswith("query.") else None


@functools.singledispatch
def subject_parameters(subject: Entity) -> dict[str, Any]:
    """What a query can bind of its subject, by parameter name."""
    raise QueryError(f"there are no log queries about {type(subject).__name__}")


@subject_parameters.register
def _(subject: Host) -> dict[str, Any]:
    return {"hosts": [subject.value, *([subject.netbios] if subject.netbios else [])]}


@subject_parameters.register
def _(subject: IpAddress) -> dict[str, Any]:
    return {"ip": subject.value}


@subject_parameters.register
def _(subject: Domain) -> dict[str, Any]:
    return {"domain": subject.value}


@subject_parameters.register
def _(subject: Url) -> dict[str, Any]:
    return {"url": subject.value}


@subject_parameters.register
def _(subject: Certificate) -> dict[str, Any]:
    return {"sha256": subject.sha256, "sha1": subject.sha1}


@subject_parameters.register
def _(subject: Process) -> dict[str, Any]:
    guid = None if "@" in subject.value else subject.value
    start_time = stamp(subject.started) if subject.started and guid is None else None
    return {"hosts": [subject.host], "guid": guid, "pid": subject.pid if guid is None else None, "started": start_time}


@subject_parameters.register
def _(subject: Account) -> dict[str, Any]:
    domain, _, name = (subject.name or "").rpartition("\\")
    return {
        "sid": subject.sid,
        "upn": subject.upn,
        "user_domain": domain or None,
        "user_name": name or None,
        "local_host": subject.host if subject.key.scope else None,
    }


@subject_parameters.register
def _(subject: File) -> dict[str, Any]:
    place = subject.path if subject.key.scope else None
    hosts = [subject.key.scope] if subject.key.scope else []
    return {"sha256": subject.sha256, "sha1": subject.sha1, "md5": subject.md5, "path": place, "hosts": hosts}


def _finding(subject: Entity, view: str, reply: Reply, limit: int, window: TimeWindow) -> Finding:
    document = reply.object()
    columns = tuple(document["columns"])
    rows = [_parse_times(columns, row) for row in document["rows"]]
    links, invalid_count = map_rows(load_schemas().views[view].rows, columns, rows)
    available: int | None = document["available"]
    time_index = columns.index("time")
    times = [row[time_index] for row in rows if row[time_index] is not None]
    notes = [*([str(window)] if window else []), *([f"{invalid_count} cells name no entity"] if invalid_count else [])]
    not_looked_at = ", ".join(document.get("not_looked_at", ()))
    no_rows_reason = (
        f"no such rows in the connected logs{f' {window}' if window else ''}"
        f"{f'; not looked at: {not_looked_at}' if not_looked_at else ''}"
    )
    # Where nobody counts, as many rows as were allowed may not be all.
    is_cut = len(rows) >= limit if available is None else available > len(rows)
    return Finding(
        subject,
        outcome=Outcome.FOUND if rows else Outcome.NOTHING,
        reason="; ".join(notes) if rows else no_rows_reason,
        links=links,
        table=Table(columns, tuple(tuple(row) for row in document["rows"])),
        returned=len(rows),
        available=available,
        truncated_by=f"limit {limit}" if is_cut else "",
        observed_first=min(times, default=None),
        observed_last=max(times, default=None),
    )


def _parse_times(columns: tuple[str, ...], row: list[Any]) -> tuple[Any, ...]:
    return tuple(
        datetime.fromisoformat(cell) if cell is not None and VOCABULARY[name].type is datetime else cell
        for name, cell in zip(columns, row, strict=True)
    )


@dataclass(frozen=True, slots=True)
class LogChannel:
    """Answers from all connected logs together; a column says which."""

    sources: tuple[LogSource, ...]

    def send(self, ask: Ask, provider: type[Provider]) -> Reply:
        """The rows, and beside them the raw events they were made from.

        Raises:
            AskSkipped: no logs are connected, or none that can have such rows.
            AskFailed: the engine refused.
        """
        query = narrow_ask(ask, LogQuery)
        sources = self._sources_for(load_queries()[query.query].view, provider)
        answers = [(source, _select(source, query)) for source in sources]
        columns = answers[0][1].columns
        merged_rows = [[*(_plain(cell) for cell in row), source.name] for source, rows in answers for row in rows.rows]
        merged_rows.sort(key=lambda row: (row[0] is None, row[0] or ""))
        is_exact = all(source.capabilities.exact_count for source in sources)
        available = sum(rows.available for _, rows in answers) if is_exact else None
        body = _body((*columns, "connection"), merged_rows[: query.limit], available, sources)
        if gaps := self._gaps(load_queries()[query.query].view, query.window):
            body["not_looked_at"] = gaps
        return Reply(canonical_json(body).encode(), LOG_ROWS, datetime.now(UTC))

    def _sources_for(self, view: str, provider: type[Provider]) -> tuple[LogSource, ...]:
        """Those that may be asked: what leaves the machine is asked for a provider that the gate looks at."""
        if not self.sources:
            raise AskSkipped("no logs are connected", kind="no-source", next_step="clew.connect(path)")
        sources = tuple(
            source
            for source in self.sources
            if view in source.capabilities.views and (provider.leaves or not source.capabilities.egress)
        )
        if not sources:
            gaps = ", ".join(self._gaps(view, ANY_TIME))
            raise AskSkipped(
                f"no connected logs can have rows of {view}{f': {gaps}' if gaps else ''}",
                kind="no-source",
                next_step=f"connect logs of {', '.join(load_schemas().datasets(view))}",
            )
        return sources

    def _gaps(self, view: str, window: TimeWindow) -> list[str]:
        """What nobody could look at, in all connected logs together: such rows may be among it."""
        coverages = [source.coverage for source in self.sources]
        counts = {
            "unknown": sum(coverage.total(EventKind.NO_LAYOUT) for coverage in coverages),
            "damaged": sum(coverage.total(EventKind.DAMAGED) for coverage in coverages),
            "unfilled": sum(coverage.total(EventKind.EMPTY) for coverage in coverages),
            "timeless": sum(coverage.no_time(view) for coverage in coverages) if window else 0,
            "skipped": sum(len(coverage.skipped_files) for coverage in coverages),
        }
        return [f"{plural(count, GAP_NOUNS[key][0])} {GAP_NOUNS[key][1]}" for key, count in counts.items() if count]


def _select(source: LogSource, query: LogQuery) -> LogRows:
    """The rows of one source, with the columns of the view in their order and the raw event last."""
    definition = load_queries()[query.query]
    sql, time_parameters = definition.windowed_sql(query.window, source.dialect, source.capabilities.views)
    try:
        rows = source.select(sql, {**dict(query.parameters), **time_parameters}, query.limit)
    except (ConnectError, QueryError) as error:
        raise AskFailed(error.message, kind="query", location=source.name, next_step=error.next_step) from None
    columns = (*load_schemas().views[definition.view].columns, "raw")
    if rows.columns == columns:
        return rows
    if {*rows.columns} | {"raw"} != {*columns}:
        raise AskFailed(f"these are no rows of {definition.view}", kind="query", location=source.name)
    indexes = [rows.columns.index(name) if name in rows.columns else None for name in columns]
    ordered_rows = tuple(tuple("" if index is None else row[index] for index in indexes) for row in rows.rows)
    return LogRows(columns, ordered_rows, rows.available)


def make_channel(context: ChannelContext) -> LogChannel:
    """The channel `logs`."""
    return LogChannel(context.logs)


def _body(
    columns: tuple[str, ...], rows: list[list[Any]], available: int | None, sources: tuple[LogSource, ...]
) -> dict[str, Any]:
    raw_index = columns.index("raw")
    return {
        "connections": {source.name: source.description.identity for source in sources},
        "available": available,
        "columns": [name for name in columns if name != "raw"],
        "rows": [[*row[:raw_index], *row[raw_index + 1 :]] for row in rows],
        "raw": [row[raw_index] for row in rows],
    }


def _plain(cell: Any) -> Any:
    # The engine's timestamps are UTC without saying so.
    return stamp(cell.replace(tzinfo=UTC)) if isinstance(cell, datetime) else cell


def raw_rows(reply: Reply) -> list[str] | None:
    """The raw events in a reply of the logs; None for a reply of somebody else."""
    if reply.media_type != LOG_ROWS:
        return None
    return [str(row) for row in reply.object()["raw"]]
