"""What the pulses about an indicator say, together with scanners and with what OTX knows as good."""

from __future__ import annotations

from collections.abc import Mapping

from clew.entities import Domain, File, Finding, IpAddress, Severity, Url, Verdict
from clew.entities.finding import Scalar, Table
from clew.errors import AskFailed
from clew.providers.fact_text import join_texts
from clew.providers.field_table import Field, FieldTable
from clew.providers.findings import Judgement, counted_extent, found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.otx_api import page_of, path_of

#: So many pulses and scanners make it malicious: anybody may publish a pulse, and whatever stood in a report is in it.
MALICIOUS_THRESHOLD = 3
#: Who says in `validation` that it is known and good; others there say only that it is popular.
_BENIGN_SOURCES = frozenset({"whitelist", "false_positive"})


def _families(pulse: JsonObject) -> list[str]:
    """Names of malware; they are texts in old replies, and objects in new ones."""
    objects = (family.text("display_name") for family in pulse.objects("malware_families"))
    return [*pulse.texts("malware_families"), *(name for name in objects if name)]


PULSES = FieldTable(
    report=Field.text("name"),
    author=Field.text("author", "username"),
    threat_name=Field(lambda pulse: join_texts(_families(pulse))),
    adversaries=Field.text("adversary"),
    tags=Field.texts("tags"),
    tlp=Field.text("TLP") | Field.text("tlp"),
    published=Field.time("created"),
)
FACTS = ("reports", "threat_name", "adversaries", "tags", "listed_as_known", *PULSES.names)


def pulse_finding(
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
    verdict, severity = _judge(count + len(detections), {validation.text("source") for validation in validations})
    return found(
        subject,
        f"{reason}; OTX has it as known or popular: {validation_text}" if validations else reason,
        verdict=verdict,
        severity=severity,
        reference=reference,
        facts=all_facts,
        links=links,
        table=Table(PULSES.names, tuple(map(PULSES.row, pulses))),
        same_entity=same_entity,
        **counted_extent(len(pulses), count),
    )


def _judge(accusers: int, sources: set[str | None]) -> Judgement:
    # The SDK of OTX also tells no pulses of what is validated.
    if sources:
        verdict = Verdict.BENIGN if sources & _BENIGN_SOURCES else Verdict.UNKNOWN
        return Judgement(verdict, Severity.INFORMATIONAL)
    if accusers >= MALICIOUS_THRESHOLD:
        return Judgement(Verdict.MALICIOUS, Severity.HIGH)
    if accusers:
        return Judgement(Verdict.SUSPICIOUS, Severity.MEDIUM)
    return Judgement(Verdict.UNKNOWN, Severity.INFORMATIONAL)


def _pulse_facts(pulses: list[JsonObject], names: list[str]) -> dict[str, Scalar]:
    return {
        "threat_name": join_texts([*names, *(name for pulse in pulses for name in _families(pulse))]),
        "adversaries": join_texts(pulse.text("adversary") for pulse in pulses),
        "tags": join_texts(tag for pulse in pulses for tag in pulse.texts("tags")),
    }
