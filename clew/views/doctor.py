"""What works on this machine and what does not: libraries, sources, keys, plug-ins. Nobody outside is asked."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from clew.entities import ENTITY_TYPES
from clew.errors import SettingsError
from clew.pivots.context import workspace
from clew.pivots.plugins import MENUS, PROVIDERS
from clew.pivots.registry import failures, pivots_for
from clew.plugins import installed
from clew.settings import Settings

if TYPE_CHECKING:
    from clew.providers.ti.feeds.store import Broken, OpenFeed

OK, MISSING, FAILED = "ok", "missing", "failed"
#: The libraries behind each extra, and what needs them.
EXTRAS = {
    "logs": (("duckdb",), "queries over logs"),
    "geo": (("maxminddb",), "locating addresses"),
    "views": (("bokeh", "jinja2", "pyvis"), "pictures"),
    "notebook": (("ipywidgets", "IPython"), "widgets and magics in notebooks"),
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        state: `ok`, `missing` (works when it is set up) or `failed` (is set up, and does not work).
        next_step: how to put it right; empty where nothing is wrong.
        detail: more for those who have to find the cause, such as a traceback.
    """

    name: str
    state: str
    what: str
    next_step: str = ""
    detail: str = ""


def checks() -> tuple[Check, ...]:
    """Everything that `clew doctor` shows."""
    own = Check("clew", OK, f"{metadata.version('clew')} on Python {platform.python_version()}")
    return (own, *_libraries(), *_settings(), *_keys(), *_plugins())


def _libraries() -> Iterator[Check]:
    for extra, (names, purpose) in EXTRAS.items():
        absent = [name for name in names if find_spec(name) is None]
        if absent:
            command = f"pip install 'clew[{extra}]'"
            yield Check(f"extra {extra}", MISSING, f"{purpose} needs {', '.join(absent)}", command)
        else:
            yield Check(f"extra {extra}", OK, ", ".join(f"{name} {metadata.version(name)}" for name in names))


def _settings() -> Iterator[Check]:
    try:
        settings = workspace().settings
    except SettingsError as error:
        yield Check("settings", FAILED, error.what, error.next_step, error.where)
        return
    yield Check("settings", OK, f"steps are recorded as by {settings.analyst}; cache in {settings.cache}")
    yield Check("network", OK, "offline: nothing leaves" if settings.offline else "what the gate lets pass may leave")
    yield from _files(settings)


def _files(settings: Settings) -> Iterator[Check]:
    wanted = [("feed", feed, "CLEW_FEEDS") for feed in settings.feeds]
    wanted += [("geoip", settings.geoip, "CLEW_GEOIP")] if settings.geoip else []
    for name, path, variable in wanted:
        yield _file(name, path, variable)
    stored = workspace().feeds.store
    for each in stored.feeds() if stored is not None else ():
        yield _stored(each)
    if not settings.feeds and (stored is None or not stored.files()):
        yield Check("feed", MISSING, "no local feeds", "clew feeds add PATH, or set CLEW_FEEDS")
    if settings.geoip is None:
        yield Check("geoip", MISSING, "no GeoIP database", "set CLEW_GEOIP to a .mmdb file")


def _stored(feed: OpenFeed | Broken) -> Check:
    # Loaded here: the readers of all formats come with it.
    from clew.providers.ti.feeds.store import Broken

    if isinstance(feed, Broken):
        return Check("feed", FAILED, f"the feed {feed.name}: {feed.error.what}", feed.error.next_step, feed.error.where)
    return Check("feed", OK, f"{feed.feed.name}: {feed.feed.entries:,} listed, read {feed.feed.built[:10]}")


def _file(name: str, path: Path, variable: str) -> Check:
    if not path.is_file():
        return Check(name, FAILED, f"there is no file {path}", f"check {variable}")
    if not os.access(path, os.R_OK):
        return Check(name, FAILED, f"{path} cannot be read", "check its permissions")
    return Check(name, OK, str(path))


def _keys() -> Iterator[Check]:
    """Whether the key of each provider is set; never what it is."""
    pivots = [pivot for cls in ENTITY_TYPES.values() for pivot in pivots_for(cls).values()]
    for provider in dict.fromkeys(each for pivot in pivots for each in pivot.providers if each.secret):
        if os.environ.get(provider.secret):
            yield Check(provider.name, OK, f"{provider.title}: {provider.secret} is set")
        else:
            yield Check(provider.name, MISSING, f"{provider.title} needs a key", f"set {provider.secret}")


def _plugins() -> Iterator[Check]:
    wrong = failures()
    for group in (MENUS, PROVIDERS):
        for plugin in installed(group):
            if not any(failure.plugin == plugin for failure in wrong):
                yield Check(f"plug-in {plugin.name}", OK, str(plugin))
    for failure in wrong:
        yield Check("plug-in", FAILED, str(failure), "tell its authors, or uninstall the package", failure.traceback)
