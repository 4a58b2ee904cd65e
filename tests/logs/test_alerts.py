"""What alerts name becomes entities with their roles; what does not is counted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import clew
from clew import Account, Domain, File, Host, IpAddress, Process, Url
from clew.errors import ConnectError, QueryError
from clew.logs.alert_entities import role_entities
from tests.logs.cloud_events import ADDRESS, ALICE, LINK, SENTINEL_ALERT, SHA256
from tests.support import FEWER

GRAPH = {
    "id": "1",
    "title": "Odd logon",
    "evidence": [
        {"@odata.type": "#microsoft.graph.security.ipEvidence", "ipAddress": ADDRESS, "roles": ["source"]},
        {"@odata.type": "#microsoft.graph.security.deviceEvidence", "deviceDnsName": "ws01.corp.example"},
        {
            "@odata.type": "#microsoft.graph.security.userEvidence",
            "userAccount": {"accountName": "alice", "domainName": "corp", "userPrincipalName": ALICE},
        },
        {"@odata.type": "#microsoft.graph.security.urlEvidence", "url": LINK},
        {"@odata.type": "#microsoft.graph.security.oauthApplicationEvidence", "appId": "1"},
    ],
}
SENTINEL_API = [
    {"kind": "Account", "properties": {"accountName": "alice", "upnSuffix": "corp.example"}},
    {"kind": "Ip", "properties": {"address": ADDRESS}},
]
DEFENDER = {
    "alertId": "da1",
    "title": "Ransom",
    "severity": "High",
    "entities": [
        {"entityType": "User", "accountName": "alice", "domainName": "corp", "userSid": "S-1-5-21-1-2-3-1104"},
        {"entityType": "File", "sha256": SHA256, "fileName": "a.exe"},
    ],
}


def test_a_row_of_sentinel():
    """Each entity of a SecurityAlert is one of clew, and a resource of Azure is counted as none."""
    answer = clew.alerts([SENTINEL_ALERT])
    assert {*answer.distinct} == {
        Host("ws01.corp.example"),
        Account(ALICE),
        IpAddress(ADDRESS),
        Url(LINK),
        Domain("cdn.evil.example"),
        File(SHA256),
    }
    assert dict(answer.no_entity) == {"azure-resource: no entity of clew": 1}
    assert {(row.alert, row.alert_id) for row in answer.rows} == {("Odd sign-in", "7f3a")}
    assert "1 not made an entity: azure-resource" in str(answer)


@pytest.mark.parametrize("wrapped", [GRAPH, {"value": [GRAPH]}, {"alerts": [GRAPH]}, json.dumps(GRAPH)])
def test_alerts_of_graph(wrapped):
    """An alert is read alone, in a reply, in an incident and as text, with the roles that the source gives."""
    answer = clew.alerts(wrapped)
    assert answer.distinct == (IpAddress(ADDRESS), Host("ws01.corp.example"), Account(ALICE), Url(LINK))
    assert answer.rows[0].role == "source"
    assert sum(answer.no_entity.values()) == 1


def test_entities_of_the_sentinel_api_and_of_defender():
    """Properties below an entity and those beside its type are read alike."""
    assert clew.alerts({"entities": SENTINEL_API}).distinct == (Account(ALICE), IpAddress(ADDRESS))
    (user, file) = clew.alerts(DEFENDER).distinct
    assert user == Account("S-1-5-21-1-2-3-1104", name="corp\\alice")
    assert file == File(SHA256)


def test_what_points_at_another_entity_is_followed():
    """A process is on the host that it points at, and its image is there; circles end."""
    started = "2026-03-17T09:15:00Z"
    entities: list[dict[str, Any]] = [
        {"$id": "1", "Type": "host", "HostName": "ws01"},
        {"$id": "2", "Type": "file", "Directory": "c:\\tools", "Name": "a.exe"},
        {
            "$id": "3",
            "Type": "process",
            "ProcessId": "0x1a2c",
            "CreationTimeUtc": started,
            "Host": {"$ref": "1"},
            "ImageFile": {"$ref": "2"},
            "ParentProcess": {"$ref": "3"},
        },
    ]
    results = [*role_entities(entities)]
    assert Process(pid=6700, started=started, host="ws01") in [result.entity for result in results]
    assert ("imagefile", File(path="c:\\tools\\a.exe", host="ws01")) in [(one.role, one.entity) for one in results]


def test_what_is_no_alert_is_refused(tmp_path):
    """Nothing but other records, broken JSON and a path that is not there are errors that say so."""
    with pytest.raises(QueryError, match="no alerts"):
        clew.alerts([{"a": 1}])
    with pytest.raises(QueryError, match="no JSON"):
        clew.alerts('{"half": ')
    with pytest.raises(ConnectError, match="no logs"):
        clew.alerts(tmp_path / "alerts.json")
    assert clew.alerts([{"a": 1}, SENTINEL_ALERT]).unread_count == 1


def test_real_alerts(shared_data):
    """189 real alerts name 198 entities, and each of the rest is counted with its reason."""
    answer = clew.alerts(shared_data("sentinel-tables") / "alertlist.csv.gz")
    assert (answer.alert_count, answer.unread_count, len(answer.distinct)) == (189, 0, 198)
    assert answer.no_entity["host-logon-session: no entity of clew"] == 137
    frame = answer.to_frame()
    assert [*frame.columns] == ["alert", "alert_id", "role", "kind", "entity"]
    assert len(frame) == len(answer.rows)
    assert len(clew.alerts(shared_data("sentinel-tables") / "entities.json").distinct) == 5


NODES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["$id", "$ref", "Type", "kind", "properties", "Host", "Address", "Name"]), inner
        )
    ),
    max_leaves=12,
)


@FEWER
@given(
    st.lists(st.dictionaries(st.sampled_from(["Type", "Host", "Name", "$id", "Address", "roles"]), NODES), max_size=4)
)
def test_any_entities_are_entities_or_told(entities):
    """Whatever stands in a list of entities, each is made or said why not, and nothing else is raised."""
    for result in role_entities(entities):
        assert (result.entity is None) == bool(result.error)
