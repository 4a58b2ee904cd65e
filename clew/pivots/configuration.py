"""Settings that are changed while one works."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from clew.entities.times import TimeLike, TimeWindow
from clew.errors import SettingsError
from clew.pivots.session import use_workspace, workspace
from clew.providers.web.clock import now


def configure(  # noqa: PLR0913 - a name for each setting that is changed while one works
    *,
    feeds: Sequence[str | Path] | None = None,
    geoip: str | Path | Sequence[str | Path] | None = None,
    offline: bool | None = None,
    allow_active: bool | None = None,
    own_domains: Sequence[str] | None = None,
    analyst: str | None = None,
    providers: Sequence[str] | None = None,
    disabled_providers: Sequence[str] | None = None,
    agree: float | None = None,
    window: tuple[TimeLike | None, TimeLike | None] | None = None,
) -> None:
    """Change settings for what follows, in this thread and the tasks it starts; what is not given stays.

    >>> from contextvars import copy_context
    >>> elsewhere = copy_context()  # so that this example changes nothing for others
    >>> elsewhere.run(configure, offline=True)
    >>> elsewhere.run(workspace).settings.offline
    True

    Args:
        geoip: one path, or several.
        providers: the sources that look-ups ask besides those here and those whose key is set.
        disabled_providers: sources that are never asked.
        agree: how many sources have to say malicious for something to be.
        window: from when and until when queries ask, where neither they nor the case say; relative times count from
            now, once. `(None, None)` takes it away.

    Raises:
        SettingsError: one text where a list or a pair of them is needed.
        QueryError: a time of the window that is none.
    """
    lists = {
        "feeds": feeds,
        "own_domains": own_domains,
        "providers": providers,
        "disabled_providers": disabled_providers,
    }
    for name, names in lists.items():
        if isinstance(names, str):  # a sequence too, of letters
            raise SettingsError(f"{name} is a list, not one text", next_step=f"{name}=[{names!r}]")
    values = {
        "feeds": None if feeds is None else tuple(Path(feed) for feed in feeds),
        "geoip": None if geoip is None else _paths(geoip),
        "offline": offline,
        "allow_active": allow_active,
        "own_domains": None if own_domains is None else tuple(name.lower() for name in own_domains),
        "analyst": analyst,
        "providers": None if providers is None else tuple(providers),
        "disabled_providers": None if disabled_providers is None else tuple(disabled_providers),
        "agree": agree,
    }
    changes: dict[str, Any] = {name: value for name, value in values.items() if value is not None}
    # All that can be wrong is found before anything changes.
    new_window = workspace().window if window is None else _window(window)
    new_workspace = workspace().with_settings(dataclasses.replace(workspace().settings, **changes))
    new_workspace.window = new_window
    use_workspace(new_workspace)


def _paths(paths: str | Path | Sequence[str | Path]) -> tuple[Path, ...]:
    return (Path(paths),) if isinstance(paths, str | Path) else tuple(Path(path) for path in paths)


def _window(bounds: Sequence[TimeLike | None]) -> TimeWindow:
    if isinstance(bounds, str) or len(bounds) != 2:
        raise SettingsError("window is a start and an end", next_step='window=("-2d", "now")')
    start, end = bounds
    return TimeWindow.of(start, end, now=now())
