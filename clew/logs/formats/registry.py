"""The formats that there are: the modules of this folder, and those of other packages (`clew.log_formats`)."""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, NamedTuple, TypeGuard

from clew.logs import formats
from clew.logs.formats.log_format import LogFormat
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
        and isinstance(getattr(value, "endings", None), tuple)
        and callable(getattr(value, "recognises", None))
        and callable(getattr(value, "reader", None))
    )


def format_endings() -> tuple[str, ...]:
    """What the names of log files end in."""
    return tuple(dict.fromkeys(ending for item in format_table().formats for ending in item.endings))


def recognised_format(file_name: str, read_head: Callable[[], bytes]) -> LogFormat | None:
    """The format of a file; None for what is no log. Formats that go by the ending come before those that look inside.

    Args:
        read_head: reads the first `HEAD_SIZE` bytes of the file. Called only where a format may have it.
    """
    lower_name = file_name.lower()
    by_ending = [item for item in format_table().formats if item.endings and lower_name.endswith(item.endings)]
    candidates = [*by_ending, *(item for item in format_table().formats if not item.endings)]
    head = read_head() if candidates else b""
    return next((item for item in candidates if item.recognises(head)), None)
