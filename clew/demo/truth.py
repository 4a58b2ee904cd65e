"""The truth about the incident: what an investigation of the logs ought to find."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Truth:
    """What an investigation of the logs ought to find."""

    c2_address: str
    c2_domain: str
    download_address: str
    download_domain: str
    download_url: str
    exfil_address: str
    exfil_domain: str
    document: str
    payload_sha256: str
    payload_paths: tuple[str, ...]
    payload_guids: tuple[str, ...]
    parent_chain: tuple[str, ...]
    """GUIDs from the mail program down to the first run of the payload."""
    dumper_guid: str
    archiver_guid: str
    uploader_guid: str
    victims: tuple[str, ...]
    victim_sids: tuple[str, ...]
    stolen_account: str
    stolen_sid: str
    service_name: str
    hosts: tuple[str, ...]
    """The machines in the order in which they fell."""
    steps: int
    """Rows of the intrusion without the beacons."""
    beacons: int
