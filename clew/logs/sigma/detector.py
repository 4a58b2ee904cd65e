"""Rules over the events of log sources: candidates are found by literals, parsed, and checked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from clew.logs.cell_values import CELL_FUNCTIONS, lower, text
from clew.logs.engines.event_store import EventBatch
from clew.logs.engines.protocol import LogSource, RawEvents
from clew.logs.event_mapper import EventMapper, LocatedEvent
from clew.logs.event_paths import Fields
from clew.logs.schema_files import load_schemas
from clew.logs.sigma.candidates import CandidateScan
from clew.logs.sigma.correlations import Hit
from clew.logs.sigma.detections import Detection, EventPlace, RuleMatch, RuleOutcome, RuleState
from clew.logs.sigma.event_fields import ABSENT, EventFields
from clew.logs.sigma.log_sources import NO_NAMES, log_source_table
from clew.logs.sigma.raw_events import raw_fields
from clew.logs.sigma.rule_files import RuleLocations, rule_files
from clew.logs.sigma.rule_set import RuleSet, load_rules
from clew.logs.sigma.value_tests import Placeholders

#: How many matches of one rule are kept; all are counted.
KEPT_MATCHES = 10_000
_CODE = re.compile(rb'"(?:EventID|event_id|EventId|EventCode)"\s*:\s*"?([0-9]{1,6})')
_SAMPLES = 20
#: Which literals are rare is seen in about so many events, from all over a source.
_SAMPLE_EVENTS = 2_000
_MAX_KINDS = 50_000


def detect(
    sources: Iterable[LogSource],
    rules: RuleLocations,
    *,
    placeholders: Placeholders | None = None,
    limit: int = KEPT_MATCHES,
) -> Detection:
    """Run Sigma rules over all events of log sources.

    Args:
        rules: files, folders, zip archives, or the text of a rule.
        placeholders: for the names of placeholders (`%admins%` is `admins`), the values that they stand for.
        limit: how many matches of each rule are kept; all are counted.

    Raises:
        QueryError: there are no rules there.
        ConnectError: what was kept of a source is damaged.
        MissingExtra: a library is not installed.
    """
    rule_set = load_rules(rule_files(rules), placeholders or {})
    run = _Run(rule_set, limit)
    skipped_names: list[str] = []
    for source in sources:
        if isinstance(source, RawEvents):
            run.read(source)
        else:
            skipped_names.append(source.name)
    return run.result(tuple(skipped_names))


@dataclass(frozen=True, slots=True)
class _Kind:
    """The rules that are about one kind of event.

    Attributes:
        names: for the number of each rule, by which table of names it reads the event.
    """

    names: Mapping[int, str]
    _memory: dict[int, tuple[Sequence[int], tuple[int, ...]]] = field(default_factory=dict[int, Any])

    def rules_among(self, numbers: Sequence[int] | None) -> Iterable[int]:
        """Those of some rules that are about this kind; all of them for None.

        The same few sequences come again and again: what was found for one is kept together with it, so that no other
        one can take its identity.
        """
        if numbers is None:
            return self.names
        entry = self._memory.get(id(numbers))
        if entry is None:
            if len(self._memory) >= _MAX_KINDS:
                self._memory.clear()
            entry = self._memory[id(numbers)] = (numbers, tuple(filter(self.names.__contains__, numbers)))
        return entry[1]


class _MatchedEvent(NamedTuple):
    """An event that a rule matches."""

    source: RawEvents
    number: int
    fields: Fields
    event: LocatedEvent
    view: EventFields


@dataclass(slots=True)
class _Samples:
    """Some events of the kinds that a rule is about, for the fields that they have."""

    count: int = 0
    fields: set[str] = field(default_factory=set[str])


class _Run:
    def __init__(self, rule_set: RuleSet, limit: int) -> None:
        self._rules = rule_set.rules
        self._set = rule_set
        self._limit = limit
        self._scan = CandidateScan([rule.clauses for rule in rule_set.rules])
        self._mapper = EventMapper(load_schemas())
        self._table = log_source_table()
        self._kinds: dict[tuple[Any, ...], _Kind] = {}
        self._signatures: set[tuple[Any, ...]] = set()
        self._counts: Counter[int] = Counter()
        self._matches: list[list[RuleMatch]] = [[] for _ in rule_set.rules]
        self._samples: dict[int, _Samples] = {}
        self._captured_fields: dict[int, frozenset[str]] = {}
        self._hits: dict[int, list[Hit]] = {}
        self._event_count = 0
        self._unreadable_count = 0
        self._timeless_hits: Counter[int] = Counter()
        for correlation in rule_set.correlations:
            for number in correlation.rules:
                self._captured_fields[number] = self._captured_fields.get(number, frozenset()) | correlation.fields

    def read(self, source: RawEvents) -> None:
        """All events of one source."""
        events = source.events
        scan = self._scan.rarest(events.sample(_SAMPLE_EVENTS))
        for batch in events.batches():
            self._event_count += len(batch.ends)
            candidates = {candidate.position: candidate.rules for candidate in scan.candidates(batch)}
            for index in self._new_kinds(batch, candidates.keys()):
                candidates[index] = ()
            for index, numbers in candidates.items():
                raw = batch.content[batch.ends[index - 1] if index else 0 : batch.ends[index]]
                self._check(source, batch.first + index, raw, numbers)

    def _new_kinds(self, batch: EventBatch, candidates: Iterable[int]) -> list[int]:
        """Events that look like none before them: they are looked at once for the kinds of events that there are."""
        is_candidate = {*candidates}
        new_indexes: list[int] = []
        start = 0
        for index, end in enumerate(batch.ends):
            if index not in is_candidate:
                code = _CODE.search(batch.content, start, end)
                channel = batch.content.find(b'"Channel"', start, end)
                signature = (
                    code[1] if code else batch.content[start : start + 48],
                    batch.content[channel : channel + 48] if channel >= 0 else b"",
                )
                if signature not in self._signatures:
                    if len(self._signatures) < _MAX_KINDS:
                        self._signatures.add(signature)
                    new_indexes.append(index)
            start = end
        return new_indexes

    def _check(self, source: RawEvents, number: int, raw: bytes, numbers: Sequence[int] | None) -> None:
        fields = raw_fields(raw, source.events.place(number)[0])
        if fields is None:
            self._unreadable_count += 1
            return
        event = self._mapper.locate(fields)
        kind = self._kind(event)
        views: dict[str, EventFields] = {}
        for rule_number in kind.rules_among(numbers):
            names = kind.names[rule_number]
            view = views.get(names)
            if view is None:
                view = views[names] = EventFields(event, self._table.names.get(names, NO_NAMES))
            if self._rules[rule_number].condition.test(view):
                self._add(rule_number, _MatchedEvent(source, number, fields, event, view))

    def _kind(self, event: LocatedEvent) -> _Kind:
        header = event.header
        channel = header.get("channel")
        # Events with a code have all fields of their kind; others leave out what they have no value for.
        shape = () if channel and header.get("code") is not None else tuple(event.fields)
        key: tuple[Any, ...] = (event.schema, channel, header.get("code"), shape)
        try:
            kind = self._kinds.get(key)
        except TypeError:  # a value that is an object
            key = (event.schema, lower(channel), lower(header.get("code")), key[-1])
            kind = self._kinds.get(key)
        if kind is None:
            if len(self._kinds) >= _MAX_KINDS:
                self._kinds.clear()
            kind = self._kinds[key] = self._new_kind(event)
        return kind

    def _new_kind(self, event: LocatedEvent) -> _Kind:
        is_accepted: dict[Any, bool] = {}
        names: dict[int, str] = {}
        for number, rule in enumerate(self._rules):
            for entries in rule.kinds:
                if entries not in is_accepted:
                    is_accepted[entries] = all(entry.accepts(event) for entry in entries)
                if is_accepted[entries]:
                    names[number] = next((entry.names for entry in entries if entry.names), "")
                    break
        for number, table in names.items():
            samples = self._samples.setdefault(number, _Samples())
            if samples.count < _SAMPLES:
                samples.count += 1
                view = EventFields(event, self._table.names.get(table, NO_NAMES))
                fields = self._rules[number].condition.fields
                samples.fields.update(name for name in fields if view.value(name) is not ABSENT)
        return _Kind({number: table for number, table in names.items() if self._may_have_code(number, event, table)})

    def _may_have_code(self, number: int, event: LocatedEvent, table: str) -> bool:
        """Whether a rule can be true of events of a kind: all of one kind have the same event id."""
        codes, code = self._rules[number].condition.codes, text(event.header.get("code"))
        if codes is None or code is None:
            return True
        names = self._table.names.get(table, NO_NAMES)
        # Where the rule sees another event id than the kind has, it has to look itself.
        return code in codes or EventFields(event, names).texts("EventID") != (code,)

    def _add(self, number: int, event: _MatchedEvent) -> None:
        self._counts[number] += 1
        captured_fields = self._captured_fields.get(number)
        is_kept = not self._rules[number].is_silent and len(self._matches[number]) < self._limit
        if captured_fields is None and not is_kept:
            return
        source = event.source
        file, row = source.events.place(event.number)
        time = self._time(event.fields, event.event)
        host = text(event.event.header.get("host")) or ""
        place = EventPlace(source.name, file.name, row, time, host, source.description.identity)
        if is_kept:
            self._matches[number].append(RuleMatch(self._rules[number].header, (place,)))
        if captured_fields is not None and time is None:
            self._timeless_hits[number] += 1
        elif captured_fields is not None and time is not None:
            values = {name: event.view.lower_texts(name) for name in captured_fields}
            self._hits.setdefault(number, []).append(Hit(number, time, (place,), values))

    def _time(self, fields: Fields, event: LocatedEvent) -> datetime | None:
        moment: Any = None
        for view, cells in self._mapper.map_event(fields).rows:
            names = load_schemas().views[view].cell_names
            moment = moment or cells[names.index("time")]
        if moment is None and event.header.get("timestamp") is not None:
            moment = CELL_FUNCTIONS["time"](event.header["timestamp"])
        if moment is None:
            values = (event.fields.get(name) for name in ("@timestamp", "time", "timestamp", "eventTime", "ts"))
            moment = next((time for value in values if value and (time := CELL_FUNCTIONS["time"](value))), None)
        return _utc(moment)

    def result(self, not_looked_at: tuple[str, ...]) -> Detection:
        """What came of it."""
        matches = [match for rule_matches in self._matches for match in rule_matches]
        outcomes = [self._outcome(number) for number in range(len(self._rules))]
        for position, correlation in enumerate(self._set.correlations):
            number = len(self._rules) + position
            parts = [hit for part in correlation.rules for hit in self._hits.get(part, ())]
            hits = [*correlation.hits(number, parts)]
            self._hits[number] = hits
            timeless = sum(self._timeless_hits[part] for part in correlation.rules)
            reason = f"{timeless:,} matches of its rules have no time" if timeless else ""
            state = RuleState.MATCHED if hits else RuleState.RAN
            if correlation.is_silent:
                state = RuleState.PART
            else:
                matches.extend(RuleMatch(correlation.header, hit.events) for hit in hits[: self._limit])
            outcomes.append(RuleOutcome(correlation.header, state, len(hits), reason))
        matches.sort(key=_order)
        outcomes += self._set.failures
        order = {state: position for position, state in enumerate(RuleState)}
        outcomes.sort(key=lambda item: (order[item.state], -item.matches, item.rule.title))
        return Detection(tuple(matches), tuple(outcomes), self._event_count, self._unreadable_count, not_looked_at)

    def _outcome(self, number: int) -> RuleOutcome:
        rule, count = self._rules[number], self._counts[number]
        samples = self._samples.get(number)
        if rule.is_silent:
            return RuleOutcome(rule.header, RuleState.PART, count)
        if count:
            return RuleOutcome(rule.header, RuleState.MATCHED, count)
        if samples is None:
            return RuleOutcome(rule.header, RuleState.NO_EVENTS)
        missing = sorted(rule.condition.fields - samples.fields)
        reason = f"not in the events looked at: {', '.join(missing)}" if missing else ""
        has_none = bool(missing) and len(missing) == len(rule.condition.fields)
        return RuleOutcome(rule.header, RuleState.NO_FIELDS if has_none else RuleState.RAN, 0, reason)


def _utc(moment: Any) -> datetime | None:
    if not isinstance(moment, datetime):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _order(match: RuleMatch) -> tuple[bool, float, str, int, str]:
    last = match.last
    return last.time is None, last.time.timestamp() if last.time else 0, last.source, last.row, match.rule.id
