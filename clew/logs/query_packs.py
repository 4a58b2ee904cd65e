"""Query packs: questions to the logs, as data."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from clew.entities.times import TimeWindow
from clew.logs.dialects import Dialect
from clew.logs.log_schemas import LogView
from clew.logs.pack_files import PackFile, PackNode, pack_files
from clew.logs.schema_files import load_schemas, read_files
from clew.plugins import PluginFailure


@dataclass(frozen=True, slots=True)
class QueryParameter:
    """A parameter that the analyst may give: its Python type, its default, and what it means."""

    name: str
    type: str
    default: Any
    about: str


@dataclass(frozen=True, slots=True)
class Query:
    """One question about one kind of entity.

    Attributes:
        subject: the entity class by name; `name` is the method of its query menu.
        view: whose rows it gives.
        binds: the parameters that the subject fills.
        package: the package that it came with; empty for clew's own.
    """

    subject: str
    name: str
    about: str
    view: str
    sql: str
    binds: tuple[str, ...]
    parameters: tuple[QueryParameter, ...]
    broad: bool
    package: str = ""

    @property
    def id(self) -> str:
        """`Host.processes`."""
        return f"{self.subject}.{self.name}"

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """All parameters of the SQL."""
        return (*self.binds, *(parameter.name for parameter in self.parameters))

    def windowed_sql(self, window: TimeWindow, dialect: Dialect, views: Collection[str]) -> tuple[str, dict[str, str]]:
        """The SQL over the rows of the window alone, and the parameters that this adds.

        Each view is hidden behind its own rows of that time: what a query counts, ranks or takes the first of is then
        of that time too. A row without a time is in no window.

        Args:
            dialect: that of the engine.
            views: those that the engine has.

        Returns:
            The SQL, and the values of the parameters that it adds, by name.
        """
        start, end = window.stamps
        parameters = {name: text for name, text in (("clew_start", start), ("clew_end", end)) if text}
        if not parameters:
            return self.sql, {}
        signs = {"clew_start": ">=", "clew_end": "<"}
        condition = " AND ".join(
            f"time {signs[name]} {dialect.timestamp(dialect.parameter(name))}" for name in parameters
        )
        tables = ((dialect.quote(view), f"{dialect.schema}.{dialect.quote(view)}") for view in sorted(views))
        hidden_views = (
            f"{view} AS NOT MATERIALIZED (SELECT * FROM {table} WHERE {condition})" for view, table in tables
        )
        return f"WITH {', '.join(hidden_views)} SELECT * FROM ({self.sql})", parameters


class QueryTable(NamedTuple):
    """The queries by id, and the plug-ins that have one which cannot be asked."""

    queries: Mapping[str, Query]
    failures: tuple[PluginFailure, ...]


def load_queries() -> Mapping[str, Query]:
    """The queries of all packs, by id."""
    return query_table().queries


@functools.cache
def query_table() -> QueryTable:
    """The same with what of other packages cannot be asked. Raises SettingsError for a query of clew's own."""
    views = load_schemas().views
    queries: dict[str, Query] = {}
    failures: list[PluginFailure] = []
    for new_queries in read_files(pack_files().files, lambda file: _read_queries(file, views, queries), failures):
        queries.update(new_queries)
    return QueryTable(queries, tuple(failures))


def _read_queries(file: PackFile, views: Mapping[str, LogView], queries: Mapping[str, Query]) -> dict[str, Query]:
    new_queries: dict[str, Query] = {}
    for node in file.root.children("queries"):
        query = _query(node, views)
        if query.id in queries or query.id in new_queries:
            raise node.error(f"there is a query {query.id!r} already")
        new_queries[query.id] = query
    return new_queries


def _query(node: PackNode, views: Mapping[str, LogView]) -> Query:
    node.check_keys(("id", "about", "view", "wide", "binds", "parameters", "sql"))
    view = node.get("view")
    if view.text() not in views:
        raise view.error(f"there is no view {view.text()!r}")
    subject, _, name = node.get("id").text().partition(".")
    parameters = (
        QueryParameter(name, item.get("type").text(), item.get("default").value, item.get("about").text())
        for name, item in node.items("parameters")
    )
    return Query(
        subject,
        name,
        node.get("about").text(),
        view.text(),
        node.get("sql").text().strip(),
        tuple(bind.text() for bind in node.children("binds")),
        tuple(parameters),
        bool(node.get("wide").value),
        node.file.plugin.package if node.file.plugin else "",
    )
