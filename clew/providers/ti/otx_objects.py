"""What the community of OTX, and the scanners that it runs, say of an address, a domain, a URL or a file."""

from __future__ import annotations

from clew.entities import AutonomousSystem, Domain, File, Finding, IpAddress, Relation, Url
from clew.providers.base import Steps, operation
from clew.providers.field_table import COMPUTED_FIELD, Field, FieldTable
from clew.providers.file_hashes import same_file
from clew.providers.findings import nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.otx_api import OtxBase, fetch_section, page_of, path_of
from clew.providers.ti.otx_pulses import FACTS, pulse_finding

_ADDRESS = FieldTable(
    asn=COMPUTED_FIELD, as_organization=COMPUTED_FIELD, country_code=Field.text("country_code"), city=Field.text("city")
)
_FILE = FieldTable(detections=COMPUTED_FIELD, file_type=Field.text("file_type"), file_size=Field.integer("filesize"))


class Otx(OtxBase):
    """Pulses: reports that a community publishes, each with the indicators in it, and what OTX knows as good."""

    @operation(calls=1, facts=(*FACTS, *_ADDRESS.names))
    def ip(self, ip: IpAddress) -> Steps:
        """Which published reports name the address, and whose it is."""
        about = yield from fetch_section(path_of(ip), "general")
        if about is None:
            return _not_found(ip)
        links = LinkCollector(ip)
        number, _, owner = (about.text("asn") or "").partition(" ")
        pointer = about.pointer_to("asn")
        system = links.link_to(Relation.BELONGS_TO, number, AutonomousSystem, pointer) if number else None
        facts = _ADDRESS.facts(about, asn=None if system is None else system.number, as_organization=owner)
        return pulse_finding(ip, about, facts=facts, links=links)

    @operation(calls=1, facts=FACTS)
    def domain(self, domain: Domain) -> Steps:
        """Which published reports name the domain."""
        about = yield from fetch_section(path_of(domain), "general")
        return _not_found(domain) if about is None else pulse_finding(domain, about)

    @operation(calls=1, facts=FACTS)
    def url(self, url: Url) -> Steps:
        """Which published reports name the URL."""
        about = yield from fetch_section(path_of(url), "general")
        return _not_found(url) if about is None else pulse_finding(url, about)

    @operation(calls=2, facts=(*FACTS, *_FILE.names))
    def file(self, file: File) -> Steps:
        """Which published reports name the file, and what scanners say."""
        about = yield from fetch_section(path_of(file), "general")
        analysis = yield from fetch_section(path_of(file), "analysis")
        # Without an analysis the section says null, and what has neither is not known at all.
        scan = JsonObject({}) if analysis is None else analysis.child("analysis")
        if about is None and not scan.fields:
            return _not_found(file)
        info, names = scan.child("info", "results"), _detections(scan.child("plugins"))
        facts = _FILE.facts(info, detections=len(names) if scan.fields else None)
        general = JsonObject({"pulse_info": {"count": 0}}) if about is None else about
        return pulse_finding(
            file,
            general,
            facts=facts,
            scanners=names,
            same_entity=same_file(file, *(info.text(name) for name in ("sha256", "sha1", "md5"))),
        )


def _not_found(subject: IpAddress | Domain | Url | File) -> Finding:
    return nothing(subject, "OTX does not know it", reference=page_of(path_of(subject)))


def _detections(scanners: JsonObject) -> dict[str, str]:
    results = {name: scanners.text(name, "results", "detection") for name in scanners.fields}
    return {name: detection for name, detection in results.items() if detection}
