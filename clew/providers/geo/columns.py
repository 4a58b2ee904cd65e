"""Many addresses at once: the same answers as one by one, with each record read once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from clew.entities import IpAddress, Outcome
from clew.entities.finding import Scalar
from clew.errors import AskSkipped
from clew.providers.geo.answers import ALL_FACTS, Answer
from clew.providers.geo.database import Database
from clew.providers.geo.records import Parts, Said, facts_of
from clew.providers.geo.replies import network, number_of, record_at
from clew.providers.geo.sources import Sources, all_of, without_ipv6
from clew.providers.net.kinds import GLOBAL, kind_of

# Where a database of IPv4 addresses has those of IPv6.
_UNHELD = -2


class Table:
    """The answers for many addresses, as they are found."""

    def __init__(self, sources: Sources, count: int, day: date) -> None:
        self._sources = sources
        self._day = day
        self._shared = [Parts() for _ in sources.databases]
        self._parts: list[dict[int, Said | AskSkipped]] = [{} for _ in sources.databases]
        self._known: dict[tuple[int, ...], int] = {}
        self.answers: list[Answer] = []
        #: For each address the place of its answer in `answers`.
        self.codes = [0] * count
        self.networks: list[Scalar] = [None] * count

    def fill(self, rows: Sequence[int], numbers: Sequence[int], bits: int) -> None:
        """Answer for the addresses of these rows, which are in ascending order."""
        databases = self._sources.databases
        found = [self._find(database, numbers, bits) for database in databases]
        places = _across([each for each, _ in found], len(rows))
        prefixes = _across([each for _, each in found], len(rows))
        last, text = (-1, -1), ""
        for row, number, at, widths in zip(rows, numbers, places, prefixes, strict=True):
            code = self._known.get(at)
            if code is None:
                code = self._known[at] = self._answer(at)
            self.codes[row] = code
            if self.answers[code].outcome is Outcome.FOUND:
                prefix = widths[0] if len(at) == 1 else self._smallest(at, widths)
                if (number >> bits - prefix, prefix) != last:
                    last, text = (number >> bits - prefix, prefix), network(number, bits, prefix)
                self.networks[row] = text

    def _find(self, database: Database, numbers: Sequence[int], bits: int) -> tuple[list[int], list[int]]:
        if bits == 128 and database.ip_version == 4:
            return [_UNHELD] * len(numbers), [0] * len(numbers)
        return database.find(numbers, bits)

    def _answer(self, places: Sequence[int]) -> int:
        parts = [self._part(which, place) for which, place in enumerate(places)]
        troubles = [*self._sources.troubles, *(part for part in parts if isinstance(part, AskSkipped))]
        said = [part for part in parts if isinstance(part, Said)]
        answer = Answer.of(said, [trouble.reason for trouble in troubles], self._day) if said else None
        self.answers.append(answer or Answer.skipped(all_of(troubles).reason))
        return len(self.answers) - 1

    def _part(self, which: int, place: int) -> Said | AskSkipped:
        known = self._parts[which]
        if place not in known:
            known[place] = _part(self._sources.databases[which], place, self._shared[which])
        return known[place]

    def _smallest(self, places: Sequence[int], prefixes: Sequence[int]) -> int:
        """How many bits the smallest network has that a record is about."""
        told = zip(self._parts, places, prefixes, strict=True)
        return max(
            prefix for known, place, prefix in told if isinstance(part := known[place], Said) and part.facts is not None
        )


def _across(found: Sequence[Sequence[int]], count: int) -> Iterable[tuple[int, ...]]:
    """For each address what each database has."""
    return zip(*found, strict=True) if found else [()] * count


def _part(database: Database, place: int, shared: Parts) -> Said | AskSkipped:
    if place == _UNHELD:
        return without_ipv6(database.name)
    try:
        record = record_at(database, place)
    except AskSkipped as error:
        return error
    facts = None if record is None else facts_of(record, database.type, shared)
    return Said(database.name, database.type, database.built, facts)


def _reasons(answers: Sequence[Answer], codes: Sequence[int], subjects: Sequence[IpAddress]) -> list[Scalar]:
    """The reason for each address, each put together once."""
    same = [None if answer.outcome is Outcome.NOTHING else answer.reason(GLOBAL) for answer in answers]
    known: dict[tuple[int, str], str] = {}
    reasons: list[Scalar] = []
    for code, subject in zip(codes, subjects, strict=True):
        reason = same[code]
        if reason is None:
            told = (code, kind_of(subject.value))
            reason = known.get(told) or known.setdefault(told, answers[code].reason(told[1]))
        reasons.append(reason)
    return reasons


def columns(sources: Sources, subjects: Sequence[IpAddress], day: date) -> Mapping[str, Sequence[Scalar]]:
    """The outcome, reason, counts and facts of each address, as a finding has them."""
    table = Table(sources, len(subjects), day)
    for bits in (32, 128):
        of_kind = [row for row, subject in enumerate(subjects) if (":" in subject.value) == (bits == 128)]
        numbers = {row: number_of(subjects[row].value)[0] for row in of_kind}
        rows = sorted(of_kind, key=numbers.__getitem__)
        table.fill(rows, [*map(numbers.__getitem__, rows)], bits)
    answers, codes = table.answers, table.codes

    def column(cells: Sequence[Scalar]) -> list[Scalar]:
        return [*map(cells.__getitem__, codes)]

    said = {name for answer in answers for name in answer.facts}
    facts = {name: column([answer.facts.get(name) for answer in answers]) for name in ALL_FACTS if name in said}
    if said:
        facts["network"] = table.networks
    return {
        "outcome": column([answer.outcome.value for answer in answers]),
        "reason": _reasons(answers, codes, subjects),
        "returned": column([answer.returned for answer in answers]),
        "available": column([answer.available for answer in answers]),
        **{name: facts[name] for name in ALL_FACTS if name in facts},
    }
