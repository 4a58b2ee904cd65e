"""Pipelines as YAML text."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from clew.errors import PipelineError, SettingsError
from clew.pipelines.conditions import Condition
from clew.pipelines.steps import Step
from clew.yaml_files import write_yaml

if TYPE_CHECKING:
    from clew.pipelines.pipeline import Pipeline

#: The field that stands behind the word of a step: `filter: [...]`, `tee: name`.
MAIN_FIELDS: Mapping[str, str] = {
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
        raise PipelineError(f"{pipeline.name} {error.message}") from None


def _steps(steps: Iterable[Step]) -> list[dict[str, Any]]:
    return [_step(step) for step in steps]


def _step(step: Step) -> dict[str, Any]:
    main_field = MAIN_FIELDS[step.keyword]
    other_fields = {name: value for name, value in _fields(step).items() if name != main_field}
    return {step.keyword: _plain_value(getattr(step, main_field)), **other_fields}


def _fields(value: Step | Condition) -> dict[str, Any]:
    """What differs from what it would be if it were not written."""
    changed_fields: dict[str, Any] = {}
    for field in dataclasses.fields(value):
        default = field.default_factory() if callable(field.default_factory) else field.default
        field_value = getattr(value, field.name)
        if field_value != default:
            changed_fields[field.name] = "none" if field.name == "join" else _plain_value(field_value)
    return changed_fields


def _plain_value(value: object) -> Any:
    if isinstance(value, Condition):
        return _fields(value)
    if dataclasses.is_dataclass(value):
        return _step(cast("Step", value))
    if isinstance(value, tuple):
        return [_plain_value(item) for item in cast("tuple[object, ...]", value)]
    if isinstance(value, Mapping):
        return {name: _plain_value(item) for name, item in cast("Mapping[str, object]", value).items()}
    return value
