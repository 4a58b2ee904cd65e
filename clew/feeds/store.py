"""The store of feeds: a folder with one indexed file for each, so that none can hide or harm another."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, NamedTuple

from clew.entities.checked_text import stamp
from clew.errors import FeedUnusable
from clew.feeds.build import READERS, Feed, build, replace_file
from clew.feeds.collection_mirror import Mirror
from clew.feeds.feed_file import EntryMatch, feed_errors, find_entries, has_key_prefix, open_file
from clew.feeds.feed_sources import FeedFile, find_files
from clew.feeds.match_keys import NAME_PREFIXES
from clew.sqlite import Connection

FEED_SUFFIX, MIRROR_SUFFIX = ".feed", ".taxii"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
#: The largest files that a setting may name directly, in bytes: they are read again by each process.
MAX_DIRECT = 64 * 2**20
#: After so many seconds without a write nobody is building any more.
ABANDONED_SECONDS = 24 * 3600


class RejectedLine(NamedTuple):
    """A row that lists nothing: its file, its place there (a line, or a JSON pointer), and why."""

    path: str
    location: str
    reason: str


class SourceDigest(NamedTuple):
    """A file that a feed was read from, and its sha256 in hexadecimal."""

    path: str
    sha256: str


class OpenFeed:
    """A feed that can be asked, by one thread at a time."""

    def __init__(self, feed: Feed, connection: Connection, location: str) -> None:
        self.feed = feed
        self._connection = connection
        self._location = location
        self._lock = threading.Lock()
        self._name_prefixes: frozenset[str] | None = None

    @classmethod
    def at(cls, path: Path) -> OpenFeed:
        """The feed in a file. Raises FeedUnusable."""
        connection = open_file(path)
        try:
            with feed_errors(path):
                return cls(_load_feed(connection, path), connection, str(path))
        except BaseException:
            connection.close()
            raise

    def find(self, keys: Iterable[str]) -> list[EntryMatch]:
        """Every entry that has one of the keys. Raises FeedUnusable."""
        with self._lock, feed_errors(self._location):
            return find_entries(self._connection, keys)

    def name_prefixes(self) -> frozenset[str]:
        """What the keys of names begin with in it. Raises FeedUnusable."""
        with self._lock, feed_errors(self._location):
            if self._name_prefixes is None:
                self._name_prefixes = frozenset(
                    prefix for prefix in NAME_PREFIXES if has_key_prefix(self._connection, prefix)
                )
            return self._name_prefixes

    def rejected_lines(self) -> list[RejectedLine]:
        """The first rows that list nothing. Raises FeedUnusable."""
        with self._lock, feed_errors(self._location):
            rows = self._connection.execute(
                "SELECT path, place, why FROM refused JOIN sources ON sources.id = source ORDER BY refused.rowid"
            )
            return [RejectedLine(path, location, reason) for path, location, reason in rows]

    def sources(self) -> list[SourceDigest]:
        """The files that it was read from. Raises FeedUnusable."""
        with self._lock, feed_errors(self._location):
            return [
                SourceDigest(path, digest)
                for path, digest in self._connection.execute("SELECT path, sha256 FROM sources")
            ]


def _load_feed(connection: Connection, path: Path) -> Feed:
    try:
        row = next(connection.execute("SELECT what FROM about"))
        return replace(Feed.from_json(row[0]), name=path.name.removesuffix(FEED_SUFFIX))
    except (StopIteration, ValueError, TypeError, LookupError):
        raise FeedUnusable(
            "the file of the feed does not say what it is",
            location=str(path),
            next_step="clew feeds add its source again",
        ) from None


@dataclass(frozen=True, slots=True)
class BrokenFeed:
    """A feed that cannot be asked, and why."""

    name: str
    error: FeedUnusable


@dataclass(frozen=True, slots=True)
class FeedStore:
    """The feeds in a folder.

    A feed is built beside the one that it replaces and takes its place in one step: whoever dies while building, or
    asks meanwhile, has the old one.
    """

    folder: Path
    #: The words that begin the name of a file that is being built.
    _BUILDING: ClassVar[str] = ".building-"

    def add(self, path: str | Path, *, name: str = "", verdict: str = "", severity: str = "", tlp: str = "") -> Feed:
        """Read a file or a folder into the store. What has not changed since it was added is not read again.

        Args:
            name: of the feed; that of the file or the folder, if it is not given. A feed of that name is replaced.
            verdict, severity, tlp: of everything in it that says nothing else.

        Raises:
            FeedUnusable: nothing in it can be read, or the name cannot be that of a file.
        """
        source = Path(path).expanduser().resolve()
        feed = Feed(
            checked_name(name or _default_name(source)), str(source), verdict, severity, tlp, stamp(datetime.now(UTC))
        )
        files = find_files(source)
        existing = self._reusable_feed(feed)
        is_same = existing is not None and [(file.name, file.sha256) for file in files] == existing.sources()
        result = existing.feed if existing is not None and is_same else self._build(feed, files)
        self.forget(feed.name)  # what was fetched under that name before
        return result

    def read_mirror(self, name: str) -> Feed:
        """Read what came of a collection into the feed of its name. What has not changed is not read again.

        Raises:
            FeedUnusable: nothing is fetched under that name, or what came cannot be read.
        """
        path = self.mirror_path(name)
        with closing(Mirror.open(path)) as mirror:
            subscription, progress = mirror.subscription, mirror.progress
        feed = Feed(
            name,
            subscription.collection,
            subscription.verdict,
            subscription.severity,
            subscription.tlp,
            stamp(datetime.now(UTC)),
        )
        source = FeedFile(
            path, subscription.collection.rstrip("/"), progress.digest, path.stat().st_size, is_mirror=True
        )
        existing = self._reusable_feed(feed)
        if existing is not None and [(source.name, source.sha256)] == existing.sources():
            return existing.feed
        return self._build(feed, [source])

    def mirror_path(self, name: str) -> Path:
        """The file of what comes of a collection. Raises FeedUnusable for a name that no feed can have."""
        return self.folder / f"{checked_name(name)}{MIRROR_SUFFIX}"

    def fetched_names(self) -> list[str]:
        """The names of the feeds that are fetched."""
        return sorted(path.name.removesuffix(MIRROR_SUFFIX) for path in self.folder.glob(f"[!.]*{MIRROR_SUFFIX}"))

    def _build(self, feed: Feed, files: list[FeedFile]) -> Feed:
        """Build a feed beside the one of its name, and put it in its place."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._tidy()
        temporary = self.folder / f"{self._BUILDING}{os.getpid()}-{feed.name}"
        temporary.unlink(missing_ok=True)
        try:
            with feed_errors(temporary):
                result, connection = build(feed, temporary, files)
                connection.close()
            replace_file(temporary, self._feed_path(feed.name))
        finally:
            temporary.unlink(missing_ok=True)
        return result

    def _tidy(self) -> None:
        """Take away what builds left that were killed; one that is younger may still go on."""
        for path in self.folder.glob(f"{self._BUILDING}*"):
            if time.time() - path.stat().st_mtime > ABANDONED_SECONDS:
                path.unlink(missing_ok=True)

    def _reusable_feed(self, feed: Feed) -> OpenFeed | None:
        """The feed as it is in the store, if it was added in the same way."""
        try:
            existing = OpenFeed.at(self._feed_path(feed.name))
        except FeedUnusable:
            return None
        mine, its = (
            (candidate.path, candidate.verdict, candidate.severity, candidate.tlp, candidate.readers)
            for candidate in (feed, existing.feed)
        )
        return existing if mine == its and existing.feed.readers == READERS else None

    def remove(self, name: str) -> None:
        """Take a feed out of the store. Raises FeedUnusable: there is none of that name."""
        if not (self._feed_path(checked_name(name)).exists() or self.mirror_path(name).exists()):
            raise FeedUnusable(f"there is no feed {name!r}", next_step="clew feeds list")
        self.forget(name)
        self._feed_path(name).unlink(missing_ok=True)

    def forget(self, name: str) -> None:
        """Take away what was fetched under a name. The feed that was read from it stays."""
        path = self.mirror_path(name)
        # The journal of a fetch that was killed first: with another file of that name it would do harm.
        path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
        path.unlink(missing_ok=True)

    def feeds(self) -> tuple[OpenFeed | BrokenFeed, ...]:
        """Every feed by name; one that cannot be read says so, and hides nothing of the others."""
        names = [path.name.removesuffix(FEED_SUFFIX) for path in self.files()]
        waiting = [name for name in self.fetched_names() if name not in names]
        return (*map(_open_feed, self.files()), *map(_unread_feed, waiting))

    def open_feed(self, name: str) -> OpenFeed:
        """The feed of that name. Raises FeedUnusable: there is none, or it cannot be read."""
        return OpenFeed.at(self._feed_path(checked_name(name)))

    def files(self) -> list[Path]:
        """The files of the feeds, by name."""
        return sorted(self.folder.glob(f"[!.]*{FEED_SUFFIX}")) if self.folder.is_dir() else []

    def _feed_path(self, name: str) -> Path:
        return self.folder / f"{name}{FEED_SUFFIX}"


def _default_name(source: Path) -> str:
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", source.name.partition(".")[0] if source.is_file() else source.name)
    return stem.strip("-.")[:64] or "feed"


def checked_name(name: str) -> str:
    """A name that a feed can have. Raises FeedUnusable."""
    if not _NAME.fullmatch(name):
        raise FeedUnusable(
            f"a feed cannot be called {name!r}",
            next_step="choose up to 64 letters, digits, dots, hyphens and underscores",
        )
    return name


def _unread_feed(name: str) -> BrokenFeed:
    reason = "what came of it has not been read yet"
    return BrokenFeed(name, FeedUnusable(reason, next_step=f"clew feeds update {name}"))


def _open_feed(path: Path) -> OpenFeed | BrokenFeed:
    try:
        status = path.stat()
        return _cached_feed(path, status.st_mtime_ns, status.st_ino)
    except OSError as error:
        return BrokenFeed(path.name.removesuffix(FEED_SUFFIX), FeedUnusable(str(error.strerror)))
    except FeedUnusable as error:
        return BrokenFeed(path.name.removesuffix(FEED_SUFFIX), error)


@lru_cache(maxsize=64)
def _cached_feed(path: Path, mtime: int, inode: int) -> OpenFeed:  # noqa: ARG001 - a file that was replaced is another one
    return OpenFeed.at(path)


def direct_feed(path: Path) -> OpenFeed | BrokenFeed:
    """The feed in a file that a setting names: it is read when it is first asked, and again when it changes."""
    try:
        if path.is_dir():
            raise FeedUnusable("it is a folder", next_step=f"clew feeds add {path}")
        status = path.stat()
        if status.st_size > MAX_DIRECT:
            raise FeedUnusable(f"it is larger than {MAX_DIRECT // 2**20} MiB", next_step=f"clew feeds add {path}")
        return _scratch_feed(path, status.st_mtime_ns, status.st_size)
    except OSError as error:
        return BrokenFeed(path.name, FeedUnusable(str(error.strerror), next_step="check CLEW_FEEDS"))
    except FeedUnusable as error:
        return BrokenFeed(path.name, error)


@lru_cache(maxsize=16)
def _scratch_feed(path: Path, mtime: int, size: int) -> OpenFeed:  # noqa: ARG001 - a changed file is another one
    with feed_errors(path):
        feed, connection = build(Feed(path.name, str(path)), None)
    return OpenFeed(feed, connection, str(path))
