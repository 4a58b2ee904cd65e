"""Many words found in a text at once, each as a whole word."""

from __future__ import annotations

import re
from collections.abc import Iterable

# A word begins after anything that is no letter and no digit; and after an escape, whose last character may be one:
# of a string (\n, \x5c, \u005c) or of a URL (%5C, and %255C where it was escaped twice).
_BEGIN = r"(?:(?<![^\W_])|(?<=\\[nrtbf])|(?<=\\x[0-9a-f]{2})|(?<=\\u[0-9a-f]{4})|(?<=%[0-9a-f]{2})|(?<=%25[0-9a-f]{2}))"
_END = r"(?![^\W_])"
#: A point of a name, also where a report made it unclickable.
POINT = r"(?:\.|\[\.\])"

_Tree = dict[str, "_Tree"]


def word_pattern(words: Iterable[str]) -> str:
    """A pattern for any of the words, the longest that there is; it matches nothing if there are none."""
    tree: _Tree = {}
    for word in words:
        branch = tree
        for char in word:
            branch = branch.setdefault(char, {})
        branch[""] = {}
    return f"{_BEGIN}{_pattern(tree)}{_END}" if tree else r"(?!)"


def _pattern(tree: _Tree) -> str:
    """What may follow, with common beginnings written once: a thousand words are then found as fast as a few."""
    ends = "" in tree
    branches = [_run(char, branch) for char, branch in sorted(tree.items()) if char]
    if not branches:
        return ""
    pattern = branches[0] if len(branches) == 1 and not ends else f"(?:{'|'.join(branches)})"
    return f"{pattern}?" if ends else pattern


def _run(char: str, branch: _Tree) -> str:
    """A character and what follows it; where only one can follow, without another level of brackets."""
    text = _char(char)
    while len(branch) == 1 and "" not in branch:
        ((char, branch),) = branch.items()
        text += _char(char)
    return text + _pattern(branch)


def _char(char: str) -> str:
    return POINT if char == "." else re.escape(char)
