"""hunter.how: what answers at an address, and by which names."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import ClassVar

from clew.entities import IpAddress, Relation
from clew.entities.finding import Scalar, Table
from clew.entities.times import TimeWindow, When
from clew.errors import AskFailed, AskRefused, AskSkipped
from clew.providers.base import Provider, Quota, Reply, Steps, operation
from clew.providers.reading import Links, Part, host_kind, quoted, told, unknown
from clew.providers.web import HttpRequest, Place

#: What one page has.
PAGE = 100
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

    @operation(calls=1, wide=True, facts=COLUMNS)
    def ip(self, ip: IpAddress, *, start: When | None = None, end: When | None = None, page: int = 1) -> Steps:
        """Services that answer at the address, and their names.

        It has to be told a stretch of time, of a year at most, and keeps nothing that is older.

        Args:
            start: from when on; what is not given is that of the case or of the settings, as for queries.
            end: until when.
            page: which hundred of them.
        """
        window = TimeWindow.kept(start, end)
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
            ("page_size", str(PAGE)),
            ("start_time", f"{window.start:%F}"),
            ("end_time", f"{window.end:%F}"),
        )
        data = _data((yield HttpRequest("GET", _URL, params, secret=Place("query", "api-key"))))
        reference, total, links = f"{_PAGES}?searchValue={quoted(query)}", data.count("total"), Links(ip)
        found = data.every("list") if total or data.at("list") is not None else []
        if any(links.made(each.text("ip"), IpAddress) != ip for each in found):
            raise AskFailed("the reply is not about this address", kind="reply")
        if not found and total > (page - 1) * PAGE:
            raise AskFailed("the reply has none of the services that it counts", kind="reply")
        if not found:
            return unknown(ip, f"hunter.how saw no service there {window}", reference=reference)
        rows, more = tuple(_row(each, links) for each in found), total > page * PAGE
        return told(
            ip,
            f"{len(rows)} services, seen {window}",
            reference=reference,
            links=links,
            table=Table(COLUMNS, rows),
            returned=len(rows),
            available=total if more else len(rows),
            truncated_by="limit" if more else "",
        )


def _data(reply: Reply) -> Part:
    """The answer. Raises AskRefused or AskFailed for an error, which comes with a status of 200."""
    document = Part.of(reply)
    code, said = document.whole("code"), (document.text("message") or "no reason")[:200]
    if code == 200:
        return document.need("data")
    if code == _NO_KEY or "token" in said.lower():
        step = f"check the key {HunterHow.secret}"
        raise AskRefused(f"hunter.how refused the key: {said}", kind="key", next_step=step)
    if "query usage" in said.lower():
        raise AskRefused(f"hunter.how's quota is used up: {said}", kind="quota")
    raise AskFailed(f"hunter.how answered with an error: {said}", kind="reply")


def _row(each: Part, links: Links) -> tuple[Scalar, ...]:
    name = each.text("domain")
    # It answers by that name; whether the name leads there is not said.
    other = name and links.to(Relation.RELATED_TO, name, host_kind(name), each.where("domain"))
    return each.whole("port"), str(other.key) if other else None
