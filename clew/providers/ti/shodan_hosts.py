"""What Shodan says of a host: its ports, its owner, and the tags that make a verdict."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, cast

from clew.entities import AutonomousSystem, Finding, IpAddress, Relation, Verdict
from clew.errors import AskFailed
from clew.providers.base import Reply
from clew.providers.fact_text import join_texts
from clew.providers.field_table import Field, FieldTable
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector

PAGES = "https://www.shodan.io/host"
#: Tags that speak against an address. All others, such as `vpn`, `self-signed` or `eol-product`, say what it is.
_TAG_VERDICTS = {
    "malware": Verdict.MALICIOUS,
    "c2": Verdict.MALICIOUS,
    # Somebody else has got in: a victim as much as a danger.
    "compromised": Verdict.SUSPICIOUS,
    "doublepulsar": Verdict.SUSPICIOUS,
}


class TagVerdict(NamedTuple):
    """The verdict that tags make, and the reason for it as the end of a sentence."""

    verdict: Verdict
    remark: str


def judge_tags(tags: Iterable[str]) -> TagVerdict:
    """What the tags of an address say of it."""
    bad_tags = {tag: _TAG_VERDICTS[tag.lower()] for tag in tags if tag.lower() in _TAG_VERDICTS}
    if not bad_tags:
        return TagVerdict(Verdict.UNKNOWN, "")
    verdict = Verdict.MALICIOUS if Verdict.MALICIOUS in bad_tags.values() else Verdict.SUSPICIOUS
    return TagVerdict(verdict, f", tagged {join_texts(bad_tags)}")


def ports_of(about: JsonObject) -> list[int]:
    """The open ports."""
    value = about.value("ports")
    values = cast("list[object]", value) if isinstance(value, list) else []
    return [number for number in values if isinstance(number, int) and not isinstance(number, bool)]


def flaws_of(about: JsonObject) -> list[str]:
    """The names of possible vulnerabilities, which are in a list, or the keys of a table."""
    return about.texts("vulns") or list(about.child("vulns").fields)


HOST = FieldTable(
    ports=Field(lambda about: join_texts(map(str, ports_of(about)))),
    vulnerabilities=Field(lambda about: join_texts(flaws_of(about))),
    tags=Field.texts("tags"),
    operating_system=Field.text("os"),
    organization=Field.text("org"),
    isp=Field.text("isp"),
    asn=Field.network_number("asn"),
    country_code=Field.text("country_code"),
    city=Field.text("city"),
)


def host_record(reply: Reply) -> JsonObject | None:
    """What is said of a host; None for one that was never seen to answer. Raises AskFailed where a reply is none."""
    about = JsonObject.of_known(reply)
    if about is not None and about.text("error"):
        raise AskFailed(f"Shodan says: {about.text('error')}", kind="reply")
    if about is not None and not isinstance(about.value("ports"), list):
        raise AskFailed("the reply has no list of ports", kind="reply")
    return about


def host_finding(ip: IpAddress, about: JsonObject | None) -> Finding:
    """The finding about a host, of which `about` is the record, if there is one."""
    links, reference = LinkCollector(ip), f"{PAGES}/{ip.value}"
    if about is None:
        return nothing(ip, "Shodan has nothing about it", reference=reference)
    ports, tags = ports_of(about), about.texts("tags")
    link_owner(about, links)
    link_host_names(about, links)
    if not (ports or tags or links.collected_links):
        return nothing(ip, "Shodan has nothing about it", reference=reference)
    verdict, remark = judge_tags(tags)
    return found(
        ip,
        f"{len(ports)} open ports{remark}",
        verdict=verdict,
        reference=reference,
        facts=HOST.facts(about),
        links=links,
        observed_last=about.moment("last_update"),
    )


def link_owner(about: JsonObject, links: LinkCollector) -> None:
    """Link the network of a host."""
    links.link_field(Relation.BELONGS_TO, about, "asn", AutonomousSystem)


def link_host_names(about: JsonObject, links: LinkCollector, seen_at: datetime | None = None) -> None:
    """Link the names that Shodan has for the address."""
    # From reverse DNS and from certificates: the reply does not say which, so it is no resolution.
    links.link_names(Relation.RELATED_TO, about, "hostnames", first=seen_at, last=seen_at)
