"""Query packs: questions to the logs, as data."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from clew.entities.times import TimeWindow
from clew.logs.column_expressions import quote_identifier
from clew.logs.schemas import load_field_maps


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
    """

    subject: str
    name: str
    about: str
    view: str
    sql: str
    binds: tuple[str, ...]
    parameters: tuple[QueryParameter, ...]
    broad: bool

    @property
    def id(self) -> str:
        """`Host.processes`."""
        return f"{self.subject}.{self.name}"

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """All parameters of the SQL."""
        return (*self.binds, *(parameter.name for parameter in self.parameters))

    def windowed_sql(self, window: TimeWindow) -> tuple[str, dict[str, str]]:
        """The SQL over the rows of the window alone, and the parameters that this adds.

        Each view is hidden behind its own rows of that time: what a query counts, ranks or takes the first of is then
        of that time too. A row without a time is in no window.
        """
        start, end = window.stamps
        parameters = {name: text for name, text in (("clew_start", start), ("clew_end", end)) if text}
        if not parameters:
            return self.sql, {}
        signs = {"clew_start": ">=", "clew_end": "<"}
        condition = " AND ".join(f"time {signs[name]} CAST(${name} AS TIMESTAMP)" for name in parameters)
        views = (
            f"{name} AS NOT MATERIALIZED (SELECT * FROM main.{name} WHERE {condition})"
            for name in map(quote_identifier, load_field_maps().views)
        )
        return f"WITH {', '.join(views)} SELECT * FROM ({self.sql})", parameters


@functools.cache
def load_queries() -> Mapping[str, Query]:
    """The queries in `clew/logs/queries`, by id."""
    # Loaded here: who asks no logs needs no YAML.
    from clew.yaml_files import read_yaml

    queries: dict[str, Query] = {}
    folder = files("clew.logs") / "queries"
    for file in sorted(folder.iterdir(), key=lambda item: item.name):
        if file.name.endswith(".yaml"):
            for item in read_yaml(file.read_text("utf-8"), file.name)["queries"]:
                query = _query(item)
                queries[query.id] = query
    return queries


def _query(item: dict[str, Any]) -> Query:
    parameters = tuple(
        QueryParameter(name, spec["type"], spec.get("default"), spec["about"])
        for name, spec in item.get("parameters", {}).items()
    )
    subject, _, name = item["id"].partition(".")
    return Query(
        subject,
        name,
        item["about"],
        item["view"],
        item["sql"].strip(),
        tuple(item["binds"]),
        parameters,
        bool(item.get("wide", False)),
    )
