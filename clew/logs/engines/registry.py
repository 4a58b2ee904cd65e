"""The engines that there are: clew's own, and those of other packages. Each is imported when it is first needed."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from pkgutil import resolve_name
from types import MappingProxyType
from typing import Any, TypeGuard

from clew.errors import ConnectError
from clew.logs.engines.protocol import LogEngine, LogSource, SourceDescription
from clew.logs.log_hints import NO_HINTS, LogHints
from clew.plugins import LoadedPlugins, load_plugins

ENGINE_GROUP = "clew.log_engines"
#: The engine that reads files. It takes every location that no other engine recognises and that is no address.
FILES = "files"
_ENGINES: Mapping[str, str] = MappingProxyType({FILES: "clew.logs.engines.duckdb_engine:ENGINE"})


def engine_names() -> tuple[str, ...]:
    """The names of all engines, clew's own first."""
    return (*_ENGINES, *engine_plugins().values)


@functools.cache
def engine_plugins() -> LoadedPlugins[LogEngine]:
    """The engines of other packages, by name, and those that cannot be used."""
    return load_plugins(ENGINE_GROUP, _is_engine, "it is no log engine", tuple(_ENGINES))


def _is_engine(candidate: object) -> TypeGuard[LogEngine]:
    value: Any = candidate
    methods = (getattr(value, name, None) for name in ("recognises", "open", "reopen"))
    return isinstance(getattr(value, "name", None), str) and all(map(callable, methods))


def log_engine(name: str) -> LogEngine:
    """An engine by its name. Raises ConnectError where there is none."""
    if name in _ENGINES:
        own_engine: LogEngine = resolve_name(_ENGINES[name])
        return own_engine
    plugins = engine_plugins()
    if name in plugins.values:
        return plugins.values[name]
    reasons = [str(failure) for failure in plugins.failures if failure.plugin.name == name]
    raise ConnectError(
        reasons[0] if reasons else f"there is no log engine {name!r}", next_step="clew doctor lists the plug-ins"
    )


def _engines_by_precedence() -> Iterator[LogEngine]:
    yield from engine_plugins().values.values()
    yield from map(log_engine, _ENGINES)


def open_source(location: str, cache: Path, hints: LogHints = NO_HINTS) -> LogSource:
    """Open the source at a location that the user gave, with the engine that recognises it.

    Args:
        hints: what the user says of the logs.

    Raises:
        ConnectError: no engine knows such a location; nothing there, nothing readable, or damaged.
        MissingExtra: a library of the engine is not installed.
    """
    for engine in _engines_by_precedence():
        if engine.recognises(location):
            return engine.open(location, cache, hints=hints)
    names = ", ".join(engine_names())
    raise ConnectError("no log engine knows such a place", location=location, next_step=f"there are: {names}")


def open_description(description: SourceDescription, cache: Path) -> LogSource:
    """Open the source that is now where a description says, all of which is looked at.

    The caller answers for following its location.

    Raises:
        ConnectError: there is no such engine, or nothing there.
        MissingExtra: a library of the engine is not installed.
    """
    engine = log_engine(description.engine)
    return engine.open(description.location, cache, full_check=True, hints=description.hints)


def reopen_source(description: SourceDescription, cache: Path) -> LogSource | None:
    """A source that was open on this machine before, by what it was; None if it was not.

    Raises:
        ConnectError: there is no such engine, or what is in the cache is damaged.
        MissingExtra: a library of the engine is not installed.
    """
    return log_engine(description.engine).reopen(description, cache)


def add_source(sources: tuple[LogSource, ...], source: LogSource) -> tuple[LogSource, ...]:
    """The sources and one more, which takes the place of what is the same."""
    return (*(other for other in sources if source_key(other) != source_key(source)), source)


def source_key(source: LogSource) -> tuple[str, str]:
    """What tells a source from every other: its engine and its identity.

    Returns:
        The name of the engine, and the identity of the source.
    """
    return source.description.engine, source.description.identity
