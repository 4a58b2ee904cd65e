"""Patterns of STIX: what they compare with what, and what has to hold together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from clew.errors import EntityError

MAX_PATTERN = 65_536
MAX_DEPTH = 24
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<number>-?\d+(?:\.\d+)?(?![\w-]))|(?P<sign>!=|<>|<=|>=|==|[=<>\[\]()|,:.*])"
    r"|(?P<word>[A-Za-z_][\w-]*)|(?P<odd>\S))",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_OPERATORS = frozenset({"=", "==", "!=", "<>", "<", "<=", ">", ">=", "IN", "LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET"})
_OBSERVATION_OPERATORS = frozenset({"AND", "OR", "FOLLOWEDBY"})


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison: `file`, `hashes.MD5`, `=`, the texts that it is compared with."""

    object: str
    path: str
    operator: str
    values: tuple[str, ...]


#: What holds together: values of one thing, or of things that were seen at once.
Group = tuple[Comparison, ...]


def groups_of(pattern: str) -> list[Group]:
    """The comparisons of a pattern, those that are joined by AND in one group.

    Alternatives are groups of their own. Where alternatives stand inside of an AND, each stands alone.

    >>> found = groups_of("[file:hashes.MD5 = 'a' AND file:size = 1 OR url:value = 'b']")
    >>> [[comparison.values[0] for comparison in group] for group in found]
    [['a', '1'], ['b']]

    Raises:
        EntityError: no pattern, or one that is too long or too deep.
    """
    if len(pattern) > MAX_PATTERN:
        raise EntityError(f"a pattern of more than {MAX_PATTERN} characters")
    parser = _PatternParser([*_tokens(pattern)])
    groups = parser.observations(0)
    if not parser.is_at_end:
        raise EntityError(f"a pattern with something odd behind it: {parser.token_text}")
    return groups


def _tokens(pattern: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(pattern.strip()):
        kind = match.lastgroup or "odd"
        if kind == "odd":
            raise EntityError(f"a pattern with something odd in it: {match[kind]!r}")
        yield kind, match[kind]


class _PatternParser:
    """Reads by recursive descent: `[…] AND […]`, then `a = 'x' AND (b = 'y' OR c = 'z')` inside of the brackets."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._index = 0

    @property
    def is_at_end(self) -> bool:
        return self._index >= len(self._tokens)

    @property
    def token_text(self) -> str:
        return self._tokens[self._index][1][:40]

    def _peek(self) -> str:
        return "" if self.is_at_end else self._tokens[self._index][1]

    def _take(self, *options: str) -> str:
        if self.is_at_end:
            raise EntityError("a pattern that ends too early")
        kind, text = self._tokens[self._index]
        if options and (text not in options or kind == "text"):
            raise EntityError(f"a pattern with {text[:40]!r} where {options[0]!r} belongs")
        self._index += 1
        return text

    def observations(self, depth: int) -> list[Group]:
        """Observations, whatever joins them: each speaks for itself."""
        groups = self._observation(depth)
        while self._peek() in _OBSERVATION_OPERATORS:
            self._take()
            groups += self._observation(depth)
        return groups

    def _observation(self, depth: int) -> list[Group]:
        _check_depth(depth)
        if self._peek() == "(":
            self._take("(")
            groups = self.observations(depth + 1)
            self._take(")")
        else:
            self._take("[")
            groups = self._alternatives(depth + 1)
            self._take("]")
        self._qualifiers()
        return groups

    def _qualifiers(self) -> None:
        """`WITHIN 5 SECONDS`, `REPEATS 3 TIMES`, `START t'…' STOP t'…'`: when, which no list is asked."""
        while self._peek() in ("WITHIN", "REPEATS", "START"):
            self._take()
            while not self.is_at_end and self._peek() not in (
                ")",
                "WITHIN",
                "REPEATS",
                "START",
                *_OBSERVATION_OPERATORS,
            ):
                self._take()

    def _alternatives(self, depth: int) -> list[Group]:
        groups = self._conjunction(depth)
        while self._peek() == "OR":
            self._take()
            groups += self._conjunction(depth)
        return groups

    def _conjunction(self, depth: int) -> list[Group]:
        operands = [self._operand(depth)]
        while self._peek() == "AND":
            self._take()
            operands.append(self._operand(depth))
        if all(len(operand) == 1 for operand in operands):
            return [tuple(comparison for operand in operands for comparison in operand[0])]
        return [group for operand in operands for group in operand]

    def _operand(self, depth: int) -> list[Group]:
        _check_depth(depth)
        if self._peek() == "(":
            self._take("(")
            groups = self._alternatives(depth + 1)
            self._take(")")
            return groups
        return [(self._comparison(),)]

    def _comparison(self) -> Comparison:
        kind = self._take()
        if kind in ("NOT", "EXISTS"):
            return self._negated_comparison()
        self._take(":")
        path = self._path()
        is_negated = self._peek() == "NOT"
        if is_negated:
            self._take()
        operator = self._take(*_OPERATORS)
        return Comparison(kind, path, f"NOT {operator}" if is_negated else operator, tuple(self._values()))

    def _negated_comparison(self) -> Comparison:
        """`NOT …` and `EXISTS …` say what is not, or not what: they list nothing."""
        while not self.is_at_end and self._peek() not in ("]", ")", "AND", "OR"):
            self._take()
        return Comparison("", "", "NOT", ())

    def _path(self) -> str:
        parts: list[str] = []
        while self._peek() not in _OPERATORS and self._peek() != "NOT":
            parts.append(_plain(self._take()))
        return "".join(parts)

    def _values(self) -> Iterator[str]:
        if self._peek() == "(":
            self._take("(")
            yield _plain(self._take())
            while self._peek() == ",":
                self._take(",")
                yield _plain(self._take())
            self._take(")")
        else:
            first = self._take()
            # A time or bytes: t'2026-01-01T00:00:00Z', h'ff'.
            yield _plain(self._take() if first in ("t", "b", "h") and self._peek().startswith("'") else first)


def _check_depth(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise EntityError(f"a pattern that is nested deeper than {MAX_DEPTH}")


def _plain(token: str) -> str:
    return _ESCAPE.sub(r"\1", token[1:-1]) if token.startswith("'") else token
