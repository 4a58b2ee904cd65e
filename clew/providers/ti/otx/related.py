"""What OTX has seen together with an address, a domain or a URL: URLs that it fetched, files that talked to it."""

from __future__ import annotations

from typing import Literal

from clew.entities import Domain, File, Finding, IpAddress, Relation, Url
from clew.entities.finding import Scalar, Table
from clew.providers.base import Steps, operation
from clew.providers.reading import Links, Part, joined, told, unknown, written
from clew.providers.ti.otx.base import OtxBase, page_of, path_of, section

#: How many rows are asked for, if nothing else is said, and at most.
PAGE, MOST = 50, 500
COLUMNS = ("related", "relation", "http_status", "file_type", "detections", "threat_name", "observed_last")

What = Literal["urls", "files"]


class OtxRelated(OtxBase):
    """URLs that OTX fetched, with what they served, and malware that talked to an address or a domain."""

    @operation(calls=1, wide=True, facts=COLUMNS)
    def ip(self, ip: IpAddress, *, relationship: What = "urls", limit: int = PAGE) -> Steps:
        """URLs at the address, or malware that talked to it.

        Args:
            relationship: urls, or files.
            limit: how many at most, up to 500.
        """
        return (yield from (_urls(ip, limit) if relationship == "urls" else _files(ip, limit)))

    @operation(calls=1, wide=True, facts=COLUMNS)
    def domain(self, domain: Domain, *, relationship: What = "urls", limit: int = PAGE) -> Steps:
        """URLs of the domain, or malware that talked to it.

        Args:
            relationship: urls, or files.
            limit: how many at most, up to 500.
        """
        return (yield from (_urls(domain, limit) if relationship == "urls" else _files(domain, limit)))

    @operation(calls=1, wide=True, facts=COLUMNS)
    def url(self, url: Url, *, limit: int = PAGE) -> Steps:
        """When OTX fetched the URL, from which address, and what it served.

        Args:
            limit: how many fetches at most, up to 500.
        """
        return (yield from _urls(url, limit))


def _urls(subject: IpAddress | Domain | Url, limit: int) -> Steps:
    document = yield from section(path_of(subject), "url_list", limit=str(max(1, min(MOST, limit))))
    if document is None:
        return unknown(subject, "OTX does not know it", reference=page_of(path_of(subject)))
    found, links = document.need_parts("url_list"), Links(subject)
    rows = [row for each in found for row in _fetched(each, links)]
    more = document.flag("has_next") is True
    available = document.whole("actual_size") or document.whole("full_size")
    return _told(subject, "URLs", found, links, rows, available=available, more=more)


def _files(subject: IpAddress | Domain, limit: int) -> Steps:
    document = yield from section(path_of(subject), "malware", limit=str(max(1, min(MOST, limit))))
    if document is None:
        return unknown(subject, "OTX does not know it", reference=page_of(path_of(subject)))
    found, links = document.need_parts("data"), Links(subject)
    rows = [row for each in found if (row := _talked(each, links)) is not None]
    available = document.whole("count") or document.whole("size")
    more = available is not None and available > len(found)
    return _told(subject, "files", found, links, rows, available=available, more=more)


def _told(
    subject: IpAddress | Domain | Url,
    what: str,
    found: list[Part],
    links: Links,
    rows: list[tuple[Scalar, ...]],
    *,
    available: int | None,
    more: bool,
) -> Finding:
    reference = page_of(path_of(subject))
    if not found:
        return unknown(subject, f"OTX knows no {what}", reference=reference)
    return told(
        subject,
        f"{len(found)} {what}",
        reference=reference,
        links=links,
        table=Table(COLUMNS, tuple(rows)),
        returned=len(found),
        available=max(available or 0, len(found)) or None,
        truncated_by="limit" if more else "",
    )


def _fetched(each: Part, links: Links) -> list[tuple[Scalar, ...]]:
    """Link a URL with its host, its address and what it served; its rows."""
    url = links.made(each.text("url"), Url)
    if url is None:
        return []
    seen, worker = each.moment("date"), each.part("result", "urlworker")
    status = each.whole("httpcode") or worker.whole("http_code")
    rows: list[tuple[Scalar, ...]] = []
    if url != links.subject:
        # OTX fetched it from the address, whatever name it has.
        relation = Relation.CONTAINS if isinstance(links.subject, Domain) else Relation.RELATED_TO
        links.between(url, relation, links.subject, each.pointer, last=seen)
        rows.append((str(url.key), relation.value, status, None, None, None, written(seen)))
    elif (address := worker.text("ip")) and (host := links.made(address, IpAddress)) is not None:
        links.between(url, Relation.RELATED_TO, host, worker.where("ip"), last=seen)
        rows.append((str(host.key), Relation.RELATED_TO.value, status, None, None, None, written(seen)))
    digest = worker.text("sha256")
    if digest and (file := links.made(digest, File)) is not None:
        links.between(url, Relation.HOSTS, file, worker.where("sha256"), last=seen)
        rows.append((str(file.key), Relation.HOSTS.value, status, worker.text("filetype"), None, None, written(seen)))
    return rows


def _talked(each: Part, links: Links) -> tuple[Scalar, ...] | None:
    """Link a file that talked to the subject; its row."""
    file, seen = links.made(each.text("hash"), File), each.moment("datetime_int") or each.moment("date")
    if file is None:
        return None
    links.between(file, Relation.COMMUNICATES_WITH, links.subject, each.pointer, last=seen)
    said = each.part("detections")
    names = [name for scanner in said.fields if (name := said.text(scanner))]
    return (str(file.key), Relation.COMMUNICATES_WITH.value, None, None, len(names), joined(names), written(seen))
