"""What rules say about logs: which events they match, and what became of each rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from clew.entities.display import plural

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class RuleHeader:
    """What a rule says about itself.

    Attributes:
        id: its UUID; else its name or its title.
        level: informational, low, medium, high, critical; empty where it says none.
        techniques: of ATT&CK, by their ids: `T1059.001`.
        file: where it was read.
    """

    id: str
    title: str
    level: str = ""
    techniques: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    file: str = ""


class RuleState(StrEnum):
    """What became of a rule."""

    MATCHED = "matched"
    RAN = "ran"
    PART = "part of a correlation"
    NO_FIELDS = "fields not there"
    NO_EVENTS = "no events of its log source"
    NOT_CONVERTED = "not converted"


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """What became of one rule.

    Attributes:
        matches: how many there are, also beyond those that are kept.
        reason: why it was not converted, or which fields none of its events had.
    """

    rule: RuleHeader
    state: RuleState
    matches: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class EventPlace:
    """An event of connected logs.

    Attributes:
        connection: the name of the log source; `identity` is what tells it from every other.
        source: the file in it.
        row: in that file, from 1.
        time: in UTC; None where it says none.
    """

    connection: str
    source: str
    row: int
    time: datetime | None
    host: str
    identity: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class RuleMatch:
    """A rule and the event that it matches; of a correlation, all events of one window, in their order of time."""

    rule: RuleHeader
    events: tuple[EventPlace, ...]

    @property
    def last(self) -> EventPlace:
        """The event with which the rule was fulfilled."""
        return self.events[-1]


@dataclass(frozen=True)
class Detection:
    """What a run of rules gave.

    Attributes:
        matches: by time, those without one last.
        outcomes: of each rule, those that matched first.
        event_count: how many events there were.
        unreadable_count: how many of them could not be read, and no rule saw.
        not_looked_at: the connected sources that keep no raw events.
    """

    matches: tuple[RuleMatch, ...]
    outcomes: tuple[RuleOutcome, ...]
    event_count: int = 0
    unreadable_count: int = 0
    not_looked_at: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.matches)

    @property
    def state_counts(self) -> Mapping[RuleState, int]:
        """How many rules there are of each state."""
        return Counter(outcome.state for outcome in self.outcomes)

    def __str__(self) -> str:
        counts = self.state_counts
        states = ", ".join(f"{counts[state]:,} {state}" for state in RuleState if counts.get(state))
        total = sum(outcome.matches for outcome in self.outcomes)
        lines = [
            f"{plural(len(self.outcomes), 'rule')} over {plural(self.event_count, 'event')}: {states}",
            f"{total:,} {'match' if total == 1 else 'matches'}"
            + (f", {len(self.matches):,} of them kept" if len(self.matches) < total else ""),
        ]
        if self.unreadable_count:
            lines.append(f"{plural(self.unreadable_count, 'event')} could not be read")
        if self.not_looked_at:
            lines.append(f"not looked at: {', '.join(self.not_looked_at)}")
        return "\n".join(lines)

    def to_frame(self) -> pd.DataFrame:
        """A row for each match: rule, title, level, techniques, time, host, connection, source, row, events."""
        import pandas as pd

        rows = [
            (
                match.rule.id,
                match.rule.title,
                match.rule.level,
                ", ".join(match.rule.techniques),
                match.last.time,
                match.last.host,
                match.last.connection,
                match.last.source,
                match.last.row,
                len(match.events),
            )
            for match in self.matches
        ]
        names = ["rule", "title", "level", "techniques", "time", "host", "connection", "source", "row", "events"]
        frame = pd.DataFrame(rows, columns=names)
        frame["time"] = pd.to_datetime(frame["time"], utc=True)
        return frame

    def rules_frame(self) -> pd.DataFrame:
        """A row for each rule: rule, title, level, state, matches, reason, file."""
        import pandas as pd

        rows = [
            (item.rule.id, item.rule.title, item.rule.level, str(item.state), item.matches, item.reason, item.rule.file)
            for item in self.outcomes
        ]
        return pd.DataFrame(rows, columns=["rule", "title", "level", "state", "matches", "reason", "file"])
