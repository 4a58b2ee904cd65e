"""The formats that there are: the modules of this folder, and those of other packages (`clew.log_formats`)."""

from __future__ import annotations

import functools
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, NamedTuple, TypeGuard

from clew.logs import formats
from clew.logs.formats.log_format import FileHead, LogFormat, Match
from clew.plugins import PluginFailure, load_plugins

FORMAT_GROUP = "clew.log_formats"


class FormatTable(NamedTuple):
    """The formats, clew's own first; and the plug-ins that are none."""

    formats: tuple[LogFormat, ...]
    failures: tuple[PluginFailure, ...]


@functools.cache
def format_table() -> FormatTable:
    """Every format that is installed, read once."""
    names = sorted(module.name for module in iter_modules(formats.__path__))
    modules = [import_module(f"{formats.__name__}.{name}") for name in names]
    own_formats: list[LogFormat] = [module.FORMAT for module in modules if hasattr(module, "FORMAT")]
    plugins = load_plugins(FORMAT_GROUP, _is_format, "it is no log format", [item.name for item in own_formats])
    return FormatTable((*own_formats, *plugins.values.values()), plugins.failures)


def _is_format(candidate: object) -> TypeGuard[LogFormat]:
    value: Any = candidate
    return (
        isinstance(getattr(value, "name", None), str)
        and isinstance(getattr(value, "title", None), str)
        and callable(getattr(value, "recognises", None))
        and callable(getattr(value, "events", None))
    )


def recognised_format(head: FileHead) -> LogFormat | None:
    """The format that is surest of a file, plug-ins first among equals; None for what is no log."""
    matches = [(item.recognises(head), item) for item in reversed(format_table().formats)]
    match, best = max(matches, key=lambda pair: pair[0])
    return best if match is not Match.NONE else None
