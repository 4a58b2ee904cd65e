"""Pipelines as YAML text."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from clew.errors import PipelineError, SettingsError
from clew.graph.pipelines.conditions import Condition
from clew.graph.pipelines.steps import Step
from clew.providers.yaml_files import write_yaml

if TYPE_CHECKING:
    from clew.graph.pipelines.pipeline import Pipeline

#: The field that stands behind the word of a step: `filter: [...]`, `tee: name`.
HEADS: Mapping[str, str] = {
    "pivot": "pivot",
    "filter": "conditions",
    "select": "columns",
    "branch": "branches",
    "display": "title",
    "tee": "name",
    "note": "text",
}


def write_pipeline(pipeline: Pipeline) -> str:
    """The YAML text of a pipeline. Raises PipelineError for a value that no such text has."""
    about = {"about": pipeline.about} if pipeline.about else {}
    data = {"name": pipeline.name, "version": pipeline.version, **about, "steps": _steps(pipeline.steps)}
    try:
        return write_yaml(data)
    except SettingsError as error:
        raise PipelineError(f"{pipeline.name} {error.what}") from None


def _steps(steps: Iterable[Step]) -> list[dict[str, Any]]:
    return [_step(step) for step in steps]


def _step(step: Step) -> dict[str, Any]:
    head = HEADS[step.word]
    rest = {name: value for name, value in _fields(step).items() if name != head}
    return {step.word: _plain(getattr(step, head)), **rest}


def _fields(value: Step | Condition) -> dict[str, Any]:
    """What differs from what it would be if it were not written."""
    found: dict[str, Any] = {}
    for field in dataclasses.fields(value):
        default = field.default_factory() if callable(field.default_factory) else field.default
        given = getattr(value, field.name)
        if given != default:
            found[field.name] = "none" if field.name == "join" else _plain(given)
    return found


def _plain(value: object) -> Any:
    if isinstance(value, Condition):
        return _fields(value)
    if dataclasses.is_dataclass(value):
        return _step(cast("Step", value))
    if isinstance(value, tuple):
        return [_plain(each) for each in cast("tuple[object, ...]", value)]
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in cast("Mapping[str, object]", value).items()}
    return value
