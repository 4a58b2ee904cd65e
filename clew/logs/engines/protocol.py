"""What an engine of logs is to the rest of clew: it opens sources, and a source answers queries with rows.

The logs in files are read by an engine of this house (`clew.logs.engines.registry`); another package adds one under the
entry point group `clew.log_engines`.

**A remote engine** (a workspace in the cloud, a cluster of servers) fits in as two things. Its `LogSource` says
`capabilities.egress`, and its `open` and `reopen` send nothing: they check and keep what `SourceDescription` says. What
is asked of it is asked by a provider that leaves the machine (`Provider.leaves`), whose operations yield HTTP requests:
so the gate, quotas, the cache and recordings serve it as they serve any other service. The channel of the logs
(`clew.providers.local.logs.LogChannel`) asks a source with egress for such a provider only, never for the queries of
the local logs, which no gate looks at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, runtime_checkable

from clew.entities.display import plural
from clew.logs.coverage import LogCoverage
from clew.logs.dialects import Dialect
from clew.logs.engines.event_store import EventStore
from clew.logs.log_hints import NO_HINTS, LogHints

#: What cannot be asked about: a noun, and what is said behind it, by its key among the counts of a description.
GAP_NOUNS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "damaged": ("damaged row", "left out"),
        "unknown": ("row", "of no known layout"),
        "unfilled": ("row", "empty in its view"),
        "timeless": ("row", "without a time"),
        "skipped": ("file", "skipped"),
    }
)


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """What a log source is, for people and for a case: enough to find it again, and no secret.

    Attributes:
        engine: the engine's name in the registry.
        name: what the source is called in answers.
        location: where it was when it was connected: a path, an address.
        identity: what it is, wherever it is: for files a digest of their content. Two sources of one engine with one
            identity are the same.
        counts: how much there is, by a plural that ends in s: `files`, `rows`; and how much of it cannot be asked
            about, by a key of `GAP_NOUNS`.
        hints: what the user said of it; for a column of a table, which column of the view it is.
    """

    engine: str
    name: str
    location: str
    identity: str
    counts: Mapping[str, int] = field(default_factory=dict[str, int])
    hints: LogHints = NO_HINTS

    @property
    def count_text(self) -> str:
        """`5 files, 20,004 rows, 3 damaged rows left out`.

        >>> SourceDescription("files", "logs", "/logs", "0", {"files": 1, "rows": 2000, "damaged": 1}).count_text
        '1 file, 2,000 rows, 1 damaged row left out'
        """
        counts = {noun: count for noun, count in self.counts.items() if noun not in GAP_NOUNS}
        gaps = [
            f"{plural(count, noun)} {predicate}"
            for key, (noun, predicate) in GAP_NOUNS.items()
            if (count := self.counts.get(key))
        ]
        return ", ".join([*(plural(count, noun.removesuffix("s")) for noun, count in counts.items()), *gaps])


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a source can do.

    Attributes:
        views: the views that it can have rows of. Queries about others are not asked of it.
        raw_events: whether the raw event comes along with each row, as the column `raw`.
        exact_count: whether `Rows.available` is how many rows there are; if not, only that there are no fewer.
        egress: whether asking it leaves the machine.
    """

    views: frozenset[str]
    raw_events: bool = True
    exact_count: bool = True
    egress: bool = False


class LogRows(NamedTuple):
    """Rows of one query.

    Attributes:
        columns: those of the view, and `raw` for the raw events where they come along.
        rows: a cell for each column, in the order of `time`, `source` and `row`; times are in UTC without saying so.
        available: how many rows there would be without a limit.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    available: int


class LogSource(Protocol):
    """One connected log source."""

    @property
    def name(self) -> str:
        """What the source is called in answers: that of its description."""
        ...

    @property
    def description(self) -> SourceDescription:
        """What it is."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        ...

    @property
    def coverage(self) -> LogCoverage:
        """What became of its rows; empty for a source whose rows nobody had to understand."""
        ...

    @property
    def dialect(self) -> Dialect:
        """How it spells SQL."""
        ...

    def select(self, sql: str, parameters: Mapping[str, object], limit: int) -> LogRows:
        """Run one SELECT. Parameters are bound, never written into the SQL.

        Args:
            sql: of a pack, over the views that the source has.
            parameters: a value for each parameter of the SQL, by its name.
            limit: how many rows at most.

        Raises:
            QueryError: not exactly one SELECT, or its parameters are not the given ones.
            ConnectError: what the source keeps is damaged.
        """
        ...

    def close(self) -> None:
        """Let go of what it holds. Closing twice is fine."""
        ...


@runtime_checkable
class RawEvents(Protocol):
    """A log source that keeps its raw events, and lets somebody look through all of them. None has to be one."""

    @property
    def name(self) -> str:
        """What the source is called in answers."""
        ...

    @property
    def description(self) -> SourceDescription:
        """What it is."""
        ...

    @property
    def events(self) -> EventStore:
        """The events."""
        ...


class LogEngine(Protocol):
    """A kind of log source.

    Attributes:
        name: in the registry and in cases: it stays the same for ever.
        libraries: what has to be installed for it, by the names that are imported.
    """

    @property
    def name(self) -> str: ...

    @property
    def libraries(self) -> tuple[str, ...]: ...

    def recognises(self, location: str) -> bool:
        """Whether a location is one of this engine's. Nothing is opened and nobody is asked."""
        ...

    def open(self, location: str, cache: Path, *, full_check: bool = False, hints: LogHints = NO_HINTS) -> LogSource:
        """The source at a location that the user gave.

        Args:
            cache: the user's own folder for what can be made again.
            full_check: look at all that is there, also where it seems to be what it was.
            hints: what the user says of the logs.

        Raises:
            ConnectError: nothing there, nothing readable, or damaged; columns that are not there, or of no view; the
                engine needs no hints, and is given some.
            MissingExtra: a library is not installed.
        """
        ...

    def reopen(self, description: SourceDescription, cache: Path) -> LogSource | None:
        """A source that was open on this machine before; None if it was not.

        The description is out of a case, and may come from anybody: the source is found by its identity in the cache,
        and the location is not followed.

        Raises:
            ConnectError: what is in the cache is damaged.
            MissingExtra: a library is not installed.
        """
        ...
