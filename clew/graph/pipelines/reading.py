"""YAML text as pipelines: what is wrong with it is found all at once, each with its line and column."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from clew.errors import ClewError, PipelineError, SettingsError
from clew.graph.pipelines.conditions import Condition
from clew.graph.pipelines.steps import STEPS, Step
from clew.graph.pipelines.wording import nearest
from clew.graph.pipelines.writing import HEADS
from clew.providers.yaml_files import Document, Path, read_document


def read_pipeline(text: str, source: str) -> dict[str, Any]:
    """The fields of a pipeline, checked. Raises PipelineError with all problems."""
    try:
        document = read_document(text, source)
    except SettingsError as error:
        raise PipelineError(error.what, where=error.where, next_step=error.next_step) from None
    reader = _Reader(document)
    fields = reader.pipeline()
    if reader.problems:
        raise _together(reader.problems, source)
    return fields


def _together(problems: list[ClewError], source: str) -> PipelineError:
    if len(problems) == 1:
        return cast("PipelineError", problems[0])
    return PipelineError(f"{len(problems)} things are wrong in {source}", problems=tuple(problems))


class _Reader:
    """One document being read."""

    def __init__(self, document: Document) -> None:
        self.problems: list[ClewError] = []
        self._document = document

    def pipeline(self) -> dict[str, Any]:
        value = self._document.value
        takes = {"name": _Reader.text, "version": _Reader.whole, "about": _Reader.text, "steps": _Reader.steps}
        fields = self.mapping(value, (), takes, ("name", "steps"), "a pipeline")
        if not self.problems:
            from clew.graph.pipelines.pipeline import Pipeline

            self.made(Pipeline, fields, (), {})
        return fields

    def fail(self, path: Path, what: str, next_step: str = "") -> None:
        places = self._document
        where = places.keys.get(path) or places.places.get(path) or places.places.get(path[:-1], "")
        self.problems.append(PipelineError(what, where=where, next_step=next_step))

    def made(self, kind: Callable[..., Any], fields: dict[str, Any], path: Path, heads: Mapping[str, str]) -> Any:
        """The value, or None where its class refuses it: at the field that it names."""
        try:
            return kind(**fields)
        except PipelineError as error:
            inner = error.where.split("/") if error.where else []
            place = (*path, *(heads.get(each, each) for each in inner))
            self.fail(place if place in self._document.places else path, error.what, error.next_step)
            return None

    # -- structure -----------------------------------------------------------------------------------------------

    def mapping(
        self, value: object, path: Path, takes: Mapping[str, _Take], needed: tuple[str, ...], what: str
    ) -> dict[str, Any]:
        """The values of a mapping, each read as its key says; what is unknown or missing is a problem."""
        if not isinstance(value, dict):
            self.fail(path, f"{what} is a mapping, not {_called(value)}", f"it has {', '.join(takes)}")
            return {}
        given = cast("dict[str, object]", value)
        for name in given:
            if name not in takes:
                self.fail((*path, name), f"{what} has no {name!r}", nearest(name, takes))
        for name in needed:
            if name not in given:
                self.fail(path, f"{what} needs {name!r}", f"it has {', '.join(takes)}")
        return {name: takes[name](self, each, (*path, name)) for name, each in given.items() if name in takes}

    def listed(self, value: object, path: Path, take: _Take) -> tuple[Any, ...]:
        if not isinstance(value, list):
            self.fail(path, f"{path[-1]} is a list, not {_called(value)}", "begin each line of it with a dash")
            return ()
        items = cast("list[object]", value)
        return tuple(take(self, item, (*path, number)) for number, item in enumerate(items))

    def steps(self, value: object, path: Path) -> tuple[Any, ...]:
        return self.listed(value, path, _Reader.step)

    def step(self, value: object, path: Path) -> Step | None:
        given = _mapping(value)
        words = [name for name in given if name in STEPS]
        if not given:
            self.fail(
                path,
                f"a step is a mapping, not {_called(value)}",
                f"begin it with one of {', '.join(STEPS)}",
            )
        elif not words:
            first = next(iter(given))
            self.fail((*path, first), f"there is no step {first!r}", nearest(first, STEPS))
        elif len(words) > 1:
            what = f"{' and '.join(words)} are steps of their own"
            self.fail((*path, words[1]), what, "begin each with a dash")
        else:
            return self._step(words[0], given, path)
        return None

    def _step(self, word: str, given: Mapping[str, object], path: Path) -> Step | None:
        before = len(self.problems)
        fields = self.mapping(given, path, _TAKES[word], _NEEDED.get(word, ()), word)
        if len(self.problems) > before:
            return None
        fields[HEADS[word]] = fields.pop(word)
        made: Step | None = self.made(STEPS[word], fields, path, {HEADS[word]: word})
        return made

    def condition(self, value: object, path: Path) -> Condition | None:
        before = len(self.problems)
        takes = {"column": _Reader.text, "op": _Reader.text, "value": _Reader.anything}
        fields = self.mapping(value, path, takes, ("column", "op"), "a condition")
        if len(self.problems) > before:
            return None
        made: Condition | None = self.made(Condition, fields, path, {})
        return made

    # -- values --------------------------------------------------------------------------------------------------

    def text(self, value: object, path: Path) -> str:
        if isinstance(value, str):
            return value
        self.fail(path, f"{path[-1]} is a text, not {_called(value)}", "write it in quotes")
        return ""

    def whole(self, value: object, path: Path) -> int:
        if type(value) is int:
            return value
        self.fail(path, f"{path[-1]} is a whole number, not {_called(value)}")
        return 0

    def joined(self, value: object, path: Path) -> object:
        return None if value in ("none", None) else self.text(value, path)

    def anything(self, value: object, path: Path) -> object:
        return value  # the class that takes it says what it may be

    def texts(self, value: object, path: Path) -> tuple[Any, ...]:
        return self.listed(value, path, _Reader.text)

    def conditions(self, value: object, path: Path) -> tuple[Any, ...]:
        return self.listed(value, path, _Reader.condition)

    def named(self, value: object, path: Path) -> dict[str, Any]:
        return self._each(value, path, _Reader.anything)

    def renamed(self, value: object, path: Path) -> dict[str, Any]:
        return self._each(value, path, _Reader.text)

    def branches(self, value: object, path: Path) -> dict[str, Any]:
        return self._each(value, path, _Reader.steps)

    def _each(self, value: object, path: Path, take: _Take) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.fail(path, f"{path[-1]} is a mapping, not {_called(value)}", "write name: value")
            return {}
        given = cast("dict[str, object]", value)
        return {name: take(self, each, (*path, name)) for name, each in given.items()}


_Take = Callable[[_Reader, object, Path], Any]
_TAKES: Mapping[str, Mapping[str, _Take]] = {
    "pivot": {
        "pivot": _Reader.text,
        "entity": _Reader.text,
        "column": _Reader.text,
        "arguments": _Reader.named,
        "join": _Reader.joined,
        "prefix": _Reader.text,
    },
    "filter": {"filter": _Reader.conditions, "match": _Reader.text},
    "select": {"select": _Reader.texts, "rename": _Reader.renamed},
    "branch": {"branch": _Reader.branches},
    "display": {"display": _Reader.text, "rows": _Reader.whole},
    "tee": {"tee": _Reader.text, "file": _Reader.text},
    "note": {"note": _Reader.text},
}
_NEEDED: Mapping[str, tuple[str, ...]] = {"pivot": ("entity",)}


def _mapping(value: object) -> dict[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _called(value: object) -> str:
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
