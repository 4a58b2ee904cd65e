"""A connection that a host and a sensor saw is found once from each, by its addresses and ports."""

from __future__ import annotations

from pathlib import Path

import pytest

from clew import Investigation, IpAddress
from tests.logs.events import CONNECTED, ndjson
from tests.logs.network_events import CONN

Flow = tuple[object, object, object, object]


def flows(address: str) -> dict[str, set[Flow]]:
    """The addresses and ports of the flows of an address in the open case, by who saw them."""
    by_dataset: dict[str, set[Flow]] = {}
    for record in IpAddress(address).query.flows(limit=100_000).table.records():
        own, peer = (record["local_ip"], record["local_port"]), (record["peer_ip"], record["peer_port"])
        flow = (*peer, *own) if record["initiated"] is False else (*own, *peer)
        by_dataset.setdefault(str(record["dataset"]), set()).add(flow)
    return by_dataset


def test_a_flow_of_a_host_and_a_sensor_is_found_from_its_ends(tmp_path: Path) -> None:
    """Sysmon's row and Zeek's have the same ends, and each end finds both."""
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "log.ndjson").write_bytes(ndjson([CONNECTED, {**CONN, "id.orig_p": 50000}]))
    with Investigation.open(tmp_path / "x.clew") as case:
        case.connect(logs)
        for end in ("192.0.2.1", "198.51.100.7"):
            found = flows(end)
            assert found["sysmon"] == found["zeek"] == {("192.0.2.1", 50000, "198.51.100.7", 443)}


def test_the_server_of_an_intruder_is_found_by_host_and_sensor(shared_data, tmp_path: Path) -> None:
    """In a real incident the flows to the intruder's server that Sysmon saw are flows that Zeek saw."""
    with Investigation.open(tmp_path / "x.clew") as case:
        case.connect(shared_data("incident-pandalab") / "campaign_03")
        found = flows("10.0.5.13")
    assert found["sysmon"]
    assert found["sysmon"] & found["zeek"]


def test_the_connections_of_apt29_are_found_by_both(shared_data, tmp_path: Path) -> None:
    """What the hosts of the APT29 evaluation logged of the intruder's server, its sensor saw too."""
    folder = shared_data("incident-apt29-zeek")
    with Investigation.open(tmp_path / "x.clew") as case:
        case.connect(folder / "day1_combined_zeek.jsonl.gz")
        found = flows("192.168.0.5")
        assert found["zeek"]
        host_logs = [path for path in folder.parent.glob("*apt29*/*") if "manual" in path.name]
        if not host_logs:
            pytest.skip("the host logs of the APT29 evaluation are not among the real data: only the network's are")
        case.connect(host_logs[0])
        found = flows("192.168.0.5")
    assert found["sysmon"] & found["zeek"]
