"""The channel of the logs asks any source that the protocol describes, and merges what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from clew.entities import Finding, IpAddress, Outcome
from clew.errors import AskFailed, AskSkipped
from clew.logs.coverage import LogCoverage
from clew.logs.dialects import CANONICAL, Dialect
from clew.logs.engines.protocol import Capabilities, LogRows, SourceDescription
from clew.logs.schema_files import load_schemas
from clew.pivots.execution import execute
from clew.pivots.invocation import Invocation
from clew.pivots.registry import find_pivot
from clew.pivots.workspace import Workspace
from clew.providers.local.logs import LogChannel, LogProvider, LogQuery
from clew.settings import Settings

COLUMNS = load_schemas().views["connections"].columns
PEER = IpAddress("198.51.100.7")
CONNECTIONS = Capabilities(frozenset({"connections"}), raw_events=False)
QUERY = LogQuery("IpAddress.connections", (("ip", PEER.value),), 2)


def connection(minute: int) -> dict[str, Any]:
    """A row of a connection."""
    return {
        **dict.fromkeys(COLUMNS),
        "time": datetime(2026, 3, 17, 9, minute),  # noqa: DTZ001 - as engines give them
        "host_name": "ws01.corp.example",
        "peer_ip": PEER.value,
        "source": "table",
        "row": minute,
    }


@dataclass(slots=True)
class MadeUpSource:
    """A source of a made-up engine: what it was asked, and the rows that it says it has."""

    name: str = "cloud"
    minutes: tuple[int, ...] = (1, 3)
    columns: tuple[str, ...] = COLUMNS
    capabilities: Capabilities = CONNECTIONS
    dialect: Dialect = CANONICAL
    coverage: LogCoverage = field(default_factory=LogCoverage)
    questions: list[tuple[str, Mapping[str, object], int]] = field(default_factory=list)

    @property
    def description(self) -> SourceDescription:
        return SourceDescription("made-up", self.name, f"made-up://{self.name}", self.name)

    def select(self, sql: str, parameters: Mapping[str, object], limit: int) -> LogRows:
        self.questions.append((sql, parameters, limit))
        rows = [tuple(connection(minute).get(name) for name in self.columns) for minute in self.minutes]
        return LogRows(self.columns, tuple(rows[:limit]), len(rows))

    def close(self) -> None:
        pass


def finding_of(*sources: MadeUpSource, **arguments: Any) -> Finding:
    """What the pivot says over these sources."""
    workspace = Workspace(Settings())
    workspace.logs = sources
    pivot = find_pivot(IpAddress, "query.connections")
    invocation = Invocation(pivot.name, PEER, {"start": None, "end": None, **arguments})
    return execute(workspace.runner(), invocation, pivot).finding


def test_rows_of_several_engines_are_one_table() -> None:
    """Rows come in the order of time with the source of each, whatever the order of a source's columns."""
    finding = finding_of(MadeUpSource(), MadeUpSource("other", (2,), COLUMNS[::-1]))
    records = [*finding.table.records()]
    assert [(record["row"], record["connection"]) for record in records] == [(1, "cloud"), (2, "other"), (3, "cloud")]
    assert (finding.returned, finding.available, finding.truncated_by) == (3, 3, "")


def test_a_source_without_raw_events_has_empty_ones() -> None:
    """The evidence has an entry for each row, also of a source that keeps no raw events."""
    reply = LogChannel((MadeUpSource(),)).send(QUERY, LogProvider)
    assert reply.object()["raw"] == ["", ""]
    assert reply.object()["connections"] == {"cloud": "cloud"}


def test_a_source_is_asked_for_the_views_that_it_can_have() -> None:
    """A source without the view of a query is left out; where none has it, the ask is skipped and says so."""
    files_only = Capabilities(frozenset({"files"}))
    other = MadeUpSource("other", capabilities=files_only)
    assert finding_of(MadeUpSource(), other).returned == 2
    assert other.questions == []
    finding = finding_of(other)
    datasets = load_schemas().datasets("connections")
    assert (finding.outcome, finding.reason) == (
        Outcome.SKIPPED,
        f"no connected logs can have rows of connections; connect logs of {', '.join(datasets)}",
    )


def test_what_leaves_the_machine_is_asked_for_a_provider_that_does() -> None:
    """Queries of the local logs, which no gate looks at, never reach a source with egress."""

    class Cloud(LogProvider):
        leaves = True

    remote = Capabilities(frozenset({"connections"}), raw_events=False, egress=True)
    source = MadeUpSource(capabilities=remote)
    with pytest.raises(AskSkipped):
        LogChannel((source,)).send(QUERY, LogProvider)
    assert source.questions == []
    assert len(LogChannel((source,)).send(QUERY, Cloud).object()["rows"]) == 2


@pytest.mark.parametrize(("limit", "is_cut"), [(2, True), (3, False)])
def test_a_count_that_is_not_exact_is_none(limit: int, *, is_cut: bool) -> None:
    """Where a source does not count, nobody is told how many rows there are, and a full answer may be cut."""
    rough = Capabilities(frozenset({"connections"}), raw_events=False, exact_count=False)
    finding = finding_of(MadeUpSource(capabilities=rough), limit=limit)
    assert (finding.returned, finding.available) == (2, None)
    assert bool(finding.truncated_by) is is_cut


def test_rows_of_another_shape_are_refused() -> None:
    """A source that gives other columns than the view has is a failed ask that says whose."""
    with pytest.raises(AskFailed, match="no rows of connections") as failed:
        LogChannel((MadeUpSource(columns=COLUMNS[1:]),)).send(QUERY, LogProvider)
    assert failed.value.location == "cloud"


def test_a_window_is_said_in_the_words_of_the_engine() -> None:
    """Identifiers, parameters and times of a window are those of the source's dialect, over the views that it has."""
    dialect = Dialect("made-up", "own", quotation_mark="`", parameter_mark="@", timestamp_cast="todatetime({text})")
    source = MadeUpSource(dialect=dialect)
    finding_of(source, start="2026-03-17T09:00:00Z")
    ((sql, parameters, _),) = source.questions
    assert sql.startswith(
        "WITH `connections` AS NOT MATERIALIZED (SELECT * FROM own.`connections` WHERE time >= todatetime(@clew_start))"
    )
    assert parameters == {"ip": PEER.value, "clew_start": "2026-03-17T09:00:00.000000Z"}
