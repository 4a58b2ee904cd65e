"""What the names of facts and columns mean: one type and one meaning each, whoever says it.

Rows of logs use the names of the Elastic Common Schema with underscores.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Term:
    """The meaning of a name.

    Attributes:
        type: str, int, float, bool or datetime (UTC).
        about: what it is, with its unit, as a phrase.
    """

    type: type
    about: str


_COMMON = {
    "subject": Term(str, "the key of the entity that was asked about"),
    "outcome": Term(str, "found, nothing, failed, refused or skipped"),
    "verdict": Term(str, "malicious, suspicious, unknown or benign"),
    "severity": Term(str, "high, medium, low or informational"),
    "provider": Term(str, "who says so"),
    "reason": Term(str, "why this verdict, or why there is none"),
    "reference": Term(str, "where a person can read more"),
    "observed_first": Term(datetime, "when it was first seen, if the source says"),
    "observed_last": Term(datetime, "when it was last seen, if the source says"),
    "asked_at": Term(datetime, "when the source was asked"),
    "returned": Term(int, "how many rows or records came back"),
    "available": Term(int, "how many there are, if the source says"),
    "truncated_by": Term(str, "what cut the answer; empty if nothing did"),
}
_FACTS = {
    "abuse_score": Term(int, "confidence that the address is abused, 0 to 100 %"),
    "accuracy_radius_km": Term(int, "how far off the coordinates may be, in km"),
    "as_organization": Term(str, "who runs the autonomous system"),
    "asn": Term(int, "the number of the autonomous system"),
    "blocklists": Term(int, "on how many blocklists it is, as the feed counts them"),
    "city": Term(str, "the English name of the city"),
    "confidence": Term(int, "how sure the source is, 0 to 100 %"),
    "country": Term(str, "the English name of the country"),
    "country_code": Term(str, "the country, ISO 3166-1 alpha-2"),
    "database_built": Term(str, "the day on which the database was built, ISO 8601"),
    "decoded": Term(str, "what the command line encodes, and what that encodes, a blank line between them"),
    "description": Term(str, "what the source says of it in its own words"),
    "domain": Term(str, "the domain of who runs the network"),
    "feed": Term(str, "the feed that lists it"),
    "fragment": Term(str, "what follows # in the URL"),
    "host": Term(str, "the host of the URL"),
    "ip_kind": Term(str, "global, private, loopback, documentation or another kind of address"),
    "ip_version": Term(int, "4 or 6"),
    "is_anonymous": Term(bool, "whether it belongs to an anonymising network"),
    "is_tor": Term(bool, "whether it is a Tor exit"),
    "isp": Term(str, "the provider of the connection"),
    "latitude": Term(float, "degrees north, WGS 84"),
    "layers": Term(int, "how many encoded texts there were"),
    "listed_as": Term(str, "the listed value: the entity itself, its network, a name above it, what it begins with"),
    "listed_in": Term(str, "where the listing stands: the file, and its line or the JSON pointer in it"),
    "listed_until": Term(str, "when the feed itself stops listing it, ISO 8601"),
    "longitude": Term(float, "degrees east, WGS 84"),
    "network": Term(str, "the network that the record is about, CIDR"),
    "path": Term(str, "the path of the URL"),
    "port": Term(int, "the port of the URL, where it is not that of its scheme"),
    "query": Term(str, "what follows ? in the URL"),
    "reports": Term(int, "how many reports there are"),
    "scheme": Term(str, "the scheme of the URL"),
    "tags": Term(str, "the labels that the source gives it, parted by commas"),
    "threat_name": Term(str, "the name of the threat, as the source spells it"),
    "tlp": Term(str, "the traffic light marking of the listing: clear, green, amber, amber+strict or red"),
    "usage_type": Term(str, "what the network is used for"),
    "username": Term(str, "the user name in the URL"),
    "warning_lists": Term(str, "the warning lists that name it, parted by semicolons: it is often benign"),
}
_ROWS = {
    "connection": Term(str, "the connected logs that the row is from"),
    "dataset": Term(str, "the sensor: sysmon or windows-security"),
    "dns_question_name": Term(str, "the name that was looked up"),
    "dns_resolved_ip": Term(str, "an address that it resolved to"),
    "event_outcome": Term(str, "success or failure"),
    "file_path": Term(str, "the path of the file"),
    "granted_access": Term(str, "the rights that were granted, hexadecimal"),
    "host_name": Term(str, "the machine that logged the event"),
    "initiated": Term(bool, "whether the machine itself opened the connection"),
    "local_ip": Term(str, "the machine's own address"),
    "local_port": Term(int, "the machine's own port"),
    "logon_id": Term(str, "the logon session, hexadecimal, unique on the machine until it restarts"),
    "logon_type": Term(int, "the Windows type: 2 interactive, 3 network, 10 remote"),
    "network_transport": Term(str, "tcp or udp"),
    "parent_command_line": Term(str, "the command line of the parent"),
    "parent_entity_id": Term(str, "the GUID that the sensor gave the parent"),
    "parent_executable": Term(str, "the path of the parent's program"),
    "parent_pid": Term(int, "the process id of the parent"),
    "parent_started": Term(datetime, "when the parent started"),
    "peer_ip": Term(str, "the address at the other end"),
    "peer_port": Term(int, "the port at the other end"),
    "process_command_line": Term(str, "the command line, as logged"),
    "process_entity_id": Term(str, "the GUID that the sensor gave the process"),
    "process_executable": Term(str, "the path of the program"),
    "process_hash_md5": Term(str, "the MD5 of the program"),
    "process_hash_sha1": Term(str, "the SHA-1 of the program"),
    "process_hash_sha256": Term(str, "the SHA-256 of the program"),
    "process_pid": Term(int, "the process id"),
    "process_started": Term(datetime, "when the process started"),
    "row": Term(int, "the number of the event in its file"),
    "source": Term(str, "the file that the event is from"),
    "source_host": Term(str, "the machine that the logon says it came from"),
    "source_ip": Term(str, "the address that the logon came from"),
    "source_port": Term(int, "the port that the logon came from"),
    "target_entity_id": Term(str, "the GUID that the sensor gave the process that was opened"),
    "target_executable": Term(str, "the path of the process that was opened"),
    "target_pid": Term(int, "the process id of the process that was opened"),
    "time": Term(datetime, "when the event happened"),
    "user_domain": Term(str, "the domain of the account"),
    "user_id": Term(str, "the SID of the account"),
    "user_name": Term(str, "the name of the account"),
}
#: Every name that clew itself uses. A provider of another package may bring names of its own (`Provider.terms`).
VOCABULARY: Mapping[str, Term] = MappingProxyType({**_COMMON, **_FACTS, **_ROWS})
#: The columns that every finding has, whatever it is about.
COMMON: tuple[str, ...] = tuple(_COMMON)
