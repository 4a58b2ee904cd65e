"""What files did in the sandboxes of VirusTotal: whom they talked to, what they left, which techniques they used."""

from __future__ import annotations

from clew.entities import Domain, File, IpAddress, Relation, Url, Verdict
from clew.providers.base import Steps, operation
from clew.providers.fact_text import join_texts
from clew.providers.field_table import Field, FieldTable
from clew.providers.findings import found, nothing
from clew.providers.json_reply import JsonObject
from clew.providers.link_collector import LinkCollector
from clew.providers.ti.virustotal_api import VirusTotalBase, certificate_of, file_of, path_of, request

_MALWARE_VERDICTS = frozenset(
    {"MALWARE", "RANSOM", "PHISHING", "BANKER", "EXPLOIT", "EVADER", "RAT", "TROJAN", "SPREADER"}
)
_GREYWARE_VERDICTS = frozenset({"GREYWARE", "ADWARE"})


def _techniques(about: JsonObject) -> list[str]:
    """The identifiers of the techniques, which newer replies have as the keys of a table."""
    identifiers = about.child("attack_techniques").fields
    return sorted(identifiers or {technique.text("id") or "" for technique in about.objects("mitre_attack_techniques")})


_BEHAVIOUR = FieldTable(
    threat_name=Field.texts("verdict_labels"),
    sandbox_verdicts=Field.texts("verdicts"),
    mitre_techniques=Field(lambda about: join_texts(_techniques(about))),
    commands=Field(lambda about: len(about.texts("command_executions"))),
    mutexes=Field.texts("mutexes_created"),
    tags=Field.texts("tags"),
)


class VirusTotalBehaviour(VirusTotalBase):
    """What sandboxes saw a file do, all of them taken together."""

    @operation(calls=1, broad=True, facts=_BEHAVIOUR.names)
    def file(self, file: File) -> Steps:
        """Whom the file talked to in sandboxes, and what it left behind.

        It is malicious if one of the sandboxes calls it some kind of malware, and suspicious if greyware or adware.
        """
        path = path_of(file)
        reference = f"{path.page}/behavior"
        reply = yield request(f"{path.api}/behaviour_summary")
        if reply.status == 404:
            return nothing(file, "no sandbox of VirusTotal has run it", reference=reference)
        about, links = JsonObject.of(reply).require("data"), LinkCollector(file)
        if not about.fields:
            return nothing(file, "no sandbox of VirusTotal has run it", reference=reference)
        _link_contacts(about, links)
        for entry in about.objects("files_dropped"):
            dropped_file = file_of(entry, links) if entry.text("sha256") else None  # many are only named by their path
            if dropped_file is not None:
                links.link(file, Relation.DROPS, dropped_file, entry.pointer)
        verdicts = about.texts("verdicts")
        techniques = _techniques(about)
        counts = f"{len(links.collected_links)} links and {len(techniques)} techniques"
        return found(
            file,
            f"sandboxes saw {counts}; {join_texts(verdicts) or 'no verdict'}",
            verdict=_verdict(verdicts),
            reference=reference,
            facts=_BEHAVIOUR.facts(about),
            links=links,
        )


def _verdict(verdicts: list[str]) -> Verdict:
    if _MALWARE_VERDICTS.intersection(verdicts):
        return Verdict.MALICIOUS
    # That a sandbox saw nothing bad is no innocence: some malware waits, or looks around first.
    return Verdict.SUSPICIOUS if _GREYWARE_VERDICTS.intersection(verdicts) else Verdict.UNKNOWN


def _link_contacts(about: JsonObject, links: LinkCollector) -> None:
    """Addresses, names, URLs and certificates that it met on the network."""
    for packet in about.objects("ip_traffic"):
        links.link_to(Relation.COMMUNICATES_WITH, packet.text("destination_ip"), IpAddress, packet.pointer)
    for lookup in about.objects("dns_lookups"):
        name = links.link_to(Relation.COMMUNICATES_WITH, lookup.text("hostname"), Domain, lookup.pointer)
        for address, pointer in lookup.texts_with_pointers("resolved_ips") if name is not None else ():
            ip = links.entity(address, IpAddress)
            if name is not None and ip is not None:
                links.link(name, Relation.RESOLVES_TO, ip, pointer)
    for conversation in about.objects("http_conversations"):
        links.link_to(Relation.COMMUNICATES_WITH, conversation.text("url"), Url, conversation.pointer)
    for handshake in about.objects("tls"):
        certificate = certificate_of(handshake, links) if handshake.text("thumbprint") else None
        server = links.entity(handshake.text("sni"), Domain) if certificate is not None else None
        if certificate is not None and server is not None:
            links.link(server, Relation.PRESENTS, certificate, handshake.pointer)
