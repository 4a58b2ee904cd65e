"""hunter.how: what answers at an address, and by which names."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import ClassVar

from clew.entities import IpAddress, Relation
from clew.entities.finding import Scalar, Table
from clew.entities.times import TimeLike, TimeWindow
from clew.errors import AskFailed, AskRefused, AskSkipped
from clew.providers.base import Provider, Quota, Reply, Steps, operation
from clew.providers.findings import found, nothing, page_extent
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector, host_kind
from clew.providers.url_quoting import percent_encode
from clew.providers.web import HttpRequest, SecretLocation

#: What one page has.
PAGE_SIZE = 100
COLUMNS = ("service_port", "related")
_NO_KEY = 40001
_URL, _PAGES = "https://api.hunter.how/search", "https://hunter.how/list"


class HunterHow(Provider):
    """Services and names of addresses, as hunter.how scanned them within the last year. It scans nothing when asked.

    That is all that it keeps, and it takes no longer stretch of time:
    https://github.com/Hunter-How/Support/issues/13.
    """

    name: ClassVar[str] = "hunterhow"
    title: ClassVar[str] = "hunter.how"
    docs: ClassVar[str] = "https://hunter.how/search-api"
    leaves: ClassVar[bool] = True
    secret: ClassVar[str] = "CLEW_HUNTERHOW_KEY"
    #: What an account may ask a day is only told to who has one. This is courtesy: others wait as long.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(1, timedelta(seconds=2)),)
    concurrency: ClassVar[int] = 1

    @operation(calls=1, broad=True, facts=COLUMNS)
    def ip(self, ip: IpAddress, *, start: TimeLike | None = None, end: TimeLike | None = None, page: int = 1) -> Steps:
        """Services that answer at the address, and their names.

        It has to be told a stretch of time, of a year at most, and keeps nothing that is older.

        Args:
            start: from when on; what is not given is that of the case or of the settings, as for queries.
            end: until when.
            page: which hundred of them.
        """
        window = TimeWindow.of_absolute(start, end)
        if window.start is None or window.end is None:
            raise AskSkipped(
                "hunter.how has to be told from when until when",
                kind="no-time",
                sent=False,
                next_step='start="-364d", end="now"',
            )
        query, page = f'ip="{ip.value}"', max(1, page)
        params = (
            ("query", urlsafe_b64encode(query.encode()).decode()),
            ("page", str(page)),
            ("page_size", str(PAGE_SIZE)),
            ("start_time", f"{window.start:%F}"),
            ("end_time", f"{window.end:%F}"),
        )
        data = _checked_data((yield HttpRequest("GET", _URL, params, secret=SecretLocation("query", "api-key"))))
        reference, total, links = (
            f"{_PAGES}?searchValue={percent_encode(query)}",
            data.count("total"),
            LinkCollector(ip),
        )
        services = data.require_all("list") if total or data.value("list") is not None else []
        if any(links.entity(service.text("ip"), IpAddress) != ip for service in services):
            raise AskFailed("the reply is not about this address", kind="reply")
        if not services and total > (page - 1) * PAGE_SIZE:
            raise AskFailed("the reply has none of the services that it counts", kind="reply")
        if not services:
            return nothing(ip, f"hunter.how saw no service there {window}", reference=reference)
        rows, has_more = tuple(_row(service, links) for service in services), total > page * PAGE_SIZE
        return found(
            ip,
            f"{len(rows)} services, seen {window}",
            reference=reference,
            links=links,
            table=Table(COLUMNS, rows),
            **page_extent(len(rows), total, has_more=has_more),
        )


def _checked_data(reply: Reply) -> JsonObject:
    """The answer. Raises AskRefused or AskFailed for an error, which comes with a status of 200."""
    document = JsonObject.of(reply)
    code, message = document.integer("code"), (document.text("message") or "no reason")[:200]
    if code == 200:
        return document.require("data")
    if code == _NO_KEY or "token" in message.lower():
        step = f"check the key {HunterHow.secret}"
        raise AskRefused(f"hunter.how refused the key: {message}", kind="key", next_step=step)
    if "query usage" in message.lower():
        raise AskRefused(f"hunter.how's quota is used up: {message}", kind="quota")
    raise AskFailed(f"hunter.how answered with an error: {message}", kind="reply")


def _row(service: JsonObject, links: LinkCollector) -> tuple[Scalar, ...]:
    name = service.text("domain")
    # It answers by that name; whether the name leads there is not said.
    other = name and links.link_to(Relation.RELATED_TO, name, host_kind(name), service.pointer_to("domain"))
    return service.integer("port"), str(other.key) if other else None
