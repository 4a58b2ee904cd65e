"""Words that were misspelt, and names that are taken."""

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


def free_names(names: Iterable[str], taken_names: Iterable[object]) -> dict[str, str]:
    """For each name one that is not taken: itself, or with `clew_` before it as often as it takes.

    >>> free_names(["value", "verdict"], ["value", "clew_value"])
    {'value': 'clew_clew_value', 'verdict': 'verdict'}
    """
    used = set(taken_names)
    new_names: dict[str, str] = {}
    for name in names:
        candidate = name
        while candidate in used:
            candidate = f"clew_{candidate}"
        new_names[name] = candidate
        used.add(candidate)
    return new_names
