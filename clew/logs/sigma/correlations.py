"""Correlation rules: what the matches of other rules say together, within a span of time.

A window begins with a match and is as long as the rule says. Where the condition holds of the matches in it, they are
one match of the correlation, and the next window begins behind them; where it does not, the next window begins with the
next match. A window of no match at all is never looked at: `lt` and `eq 0` say nothing about silence.
"""

from __future__ import annotations

import operator
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from clew.errors import QueryError
from clew.logs.sigma.detections import EventPlace, RuleHeader
from clew.logs.sigma.value_tests import as_number

if TYPE_CHECKING:
    from sigma.correlations import SigmaCorrelationRule

_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "LT": operator.lt,
    "LTE": operator.le,
    "GT": operator.gt,
    "GTE": operator.ge,
    "EQ": operator.eq,
    "NEQ": operator.ne,
}


class Hit(NamedTuple):
    """A match of a rule that a correlation is about.

    Attributes:
        rule: its number.
        values: those of the fields that correlations ask for, by name, in lower case.
    """

    rule: int
    time: datetime
    events: tuple[EventPlace, ...]
    values: Mapping[str, tuple[str, ...]]


WindowTest = Callable[[Sequence[Hit]], bool]


@dataclass(frozen=True, slots=True)
class Correlation:
    """A correlation rule.

    Attributes:
        rules: the numbers of the rules that it is about.
        group_by: the fields by which matches are told apart; for each, how the field is called in a rule that calls
            it otherwise.
        fields: all fields of single events that it asks for.
    """

    header: RuleHeader
    rules: tuple[int, ...]
    span: timedelta
    group_by: tuple[tuple[str, Mapping[int, str]], ...]
    is_fulfilled: WindowTest
    fields: frozenset[str]
    is_silent: bool = False

    def hits(self, number: int, hits: Sequence[Hit]) -> Iterator[Hit]:
        """The windows in which it is fulfilled, each as a match of its own.

        Args:
            number: of this correlation.
            hits: matches of its rules.
        """
        groups: dict[tuple[tuple[str, ...], ...], list[Hit]] = {}
        for hit in sorted(hits, key=lambda hit: hit.time):
            key = tuple(hit.values.get(names.get(hit.rule, name), ()) for name, names in self.group_by)
            if all(key):  # who lacks a field is of no group
                groups.setdefault(key, []).append(hit)
        for key, group in groups.items():
            values = {name: texts for (name, _), texts in zip(self.group_by, key, strict=True)}
            yield from self._windows(number, group, values)

    def _windows(self, number: int, group: list[Hit], values: Mapping[str, tuple[str, ...]]) -> Iterator[Hit]:
        start, end = 0, 0
        while start < len(group):
            end = max(end, start)
            while end < len(group) and group[end].time - group[start].time <= self.span:
                end += 1
            window = group[start:end]
            if self.is_fulfilled(window):
                events = tuple(event for hit in window for event in hit.events)
                yield Hit(number, window[-1].time, events, values)
                start = end
            else:
                start += 1


def read_correlation(
    rule: SigmaCorrelationRule, header: RuleHeader, numbers: Mapping[int, int], *, is_silent: bool
) -> Correlation:
    """A correlation as pySigma reads it, made ready.

    Raises:
        QueryError: something of it cannot be evaluated.
    """
    by_name = {reference.reference: numbers[id(reference.rule)] for reference in rule.referenced_rules}
    aliases: dict[str, Mapping[int, str]] = {}
    for alias in rule.aliases:
        pairs = {by_name.get(ref.reference, numbers.get(id(ref.rule), -1)): name for ref, name in alias.mapping.items()}
        aliases[alias.alias] = pairs
    group_by = tuple((name, aliases.get(name, {})) for name in rule.group_by or ())
    test, value_fields = _window_test(rule, by_name)
    fields = {name for name, _ in group_by} | {name for _, names in group_by for name in names.values()} | value_fields
    span = timedelta(seconds=rule.timespan.seconds)
    return Correlation(header, tuple(by_name.values()), span, group_by, test, frozenset(fields), is_silent)


def _window_test(rule: SigmaCorrelationRule, by_name: Mapping[str, int]) -> tuple[WindowTest, set[str]]:
    """Whether the condition holds of a window, and the fields whose values it needs."""
    from sigma.correlations import SigmaCorrelationCondition

    condition = rule.condition
    kind = rule.type.name
    if kind in ("TEMPORAL", "TEMPORAL_ORDERED"):
        if not isinstance(condition, SigmaCorrelationCondition):
            if kind == "TEMPORAL_ORDERED":
                raise QueryError("an order of rules with a condition of its own is not evaluated")
            return _expression_test(condition.parsed, by_name), set()
        return _together_test(tuple(by_name.values()), condition, is_ordered=kind == "TEMPORAL_ORDERED"), set()
    if not isinstance(condition, SigmaCorrelationCondition):
        raise QueryError(f"a correlation of the kind {kind.lower()} with such a condition is not evaluated")
    compare, target = _COMPARISONS[condition.op.name], condition.count
    if kind == "EVENT_COUNT":
        return lambda window: compare(len(window), target), set()
    reference = condition.fieldref
    fields = [reference] if isinstance(reference, str) else list(reference or ())
    if not fields:
        raise QueryError(f"a correlation of the kind {kind.lower()} needs a field")
    if kind == "VALUE_COUNT":
        return lambda window: compare(len(_combinations(window, fields)), target), {*fields}
    measure = _measure(kind, condition.percentile)

    def test(window: Sequence[Hit]) -> bool:
        texts = (text for hit in window for text in hit.values.get(fields[0], ()))
        amounts = [number for text in texts if (number := as_number(text)) is not None]
        return bool(amounts) and compare(measure(amounts), target)

    return test, {*fields}


def _combinations(window: Sequence[Hit], fields: Sequence[str]) -> set[tuple[tuple[str, ...], ...]]:
    keys = {tuple(hit.values.get(name, ()) for name in fields) for hit in window}
    return {key for key in keys if any(key)}


def _measure(kind: str, percentile: int | None) -> Callable[[list[Any]], float]:
    match kind:
        case "VALUE_SUM":
            return sum
        case "VALUE_AVG":
            return statistics.fmean
        case "VALUE_MEDIAN":
            return statistics.median
        case "VALUE_PERCENTILE":
            share = 50 if percentile is None else percentile
            if not 0 <= share <= 100:
                raise QueryError(f"there is no percentile {share}")
            return lambda amounts: sorted(amounts)[max(0, -(-len(amounts) * share // 100) - 1)]
        case _:
            raise QueryError(f"correlations of the kind {kind.lower()} are not evaluated")


def _together_test(rules: tuple[int, ...], condition: Any, *, is_ordered: bool) -> WindowTest:
    """All rules, or as many as the condition says, in one window; in their order where that counts."""
    compare, target = _COMPARISONS[condition.op.name], condition.count

    def any_order(window: Sequence[Hit]) -> bool:
        return compare(len({hit.rule for hit in window}), target)

    def one_order(window: Sequence[Hit]) -> bool:
        position = 0
        for hit in window:
            if position < len(rules) and hit.rule == rules[position]:
                position += 1
        return position == len(rules)

    return one_order if is_ordered else any_order


def _expression_test(node: Any, by_name: Mapping[str, int]) -> WindowTest:
    from sigma import correlations

    if isinstance(node, correlations.SigmaRuleReference):
        number = by_name[node.reference]
        return lambda window: any(hit.rule == number for hit in window)
    parts = [_expression_test(item, by_name) for item in node.args]
    if isinstance(node, correlations.CorrelationConditionNOT):
        return lambda window: not parts[0](window)
    if isinstance(node, correlations.CorrelationConditionAND):
        return lambda window: all(part(window) for part in parts)
    return lambda window: any(part(window) for part in parts)
