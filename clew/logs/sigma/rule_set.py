"""Rules as pySigma reads them, made ready to run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import yaml

from clew.errors import MissingExtra, QueryError
from clew.logs.sigma.conditions import ConditionCompiler, RuleCondition
from clew.logs.sigma.correlations import Correlation, read_correlation
from clew.logs.sigma.detections import RuleHeader, RuleOutcome, RuleState
from clew.logs.sigma.event_fields import EventFields
from clew.logs.sigma.literals import Clauses, all_of, any_of
from clew.logs.sigma.log_sources import LogSourceEntry, log_source_table
from clew.logs.sigma.rule_files import RuleFile
from clew.logs.sigma.value_tests import Placeholders

if TYPE_CHECKING:
    from sigma.collection import SigmaCollection
    from sigma.correlations import SigmaCorrelationRule
    from sigma.filters import SigmaFilter
    from sigma.rule import SigmaRule  # pyright: ignore[reportMissingTypeStubs] - its folder alone is not marked as typed

_TECHNIQUE = re.compile(r"t[0-9]{4}(?:\.[0-9]{3})?", re.IGNORECASE)
_RULE_KEYS = frozenset({"detection", "correlation", "filter", "action", "logsource"})
#: What pySigma finds wrong with what a rule says about itself: it can run nevertheless.
_METADATA_ERRORS = frozenset(
    {
        "SigmaAuthorError",
        "SigmaDateError",
        "SigmaDescriptionError",
        "SigmaFalsePositivesError",
        "SigmaFieldsError",
        "SigmaIdentifierError",
        "SigmaLevelError",
        "SigmaLicenseError",
        "SigmaModifiedError",
        "SigmaNameError",
        "SigmaReferencesError",
        "SigmaRelatedError",
        "SigmaScopeError",
        "SigmaStatusError",
        "SigmaTagError",
        "SigmaTitleError",
    }
)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule about single events.

    Attributes:
        kinds: of one of them, all entries accept an event that it is about.
        clauses: of each, one literal stands in every event that it matches.
        is_silent: whether its matches only count for a correlation.
    """

    header: RuleHeader
    condition: RuleCondition
    kinds: tuple[tuple[LogSourceEntry, ...], ...]
    clauses: Clauses
    is_silent: bool = False


@dataclass(slots=True)
class RuleSet:
    """All rules that can run, and what became of the others.

    They are numbered: those about single events first, then correlations.
    """

    rules: list[Rule] = field(default_factory=list[Rule])
    correlations: list[Correlation] = field(default_factory=list[Correlation])
    failures: list[RuleOutcome] = field(default_factory=list[RuleOutcome])

    def fail(self, header: RuleHeader, reason: str) -> None:
        """Say that a rule was not converted, and why."""
        self.failures.append(RuleOutcome(header, RuleState.NOT_CONVERTED, reason=reason))


def load_rules(files: Iterable[RuleFile], placeholders: Placeholders) -> RuleSet:
    """The rules of files. What cannot be used is told, and costs nothing else.

    Raises:
        MissingExtra: pySigma is not installed.
        QueryError: there is no rule in them.
    """
    try:
        from sigma.collection import SigmaCollection
        from sigma.correlations import SigmaCorrelationRule
    except ImportError:
        raise MissingExtra("pysigma", extra="sigma", purpose="running Sigma rules") from None
    rule_set = RuleSet()
    headers: dict[int, RuleHeader] = {}
    rules, filters = _parse_all(files, rule_set, headers)
    if not rules and not rule_set.failures:
        raise QueryError("there is no Sigma rule in it", next_step="give .yml files with `detection` or `correlation`")
    for rule in rules:
        for item in filters:
            _apply_filter(item, rule, rule_set, headers)
    collection = SigmaCollection([*rules], resolve_references=False)
    correlation_rules = [rule for rule in rules if isinstance(rule, SigmaCorrelationRule)]
    silent = _resolve_all(correlation_rules, collection, rule_set, headers)
    numbers: dict[int, int] = {}
    compiler = ConditionCompiler(placeholders, log_source_table().translated_names)
    for rule in rules:
        if not isinstance(rule, SigmaCorrelationRule):
            try:
                made_rule = _make_rule(rule, headers[id(rule)], compiler, is_silent=id(rule) in silent)
            except QueryError as error:
                rule_set.fail(headers[id(rule)], error.message)
            else:
                numbers[id(rule)] = len(rule_set.rules)
                rule_set.rules.append(made_rule)
    _add_correlations(correlation_rules, rule_set, headers, numbers, silent)
    return rule_set


def _parse_all(
    files: Iterable[RuleFile], rule_set: RuleSet, headers: dict[int, RuleHeader]
) -> tuple[list[SigmaRule | SigmaCorrelationRule], list[SigmaFilter]]:
    """The rules, and the filters."""
    from sigma.collection import SigmaCollection
    from sigma.exceptions import SigmaError

    rules: list[Any] = []
    filters: list[Any] = []
    for file in files:
        if file.fault:
            rule_set.fail(RuleHeader(file.name, file.name, file=file.name), file.fault)
            continue
        try:
            documents = [item for item in _documents(file.content) if _is_rule(item)]
            collection = SigmaCollection.from_dicts(
                documents, collect_errors=True, collect_filters=True, resolve_references=False
            )
        except (yaml.YAMLError, SigmaError, ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
            rule_set.fail(RuleHeader(file.name, file.name, file=file.name), f"it cannot be read: {_line(error)}")
            continue
        for items, target in ((collection.rules, rules), (collection.filters, filters)):
            for rule in items:
                headers[id(rule)] = header = _header(rule, file.name)
                errors = [error for error in rule.errors if type(error).__name__ not in _METADATA_ERRORS]
                if errors:
                    rule_set.fail(header, _line(errors[0]))
                else:
                    target.append(rule)
    return rules, filters


def _documents(content: Any) -> Iterator[Any]:
    """The documents of a YAML file, read by the safe loader in C where there is one."""
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(content)
    try:
        while loader.check_data():
            yield loader.get_data()
    finally:
        loader.dispose()


def _is_rule(document: Any) -> bool:
    content: dict[Any, Any] = cast("Any", document) if isinstance(document, dict) else {}
    return not _RULE_KEYS.isdisjoint(content)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


def _header(rule: Any, file: str) -> RuleHeader:
    tags = tuple(str(tag) for tag in rule.tags)
    names = [tag.removeprefix("attack.") for tag in tags if tag.startswith("attack.")]
    techniques = tuple(dict.fromkeys(name.upper() for name in names if _TECHNIQUE.fullmatch(name)))
    level = str(rule.level) if rule.level is not None else ""
    return RuleHeader(str(rule.id or rule.name or rule.title), str(rule.title), level, techniques, tags, file)


def _apply_filter(item: SigmaFilter, rule: Any, rule_set: RuleSet, headers: Mapping[int, RuleHeader]) -> None:
    from sigma.exceptions import SigmaError

    try:
        item.apply_on_rule(rule)
    except (SigmaError, ValueError, TypeError, LookupError, AttributeError) as error:
        rule_set.fail(headers[id(item)], f"it cannot be applied to {headers[id(rule)].title}: {_line(error)}")


def _resolve_all(
    correlation_rules: list[SigmaCorrelationRule],
    collection: SigmaCollection,
    rule_set: RuleSet,
    headers: Mapping[int, RuleHeader],
) -> set[int]:
    """Find what correlations refer to; returns which rules are only parts of them."""
    from sigma.exceptions import SigmaError

    silent: set[int] = set()
    for rule in [*correlation_rules]:
        try:
            rule.resolve_rule_references(collection)
        except SigmaError as error:
            rule_set.fail(headers[id(rule)], _line(error))
            correlation_rules.remove(rule)
        else:
            if not rule.generate:
                silent.update(id(reference.rule) for reference in rule.referenced_rules)
    return silent


def _make_rule(rule: SigmaRule, header: RuleHeader, compiler: ConditionCompiler, *, is_silent: bool) -> Rule:
    from sigma.exceptions import SigmaError

    source = rule.logsource
    kinds = log_source_table().kinds(source.product or "", source.category or "", source.service or "")
    if not kinds:
        words = [f"{name} {text}" for name in ("product", "category", "service") if (text := getattr(source, name))]
        raise QueryError(f"no events are known for the log source {', '.join(words)}")
    try:
        trees = [condition.parsed for condition in rule.detection.parsed_condition]
    except (SigmaError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise QueryError(_line(error)) from None
    conditions = [compiler.compile(tree) for tree in trees]
    if len(conditions) == 1:
        condition = conditions[0]
    else:

        def test_any(event: EventFields) -> bool:
            return any(item.test(event) for item in conditions)

        condition = RuleCondition(
            test_any,
            any_of([item.clauses for item in conditions]),
            frozenset[str]().union(*(item.fields for item in conditions)),
        )
    source_clauses = any_of([all_of([entry.clauses for entry in kind]) for kind in kinds])
    return Rule(header, condition, kinds, condition.clauses or source_clauses, is_silent)


def _add_correlations(
    correlation_rules: list[SigmaCorrelationRule],
    rule_set: RuleSet,
    headers: Mapping[int, RuleHeader],
    numbers: dict[int, int],
    silent: set[int],
) -> None:
    """Correlations after what they refer to: one that refers to itself, or to what cannot run, fails."""
    waiting = [*correlation_rules]
    while waiting:
        ready = [rule for rule in waiting if all(id(ref.rule) in numbers for ref in rule.referenced_rules)]
        if not ready:
            break
        for rule in ready:
            waiting.remove(rule)
            try:
                correlation = read_correlation(rule, headers[id(rule)], numbers, is_silent=id(rule) in silent)
            except QueryError as error:
                rule_set.fail(headers[id(rule)], error.message)
                continue
            numbers[id(rule)] = len(rule_set.rules) + len(rule_set.correlations)
            rule_set.correlations.append(correlation)
    for rule in waiting:
        missing = [str(ref.reference) for ref in rule.referenced_rules if id(ref.rule) not in numbers]
        rule_set.fail(headers[id(rule)], f"it refers to what cannot run: {', '.join(missing)}")
