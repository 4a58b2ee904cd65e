"""Words that were misspelt."""

from __future__ import annotations

from collections.abc import Iterable


def spelling_hint(name: str, choices: Iterable[str]) -> str:
    """What to do about a misspelt word: the one that was meant, or all that there are.

    >>> spelling_hint("filtr", ["filter", "select"])
    'did you mean filter?'
    """
    import difflib

    names = [*choices]
    matches = difflib.get_close_matches(name[:64], names, n=1, cutoff=0.65)
    return f"did you mean {matches[0]}?" if matches else f"there are {', '.join(names)}"
