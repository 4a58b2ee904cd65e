"""What one value of a rule says about one field of an event."""

from __future__ import annotations

import ipaddress
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any

from clew.errors import QueryError
from clew.logs.cell_values import CELL_FUNCTIONS
from clew.logs.sigma.event_fields import ABSENT, EventFields, value_texts

if TYPE_CHECKING:
    from sigma.types import SigmaRegularExpression, SigmaString, SigmaType

EventTest = Callable[[EventFields], bool]
TextTest = Callable[[str], bool]
Placeholders = Mapping[str, Sequence[str]]
_NUMBER = re.compile(r"\s*[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?\s*")
_MAX_EXPANSIONS = 10_000
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "LT": operator.lt,
    "LTE": operator.le,
    "GT": operator.gt,
    "GTE": operator.ge,
    "NEQ": operator.ne,
}


def field_test(field: str, value: SigmaType, placeholders: Placeholders) -> EventTest:
    """Whether a field has a value.

    Raises:
        QueryError: a placeholder has no values, or nothing here can say it.
    """
    from sigma import types

    match value:
        case types.SigmaString():
            return _string_test(field, value, placeholders)
        case types.SigmaExpansion():
            tests = [field_test(field, item, placeholders) for item in value.values]
            return lambda event: any(test(event) for test in tests)
        case types.SigmaRegularExpression():
            matches = regular_expression(value, placeholders)
            return lambda event: any(map(matches, event.texts(field)))
        case types.SigmaExists():
            is_wanted = value.exists
            return lambda event: (event.value(field) is not ABSENT) is is_wanted
        case types.SigmaNull():
            return lambda event: event.value(field) is ABSENT or event.value(field) is None
        case types.SigmaFieldReference():
            return _reference_test(field, value.field, starts=value.starts_with, ends=value.ends_with)
        case _:
            test = _plain_test(value)
            return lambda event: any(map(test, _items(event.value(field))))


def _items(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        yield from value
    elif value is not ABSENT and value is not None:
        yield value


def _plain_test(value: SigmaType) -> Callable[[Any], bool]:
    from sigma import types

    match value:
        case types.SigmaTimestampPart():
            return _time_part_test(value.timestamp_part.name, "EQ", value.number)
        case types.SigmaNumber():
            number = value.number
            return lambda item: as_number(item) == number
        case types.SigmaBool():
            word = "true" if value.boolean else "false"
            return lambda item: value_texts(item) != () and value_texts(item)[0].strip().lower() == word
        case types.SigmaCIDRExpression():
            return _network_test(value.cidr)
        case types.SigmaCompareExpression():
            if isinstance(value.number, types.SigmaTimestampPart):
                return _time_part_test(value.number.timestamp_part.name, value.op.name, value.number.number)
            return _comparison_test(value.op.name, value.number.number)
        case _:
            raise QueryError(f"values of the kind {type(value).__name__} are not evaluated")


def as_number(value: Any) -> int | float | None:
    """A number, or the decimal text of one; None for what is none: hexadecimal text, True."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value) if "." in value else int(value)
    return None


def _comparison_test(name: str, target: float) -> Callable[[Any], bool]:
    compare = _COMPARISONS[name]

    def test(item: Any) -> bool:
        number = as_number(item)
        return number is not None and compare(number, target)

    return test


def _time_part_test(part: str, name: str, target: float) -> Callable[[Any], bool]:
    compare = operator.eq if name == "EQ" else _COMPARISONS[name]

    def test(item: Any) -> bool:
        moment: Any = CELL_FUNCTIONS["time"](item)
        if not isinstance(moment, datetime):
            return False
        number = moment.isocalendar().week if part == "WEEK" else getattr(moment, part.lower())
        return bool(compare(number, target))

    return test


def _network_test(text: str) -> Callable[[Any], bool]:
    network = ipaddress.ip_network(text, strict=False)

    def test(item: Any) -> bool:
        try:
            address = ipaddress.ip_address(item.strip() if isinstance(item, str) else "")
        except ValueError:
            return False
        ipv4 = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        return (ipv4 or address) in network or address in network

    return test


def _reference_test(field: str, other: str, *, starts: bool, ends: bool) -> EventTest:
    def matches(text: str, target: str) -> bool:
        if starts and ends:
            return target in text
        if starts or ends:
            return text.startswith(target) if starts else text.endswith(target)
        return text == target

    return lambda event: any(
        matches(text, target) for text in event.lower_texts(field) for target in event.lower_texts(other)
    )


def _string_test(field: str, value: SigmaString, placeholders: Placeholders) -> EventTest:
    from sigma.types import SigmaCasedString

    is_cased = isinstance(value, SigmaCasedString)
    tests = [text_test(item, is_cased=is_cased) for item in expand_placeholders(value, placeholders)]

    def matches_any(text: str) -> bool:
        return any(one(text) for one in tests)

    matches = tests[0] if len(tests) == 1 else matches_any

    def cased_test(event: EventFields) -> bool:
        return any(map(matches, event.texts(field)))

    def test(event: EventFields) -> bool:
        return any(map(matches, event.lower_texts(field)))

    return cased_test if is_cased else test


def keyword_test(value: SigmaType, placeholders: Placeholders) -> EventTest:
    """Whether any value of an event holds a word.

    Raises:
        QueryError: nothing here can say it.
    """
    from sigma import types

    match value:
        case types.SigmaString():
            is_cased = isinstance(value, types.SigmaCasedString)
            tests = [
                text_test(item, is_cased=is_cased, anywhere=True) for item in expand_placeholders(value, placeholders)
            ]
            return lambda event: any(
                test(text if is_cased else text.lower()) for text in event.all_texts() for test in tests
            )
        case types.SigmaRegularExpression():
            matches = regular_expression(value, placeholders)
            return lambda event: any(map(matches, event.all_texts()))
        case types.SigmaExpansion():
            parts = [keyword_test(item, placeholders) for item in value.values]
            return lambda event: any(part(event) for part in parts)
        case types.SigmaNumber():
            search = re.compile(rf"(?<![0-9A-Za-z]){re.escape(str(value.number))}(?![0-9A-Za-z])").search
            return lambda event: any(search(text) for text in event.all_texts())
        case _:
            raise QueryError(f"words of the kind {type(value).__name__} are not looked for")


def text_test(value: SigmaString, *, is_cased: bool, anywhere: bool = False) -> TextTest:
    """Whether a text is what a value with wildcards says. The text is in lower case already, but for cased values."""
    parts: list[Any] = [part if is_cased or not isinstance(part, str) else part.lower() for part in value.s]
    names = ["text" if isinstance(part, str) else part.name for part in parts]
    if anywhere:
        names = ["WILDCARD_MULTI", *names, "WILDCARD_MULTI"]
        parts = ["", *parts, ""]
    while names[:2] == ["WILDCARD_MULTI"] * 2:
        names, parts = names[1:], parts[1:]
    while names[-2:] == ["WILDCARD_MULTI"] * 2:
        names, parts = names[:-1], parts[:-1]
    if names in ([], ["WILDCARD_MULTI"]):
        is_any = bool(names)
        return lambda text: is_any or not text
    target = "".join(part for part in parts if isinstance(part, str))
    match names:
        case ["text"]:
            return lambda text: text == target
        case ["WILDCARD_MULTI", "text"]:
            return lambda text: text.endswith(target)
        case ["text", "WILDCARD_MULTI"]:
            return lambda text: text.startswith(target)
        case ["WILDCARD_MULTI", "text", "WILDCARD_MULTI"]:
            return lambda text: target in text
        case _:
            return _wildcard_test(names, parts)


def _wildcard_test(names: list[str], parts: list[Any]) -> TextTest:
    """Wildcards in the middle. Each piece is looked for behind the one before it, so no text takes long."""
    pieces: list[list[str | None]] = [[]]
    for name, part in zip(names, parts, strict=True):
        if name == "WILDCARD_MULTI":
            pieces.append([])
        else:
            pieces[-1].extend([None] if name == "WILDCARD_SINGLE" else list(part))
    patterns = [
        re.compile("".join("." if char is None else re.escape(char) for char in piece), re.DOTALL) for piece in pieces
    ]
    first, *middle, last = patterns if len(patterns) > 1 else (patterns[0], None)

    def test(text: str) -> bool:
        if last is None:
            return first.fullmatch(text) is not None
        start = first.match(text)
        position = start.end() if start else -1
        for pattern in middle:
            if position < 0 or (hit := pattern.search(text, position)) is None:
                return False
            position = hit.end()
        tail = len(text) - len(pieces[-1])
        return 0 <= position <= tail and last.fullmatch(text, tail) is not None

    return test


def regular_expression(value: SigmaRegularExpression, placeholders: Placeholders) -> TextTest:
    """Whether a text has a place that matches. RE2 finds it in a time that the text alone decides.

    Raises:
        QueryError: a placeholder has no values, or RE2 does not take the expression.
    """
    re2: Any = import_module("re2")  # it has no types
    flags = "".join(sorted(value.sigma_to_re_flag[flag] for flag in value.flags))
    prefix = f"(?{flags})" if flags else ""
    try:
        texts = [str(item) for item in expand_placeholders(value.regexp, placeholders, re2.escape)]
        searches: list[Callable[[str], Any]] = [re2.compile(prefix + text).search for text in texts]
    except re2.error as error:
        raise QueryError(f"the regular expression is not read: {error}") from None

    def test(text: str) -> bool:
        try:
            return any(search(text) for search in searches)
        except UnicodeEncodeError:  # half of a surrogate pair
            return any(search(text.encode("utf-8", "replace").decode()) for search in searches)

    return test


def expand_placeholders(
    value: SigmaString, placeholders: Placeholders, spell: Callable[[str], str] = str
) -> list[SigmaString]:
    """A value with its placeholders replaced, once for each of their values, which are taken as they are spelled.

    Raises:
        QueryError: a placeholder has no values, or there would be too many.
    """
    if not value.contains_placeholder():
        return [value]
    from sigma.types import Placeholder, SigmaString

    rows: list[list[Any]] = [[]]
    for part in value.s:
        choices: list[Any] = [part]
        if isinstance(part, Placeholder):
            if not placeholders.get(part.name):
                raise QueryError(f"the placeholder %{part.name}% has no values", next_step="give placeholders=")
            choices = [spell(text) for text in placeholders[part.name]]
        if len(rows) * len(choices) > _MAX_EXPANSIONS:
            raise QueryError(f"placeholders make more than {_MAX_EXPANSIONS:,} values of one")
        rows = [[*row, choice] for row in rows for choice in choices]
    results: list[SigmaString] = []
    for row in rows:
        results.append(SigmaString())
        results[-1].s = _join_texts(row)
    return results


def _join_texts(parts: list[Any]) -> list[Any]:
    """Texts that follow each other as one."""
    texts: list[Any] = []
    for part in parts:
        if isinstance(part, str) and texts and isinstance(texts[-1], str):
            texts[-1] += part
        elif part != "":
            texts.append(part)
    return texts
