"""The files of a feed: one, those of a folder, or those that the manifest of a MISP feed names."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from clew.entities import Verdict
from clew.errors import FeedUnusable
from clew.feeds.formats.json_documents import as_object
from clew.feeds.formats.json_text import read_json
from clew.feeds.formats.misp import is_manifest
from clew.feeds.listing import IndicatorDetails, short_text

MAX_FILES = 100_000
_MANIFEST = "manifest.json"
_UUID = re.compile(r"[0-9a-fA-F-]{36}")
# Names of files that name no threat.
_GENERIC_NAME = re.compile(
    r"(?:all|c2|domains?|events?|feeds?|files?|hash(?:es)?|hosts?|indicators?|iocs?|ips?|latest|licen[cs]e|lists?|md5"
    r"|misp|readme|samples?|sha\d+|stix\d*|text|urls?|[\d._-])*",
    re.IGNORECASE,
)
# Families are called 404 and 9002; other numbers of files are years, or count them.
_NUMBER = re.compile(r"(?!(?:19|20)\d\d)\d{3,4}", re.ASCII)
# What the name of a folder says of everything in it.
_FOLDER_VERDICTS = {"malicious": Verdict.MALICIOUS, "malware": Verdict.MALICIOUS, "suspicious": Verdict.SUSPICIOUS}


@dataclass(frozen=True, slots=True)
class FeedFile:
    """A file of a feed.

    Attributes:
        name: its path in the feed, with slashes; its own name where the feed is but one file.
        sha256: of what is in it, as hexadecimal digits.
        is_mirror: it is what came of a collection of a TAXII server.
    """

    path: Path
    name: str
    sha256: str
    size: int
    is_mirror: bool = False


def find_files(path: Path) -> list[FeedFile]:
    """The files of a feed, in the order of their names.

    Raises:
        FeedUnusable: there is nothing, or it cannot be read.
    """
    if not path.exists():
        raise FeedUnusable(
            f"there is no file and no folder {path.name}", location=str(path), next_step="give the path of a feed"
        )
    files = [path] if path.is_file() else [*_files(path)]
    if not files:
        raise FeedUnusable("there is no file in it", location=str(path))
    if len(files) > MAX_FILES:
        raise FeedUnusable(f"there are more than {MAX_FILES:,} files in it", location=str(path))
    root = path if path.is_dir() else path.parent
    return [_feed_file(file, file.relative_to(root).as_posix()) for file in files]


def _files(folder: Path) -> Iterator[Path]:
    event_files = _manifest_files(folder / _MANIFEST)
    paths = event_files if event_files is not None else folder.rglob("*")
    for file in sorted(paths):
        is_hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
        if not is_hidden and file.is_file():
            yield file


def _manifest_files(path: Path) -> list[Path] | None:
    """The events of a MISP feed: beside them are lists of hashes of values, which are no hashes of files."""
    if not path.is_file():
        return None
    try:
        document = read_json(path.read_text("utf-8", "replace"))
    except OSError as error:
        raise FeedUnusable(f"it cannot be read: {error.strerror}", location=str(path)) from None
    if not is_manifest(document):
        return None
    return [path.with_name(f"{name}.json") for name in as_object(document) if _UUID.fullmatch(name)]


def _feed_file(path: Path, name: str) -> FeedFile:
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return FeedFile(path, name, digest, path.stat().st_size)
    except OSError as error:
        raise FeedUnusable(f"it cannot be read: {error.strerror}", location=str(path)) from None


def folder_defaults(name: str, defaults: IndicatorDetails) -> IndicatorDetails:
    """What the names of the folders that a file is in say of everything in it."""
    parts = PurePath(name).parts[:-1]
    verdicts = [_FOLDER_VERDICTS[part.lower()].value for part in parts if part.lower() in _FOLDER_VERDICTS]
    return defaults._replace(verdict=defaults.verdict or next(iter(verdicts), ""))


def threat_of(name: str) -> str:
    """The threat that a list in a folder is about, by its name or else by that of its folder; empty for none.

    >>> threat_of("malware/emotet.txt"), threat_of("xdspy/samples.sha1"), threat_of("malware/ips.txt")
    ('emotet', 'xdspy', '')
    """
    path = PurePath(name)
    if path.parent.name.lower() == "malware" and _NUMBER.fullmatch(path.stem):
        return path.stem
    for part in (path.name.partition(".")[0], *reversed(path.parts[:-1])):
        if not _GENERIC_NAME.fullmatch(part) and part.lower() not in _FOLDER_VERDICTS:
            return short_text(part.replace("_", " "))
    return ""
