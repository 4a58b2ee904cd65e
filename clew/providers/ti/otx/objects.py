"""What the community of OTX, and the scanners that it runs, say of an address, a domain, a URL or a file."""

from __future__ import annotations

from collections.abc import Mapping

from clew.entities import AutonomousSystem, Domain, File, Finding, IpAddress, Relation, Severity, Url, Verdict
from clew.entities.finding import Scalar, Table
from clew.errors import AskFailed
from clew.providers.base import Steps, operation
from clew.providers.reading import Links, Part, joined, same_file, told, unknown, written
from clew.providers.ti.otx.base import OtxBase, page_of, path_of, section

#: So many pulses and scanners make it malicious: anybody may publish a pulse, and whatever stood in a report is in it.
MANY = 3
COLUMNS = ("report", "author", "threat_name", "adversaries", "tags", "tlp", "published")
FACTS = ("reports", "threat_name", "adversaries", "tags", "listed_as_known", *COLUMNS)
_OF_IP = ("asn", "as_organization", "country_code", "city")
_OF_FILES = ("detections", "file_type", "file_size")
#: Who says in `validation` that it is known and good; others there say only that it is popular.
_KNOWN = frozenset({"whitelist", "false_positive"})


class Otx(OtxBase):
    """Pulses: reports that a community publishes, each with the indicators in it, and what OTX knows as good."""

    @operation(calls=1, facts=(*FACTS, *_OF_IP))
    def ip(self, ip: IpAddress) -> Steps:
        """Which published reports name the address, and whose it is."""
        about = yield from section(path_of(ip), "general")
        if about is None:
            return _unknown(ip)
        links = Links(ip)
        number, _, owner = (about.text("asn") or "").partition(" ")
        system = links.to(Relation.BELONGS_TO, number, AutonomousSystem, about.where("asn")) if number else None
        facts: dict[str, Scalar] = {
            "asn": None if system is None else system.number,
            "as_organization": owner,
            "country_code": about.text("country_code"),
            "city": about.text("city"),
        }
        return _judged(ip, about, facts=facts, links=links)

    @operation(calls=1, facts=FACTS)
    def domain(self, domain: Domain) -> Steps:
        """Which published reports name the domain."""
        about = yield from section(path_of(domain), "general")
        return _unknown(domain) if about is None else _judged(domain, about)

    @operation(calls=1, facts=FACTS)
    def url(self, url: Url) -> Steps:
        """Which published reports name the URL."""
        about = yield from section(path_of(url), "general")
        return _unknown(url) if about is None else _judged(url, about)

    @operation(calls=2, facts=(*FACTS, *_OF_FILES))
    def file(self, file: File) -> Steps:
        """Which published reports name the file, and what scanners say."""
        about = yield from section(path_of(file), "general")
        analysis = yield from section(path_of(file), "analysis")
        # Without an analysis the section says null, and what has neither is not known at all.
        seen = Part({}) if analysis is None else analysis.part("analysis")
        if about is None and not seen.fields:
            return _unknown(file)
        info, names = seen.part("info", "results"), _detections(seen.part("plugins"))
        facts: dict[str, Scalar] = {
            "detections": len(names) if seen.fields else None,
            "file_type": info.text("file_type"),
            "file_size": info.whole("filesize"),
        }
        known = Part({"pulse_info": {"count": 0}}) if about is None else about
        return _judged(
            file,
            known,
            facts=facts,
            scanners=names,
            same=same_file(file, *(info.text(name) for name in ("sha256", "sha1", "md5"))),
        )


def _unknown(subject: IpAddress | Domain | Url | File) -> Finding:
    return unknown(subject, "OTX does not know it", reference=page_of(path_of(subject)))


def _judged(
    subject: IpAddress | Domain | Url | File,
    about: Part,
    *,
    facts: Mapping[str, Scalar] | None = None,
    links: Links | None = None,
    scanners: Mapping[str, str] | None = None,
    same: File | None = None,
) -> Finding:
    """The finding about an indicator.

    Args:
        scanners: the names under which scanners know it, by scanner.
    """
    listed = about.need("pulse_info")
    count, named = listed.whole("count"), scanners or {}
    if count is None or count < 0:
        raise AskFailed(f"the reply has no number of pulses at {listed.where('count')}", kind="reply")
    pulses, good = listed.parts("pulses"), about.parts("validation")
    reason = ", ".join(
        ["1 pulse" if count == 1 else f"{count} pulses", *(f"{name} calls it {said}" for name, said in named.items())]
    )
    known = joined(each.text("message") or each.text("name") for each in good)
    said: dict[str, Scalar] = {
        **(facts or {}),
        "reports": count,
        "listed_as_known": known,
        **_about(pulses, [*named.values()]),
    }
    reference = page_of(path_of(subject))
    if not (count or named or good):
        return unknown(subject, "no pulses", reference=reference, facts=said)
    verdict, severity = _verdict(count + len(named), {each.text("source") for each in good})
    more = count > len(pulses)
    return told(
        subject,
        f"{reason}; OTX has it as known or popular: {known}" if good else reason,
        verdict=verdict,
        severity=severity,
        reference=reference,
        facts=said,
        links=links,
        table=Table(COLUMNS, tuple(map(_row, pulses))),
        returned=len(pulses),
        available=max(count, len(pulses)),
        truncated_by="source" if more else "",
        same=same,
    )


def _verdict(accusers: int, good: set[str | None]) -> tuple[Verdict, Severity]:
    # The SDK of OTX also tells no pulses of what is validated.
    if good:
        return Verdict.BENIGN if good & _KNOWN else Verdict.UNKNOWN, Severity.INFORMATIONAL
    if accusers >= MANY:
        return Verdict.MALICIOUS, Severity.HIGH
    return (Verdict.SUSPICIOUS, Severity.MEDIUM) if accusers else (Verdict.UNKNOWN, Severity.INFORMATIONAL)


def _about(pulses: list[Part], names: list[str]) -> dict[str, Scalar]:
    return {
        "threat_name": joined([*names, *(name for each in pulses for name in _families(each))]),
        "adversaries": joined(each.text("adversary") for each in pulses),
        "tags": joined(tag for each in pulses for tag in each.texts("tags")),
    }


def _row(pulse: Part) -> tuple[Scalar, ...]:
    return (
        pulse.text("name"),
        pulse.text("author", "username"),
        joined(_families(pulse)),
        pulse.text("adversary"),
        joined(pulse.texts("tags")),
        pulse.text("TLP") or pulse.text("tlp"),
        written(pulse.moment("created")),
    )


def _families(pulse: Part) -> list[str]:
    """Names of malware; they are texts in old replies, and objects in new ones."""
    objects = (each.text("display_name") for each in pulse.parts("malware_families"))
    return [*pulse.texts("malware_families"), *(name for name in objects if name)]


def _detections(scanners: Part) -> dict[str, str]:
    found = {name: scanners.text(name, "results", "detection") for name in scanners.fields}
    return {name: said for name, said in found.items() if said}
