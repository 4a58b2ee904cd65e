"""YAML text as pipelines: what is wrong with it is found all at once, each with its line and column."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from clew.entities.spelling import spelling_hint
from clew.errors import ClewError, PipelineError, SettingsError
from clew.pipelines.conditions import Condition
from clew.pipelines.steps import STEPS, Step
from clew.pipelines.yaml_writer import MAIN_FIELDS
from clew.yaml_files import ValuePath, YamlDocument, read_document


def read_pipeline(text: str, source: str, kind: Callable[..., Any]) -> dict[str, Any]:
    """The fields of a pipeline, checked.

    Args:
        kind: the class of the pipeline, which says what its fields may be together.

    Raises:
        PipelineError: with all problems.
    """
    try:
        document = read_document(text, source)
    except SettingsError as error:
        raise PipelineError(error.message, location=error.location, next_step=error.next_step) from None
    reader = _PipelineReader(document)
    fields = reader.pipeline(kind)
    if reader.problems:
        raise _combined_error(reader.problems, source)
    return fields


def _combined_error(problems: list[ClewError], source: str) -> PipelineError:
    if len(problems) == 1:
        return cast("PipelineError", problems[0])
    return PipelineError(f"{len(problems)} things are wrong in {source}", problems=tuple(problems))


class _PipelineReader:
    """One document being read."""

    def __init__(self, document: YamlDocument) -> None:
        self.problems: list[ClewError] = []
        self._document = document

    def pipeline(self, kind: Callable[..., Any]) -> dict[str, Any]:
        value = self._document.value
        readers = {
            "name": _PipelineReader.text,
            "version": _PipelineReader.integer,
            "about": _PipelineReader.text,
            "steps": _PipelineReader.steps,
        }
        fields = self.mapping(value, (), readers, ("name", "steps"), "a pipeline")
        if not self.problems:
            self.build(kind, fields, (), {})
        return fields

    def fail(self, path: ValuePath, message: str, next_step: str = "") -> None:
        document = self._document
        location = (
            document.key_locations.get(path) or document.locations.get(path) or document.locations.get(path[:-1], "")
        )
        self.problems.append(PipelineError(message, location=location, next_step=next_step))

    def build(self, kind: Callable[..., Any], fields: dict[str, Any], path: ValuePath, heads: Mapping[str, str]) -> Any:
        """The value, or None where its class refuses it: at the field that it names."""
        try:
            return kind(**fields)
        except PipelineError as error:
            names = error.location.split("/") if error.location else []
            error_path = (*path, *(heads.get(name, name) for name in names))
            self.fail(error_path if error_path in self._document.locations else path, error.message, error.next_step)
            return None

    # -- structure -----------------------------------------------------------------------------------------------

    def mapping(
        self,
        value: object,
        path: ValuePath,
        readers: Mapping[str, _FieldReader],
        required_keys: tuple[str, ...],
        label: str,
    ) -> dict[str, Any]:
        """The values of a mapping, each read as its key says; what is unknown or missing is a problem."""
        if not isinstance(value, dict):
            self.fail(path, f"{label} is a mapping, not {_type_label(value)}", f"it has {', '.join(readers)}")
            return {}
        values = cast("dict[str, object]", value)
        for name in values:
            if name not in readers:
                self.fail((*path, name), f"{label} has no {name!r}", spelling_hint(name, readers))
        for name in required_keys:
            if name not in values:
                self.fail(path, f"{label} needs {name!r}", f"it has {', '.join(readers)}")
        return {name: readers[name](self, item, (*path, name)) for name, item in values.items() if name in readers}

    def sequence(self, value: object, path: ValuePath, reader: _FieldReader) -> tuple[Any, ...]:
        if not isinstance(value, list):
            self.fail(path, f"{path[-1]} is a list, not {_type_label(value)}", "begin each line of it with a dash")
            return ()
        items = cast("list[object]", value)
        return tuple(reader(self, item, (*path, number)) for number, item in enumerate(items))

    def steps(self, value: object, path: ValuePath) -> tuple[Any, ...]:
        return self.sequence(value, path, _PipelineReader.step)

    def step(self, value: object, path: ValuePath) -> Step | None:
        fields = _as_mapping(value)
        keywords = [name for name in fields if name in STEPS]
        if not fields:
            self.fail(
                path,
                f"a step is a mapping, not {_type_label(value)}",
                f"begin it with one of {', '.join(STEPS)}",
            )
        elif not keywords:
            first = next(iter(fields))
            self.fail((*path, first), f"there is no step {first!r}", spelling_hint(first, STEPS))
        elif len(keywords) > 1:
            message = f"{' and '.join(keywords)} are steps of their own"
            self.fail((*path, keywords[1]), message, "begin each with a dash")
        else:
            return self._step(keywords[0], fields, path)
        return None

    def _step(self, keyword: str, values: Mapping[str, object], path: ValuePath) -> Step | None:
        before = len(self.problems)
        fields = self.mapping(values, path, _FIELD_READERS[keyword], _REQUIRED_FIELDS.get(keyword, ()), keyword)
        if len(self.problems) > before:
            return None
        fields[MAIN_FIELDS[keyword]] = fields.pop(keyword)
        step: Step | None = self.build(STEPS[keyword], fields, path, {MAIN_FIELDS[keyword]: keyword})
        return step

    def condition(self, value: object, path: ValuePath) -> Condition | None:
        before = len(self.problems)
        readers = {"column": _PipelineReader.text, "op": _PipelineReader.text, "value": _PipelineReader.any_value}
        fields = self.mapping(value, path, readers, ("column", "op"), "a condition")
        if len(self.problems) > before:
            return None
        condition: Condition | None = self.build(Condition, fields, path, {})
        return condition

    # -- values --------------------------------------------------------------------------------------------------

    def text(self, value: object, path: ValuePath) -> str:
        if isinstance(value, str):
            return value
        self.fail(path, f"{path[-1]} is a text, not {_type_label(value)}", "write it in quotes")
        return ""

    def integer(self, value: object, path: ValuePath) -> int:
        if type(value) is int:
            return value
        self.fail(path, f"{path[-1]} is a whole number, not {_type_label(value)}")
        return 0

    def join_value(self, value: object, path: ValuePath) -> object:
        return None if value in ("none", None) else self.text(value, path)

    def any_value(self, value: object, path: ValuePath) -> object:
        return value  # the class that takes it says what it may be

    def texts(self, value: object, path: ValuePath) -> tuple[Any, ...]:
        return self.sequence(value, path, _PipelineReader.text)

    def conditions(self, value: object, path: ValuePath) -> tuple[Any, ...]:
        return self.sequence(value, path, _PipelineReader.condition)

    def value_mapping(self, value: object, path: ValuePath) -> dict[str, Any]:
        return self._mapping_of(value, path, _PipelineReader.any_value)

    def text_mapping(self, value: object, path: ValuePath) -> dict[str, Any]:
        return self._mapping_of(value, path, _PipelineReader.text)

    def branches(self, value: object, path: ValuePath) -> dict[str, Any]:
        return self._mapping_of(value, path, _PipelineReader.steps)

    def _mapping_of(self, value: object, path: ValuePath, reader: _FieldReader) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.fail(path, f"{path[-1]} is a mapping, not {_type_label(value)}", "write name: value")
            return {}
        values = cast("dict[str, object]", value)
        return {name: reader(self, item, (*path, name)) for name, item in values.items()}


_FieldReader = Callable[[_PipelineReader, object, ValuePath], Any]
_FIELD_READERS: Mapping[str, Mapping[str, _FieldReader]] = {
    "pivot": {
        "pivot": _PipelineReader.text,
        "entity": _PipelineReader.text,
        "column": _PipelineReader.text,
        "arguments": _PipelineReader.value_mapping,
        "join": _PipelineReader.join_value,
        "prefix": _PipelineReader.text,
    },
    "filter": {"filter": _PipelineReader.conditions, "match": _PipelineReader.text},
    "select": {"select": _PipelineReader.texts, "rename": _PipelineReader.text_mapping},
    "branch": {"branch": _PipelineReader.branches},
    "display": {"display": _PipelineReader.text, "rows": _PipelineReader.integer},
    "tee": {"tee": _PipelineReader.text, "file": _PipelineReader.text},
    "note": {"note": _PipelineReader.text},
}
_REQUIRED_FIELDS: Mapping[str, tuple[str, ...]] = {"pivot": ("entity",)}


def _as_mapping(value: object) -> dict[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _type_label(value: object) -> str:
    """What a YAML value is, in words."""
    names: Mapping[type, str] = {
        type(None): "nothing",
        bool: "yes or no",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
        dict: "a mapping",
    }
    return names[type(value)]
