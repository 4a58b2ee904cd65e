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
from clew.graph.export.registry import EXPORTER_GROUP, exporter_failures
from clew.logs.engines.registry import FILES, log_engine
from clew.logs.log_plugins import LOG_GROUPS, log_plugin_failures
from clew.pivots.lookup_policy import source_name
from clew.pivots.plugin_menus import MENU_GROUP, PROVIDER_GROUP
from clew.pivots.registry import failures
from clew.pivots.session import workspace
from clew.pivots.source_catalog import SourceState, sources
from clew.plugins import installed_plugins
from clew.providers.web.clock import now
from clew.settings import Settings

if TYPE_CHECKING:
    from clew.feeds.store import BrokenFeed, OpenFeed

STATE_OK, STATE_MISSING, STATE_FAILED = "ok", "missing", "failed"
#: The libraries behind each extra, and what needs them.
EXTRAS = {
    "logs": (log_engine(FILES).libraries, "queries over logs"),
    "sigma": (("sigma", "ahocorasick_rs", "re2"), "Sigma rules"),
    "geo": (("maxminddb",), "locating addresses"),
    "dns": (("dns",), "asking the DNS"),
    "views": (("bokeh", "jinja2", "pyvis"), "pictures"),
    "notebook": (("ipywidgets", "IPython"), "widgets and magics in notebooks"),
}
# Where a library is not imported by the name that it is installed by.
_DISTRIBUTIONS = {"dns": "dnspython", "sigma": "pysigma", "re2": "google-re2"}


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
    message: str
    next_step: str = ""
    detail: str = ""


def checks() -> tuple[Check, ...]:
    """Everything that `clew doctor` shows."""
    version_check = Check("clew", STATE_OK, f"{metadata.version('clew')} on Python {platform.python_version()}")
    return (version_check, *_libraries(), *_settings(), *_plugins())


def _libraries() -> Iterator[Check]:
    for extra, (names, purpose) in EXTRAS.items():
        absent = [name for name in names if find_spec(name) is None]
        if absent:
            command = f"pip install 'clew[{extra}]'"
            yield Check(f"extra {extra}", STATE_MISSING, f"{purpose} needs {', '.join(absent)}", command)
        else:
            yield Check(f"extra {extra}", STATE_OK, ", ".join(f"{name} {_version(name)}" for name in names))


def _version(name: str) -> str:
    return metadata.version(_DISTRIBUTIONS.get(name, name))


def _settings() -> Iterator[Check]:
    try:
        settings = workspace().settings
    except SettingsError as error:
        yield Check("settings", STATE_FAILED, error.message, error.next_step, error.location)
        return
    yield Check("settings", STATE_OK, f"steps are recorded as by {settings.analyst}; cache in {settings.cache}")
    yield Check(
        "network", STATE_OK, "offline: nothing leaves" if settings.offline else "what the gate lets pass may leave"
    )
    yield from _files(settings)
    yield from _names(settings)
    yield from _keys()


def _files(settings: Settings) -> Iterator[Check]:
    for feed in settings.feeds:
        yield _file("feed", feed, "CLEW_FEEDS")
    store = workspace().feeds.store
    for stored_feed in store.feeds() if store is not None else ():
        yield _feed_check(stored_feed)
    if not settings.feeds and (store is None or not store.files()):
        yield Check("feed", STATE_MISSING, "no local feeds", "clew feeds add PATH, or set CLEW_FEEDS")
    yield from _databases(settings)


def _databases(settings: Settings) -> Iterator[Check]:
    # Loaded here: most of it is what many addresses at once need.
    from clew.providers.geo.database_files import database_files

    try:
        paths = database_files(settings.geoip)
    except AskSkipped as error:
        yield Check("geoip", STATE_MISSING, "no GeoIP database", error.next_step)
        return
    for path in paths:
        yield _database(path)


def _database(path: Path) -> Check:
    from clew.providers.geo.maxmind_database import DAMAGE_ERRORS, open_database
    from clew.providers.geo.place_answer import MAX_AGE, is_old

    try:
        database = open_database(path)
    except MissingExtra as error:
        return Check("geoip", STATE_MISSING, f"{path}: {error.message}", error.next_step)
    except DAMAGE_ERRORS as error:
        return Check("geoip", STATE_FAILED, f"{path} cannot be read: {error}", "check CLEW_GEOIP, download it again")
    summary = f"{path}: {database.type}, built {database.build_day}"
    if is_old(database.build_day, now().date()):
        return Check(
            "geoip", STATE_OK, f"{summary}, more than {MAX_AGE.days} days ago", "download it again: addresses move"
        )
    return Check("geoip", STATE_OK, summary)


def _names(settings: Settings) -> Iterator[Check]:
    """Settings that name sources which there are not."""
    source_names = {source.name for source in sources()}
    for setting in ("providers", "disabled_providers", "weights", "quotas"):
        for name in getattr(settings, setting):
            if source_name(name) not in source_names:
                yield Check(setting, STATE_FAILED, f"there is no source {name!r}", "clew sources lists them")


def _feed_check(feed: OpenFeed | BrokenFeed) -> Check:
    # Loaded here: the readers of all formats come with it.
    from clew.feeds.store import BrokenFeed

    if isinstance(feed, BrokenFeed):
        return Check(
            "feed",
            STATE_FAILED,
            f"the feed {feed.name}: {feed.error.message}",
            feed.error.next_step,
            feed.error.location,
        )
    return Check("feed", STATE_OK, f"{feed.feed.name}: {feed.feed.entries:,} listed, read {feed.feed.built[:10]}")


def _file(name: str, path: Path, variable: str) -> Check:
    if not path.is_file():
        return Check(name, STATE_FAILED, f"there is no file {path}", f"check {variable}")
    if not os.access(path, os.R_OK):
        return Check(name, STATE_FAILED, f"{path} cannot be read", "check its permissions")
    return Check(name, STATE_OK, str(path))


def _keys() -> Iterator[Check]:
    """Whether the key of each source is set; never what it is."""
    for source in sources():
        if source.secret:
            yield _key(source)


def _key(source: SourceState) -> Check:
    if source.lookup_state == "disabled":
        return Check(source.name, STATE_OK, f"{source.title} is disabled")
    if source.key == "set":
        return Check(source.name, STATE_OK, f"{source.title}: {source.secret} is set")
    lacks = "needs a key" if source.key == "missing" else "answers less, or less often, without a key"
    step = f"set {source.secret} in the environment, the keyring or the file that CLEW_KEYS names"
    return Check(source.name, STATE_MISSING, f"{source.title} {lacks}", step)


def _plugins() -> Iterator[Check]:
    wrong = (*failures(), *exporter_failures(), *log_plugin_failures())
    for group in (MENU_GROUP, PROVIDER_GROUP, EXPORTER_GROUP, *LOG_GROUPS):
        for plugin in installed_plugins(group):
            if not any(failure.plugin == plugin for failure in wrong):
                yield Check(f"plug-in {plugin.name}", STATE_OK, str(plugin))
    for failure in wrong:
        yield Check(
            "plug-in", STATE_FAILED, str(failure), "tell its authors, or uninstall the package", failure.traceback
        )
