"""What pipelines say: names, values, and the few words that a text may leave open."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import cast

from clew.entities.finding import Scalar
from clew.errors import PipelineError

#: What a step may be given: a plain value, or some of them.
Value = Scalar | tuple[Scalar, ...]

#: What a title or a note may leave open: `{rows}` now, `{all}` rows at the start, `{name}` and `{version}`.
PLACEHOLDERS = ("rows", "all", "name", "version")
_PLACEHOLDER = re.compile(r"\{(\w*)\}")
_NAME = re.compile(r"\w[\w .-]{0,63}")


def check_name(text: str, label: str) -> None:
    """Raises PipelineError for what cannot be the name of something."""
    if type(text) is not str or not _NAME.fullmatch(text):
        raise PipelineError(f"{text!r} is no name for {label}", next_step="letters, digits, spaces, dots and dashes")


def check_text(text: str, label: str) -> None:
    """Raises PipelineError for what is no text, says nothing, or leaves open what nobody fills in."""
    if type(text) is not str or not text.strip():
        raise PipelineError(f"{label} has to be a text", next_step="write what it is to say")
    for name in _PLACEHOLDER.findall(text):
        if name not in PLACEHOLDERS:
            choices = ", ".join(f"{{{placeholder}}}" for placeholder in PLACEHOLDERS)
            raise PipelineError(f"{{{name}}} stands for nothing", next_step=f"there are {choices}")


def fill_placeholders(text: str, values: Mapping[str, object]) -> str:
    """A text with what it left open."""
    return _PLACEHOLDER.sub(lambda match: str(values[match[1]]), text)


def checked_value(value: object, label: str) -> Value:
    """A plain value, lists as tuples. Raises PipelineError for anything else, and for numbers that are none."""
    if isinstance(value, list | tuple):
        return tuple(_checked_scalar(item, label) for item in cast("list[object]", value))
    return _checked_scalar(value, label)


def _checked_scalar(value: object, label: str) -> Scalar:
    if value is not None and not isinstance(value, str | int | float):
        raise PipelineError(f"{label} has to be a text or a number, not {type(value).__name__}")
    if isinstance(value, float) and not math.isfinite(value):
        raise PipelineError(f"{label} has to be a number, not {value}")
    return value
