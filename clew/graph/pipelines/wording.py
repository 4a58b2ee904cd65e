"""What pipelines say: names that were misspelt, and the few words that a text may leave open."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from typing import cast

from clew.entities.finding import Scalar
from clew.errors import PipelineError

#: What a step may be given: a plain value, or some of them.
Value = Scalar | tuple[Scalar, ...]

#: What a title or a note may leave open: `{rows}` now, `{all}` rows at the start, `{name}` and `{version}`.
PLACEHOLDERS = ("rows", "all", "name", "version")
_OPEN = re.compile(r"\{(\w*)\}")
_NAME = re.compile(r"\w[\w .-]{0,63}")


def nearest(word: str, known: Iterable[str]) -> str:
    """What to do about a misspelt word: the one that was meant, or all that there are.

    >>> nearest("filtr", ["filter", "select"])
    'did you mean filter?'
    """
    names = [*known]
    close = difflib.get_close_matches(word[:64], names, n=1, cutoff=0.65)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}"


def checked_name(text: str, what: str) -> None:
    """Raises PipelineError for what cannot be the name of something."""
    if type(text) is not str or not _NAME.fullmatch(text):
        raise PipelineError(f"{text!r} is no name for {what}", next_step="letters, digits, spaces, dots and dashes")


def checked_text(text: str, what: str) -> None:
    """Raises PipelineError for what is no text, says nothing, or leaves open what nobody fills in."""
    if type(text) is not str or not text.strip():
        raise PipelineError(f"{what} has to be a text", next_step="write what it is to say")
    for name in _OPEN.findall(text):
        if name not in PLACEHOLDERS:
            known = ", ".join(f"{{{each}}}" for each in PLACEHOLDERS)
            raise PipelineError(f"{{{name}}} stands for nothing", next_step=f"there are {known}")


def filled(text: str, values: Mapping[str, object]) -> str:
    """A text with what it left open."""
    return _OPEN.sub(lambda place: str(values[place[1]]), text)


def checked_value(value: object, what: str) -> Value:
    """A plain value, lists as tuples. Raises PipelineError for anything else, and for numbers that are none."""
    if isinstance(value, list | tuple):
        return tuple(_scalar(item, what) for item in cast("list[object]", value))
    return _scalar(value, what)


def _scalar(value: object, what: str) -> Scalar:
    if value is not None and not isinstance(value, str | int | float):
        raise PipelineError(f"{what} has to be a text or a number, not {type(value).__name__}")
    if isinstance(value, float) and not math.isfinite(value):
        raise PipelineError(f"{what} has to be a number, not {value}")
    return value
