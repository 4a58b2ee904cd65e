"""What the community of OTX, and the scanners that it runs, say of an address, a domain, a URL or a file."""

from __future__ import annotations

from collections.abc import Mapping

from clew.entities import AutonomousSystem, Domain, File, Finding, IpAddress, Relation, Severity, Url, Verdict
from clew.entities.finding import Scalar, Table
from clew.errors import AskFailed
from clew.providers.base import Steps, operation
from clew.providers.fact_text import join_texts, time_text
from clew.providers.file_hashes import same_file
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.otx_api import OtxBase, fetch_section, page_of, path_of

#: So many pulses and scanners make it malicious: anybody may publish a pulse, and whatever stood in a report is in it.
MALICIOUS_THRESHOLD = 3
COLUMNS = ("report", "author", "threat_name", "adversaries", "tags", "tlp", "published")
FACTS = ("reports", "threat_name", "adversaries", "tags", "listed_as_known", *COLUMNS)
_IP_FACTS = ("asn", "as_organization", "country_code", "city")
_FILE_FACTS = ("detections", "file_type", "file_size")
#: Who says in `validation` that it is known and good; others there say only that it is popular.
_BENIGN_SOURCES = frozenset({"whitelist", "false_positive"})


class Otx(OtxBase):
    """Pulses: reports that a community publishes, each with the indicators in it, and what OTX knows as good."""

    @operation(calls=1, facts=(*FACTS, *_IP_FACTS))
    def ip(self, ip: IpAddress) -> Steps:
        """Which published reports name the address, and whose it is."""
        about = yield from fetch_section(path_of(ip), "general")
        if about is None:
            return _not_found(ip)
        links = LinkCollector(ip)
        number, _, owner = (about.text("asn") or "").partition(" ")
        system = (
            links.link_to(Relation.BELONGS_TO, number, AutonomousSystem, about.pointer_to("asn")) if number else None
        )
        facts: dict[str, Scalar] = {
            "asn": None if system is None else system.number,
            "as_organization": owner,
            "country_code": about.text("country_code"),
            "city": about.text("city"),
        }
        return _pulse_finding(ip, about, facts=facts, links=links)

    @operation(calls=1, facts=FACTS)
    def domain(self, domain: Domain) -> Steps:
        """Which published reports name the domain."""
        about = yield from fetch_section(path_of(domain), "general")
        return _not_found(domain) if about is None else _pulse_finding(domain, about)

    @operation(calls=1, facts=FACTS)
    def url(self, url: Url) -> Steps:
        """Which published reports name the URL."""
        about = yield from fetch_section(path_of(url), "general")
        return _not_found(url) if about is None else _pulse_finding(url, about)

    @operation(calls=2, facts=(*FACTS, *_FILE_FACTS))
    def file(self, file: File) -> Steps:
        """Which published reports name the file, and what scanners say."""
        about = yield from fetch_section(path_of(file), "general")
        analysis = yield from fetch_section(path_of(file), "analysis")
        # Without an analysis the section says null, and what has neither is not known at all.
        scan = JsonObject({}) if analysis is None else analysis.child("analysis")
        if about is None and not scan.fields:
            return _not_found(file)
        info, names = scan.child("info", "results"), _detections(scan.child("plugins"))
        facts: dict[str, Scalar] = {
            "detections": len(names) if scan.fields else None,
            "file_type": info.text("file_type"),
            "file_size": info.integer("filesize"),
        }
        general = JsonObject({"pulse_info": {"count": 0}}) if about is None else about
        return _pulse_finding(
            file,
            general,
            facts=facts,
            scanners=names,
            same_entity=same_file(file, *(info.text(name) for name in ("sha256", "sha1", "md5"))),
        )


def _not_found(subject: IpAddress | Domain | Url | File) -> Finding:
    return nothing(subject, "OTX does not know it", reference=page_of(path_of(subject)))


def _pulse_finding(
    subject: IpAddress | Domain | Url | File,
    about: JsonObject,
    *,
    facts: Mapping[str, Scalar] | None = None,
    links: LinkCollector | None = None,
    scanners: Mapping[str, str] | None = None,
    same_entity: File | None = None,
) -> Finding:
    """The finding about an indicator.

    Args:
        scanners: the names under which scanners know it, by scanner.
    """
    pulse_info = about.require("pulse_info")
    count, detections = pulse_info.integer("count"), scanners or {}
    if count is None or count < 0:
        raise AskFailed(f"the reply has no number of pulses at {pulse_info.pointer_to('count')}", kind="reply")
    pulses, validations = pulse_info.objects("pulses"), about.objects("validation")
    reason = ", ".join(
        [
            "1 pulse" if count == 1 else f"{count} pulses",
            *(f"{name} calls it {detection}" for name, detection in detections.items()),
        ]
    )
    validation_text = join_texts(validation.text("message") or validation.text("name") for validation in validations)
    all_facts: dict[str, Scalar] = {
        **(facts or {}),
        "reports": count,
        "listed_as_known": validation_text,
        **_pulse_facts(pulses, [*detections.values()]),
    }
    reference = page_of(path_of(subject))
    if not (count or detections or validations):
        return nothing(subject, "no pulses", reference=reference, facts=all_facts)
    verdict, severity = _verdict(count + len(detections), {validation.text("source") for validation in validations})
    has_more = count > len(pulses)
    return found(
        subject,
        f"{reason}; OTX has it as known or popular: {validation_text}" if validations else reason,
        verdict=verdict,
        severity=severity,
        reference=reference,
        facts=all_facts,
        links=links,
        table=Table(COLUMNS, tuple(map(_row, pulses))),
        returned=len(pulses),
        available=max(count, len(pulses)),
        truncated_by="source" if has_more else "",
        same_entity=same_entity,
    )


def _verdict(accusers: int, sources: set[str | None]) -> tuple[Verdict, Severity]:
    # The SDK of OTX also tells no pulses of what is validated.
    if sources:
        return Verdict.BENIGN if sources & _BENIGN_SOURCES else Verdict.UNKNOWN, Severity.INFORMATIONAL
    if accusers >= MALICIOUS_THRESHOLD:
        return Verdict.MALICIOUS, Severity.HIGH
    return (Verdict.SUSPICIOUS, Severity.MEDIUM) if accusers else (Verdict.UNKNOWN, Severity.INFORMATIONAL)


def _pulse_facts(pulses: list[JsonObject], names: list[str]) -> dict[str, Scalar]:
    return {
        "threat_name": join_texts([*names, *(name for pulse in pulses for name in _families(pulse))]),
        "adversaries": join_texts(pulse.text("adversary") for pulse in pulses),
        "tags": join_texts(tag for pulse in pulses for tag in pulse.texts("tags")),
    }


def _row(pulse: JsonObject) -> tuple[Scalar, ...]:
    return (
        pulse.text("name"),
        pulse.text("author", "username"),
        join_texts(_families(pulse)),
        pulse.text("adversary"),
        join_texts(pulse.texts("tags")),
        pulse.text("TLP") or pulse.text("tlp"),
        time_text(pulse.moment("created")),
    )


def _families(pulse: JsonObject) -> list[str]:
    """Names of malware; they are texts in old replies, and objects in new ones."""
    objects = (family.text("display_name") for family in pulse.objects("malware_families"))
    return [*pulse.texts("malware_families"), *(name for name in objects if name)]


def _detections(scanners: JsonObject) -> dict[str, str]:
    results = {name: scanners.text(name, "results", "detection") for name in scanners.fields}
    return {name: detection for name, detection in results.items() if detection}
