"""What a TAXII server is asked, and what its answers mean: its API roots, its collections, a page of one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import SplitResult, urljoin, urlsplit

from clew.entities.checked_text import stamp
from clew.entities.timestamps import iso_time
from clew.errors import AskError, AskFailed, AskRefused, FeedUnusable
from clew.feeds.formats.json_documents import Object, as_list, as_object, as_text, objects
from clew.feeds.formats.json_text import read_json
from clew.feeds.listing import short_text
from clew.feeds.taxii_collections import Access, Collection
from clew.providers.base import Ask, Provider
from clew.providers.taxii.envelope import Envelope, read_envelope
from clew.providers.web import HttpRequest, SecretLocation

if TYPE_CHECKING:
    from clew.providers.web.raw_response import RawResponse

MEDIA_TYPE = "application/taxii+json"
_OLDER_MEDIA_TYPE = "application/vnd.oasis.taxii+json"
_OTHER_VERSION = "ask whoever runs it for its address of TAXII 2.1"
#: Where a server says what it has, if nothing else is given.
DISCOVERY = "/taxii2/"
#: How many API roots and collections of a server are looked at.
MAX_ROOTS, MAX_COLLECTIONS = 100, 10_000
# How far ahead of ours the clock of a server may be.
_MAX_CLOCK_SKEW = timedelta(days=1)
# What a server answers to what it does not take; to be asked too often is the business of the web runner.
_CLIENT_ERRORS = frozenset(range(400, 500)) - {408, 425, 429}

Receive = Callable[[Ask, type[Provider]], "RawResponse"]


class PageRequest(HttpRequest):
    """A page that the server counts on from the last one: sent twice, it would pass over what was lost in between."""

    @property
    def repeatable(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a collection.

    Attributes:
        first_added, last_added: when the first and the last object of it were added; empty where the server does
            not say.
        server_time: what time it was at the server; empty likewise.
    """

    envelope: Envelope
    first_added: str
    last_added: str
    server_time: str


class _Taxii(Provider):
    """A TAXII server. Each is a source of its own: one that fails or refuses a key says nothing of the others."""

    leaves: ClassVar[bool] = True


class TaxiiServer:
    """A TAXII server as one user of it.

    Args:
        receive: sends a request, and gives what came back.
    """

    def __init__(self, receive: Receive, access: Access) -> None:
        url_parts, key = _parse_url(access.url), access.key
        if url_parts.username or url_parts.password:
            raise AskRefused(
                "a key does not belong into a URL",
                kind="url",
                sent=False,
                next_step="name the variable that holds it: --key NAME",
            )
        self._receive = receive
        self._url = access.url
        self.title = f"the TAXII server {url_parts.netloc}"
        self._key = key
        self._key_location = (
            (SecretLocation("basic") if access.basic else SecretLocation("header", "Authorization", "Bearer "))
            if key
            else None
        )
        name = f"taxii {url_parts.netloc} {key}".rstrip()
        constants = {"name": name, "title": self.title, "secret": key, "__doc__": _Taxii.__doc__}
        self._provider: type[Provider] = type("Taxii", (_Taxii,), constants)

    def collections(self) -> list[Collection]:
        """The collections behind the URL: of a server, of one of its API roots, or of a collection itself.

        Raises:
            AskError: nobody answers there, or none who speaks TAXII 2.1.
        """
        root, name = _root_and_collection(self._url)
        roots = [root] if name else self._roots(root)
        collections = [collection for api_root in roots for collection in self._root_collections(api_root)]
        return [collection for collection in collections if not name or name in (collection.id, collection.alias)]

    def page(self, collection: str, *, added_after: str, token: str, limit: int) -> Page:
        """A page of a collection.

        Args:
            added_after: only what was added later than that; ISO 8601, empty for everything.
            token: the name of the page; empty for the first.
            limit: how many objects at most.

        Raises:
            AskError: no answer, or none that is a page.
        """
        params = [
            ("limit", str(limit)),
            *([("added_after", added_after)] if added_after else []),
            *([("next", token)] if token else []),
        ]
        request_type = PageRequest if token else HttpRequest
        response = self._send(f"{collection}objects/", tuple(params), "the collection", request_type)
        try:
            envelope = read_envelope(response.body.decode("utf-8-sig", "replace"))
        except ValueError as error:
            raise self._reply_error(f"sent a page that cannot be read: {error}") from None
        dates = [
            self._addition_time(response.headers, name)
            for name in ("x-taxii-date-added-first", "x-taxii-date-added-last")
        ]
        return Page(envelope, dates[0] or dates[1], dates[1] or dates[0], _date(response.headers))

    def _roots(self, url: str) -> list[str]:
        """The API roots behind a URL: those that it names, or itself. Those on other servers are left out."""
        document = self._document(url, "what is at that URL")
        if "versions" in document or "max_content_length" in document:
            return [url]
        root_urls = [
            urljoin(url, api_root) for api_root in as_list(document.get("api_roots")) if isinstance(api_root, str)
        ]
        # The key goes to nobody but the server that was named.
        own_roots = [_with_slash(api_root) for api_root in root_urls if urlsplit(api_root)[:2] == urlsplit(url)[:2]]
        if not own_roots:
            hint = f", but names {urlsplit(root_urls[0]).netloc}" if root_urls else ""
            raise self._reply_error(f"names no API root of its own{hint}", "give the URL of an API root")
        return [*dict.fromkeys(own_roots)][:MAX_ROOTS]

    def _root_collections(self, root: str) -> Iterator[Collection]:
        document = self._document(f"{root}collections/", "the list of collections")
        for _, entry in [*objects(document.get("collections"))][:MAX_COLLECTIONS]:
            name = as_text(entry.get("id"))
            if name and "/" not in name and "?" not in name and "#" not in name:
                yield Collection(
                    f"{root}collections/{name}/",
                    name,
                    short_text(entry.get("title")),
                    short_text(entry.get("alias")),
                    short_text(entry.get("description")),
                    entry.get("can_read") is not False,
                )

    def _document(self, url: str, label: str) -> Object:
        response = self._send(url, (), label, HttpRequest)
        try:
            document: object = read_json(response.body.decode("utf-8-sig", "replace"))
        except FeedUnusable as error:
            raise self._reply_error(f"sent what cannot be read for {label}: {error.message}") from None
        content = as_object(document)
        if not content and document != {}:
            raise self._reply_error(f"sent no object for {label}")
        return content

    def _send(
        self, url: str, params: tuple[tuple[str, str], ...], label: str, request_type: type[HttpRequest]
    ) -> RawResponse:
        headers = (("Accept", f"{MEDIA_TYPE};version=2.1"),)
        response = self._receive(
            request_type("GET", url, params, self._key_location, headers, answers=_CLIENT_ERRORS), self._provider
        )
        error = self._response_error(response, label)
        if error is not None:
            raise error
        return response

    def _response_error(self, response: RawResponse, label: str) -> AskError | None:
        """The error that the status or the type of an answer stands for. Nothing that the server wrote is in it."""
        status, subject = response.status, f"{label} (status {response.status})"
        match status:
            case 401 if not self._key:
                step = "name the variable that holds it: --key NAME, with --basic for user:password"
                return AskRefused(f"{self.title} wants a key for {subject}", kind="key", next_step=step)
            case 401:
                return AskRefused(
                    f"{self.title} refused the key for {subject}", kind="key", next_step=f"check the key {self._key}"
                )
            case 403:
                return AskRefused(
                    f"{self.title} does not let you read {subject}",
                    kind="key",
                    next_step="ask whoever runs it for the right to read it",
                )
            case 404:
                return AskFailed(
                    f"{self.title} does not have {subject}",
                    kind="not-found",
                    next_step="clew feeds collections URL shows what it has",
                )
            case 406:
                label = f"{self.title} does not speak TAXII 2.1: it did not take the request for {subject}"
                return AskFailed(label, kind="status", next_step=_OTHER_VERSION)
            case 413:
                return AskFailed(f"{self.title} finds it too large: {subject}", kind="reply")
            case _ if status >= 300:
                return AskFailed(f"{self.title} did not take the request for {subject}", kind="status")
            case _:
                return self._media_type_error(response.headers.get("content-type", ""), label)

    def _media_type_error(self, content_type: str, label: str) -> AskFailed | None:
        media, *parameters = (part.strip().lower() for part in content_type.split(";"))
        version = next((part.partition("=")[2].strip('" ') for part in parameters if part.startswith("version")), "2.1")
        if media == MEDIA_TYPE and version == "2.1":
            return None
        if media in (MEDIA_TYPE, _OLDER_MEDIA_TYPE):
            return self._reply_error("speaks another version of TAXII", _OTHER_VERSION)
        return self._reply_error(
            f"answered with {short_text(media)[:80] or 'no type'} instead of {MEDIA_TYPE} for {label}",
            "give the URL of an API root; download a file first, and add that",
        )

    def _reply_error(self, problem: str, step: str = "") -> AskFailed:
        return AskFailed(f"{self.title} {problem}", kind="reply", next_step=step)

    def _addition_time(self, headers: Mapping[str, str], name: str) -> str:
        """A time of addition; empty for none, and for one that lies ahead, which would hide what comes until then."""
        time = iso_time(headers.get(name, ""))
        return time if time < stamp(datetime.now(UTC) + _MAX_CLOCK_SKEW) else ""


def _date(headers: Mapping[str, str]) -> str:
    try:
        date: Any = parsedate_to_datetime(headers.get("date", ""))
        return stamp(date.astimezone(UTC)) if date.tzinfo and date < datetime.now(UTC) + _MAX_CLOCK_SKEW else ""
    except (ValueError, TypeError, OverflowError):
        return ""


def _root_and_collection(url: str) -> tuple[str, str]:
    """The API root and the name of the collection in a URL; the name is empty where there is none."""
    base = url.partition("#")[0].partition("?")[0]
    head, separator, tail = base.partition("/collections/")
    name = tail.strip("/").partition("/")[0]
    if separator:
        return _with_slash(head), name
    return urljoin(base, DISCOVERY) if urlsplit(base).path in ("", "/") else _with_slash(base), ""


def _parse_url(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = SplitResult("", "", "", "", "")
    if not parts.hostname:
        raise AskRefused("nobody was asked: the URL is none", kind="url", sent=False)
    return parts


def _with_slash(url: str) -> str:
    return url if url.endswith("/") else f"{url}/"
