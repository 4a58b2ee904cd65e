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

from clew.errors import AskSkipped, MissingExtra, SettingsError
from clew.pivots.choosing import source_name
from clew.pivots.context import now, workspace
from clew.pivots.plugins import MENUS, PROVIDERS
from clew.pivots.registry import failures
from clew.pivots.sources import SourceState, sources
from clew.plugins import installed
from clew.settings import Settings

if TYPE_CHECKING:
    from clew.providers.ti.feeds.store import Broken, OpenFeed

OK, MISSING, FAILED = "ok", "missing", "failed"
#: The libraries behind each extra, and what needs them.
EXTRAS = {
    "logs": (("duckdb",), "queries over logs"),
    "geo": (("maxminddb",), "locating addresses"),
    "dns": (("dns",), "asking the DNS"),
    "views": (("bokeh", "jinja2", "pyvis"), "pictures"),
    "notebook": (("ipywidgets", "IPython"), "widgets and magics in notebooks"),
}
# Where a library is not imported by the name that it is installed by.
_DISTRIBUTIONS = {"dns": "dnspython"}


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
    return (own, *_libraries(), *_settings(), *_plugins())


def _libraries() -> Iterator[Check]:
    for extra, (names, purpose) in EXTRAS.items():
        absent = [name for name in names if find_spec(name) is None]
        if absent:
            command = f"pip install 'clew[{extra}]'"
            yield Check(f"extra {extra}", MISSING, f"{purpose} needs {', '.join(absent)}", command)
        else:
            yield Check(f"extra {extra}", OK, ", ".join(f"{name} {_version(name)}" for name in names))


def _version(name: str) -> str:
    return metadata.version(_DISTRIBUTIONS.get(name, name))


def _settings() -> Iterator[Check]:
    try:
        settings = workspace().settings
    except SettingsError as error:
        yield Check("settings", FAILED, error.what, error.next_step, error.where)
        return
    yield Check("settings", OK, f"steps are recorded as by {settings.analyst}; cache in {settings.cache}")
    yield Check("network", OK, "offline: nothing leaves" if settings.offline else "what the gate lets pass may leave")
    yield from _files(settings)
    yield from _names(settings)
    yield from _keys()


def _files(settings: Settings) -> Iterator[Check]:
    for feed in settings.feeds:
        yield _file("feed", feed, "CLEW_FEEDS")
    stored = workspace().feeds.store
    for each in stored.feeds() if stored is not None else ():
        yield _stored(each)
    if not settings.feeds and (stored is None or not stored.files()):
        yield Check("feed", MISSING, "no local feeds", "clew feeds add PATH, or set CLEW_FEEDS")
    yield from _databases(settings)


def _databases(settings: Settings) -> Iterator[Check]:
    # Loaded here: most of it is what many addresses at once need.
    from clew.providers.geo.sources import files

    try:
        paths = files(settings.geoip)
    except AskSkipped as error:
        yield Check("geoip", MISSING, "no GeoIP database", error.next_step)
        return
    for path in paths:
        yield _database(path)


def _database(path: Path) -> Check:
    from clew.providers.geo.answers import OLD, is_old
    from clew.providers.geo.database import DAMAGE, opened

    try:
        found = opened(path)
    except MissingExtra as error:
        return Check("geoip", MISSING, f"{path}: {error.what}", error.next_step)
    except DAMAGE as error:
        return Check("geoip", FAILED, f"{path} cannot be read: {error}", "check CLEW_GEOIP, download it again")
    what = f"{path}: {found.type}, built {found.built}"
    if is_old(found.built, now().date()):
        return Check("geoip", OK, f"{what}, more than {OLD.days} days ago", "download it again: addresses move")
    return Check("geoip", OK, what)


def _names(settings: Settings) -> Iterator[Check]:
    """Settings that name sources which there are not."""
    known = {source.name for source in sources()}
    for setting in ("providers", "disabled_providers", "weights", "quotas"):
        for name in getattr(settings, setting):
            if source_name(name) not in known:
                yield Check(setting, FAILED, f"there is no source {name!r}", "clew sources lists them")


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
    """Whether the key of each source is set; never what it is."""
    for source in sources():
        if source.secret:
            yield _key(source)


def _key(source: SourceState) -> Check:
    if source.asked == "disabled":
        return Check(source.name, OK, f"{source.title} is disabled")
    if source.key == "set":
        return Check(source.name, OK, f"{source.title}: {source.secret} is set")
    lacks = "needs a key" if source.key == "missing" else "answers less, or less often, without a key"
    step = f"set {source.secret} in the environment, the keyring or the file that CLEW_KEYS names"
    return Check(source.name, MISSING, f"{source.title} {lacks}", step)


def _plugins() -> Iterator[Check]:
    wrong = failures()
    for group in (MENUS, PROVIDERS):
        for plugin in installed(group):
            if not any(failure.plugin == plugin for failure in wrong):
                yield Check(f"plug-in {plugin.name}", OK, str(plugin))
    for failure in wrong:
        yield Check("plug-in", FAILED, str(failure), "tell its authors, or uninstall the package", failure.traceback)
