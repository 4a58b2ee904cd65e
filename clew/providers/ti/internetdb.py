"""Shodan InternetDB: what of an address is open, without a key."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from clew.entities import IpAddress
from clew.entities.finding import Scalar
from clew.errors import AskFailed
from clew.providers.base import Provider, Quota, Steps, operation
from clew.providers.fact_text import join_texts
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.shodan import PAGES, integers, judge_tags, link_names, names_at
from clew.providers.web import HttpRequest

_URL = "https://internetdb.shodan.io"


class InternetDb(Provider):
    """Open ports, names, products and possible vulnerabilities of addresses, as Shodan last scanned them."""

    name: ClassVar[str] = "internetdb"
    title: ClassVar[str] = "Shodan InternetDB"
    docs: ClassVar[str] = "https://internetdb.shodan.io/docs"
    leaves: ClassVar[bool] = True
    #: It publishes no figure; this is what Shodan allows whoever has a key.
    quotas: ClassVar[tuple[Quota, ...]] = (Quota(1, timedelta(seconds=1)),)
    #: It is built anew once a week, so what it does not know now it will not know within the hour either.
    lifetime_nothing: ClassVar[timedelta] = timedelta(days=1)

    @operation(calls=1, facts=("ports", "cpes", "vulnerabilities", "tags"))
    def ip(self, ip: IpAddress) -> Steps:
        """Open ports, names and tags of the address, from the last scan.

        The tags of Shodan make the verdict: `malware` and `c2` malicious, `compromised` and `doublepulsar` suspicious.
        Open ports and possible vulnerabilities are no verdict.
        """
        reference = f"{PAGES}/{ip.value}"
        reply = yield HttpRequest("GET", f"{_URL}/{ip.value}", answers=frozenset({404}))
        if reply.status == 404:
            return nothing(ip, "InternetDB has nothing about it", reference=reference)
        about, links = JsonObject.of(reply), LinkCollector(ip)
        if not isinstance(about.value("ports"), list):
            raise AskFailed("the reply has no list of ports", kind="reply")
        ports, tags, flaws = integers(about, "ports"), about.texts("tags"), names_at(about, "vulns")
        link_names(about, links)
        if not (ports or tags or flaws or links.collected_links):
            return nothing(ip, "InternetDB has nothing about it", reference=reference)
        verdict, tag_note = judge_tags(tags)
        facts: dict[str, Scalar] = {
            "ports": join_texts(map(str, ports)),
            "cpes": join_texts(about.texts("cpes")),
            "vulnerabilities": join_texts(flaws),
            "tags": join_texts(tags),
        }
        return found(
            ip, f"{len(ports)} open ports{tag_note}", verdict=verdict, reference=reference, facts=facts, links=links
        )
