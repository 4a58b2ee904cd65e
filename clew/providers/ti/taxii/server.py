"""What a TAXII server is asked, and what its answers mean: its API roots, its collections, a page of one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import SplitResult, urljoin, urlsplit

from clew.entities.text import stamp
from clew.errors import AskError, AskFailed, AskRefused, FeedUnusable
from clew.providers.base import Ask, Provider
from clew.providers.ti.feeds.documents import Object, as_list, as_object, as_text, objects
from clew.providers.ti.feeds.jsontext import read_json
from clew.providers.ti.feeds.model import words
from clew.providers.ti.feeds.times import moment
from clew.providers.ti.taxii.envelope import Envelope, read_envelope
from clew.providers.web import HttpRequest, Place

if TYPE_CHECKING:
    from clew.providers.web.transport import Received

MEDIA = "application/taxii+json"
_OLDER = "application/vnd.oasis.taxii+json"
_OTHER_VERSION = "ask whoever runs it for its address of TAXII 2.1"
#: Where a server says what it has, if nothing else is given.
DISCOVERY = "/taxii2/"
#: How many API roots and collections of a server are looked at.
MAX_ROOTS, MAX_COLLECTIONS = 100, 10_000
# How far ahead of ours the clock of a server may be.
_AHEAD = timedelta(days=1)
# What a server answers to what it does not take; to be asked too often is the business of the web runner.
_READ = frozenset(range(400, 500)) - {408, 425, 429}

Receive = Callable[[Ask, type[Provider]], "Received"]


@dataclass(frozen=True, slots=True)
class Access:
    """Where somebody asks, and as whom.

    Attributes:
        url: of a server, of an API root or of a collection.
        key: the name under which the key is in the environment, the keyring or the file of keys; empty for none.
        basic: the key is `user:password`, and no token.
    """

    url: str
    key: str = ""
    basic: bool = False


class PageRequest(HttpRequest):
    """A page that the server counts on from the last one: sent twice, it would pass over what was lost in between."""

    @property
    def repeatable(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection of a server.

    Attributes:
        url: where it is; it ends with a slash.
    """

    url: str
    id: str
    title: str
    alias: str
    description: str
    readable: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a collection.

    Attributes:
        first, last: when the first and the last object of it were added; empty where the server does not say.
        at: what time it was at the server; empty likewise.
    """

    envelope: Envelope
    first: str
    last: str
    at: str


class _Taxii(Provider):
    """A TAXII server. Each is a source of its own: one that fails or refuses a key says nothing of the others."""

    leaves: ClassVar[bool] = True


class Server:
    """A TAXII server as one user of it.

    Args:
        receive: sends a request, and gives what came back.
    """

    def __init__(self, receive: Receive, access: Access) -> None:
        parts, key = _split(access.url), access.key
        if parts.username or parts.password:
            raise AskRefused(
                "a key does not belong into a URL",
                kind="url",
                sent=False,
                next_step="name the variable that holds it: --key NAME",
            )
        self._receive = receive
        self._url = access.url
        self.title = f"the TAXII server {parts.netloc}"
        self._key = key
        self._place = (Place("basic") if access.basic else Place("header", "Authorization", "Bearer ")) if key else None
        name = f"taxii {parts.netloc} {key}".rstrip()
        constants = {"name": name, "title": self.title, "secret": key, "__doc__": _Taxii.__doc__}
        self._provider: type[Provider] = type("Taxii", (_Taxii,), constants)

    def collections(self) -> list[Collection]:
        """The collections behind the URL: of a server, of one of its API roots, or of a collection itself.

        Raises:
            AskError: nobody answers there, or none who speaks TAXII 2.1.
        """
        root, name = _parted(self._url)
        roots = [root] if name else self._roots(root)
        found = [each for one in roots for each in self._in_root(one)]
        return [each for each in found if not name or name in (each.id, each.alias)]

    def page(self, collection: str, *, after: str, token: str, limit: int) -> Page:
        """A page of a collection.

        Args:
            after: only what was added later than that; ISO 8601, empty for everything.
            token: the name of the page; empty for the first.
            limit: how many objects at most.

        Raises:
            AskError: no answer, or none that is a page.
        """
        params = [
            ("limit", str(limit)),
            *([("added_after", after)] if after else []),
            *([("next", token)] if token else []),
        ]
        kind = PageRequest if token else HttpRequest
        got = self._ask(f"{collection}objects/", tuple(params), "the collection", kind)
        try:
            envelope = read_envelope(got.body.decode("utf-8-sig", "replace"))
        except ValueError as error:
            raise self._failed(f"sent a page that cannot be read: {error}") from None
        dates = [self._added(got.headers, name) for name in ("x-taxii-date-added-first", "x-taxii-date-added-last")]
        return Page(envelope, dates[0] or dates[1], dates[1] or dates[0], _date(got.headers))

    def _roots(self, url: str) -> list[str]:
        """The API roots behind a URL: those that it names, or itself. Those on other servers are left out."""
        document = self._document(url, "what is at that URL")
        if "versions" in document or "max_content_length" in document:
            return [url]
        named = [urljoin(url, each) for each in as_list(document.get("api_roots")) if isinstance(each, str)]
        # The key goes to nobody but the server that was named.
        own = [_slashed(each) for each in named if urlsplit(each)[:2] == urlsplit(url)[:2]]
        if not own:
            more = f", but names {urlsplit(named[0]).netloc}" if named else ""
            raise self._failed(f"names no API root of its own{more}", "give the URL of an API root")
        return [*dict.fromkeys(own)][:MAX_ROOTS]

    def _in_root(self, root: str) -> Iterator[Collection]:
        document = self._document(f"{root}collections/", "the list of collections")
        for _, each in [*objects(document.get("collections"))][:MAX_COLLECTIONS]:
            name = as_text(each.get("id"))
            if name and "/" not in name and "?" not in name and "#" not in name:
                yield Collection(
                    f"{root}collections/{name}/",
                    name,
                    words(each.get("title")),
                    words(each.get("alias")),
                    words(each.get("description")),
                    each.get("can_read") is not False,
                )

    def _document(self, url: str, what: str) -> Object:
        got = self._ask(url, (), what, HttpRequest)
        try:
            document: object = read_json(got.body.decode("utf-8-sig", "replace"))
        except FeedUnusable as error:
            raise self._failed(f"sent what cannot be read for {what}: {error.what}") from None
        found = as_object(document)
        if not found and document != {}:
            raise self._failed(f"sent no object for {what}")
        return found

    def _ask(self, url: str, params: tuple[tuple[str, str], ...], what: str, kind: type[HttpRequest]) -> Received:
        headers = (("Accept", f"{MEDIA};version=2.1"),)
        got = self._receive(kind("GET", url, params, self._place, headers, answers=_READ), self._provider)
        error = self._trouble(got, what)
        if error is not None:
            raise error
        return got

    def _trouble(self, got: Received, what: str) -> AskError | None:
        """The error that the status or the type of an answer stands for. Nothing that the server wrote is in it."""
        status, told = got.status, f"{what} (status {got.status})"
        match status:
            case 401 if not self._key:
                step = "name the variable that holds it: --key NAME, with --basic for user:password"
                return AskRefused(f"{self.title} wants a key for {told}", kind="key", next_step=step)
            case 401:
                return AskRefused(
                    f"{self.title} refused the key for {told}", kind="key", next_step=f"check the key {self._key}"
                )
            case 403:
                return AskRefused(
                    f"{self.title} does not let you read {told}",
                    kind="key",
                    next_step="ask whoever runs it for the right to read it",
                )
            case 404:
                return AskFailed(
                    f"{self.title} does not have {told}",
                    kind="not-found",
                    next_step="clew feeds collections URL shows what it has",
                )
            case 406:
                what = f"{self.title} does not speak TAXII 2.1: it did not take the request for {told}"
                return AskFailed(what, kind="status", next_step=_OTHER_VERSION)
            case 413:
                return AskFailed(f"{self.title} finds it too large: {told}", kind="reply")
            case _ if status >= 300:
                return AskFailed(f"{self.title} did not take the request for {told}", kind="status")
            case _:
                return self._odd_type(got.headers.get("content-type", ""), what)

    def _odd_type(self, given: str, what: str) -> AskFailed | None:
        media, *parameters = (part.strip().lower() for part in given.split(";"))
        version = next((part.partition("=")[2].strip('" ') for part in parameters if part.startswith("version")), "2.1")
        if media == MEDIA and version == "2.1":
            return None
        if media in (MEDIA, _OLDER):
            return self._failed("speaks another version of TAXII", _OTHER_VERSION)
        return self._failed(
            f"answered with {words(media)[:80] or 'no type'} instead of {MEDIA} for {what}",
            "give the URL of an API root; download a file first, and add that",
        )

    def _failed(self, what: str, step: str = "") -> AskFailed:
        return AskFailed(f"{self.title} {what}", kind="reply", next_step=step)

    def _added(self, headers: Mapping[str, str], name: str) -> str:
        """A time of addition; empty for none, and for one that lies ahead, which would hide what comes until then."""
        found = moment(headers.get(name, ""))
        return found if found < stamp(datetime.now(UTC) + _AHEAD) else ""


def _date(headers: Mapping[str, str]) -> str:
    try:
        found: Any = parsedate_to_datetime(headers.get("date", ""))
        return stamp(found.astimezone(UTC)) if found.tzinfo and found < datetime.now(UTC) + _AHEAD else ""
    except (ValueError, TypeError, OverflowError):
        return ""


def _parted(url: str) -> tuple[str, str]:
    """The API root and the name of the collection in a URL; the name is empty where there is none."""
    base = url.partition("#")[0].partition("?")[0]
    head, found, tail = base.partition("/collections/")
    name = tail.strip("/").partition("/")[0]
    if found:
        return _slashed(head), name
    return urljoin(base, DISCOVERY) if urlsplit(base).path in ("", "/") else _slashed(base), ""


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = SplitResult("", "", "", "", "")
    if not parts.hostname:
        raise AskRefused("nobody was asked: the URL is none", kind="url", sent=False)
    return parts


def _slashed(url: str) -> str:
    return url if url.endswith("/") else f"{url}/"
