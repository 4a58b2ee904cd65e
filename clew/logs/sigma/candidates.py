"""Which rules an event may match, by the literals that stand in it: one scan for the literals of all rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from clew.errors import MissingExtra
from clew.logs.sigma.literals import ESCAPE_MARKERS, Clause, Clauses

if TYPE_CHECKING:
    from clew.logs.engines.event_store import EventBatch


#: How many clauses of a rule are looked for once it is known which are rare.
_RARE_CLAUSES = 2


class RuleCandidate(NamedTuple):
    """An event that some rules may match.

    Attributes:
        position: its place in the batch.
        rules: the numbers of those rules; None where literals do not tell, so any may.
    """

    position: int
    rules: tuple[int, ...] | None


class _RuleRest(NamedTuple):
    """A rule that is begun by one literal: what else has to stand there."""

    number: int
    clauses: tuple[frozenset[int], ...]


class CandidateScan:
    """Finds candidates in batches of events.

    Args:
        clauses: of each rule, by its number; a rule without clauses may match any event.

    Raises:
        MissingExtra: the library is not installed.
    """

    def __init__(self, clauses: Sequence[Clauses]) -> None:
        try:
            from ahocorasick_rs import BytesAhoCorasick, Implementation
        except ImportError:
            raise MissingExtra("ahocorasick_rs", extra="sigma", purpose="running Sigma rules") from None
        literals = sorted({literal for rule in clauses for clause in rule for literal in clause} - {*ESCAPE_MARKERS})
        patterns = [*ESCAPE_MARKERS, *literals]
        numbers = {pattern: number for number, pattern in enumerate(patterns)}
        self._clauses = clauses
        self._patterns = patterns
        self._unsafe = frozenset(range(len(ESCAPE_MARKERS)))
        self._by_first_literal: list[list[_RuleRest]] = [[] for _ in patterns]
        self.anywhere = tuple(number for number, rule in enumerate(clauses) if not rule)
        for number, rule in enumerate(clauses):
            if rule:
                first, *other_clauses = [frozenset(numbers[literal] for literal in clause) for clause in rule]
                for pattern in first:
                    self._by_first_literal[pattern].append(_RuleRest(number, tuple(other_clauses)))
        implementation = Implementation.DFA if len(patterns) < 20_000 else Implementation.ContiguousNFA
        self._automaton = BytesAhoCorasick(patterns, implementation=implementation)
        self._memory: dict[frozenset[int], tuple[int, ...]] = {}

    def rarest(self, sample: Iterable[EventBatch]) -> CandidateScan:
        """A scan with the clauses alone that are rare in a sample: those of each rule that tell most.

        A clause that half of the events hold tells nothing.
        """
        counts: Counter[bytes] = Counter()
        event_count = 0
        for batch in sample:
            event_count += len(batch.ends)
            for literals in self._literals_of_events(batch, batch.content.lower()).values():
                counts.update(self._patterns[pattern] for pattern in literals)

        def events(clause: Clause) -> int:
            return sum(counts[literal] for literal in clause)

        telling = [[clause for clause in rule if events(clause) * 2 < event_count] for rule in self._clauses]
        return CandidateScan([tuple(sorted(rule, key=events)[:_RARE_CLAUSES]) for rule in telling])

    def candidates(self, batch: EventBatch) -> Iterator[RuleCandidate]:
        """The events of a batch that have to be looked at, in their order."""
        content = batch.content.lower()
        literals_of_events = self._literals_of_events(batch, content)
        start = 0
        for index, end in enumerate(batch.ends):
            hits = literals_of_events.get(index)
            if content[start : start + 1] != b"{" or (hits and not hits.isdisjoint(self._unsafe)):
                yield RuleCandidate(index, None)
            else:
                rules = self._rules(frozenset(hits)) if hits else self.anywhere
                if rules:
                    yield RuleCandidate(index, rules)
            start = end

    def _literals_of_events(self, batch: EventBatch, content: bytes) -> dict[int, set[int]]:
        """The literals that stand in each event, by its place in the batch; content is that of the batch, lower."""
        ends, index, limit = batch.ends, 0, batch.ends[0] if batch.ends else 0
        by_event: dict[int, set[int]] = {}
        literals = set[int]()
        for pattern, _, end in self._automaton.find_matches_as_indexes(content, overlapping=True):
            if end > limit:
                while end > limit:
                    index += 1
                    limit = ends[index]
                literals = by_event[index] = set()
            elif not literals:
                literals = by_event[index] = set()
            literals.add(pattern)
        return by_event

    def _rules(self, literals: frozenset[int]) -> tuple[int, ...]:
        rules = self._memory.get(literals)
        if rules is None:
            if len(self._memory) > 100_000:
                self._memory.clear()
            numbers = {
                item.number
                for pattern in literals
                for item in self._by_first_literal[pattern]
                if all(not clause.isdisjoint(literals) for clause in item.clauses)
            }
            rules = self._memory[literals] = (*sorted(numbers), *self.anywhere)
        return rules
