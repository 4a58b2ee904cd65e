"""Which texts an event has to hold for a condition to be true: what is looked for before anything is parsed.

What has to be there is a list of clauses: of each clause at least one literal stands in the raw event. Literals are
only made of characters that no format writes in another way but by an escape that `ESCAPE_MARKERS` tells; an event with
such a marker is looked at without them.
"""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sigma.types import SigmaString, SigmaType

Clause = frozenset[bytes]
Clauses = tuple[Clause, ...]

_SAFE = string.ascii_letters + string.digits + " _.,:;()[]@%$#!~*^-"
_RUN = re.compile(rf"[{re.escape(_SAFE)}]+")
_SHORTEST = 3
_SMALLEST_NUMBER = 1000
_MOST_CLAUSES = 6
#: Upper-case letters beyond ASCII that become ASCII in lower case: the sign of kelvin, and I with a dot.
_ODD_LETTERS = ("\u212a", "\u0130")
#: In lower case: how a raw event says a character of a literal otherwise.
ESCAPE_MARKERS: tuple[bytes, ...] = (
    b"&#",
    *(f"\\u{ord(char):04x}".encode() for char in _SAFE),
    *(f"\\u{ord(char):04x}".encode() for char in _ODD_LETTERS),
    *(char.encode() for char in _ODD_LETTERS),
)


def text_clauses(text: str) -> Clauses:
    """What a raw event has to hold where one of its values holds a text."""
    runs = [run.lower().encode() for run in _RUN.findall(text)]
    longest = max(runs, key=len, default=b"")
    return (frozenset((longest,)),) if len(longest) >= _SHORTEST else ()


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
        case _:
            return ()


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


def sorted_literals(clauses: Any) -> list[bytes]:
    """All literals of clauses, in one order."""
    return sorted({literal for clause in clauses for literal in clause})
