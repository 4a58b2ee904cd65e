"""Shodan InternetDB: what of an address is open, without a key."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from clew.entities import IpAddress
from clew.errors import AskFailed
from clew.providers.base import Provider, Quota, Steps, operation
from clew.providers.fact_text import join_texts
from clew.providers.field_table import Field, FieldTable
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.shodan_hosts import PAGES, flaws_of, judge_tags, link_host_names, ports_of
from clew.providers.web import HttpRequest

_URL = "https://internetdb.shodan.io"
_HOST = FieldTable(
    ports=Field(lambda about: join_texts(map(str, ports_of(about)))),
    cpes=Field.texts("cpes"),
    vulnerabilities=Field(lambda about: join_texts(flaws_of(about))),
    tags=Field.texts("tags"),
)


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

    @operation(calls=1, facts=_HOST.names)
    def ip(self, ip: IpAddress) -> Steps:
        """Open ports, names and tags of the address, from the last scan.

        The tags of Shodan make the verdict: `malware` and `c2` malicious, `compromised` and `doublepulsar` suspicious.
        Open ports and possible vulnerabilities are no verdict.
        """
        reply = yield HttpRequest("GET", f"{_URL}/{ip.value}", answers=frozenset({404}))
        about, links, reference = JsonObject.of_known(reply), LinkCollector(ip), f"{PAGES}/{ip.value}"
        if about is None:
            return nothing(ip, "InternetDB has nothing about it", reference=reference)
        if not isinstance(about.value("ports"), list):
            raise AskFailed("the reply has no list of ports", kind="reply")
        facts = _HOST.facts(about)
        link_host_names(about, links)
        if not (any(facts[name] for name in ("ports", "tags", "vulnerabilities")) or links.collected_links):
            return nothing(ip, "InternetDB has nothing about it", reference=reference)
        verdict, remark = judge_tags(about.texts("tags"))
        reason = f"{len(ports_of(about))} open ports{remark}"
        return found(ip, reason, verdict=verdict, reference=reference, facts=facts, links=links)
