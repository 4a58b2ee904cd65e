"""What became of the rows of logs: how many are in which views, and how many nobody can ask about, with the reason."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from clew.entities.display import visible
from clew.logs.event_mapper import EventKind

_MAX_LABELS = 5
_MAX_FILES = 20


class RowCount(NamedTuple):
    """So many rows that became the same.

    Attributes:
        label: the views, separated by commas; else what kind of events they are, or which fields they have.
    """

    kind: EventKind
    label: str
    rows: int


@dataclass(frozen=True, slots=True)
class LogCoverage:
    """Where each row of a source ended, each in one count; and the files that were skipped.

    Attributes:
        counts: the most frequent first.
        skipped_files: the name of each file that was skipped, or cut, and why.
        assumptions: the name of each file that does not say something, and what was taken to be so.
        suggestions: for the fields of rows of an unknown layout, what some of them may be: pairs of a field and its
            name in the Elastic Common Schema.
    """

    counts: tuple[RowCount, ...] = ()
    skipped_files: tuple[tuple[str, str], ...] = field(default=())
    assumptions: tuple[tuple[str, str], ...] = field(default=())
    suggestions: Mapping[str, tuple[tuple[str, str], ...]] = field(
        default_factory=dict[str, tuple[tuple[str, str], ...]]
    )

    def total(self, *kinds: EventKind) -> int:
        """How many rows are of these kinds."""
        return sum(count.rows for count in self.counts if count.kind in kinds)

    @property
    def views(self) -> frozenset[str]:
        """The views that have rows."""
        labels = (count.label for count in self.counts if count.kind in (EventKind.IN_VIEWS, EventKind.NO_TIME))
        return frozenset(view for label in labels for view in label.split(", "))

    def no_time(self, view: str) -> int:
        """How many rows of a view have no time: they are in no window."""
        return sum(
            count.rows for count in self.counts if count.kind is EventKind.NO_TIME and view in count.label.split(", ")
        )

    def lines(self, *, is_for_commands: bool = False) -> Iterator[str]:
        """The table of counts, a line each, with names out of the logs made visible.

        Args:
            is_for_commands: what to do next is said in the words of the command line.
        """
        width = max((len(f"{count.rows:,}") for count in self.counts), default=0)
        for kind in EventKind:
            labels = [count for count in self.counts if count.kind is kind]
            for count in labels[:_MAX_LABELS]:
                detail = f": {visible(count.label, 160)}" if count.label else ""
                yield f"{count.rows:>{width},} {kind.value}{detail}"
            if len(labels) > _MAX_LABELS:
                other_rows = sum(count.rows for count in labels[_MAX_LABELS:])
                yield f"{other_rows:>{width},} {kind.value}: {len(labels) - _MAX_LABELS} more kinds"
        for name, reason in self.skipped_files[:_MAX_FILES]:
            yield f"skipped {visible(name, 80)}: {visible(reason, 160)}"
        if len(self.skipped_files) > _MAX_FILES:
            yield f"skipped {len(self.skipped_files) - _MAX_FILES:,} more files"
        names_by_assumption: dict[str, list[str]] = {}
        for name, assumption in self.assumptions:
            names_by_assumption.setdefault(assumption, []).append(name)
        for assumption, names in names_by_assumption.items():
            suffix = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
            yield f"assumed for {visible(names[0], 80)}{suffix}: {visible(assumption, 160)}"
        for columns in self.suggestions.values():
            if is_for_commands:
                options = (shlex.quote(f"{column}={target}") for column, target in columns)
                mapping = " ".join(f"--map {visible(option, 80)}" for option in options)
            else:
                pairs = ", ".join(f"{visible(repr(column), 60)}: {target!r}" for column, target in columns)
                mapping = f"map={{{pairs}}}"
            yield f"rows of no known layout can be asked about if you say what their columns are: {mapping}"


def coverage_of(
    counts: Iterable[tuple[str, str, int]],
    skipped_files: Iterable[tuple[str, str]],
    assumptions: Iterable[tuple[str, str]],
    suggestion_rows: Iterable[tuple[str, str, str]],
) -> LogCoverage:
    """The coverage that a store wrote down.

    Args:
        counts: kind, label and number of rows.
        skipped_files: name and reason.
        assumptions: name of the file, and what was assumed.
        suggestion_rows: the fields of an unknown layout, one of them, and what it may be.
    """
    row_counts = (RowCount(EventKind(kind), label, rows) for kind, label, rows in counts)
    sorted_counts = tuple(sorted(row_counts, key=lambda count: (-count.rows, count)))
    suggestions: dict[str, tuple[tuple[str, str], ...]] = {}
    for label, column, target in suggestion_rows:
        suggestions[label] = (*suggestions.get(label, ()), (column, target))
    return LogCoverage(sorted_counts, tuple(skipped_files), tuple(assumptions), suggestions)
