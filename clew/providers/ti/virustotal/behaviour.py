"""What files did in the sandboxes of VirusTotal: whom they talked to, what they left, which techniques they used."""

from __future__ import annotations

from clew.entities import Domain, File, IpAddress, Relation, Url, Verdict
from clew.entities.finding import Scalar
from clew.providers.base import Steps, operation
from clew.providers.reading import Links, Part, digest, joined, told, unknown
from clew.providers.ti.virustotal.base import HASHES, PAGES, VirusTotalBase, certificate_of, file_of, request

_FACTS = ("threat_name", "sandbox_verdicts", "mitre_techniques", "commands", "mutexes", "tags")
_BAD = frozenset({"MALWARE", "RANSOM", "PHISHING", "BANKER", "EXPLOIT", "EVADER", "RAT", "TROJAN", "SPREADER"})
_DOUBTED = frozenset({"GREYWARE", "ADWARE"})


class VirusTotalBehaviour(VirusTotalBase):
    """What sandboxes saw a file do, all of them taken together."""

    @operation(calls=1, wide=True, facts=_FACTS)
    def file(self, file: File) -> Steps:
        """Whom the file talked to in sandboxes, and what it left behind.

        It is malicious if one of the sandboxes calls it some kind of malware, and suspicious if greyware or adware.
        """
        _, known_by = digest(file, *HASHES)
        reference = f"{PAGES}/file/{known_by}/behavior"
        reply = yield request(f"files/{known_by}/behaviour_summary")
        if reply.status == 404:
            return unknown(file, "no sandbox of VirusTotal has run it", reference=reference)
        about, links = Part.of(reply).need("data"), Links(file)
        if not about.fields:
            return unknown(file, "no sandbox of VirusTotal has run it", reference=reference)
        _contacts(about, links)
        for dropped in about.parts("files_dropped"):
            left = file_of(dropped, links) if dropped.text("sha256") else None  # many are only named by their path
            if left is not None:
                links.between(file, Relation.DROPS, left, dropped.pointer)
        said = about.texts("verdicts")
        techniques = about.part("attack_techniques").fields or {
            each.text("id") or "": each for each in about.parts("mitre_attack_techniques")
        }
        facts: dict[str, Scalar] = {
            "threat_name": joined(about.texts("verdict_labels")),
            "sandbox_verdicts": joined(said),
            "mitre_techniques": joined(sorted(techniques)),
            "commands": len(about.texts("command_executions")),
            "mutexes": joined(about.texts("mutexes_created")),
            "tags": joined(about.texts("tags")),
        }
        return told(
            file,
            f"sandboxes saw {len(links.found)} links and {len(techniques)} techniques; {joined(said) or 'no verdict'}",
            verdict=_verdict(said),
            reference=reference,
            facts=facts,
            links=links,
        )


def _verdict(said: list[str]) -> Verdict:
    if _BAD.intersection(said):
        return Verdict.MALICIOUS
    # That a sandbox saw nothing bad is no innocence: some malware waits, or looks around first.
    return Verdict.SUSPICIOUS if _DOUBTED.intersection(said) else Verdict.UNKNOWN


def _contacts(about: Part, links: Links) -> None:
    """Addresses, names, URLs and certificates that it met on the network."""
    for packet in about.parts("ip_traffic"):
        links.to(Relation.COMMUNICATES_WITH, packet.text("destination_ip"), IpAddress, packet.pointer)
    for lookup in about.parts("dns_lookups"):
        name = links.to(Relation.COMMUNICATES_WITH, lookup.text("hostname"), Domain, lookup.pointer)
        for address, place in lookup.places("resolved_ips") if name is not None else ():
            resolved = links.made(address, IpAddress)
            if name is not None and resolved is not None:
                links.between(name, Relation.RESOLVES_TO, resolved, place)
    for talk in about.parts("http_conversations"):
        links.to(Relation.COMMUNICATES_WITH, talk.text("url"), Url, talk.pointer)
    for handshake in about.parts("tls"):
        shown = certificate_of(handshake, links) if handshake.text("thumbprint") else None
        server = links.made(handshake.text("sni"), Domain) if shown is not None else None
        if shown is not None and server is not None:
            links.between(server, Relation.PRESENTS, shown, handshake.pointer)
