"""What X-Force says of an address, a domain, a URL or a file: a score with its reasons, or the malware that it is."""

from __future__ import annotations

from clew.entities import AutonomousSystem, Domain, File, Finding, IpAddress, Relation, Severity, Url, Verdict
from clew.entities.finding import Scalar
from clew.errors import AskFailed
from clew.providers.base import Steps, operation
from clew.providers.reading import Links, Part, joined, same_file, told, unknown
from clew.providers.ti.xforce.base import XForceBase, address, asked, judge, name_of, page_of, plain

_FACTS = ("risk_score", "categories", "tags")
_RISKS = {
    "high": (Verdict.MALICIOUS, Severity.HIGH),
    "medium": (Verdict.SUSPICIOUS, Severity.MEDIUM),
    "low": (Verdict.UNKNOWN, Severity.LOW),
}


class XForce(XForceBase):
    """Scores of IBM's researchers from 1 to 10, with categories of content, and reports on malware."""

    @operation(calls=1, facts=(*_FACTS, "description", "country_code", "asn", "as_organization"))
    def ip(self, ip: IpAddress) -> Steps:
        """The score of the address and why it has it, where and whose it is."""
        about = yield from asked(f"ipr/{name_of(ip)}")
        if about is None:
            return _unknown(ip)
        links = Links(ip)
        systems = [
            (system, owner)
            for net in about.parts("subnets")
            for number in net.part("asns").fields
            if (system := links.to(Relation.BELONGS_TO, number, AutonomousSystem, net.where("asns", number)))
            for owner in [net.text("asns", number, "Company")]
        ]
        facts: dict[str, Scalar] = {
            "description": about.text("reasonDescription") or about.text("reason"),
            "country_code": about.text("geo", "countrycode"),
            "asn": systems[0][0].number if systems else None,
            "as_organization": systems[0][1] if systems else None,
        }
        return _scored(ip, about, about, facts, links)

    @operation(calls=1, facts=_FACTS)
    def domain(self, domain: Domain) -> Steps:
        """The score of the domain, and the categories of what it serves."""
        about = yield from asked(f"url/{name_of(domain)}")
        return _unknown(domain) if about is None else _scored(domain, about.need("result"), about, {}, Links(domain))

    @operation(calls=1, facts=_FACTS)
    def url(self, url: Url) -> Steps:
        """The score of the URL, and the categories of what it serves."""
        about = yield from asked(f"url/{name_of(url)}")
        return _unknown(url) if about is None else _scored(url, about.need("result"), about, {}, Links(url))

    @operation(calls=1, facts=("risk", "threat_name", "detection_rate", "tags"))
    def file(self, file: File) -> Steps:
        """The malware that the file is, its risk, and where it calls home."""
        document = yield from asked(f"malware/{name_of(file)}")
        if document is None:
            return _unknown(file)
        about, links = document.need("malware"), Links(file)
        risk = about.text("risk")
        if risk not in _RISKS:
            raise AskFailed(f"the reply has no risk that X-Force has at {about.where('risk')}", kind="reply")
        verdict, severity = _RISKS[risk]
        others = about.part("origins", "external")
        for name in ("CnCServers", "downloadServers"):
            for row in about.parts("origins", name, "rows"):
                _called(row, links, home=name == "CnCServers")
        families = joined([*about.texts("family"), *others.texts("family")])
        facts: dict[str, Scalar] = {
            "risk": risk,
            "threat_name": families,
            "tags": _tags(document),
            "detection_rate": others.whole("detectionCoverage"),
        }
        return told(
            file,
            f"risk {risk}; {families or 'no family'}",
            verdict=verdict,
            severity=severity,
            reference=page_of(file),
            facts=facts,
            links=links,
            observed_first=others.moment("firstSeen") or about.moment("created"),
            observed_last=others.moment("lastSeen"),
            same=same_file(file, *(plain(about.text(name)) for name in ("sha256", "sha1", "md5", "hash"))),
        )


def _unknown(subject: IpAddress | Domain | Url | File) -> Finding:
    return unknown(subject, "X-Force does not know it", reference=page_of(subject))


def _scored(
    subject: IpAddress | Domain | Url, about: Part, document: Part, facts: dict[str, Scalar], links: Links
) -> Finding:
    """The finding about what has a score; X-Force writes null for what it has not looked at."""
    score, said = about.number("score"), about.at("score")
    if said is None and "score" in about.fields:
        return unknown(subject, "X-Force has no score for it", reference=page_of(subject), facts=facts)
    if score is None or not 0 <= score <= 10:
        raise AskFailed(f"the reply has no score from 1 to 10 at {about.where('score')}", kind="reply")
    categories = joined(_categories(about.part("cats")))
    facts = {"risk_score": score, "categories": categories, "tags": _tags(document), **facts}
    # Every address has at least the lowest score, as the registries have given it to somebody.
    if score <= 1 and categories is None:
        return unknown(subject, f"score {score:g} of 10, no categories", reference=page_of(subject), facts=facts)
    verdict, severity = judge(score)
    return told(
        subject,
        f"score {score:g} of 10: {categories or 'no categories'}",
        verdict=verdict,
        severity=severity,
        reference=page_of(subject),
        facts=facts,
        links=links,
    )


def _categories(found: Part) -> list[str]:
    """Categories of an address have a confidence in per cent, those of a URL are there or not."""
    confident = {name: found.whole(name) for name in found.fields}
    sure = {name: f"{name} ({share} %)" for name, share in confident.items() if share}
    return [sure.get(name, name) for name in found.fields if name in sure or found.flag(name)]


def _tags(document: Part) -> str | None:
    return joined([*document.texts("tags"), *(each.text("tag") for each in document.parts("tags"))])


def _called(row: Part, links: Links, *, home: bool) -> None:
    """Link the file with a place that it called, or was downloaded from."""
    first, last = row.moment("firstseen"), row.moment("lastseen")
    relation = Relation.COMMUNICATES_WITH if home else Relation.HOSTS
    for name, kind in (("uri", Url), ("domain", Domain), ("ip", IpAddress)):
        value = address(row.text(name)) if name == "ip" else row.text(name)
        if value:
            links.to(relation, value, kind, row.where(name), backwards=not home, first=first, last=last)
