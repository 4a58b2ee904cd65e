"""Which texts an event has to hold for a condition to be true: what is looked for before anything is parsed.

What has to be there is a list of clauses: of each clause at least one literal stands in the raw event. Literals are
only made of characters that no format writes in another way but by an escape that `ESCAPE_MARKERS` tells; an event with
such a marker is looked at without them.
"""

from __future__ import annotations

import functools
import re
import string
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sigma.types import SigmaString, SigmaType

Clause = frozenset[bytes]
Clauses = tuple[Clause, ...]

_SAFE = string.ascii_letters + string.digits + " _.,:;()[]@%$#!~*^-"
_RUN = re.compile(rf"[{re.escape(_SAFE)}]+")
#: Of a regular expression: an escape, a class, a count, or one character.
_TOKEN = re.compile(
    r"\\x[0-9a-fA-F]{2}|\\x\{[^}]*\}|\\[0-9]{1,3}|\\[pP](?:\{[^}]*\}|.)|\\.|"
    r"\[\^?\]?(?:\\.|\[:\^?[a-z]+:\]|[^\]\\])*\]|\{[^}]*\}|.",
    re.DOTALL,
)
_OPERATORS = frozenset("()[]{}|.^$+?*\\")
_SHORTEST = 2
_SMALLEST_NUMBER = 1000
_MOST_CLAUSES = 6
#: Upper-case letters beyond ASCII that become ASCII in lower case: the sign of kelvin, and I with a dot.
_ODD_LETTERS = ("\u212a", "\u0130")
#: The small sigma has a form of its own at the end of words.
_SIGMAS = "\u03c3\u03c2\u03a3"
#: In lower case: how a raw event says a character of a literal otherwise.
ESCAPE_MARKERS: tuple[bytes, ...] = (
    b"&#",
    *(f"\\u{ord(char):04x}".encode() for char in _SAFE),
    *(f"\\u{ord(char):04x}".encode() for char in _ODD_LETTERS),
    *(char.encode() for char in _ODD_LETTERS),
)


def text_clauses(text: str) -> Clauses:
    """What a raw event has to hold where one of its values holds a text: its longest run, or a letter beyond ASCII."""
    runs = [run.lower().encode() for run in _RUN.findall(text)]
    longest = max(runs, key=len, default=b"")
    if len(longest) >= _SHORTEST:
        return (frozenset((longest,)),)
    # In lower case the sign of kelvin is an ASCII letter, and I with a dot is two: they may stand in an event as that.
    letter = next((char for char in text if len(low := char.lower()) == 1 and not low.isascii()), "")
    return (frozenset(_spellings(letter)),) if letter else ()


def _spellings(letter: str) -> Iterator[bytes]:
    """How a letter beyond ASCII may stand in a raw event: in any case, as UTF-8 or as an escape of JSON."""
    low = letter.lower()
    # The small sigma has a form of its own at the end of words.
    for char in {
        letter,
        low,
        *_letters_by_lower().get(low, ""),
        *("\u03c3\u03c2\u03a3" if low in "\u03c3\u03c2" else ""),
    }:
        if not char.isascii():
            yield char.encode("utf-8", "replace").lower()
        yield f"\\u{int.from_bytes(char.encode('utf-16-be', 'surrogatepass')[:2], 'big'):04x}".encode()


@functools.cache
def _letters_by_lower() -> Mapping[str, str]:
    """All letters that are the same in lower case, by that."""
    letters: dict[str, str] = {}
    for number in range(0x80, 0x20000):
        char = chr(number)
        low = char.lower()
        if low != char:
            letters[low] = letters.get(low, "") + char
    return letters


def event_id_clauses(number: float) -> Clauses:
    """What the number of a kind of event needs: unlike other numbers, it is never written with an exponent."""
    is_telling = isinstance(number, int) and number >= _SMALLEST_NUMBER
    return (frozenset((str(number).encode(),)),) if is_telling else ()


def value_clauses(value: SigmaType, alternatives: list[SigmaString]) -> Clauses:
    """What a value of a rule needs.

    Args:
        alternatives: a text with its placeholders replaced.
    """
    from sigma import types

    match value:
        case types.SigmaString():
            texts = [[part for part in item.s if isinstance(part, str)] for item in alternatives]
            return any_of([all_of([text_clauses(text) for text in parts]) for parts in texts])
        case types.SigmaRegularExpression() if not value.contains_placeholder():
            return expression_clauses(str(value.regexp))
        case _:
            return ()


def expression_clauses(expression: str) -> Clauses:
    """What a text has to hold that a regular expression matches: its longest piece outside of groups and choices."""
    if "\\Q" in expression:
        return ()
    runs, depth = [""], 0
    for token in _TOKEN.finditer(expression):
        text = token[0]
        if text == "|" and not depth:
            return ()
        depth += (text == "(") - (text == ")")
        literal = text[-1] if len(text) == 1 or (len(text) == 2 and text[0] == "\\" and not text[1].isalnum()) else ""
        if literal and not depth and text not in _OPERATORS:
            runs[-1] += literal
            continue
        if text[0] in "?*{":
            runs[-1] = runs[-1][:-1]  # it may not be there
        runs.append("")
    return () if depth else text_clauses(max(runs, key=len))


def all_of(parts: list[Clauses]) -> Clauses:
    """What is needed where each part has to be true: the most telling clauses of all."""
    clauses = dict.fromkeys(clause for part in parts for clause in part)
    return tuple(sorted(clauses, key=_telling, reverse=True)[:_MOST_CLAUSES])


def any_of(parts: list[Clauses]) -> Clauses:
    """What is needed where one part has to be true: the best clause of each together; nothing if one needs nothing."""
    if not parts or not all(parts):
        return ()
    return (frozenset[bytes]().union(*(part[0] for part in parts)),)


def _telling(clause: Clause) -> tuple[int, int]:
    """Long literals first, few before many."""
    return min(map(len, clause)), -len(clause)
