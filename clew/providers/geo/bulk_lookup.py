"""Many addresses at once: the same answers as one by one, with each record read once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from clew.entities import IpAddress, Outcome
from clew.entities.finding import Scalar
from clew.errors import AskSkipped
from clew.providers.geo.database_files import DatabaseSources, combined_error, no_ipv6_error
from clew.providers.geo.maxmind_database import Database
from clew.providers.geo.maxmind_records import DatabaseAnswer, FactCache, facts_of
from clew.providers.geo.maxmind_replies import network, number_of, record_at
from clew.providers.geo.place_answer import ALL_FACTS, GeoAnswer
from clew.transforms.address_kinds import GLOBAL_KIND, kind_of

# Where a database of IPv4 addresses has those of IPv6.
_NO_IPV6 = -2


class AnswerTable:
    """The answers for many addresses, as they are found."""

    def __init__(self, sources: DatabaseSources, count: int, day: date) -> None:
        self._sources = sources
        self._day = day
        self._fact_caches = [FactCache() for _ in sources.databases]
        self._answers_by_offset: list[dict[int, DatabaseAnswer | AskSkipped]] = [{} for _ in sources.databases]
        self._codes_by_offsets: dict[tuple[int, ...], int] = {}
        self.answers: list[GeoAnswer] = []
        #: For each address the place of its answer in `answers`.
        self.codes = [0] * count
        self.networks: list[Scalar] = [None] * count

    def fill(self, rows: Sequence[int], numbers: Sequence[int], bits: int) -> None:
        """Answer for the addresses of these rows, which are in ascending order."""
        databases = self._sources.databases
        results = [self._find(database, numbers, bits) for database in databases]
        offsets = _by_address([database_offsets for database_offsets, _ in results], len(rows))
        prefixes = _by_address([database_prefixes for _, database_prefixes in results], len(rows))
        last, text = (-1, -1), ""
        for row, number, row_offsets, row_prefixes in zip(rows, numbers, offsets, prefixes, strict=True):
            code = self._codes_by_offsets.get(row_offsets)
            if code is None:
                code = self._codes_by_offsets[row_offsets] = self._add_answer(row_offsets)
            self.codes[row] = code
            if self.answers[code].outcome is Outcome.FOUND:
                prefix = row_prefixes[0] if len(row_offsets) == 1 else self._longest_prefix(row_offsets, row_prefixes)
                if (number >> bits - prefix, prefix) != last:
                    last, text = (number >> bits - prefix, prefix), network(number, bits, prefix)
                self.networks[row] = text

    def _find(self, database: Database, numbers: Sequence[int], bits: int) -> tuple[list[int], list[int]]:
        if bits == 128 and database.ip_version == 4:
            return [_NO_IPV6] * len(numbers), [0] * len(numbers)
        return database.find(numbers, bits)

    def _add_answer(self, offsets: Sequence[int]) -> int:
        results = [self._database_answer(index, offset) for index, offset in enumerate(offsets)]
        failures = [*self._sources.failures, *(result for result in results if isinstance(result, AskSkipped))]
        database_answers = [result for result in results if isinstance(result, DatabaseAnswer)]
        answer = (
            GeoAnswer.of(database_answers, [failure.reason for failure in failures], self._day)
            if database_answers
            else None
        )
        self.answers.append(answer or GeoAnswer.skipped_answer(combined_error(failures).reason))
        return len(self.answers) - 1

    def _database_answer(self, index: int, offset: int) -> DatabaseAnswer | AskSkipped:
        cache = self._answers_by_offset[index]
        if offset not in cache:
            cache[offset] = _read_answer(self._sources.databases[index], offset, self._fact_caches[index])
        return cache[offset]

    def _longest_prefix(self, offsets: Sequence[int], prefixes: Sequence[int]) -> int:
        """How many bits the smallest network has that a record is about."""
        lookups = zip(self._answers_by_offset, offsets, prefixes, strict=True)
        return max(
            prefix
            for cache, offset, prefix in lookups
            if isinstance(result := cache[offset], DatabaseAnswer) and result.facts is not None
        )


def _by_address(results: Sequence[Sequence[int]], count: int) -> Iterable[tuple[int, ...]]:
    """For each address what each database has."""
    return zip(*results, strict=True) if results else [()] * count


def _read_answer(database: Database, offset: int, cache: FactCache) -> DatabaseAnswer | AskSkipped:
    if offset == _NO_IPV6:
        return no_ipv6_error(database.name)
    try:
        record = record_at(database, offset)
    except AskSkipped as error:
        return error
    facts = None if record is None else facts_of(record, database.type, cache)
    return DatabaseAnswer(database.name, database.type, database.build_day, facts)


def _reasons(answers: Sequence[GeoAnswer], codes: Sequence[int], subjects: Sequence[IpAddress]) -> list[Scalar]:
    """The reason for each address, each put together once."""
    common_reasons = [None if answer.outcome is Outcome.NOTHING else answer.reason(GLOBAL_KIND) for answer in answers]
    cache: dict[tuple[int, str], str] = {}
    reasons: list[Scalar] = []
    for code, subject in zip(codes, subjects, strict=True):
        reason = common_reasons[code]
        if reason is None:
            key = (code, kind_of(subject.value))
            reason = cache.get(key) or cache.setdefault(key, answers[code].reason(key[1]))
        reasons.append(reason)
    return reasons


def columns(sources: DatabaseSources, subjects: Sequence[IpAddress], day: date) -> Mapping[str, Sequence[Scalar]]:
    """The outcome, reason, counts and facts of each address, as a finding has them."""
    table = AnswerTable(sources, len(subjects), day)
    for bits in (32, 128):
        of_kind = [row for row, subject in enumerate(subjects) if (":" in subject.value) == (bits == 128)]
        numbers = {row: number_of(subjects[row].value).number for row in of_kind}
        rows = sorted(of_kind, key=numbers.__getitem__)
        table.fill(rows, [*map(numbers.__getitem__, rows)], bits)
    answers, codes = table.answers, table.codes

    def column(cells: Sequence[Scalar]) -> list[Scalar]:
        return [*map(cells.__getitem__, codes)]

    fact_names = {name for answer in answers for name in answer.facts}
    facts = {name: column([answer.facts.get(name) for answer in answers]) for name in ALL_FACTS if name in fact_names}
    if fact_names:
        facts["network"] = table.networks
    return {
        "outcome": column([answer.outcome.value for answer in answers]),
        "reason": _reasons(answers, codes, subjects),
        "returned": column([answer.returned_count for answer in answers]),
        "available": column([answer.available_count for answer in answers]),
        **{name: facts[name] for name in ALL_FACTS if name in facts},
    }
