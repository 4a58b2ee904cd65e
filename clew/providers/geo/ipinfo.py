"""IPinfo: where an address is, whose network it is in, and whether it hides who uses it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from clew.entities import Domain, IpAddress, Relation
from clew.errors import AskFailed, AskRefused
from clew.providers.base import Provider, Steps, operation
from clew.providers.findings import found, nothing
from clew.providers.geo.ipinfo_batches import API, BATCHES, TOKEN, Plan
from clew.providers.geo.ipinfo_facts import FACTS, read_facts
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.url_quoting import percent_encode
from clew.providers.web import HttpRequest

_LOOKUP_URLS: Mapping[str, str] = {"lite": f"{API}/lite/", "core": f"{API}/lookup/", "legacy": "https://ipinfo.io/"}


class IpInfo(Provider):
    """Countries and networks of all addresses; with a plan that is paid for, places, companies and anonymisers too."""

    name: ClassVar[str] = "ipinfo"
    title: ClassVar[str] = "IPinfo"
    docs: ClassVar[str] = "https://ipinfo.io/developers"
    leaves: ClassVar[bool] = True
    secret: ClassVar[str] = "CLEW_IPINFO_KEY"
    # No quotas: the plan that costs nothing has no limit, and the others are counted by what was bought.

    @operation(calls=1, facts=FACTS)
    def ip(self, ip: IpAddress, *, plan: Plan = "lite") -> Steps:
        """Place and network of the address, and whether it anonymises.

        Args:
            plan: what the token is for: `lite`, which costs nothing; `core`, also for Plus and Max; or `legacy`.
        """
        url = f"{_LOOKUP_URLS[plan]}{percent_encode(ip.value)}{'/json' if plan == 'legacy' else ''}"
        reply = yield HttpRequest("GET", url, secret=TOKEN, batch=BATCHES[plan])
        document, reference = JsonObject.of(reply), f"https://ipinfo.io/{percent_encode(ip.value)}"
        _check_reply(ip, document)
        if document.flag("bogon"):
            return nothing(ip, "IPinfo says that nobody may use it in public", reference=reference)
        links = LinkCollector(ip)
        facts = read_facts(document, links)
        if not any(value is not None for value in facts.values()):
            return nothing(ip, "IPinfo knows nothing of it", reference=reference)
        links.link_field(Relation.RESOLVES_TO, document, "hostname", Domain, backwards=True)
        parts = (facts["city"], facts["subdivision"], facts["country"] or facts["country_code"])
        location = ", ".join(str(part) for part in parts if part)
        network = f"AS{facts['asn']} {facts['as_organization'] or ''}".strip() if facts["asn"] is not None else ""
        anonymizer = f"hidden by {facts['anonymizer']}" if facts["anonymizer"] else ""
        reason = "; ".join(text for text in (location, network, anonymizer) if text) or "its country is not known"
        return found(ip, reason, reference=reference, facts=facts, links=links)


def _check_reply(ip: IpAddress, document: JsonObject) -> None:
    """Raises AskRefused or AskFailed for an error, which may come with a status of 200, or what is about another."""
    if document.value("error") is not None:
        message = document.text("error", "title") or document.text("error", "message") or document.text("error")
        reason = f"IPinfo answered with an error: {(message or 'no reason')[:120]}"
        status = document.integer("status")
        if status in (401, 403):
            raise AskRefused(reason, kind="key", next_step=f"check the key {IpInfo.secret}, and the plan")
        raise AskRefused(reason, kind="quota") if status == 429 else AskFailed(reason, kind="reply")
    if LinkCollector(ip).entity(document.text("ip"), IpAddress) != ip:
        raise AskFailed("the reply is not about this address", kind="reply")
