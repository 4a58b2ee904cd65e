"""The condition of a rule as a function of an event, with what an event has to hold for it."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from clew.errors import QueryError
from clew.logs.sigma.event_fields import EventFields
from clew.logs.sigma.literals import Clauses, all_of, any_of, event_id_clauses, value_clauses
from clew.logs.sigma.value_tests import EventTest, Placeholders, expand_placeholders, field_test, keyword_test

if TYPE_CHECKING:
    from sigma.types import SigmaType

_MAX_DEPTH = 100
#: How few texts of one field are not worth a test of their own.
_MIN_JOINED_TEXTS = 3


class RuleCondition(NamedTuple):
    """A condition, made ready.

    Attributes:
        clauses: of each, one literal stands in every event that it is true of.
        fields: the names of the fields that it looks at.
        codes: the event ids, one of which every event has that it is true of; None where that is not known.
    """

    test: EventTest
    clauses: Clauses
    fields: frozenset[str]
    codes: frozenset[str] | None = None


@dataclass(slots=True)
class ConditionCompiler:
    """Trees of pySigma to conditions.

    Attributes:
        translated_names: fields whose values may stand in the event in another spelling: they need no literals.
    """

    placeholders: Placeholders
    translated_names: AbstractSet[str]

    def compile(self, node: Any, depth: int = 0) -> RuleCondition:
        """The condition of a tree.

        Raises:
            QueryError: something of it cannot be evaluated.
        """
        from sigma import conditions

        if depth > _MAX_DEPTH:
            raise QueryError("the condition is nested too deeply")
        match node:
            case conditions.ConditionAND():
                return self._all([self.compile(item, depth + 1) for item in node.args if item is not None])
            case conditions.ConditionOR():
                return self._any(node.args, depth)
            case conditions.ConditionNOT():
                part = self.compile(node.args[0], depth + 1)
                return RuleCondition(_negation(part.test), (), part.fields)
            case conditions.ConditionFieldEqualsValueExpression():
                return self._field(node.field, node.value)
            case conditions.ConditionValueExpression():
                test = keyword_test(node.value, self.placeholders)
                return RuleCondition(test, self._clauses(node.value), frozenset())
            case _:
                raise QueryError(f"conditions of the kind {type(node).__name__} are not evaluated")

    def _all(self, parts: list[RuleCondition]) -> RuleCondition:
        tests = [part.test for part in parts]
        fields = frozenset[str]().union(*(part.fields for part in parts))
        clauses = all_of([part.clauses for part in parts])
        all_codes = [part.codes for part in parts if part.codes is not None]
        codes = all_codes[0].intersection(*all_codes) if all_codes else None
        if len(tests) == 2:
            first, second = tests

            def test_pair(event: EventFields) -> bool:
                return first(event) and second(event)

            return RuleCondition(test_pair, clauses, fields, codes)

        def test_all(event: EventFields) -> bool:
            return all(part(event) for part in tests)

        return RuleCondition(test_all, clauses, fields, codes)

    def _any(self, nodes: list[Any], depth: int) -> RuleCondition:
        parts = [self.compile(item, depth + 1) for item in nodes if item is not None]
        fields = frozenset[str]().union(*(part.fields for part in parts))
        clauses = any_of([part.clauses for part in parts])
        all_codes = [part.codes for part in parts if part.codes is not None]
        codes = frozenset[str]().union(*all_codes) if len(all_codes) == len(parts) else None
        tests = _joined_tests(nodes) or [part.test for part in parts]
        if len(tests) == 1:
            return RuleCondition(tests[0], clauses, fields, codes)

        def test_any(event: EventFields) -> bool:
            return any(part(event) for part in tests)

        return RuleCondition(test_any, clauses, fields, codes)

    def _field(self, field: str, value: SigmaType) -> RuleCondition:
        from sigma.types import SigmaNumber

        test = field_test(field, value, self.placeholders)
        if field in self.translated_names:
            return RuleCondition(test, (), frozenset((field,)))
        if isinstance(value, SigmaNumber) and field.lower() == "eventid":
            codes = frozenset((str(value.number),))
            return RuleCondition(test, event_id_clauses(value.number), frozenset((field,)), codes)
        return RuleCondition(test, self._clauses(value), frozenset((field,)))

    def _clauses(self, value: SigmaType) -> Clauses:
        from sigma.types import SigmaExpansion, SigmaString

        if isinstance(value, SigmaExpansion):
            return any_of([self._clauses(item) for item in value.values])
        alternatives = expand_placeholders(value, self.placeholders) if isinstance(value, SigmaString) else []
        return value_clauses(value, alternatives)


def _negation(test: EventTest) -> EventTest:
    return lambda event: not test(event)


_PLAIN_FORMS: dict[tuple[str, ...], str] = {
    ("text",): "exact",
    ("text", "WILDCARD_MULTI"): "start",
    ("WILDCARD_MULTI", "text"): "end",
    ("WILDCARD_MULTI", "text", "WILDCARD_MULTI"): "inner",
}


def _plain_form(node: Any, field: str) -> tuple[str, str]:
    """How a node compares the texts of a field, and with which text; nothing where it does anything else.

    Returns:
        One of `exact`, `start`, `end`, `inner`, and the text in lower case.
    """
    from sigma.conditions import ConditionFieldEqualsValueExpression
    from sigma.types import SigmaString

    if not isinstance(node, ConditionFieldEqualsValueExpression) or node.field != field:
        return "", ""
    parts: list[Any] = [*node.value.s] if type(node.value) is SigmaString else []
    names = tuple("text" if isinstance(part, str) else str(getattr(part, "name", "")) for part in parts)
    return _PLAIN_FORMS.get(names, ""), "".join(part for part in parts if isinstance(part, str)).lower()


def _joined_tests(nodes: list[Any]) -> list[EventTest]:
    """One test for many texts of one field; none where the nodes are anything else."""
    if len(nodes) <= _MIN_JOINED_TEXTS:
        return []
    field = str(getattr(nodes[0], "field", ""))
    forms = [_plain_form(node, field) for node in nodes]
    if not all(form for form, _ in forms):
        return []
    exact = {text for form, text in forms if form == "exact"}
    starts, ends, inner = (
        tuple(text for form, text in forms if form == target) for target in ("start", "end", "inner")
    )

    def matches(text: str) -> bool:
        return text in exact or text.startswith(starts) or text.endswith(ends) or any(part in text for part in inner)

    return [lambda event: any(map(matches, event.lower_texts(field)))]
