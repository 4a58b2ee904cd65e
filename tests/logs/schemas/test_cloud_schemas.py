"""Audit logs of clouds and services become rows that say who did what, from where, and how it came out."""

from __future__ import annotations

from typing import Any

import pytest

from clew.logs.event_mapper import EventKind, EventMapper
from clew.logs.schema_files import load_schemas
from tests.logs.cloud_events import ADDRESS, ALICE, AUDIT, CLOUDTRAIL, INBOX_RULE, LINK, MAIL, SENTINEL_ALERT, SIGN_IN
from tests.logs.events import ndjson, opened, rows

Event = dict[str, Any]


def cells(event: Event, view: str) -> dict[str, Any]:
    """What the row of an event in a view says, but for where it is from."""
    mapped = EventMapper(load_schemas()).map_event(event)
    names = load_schemas().views[view].cell_names
    row = next(row for name, row in mapped.rows if name == view)
    return {name: cell for name, cell in zip(names, row, strict=True) if cell is not None}


def test_a_call_in_aws():
    """A record of CloudTrail says the role and the session, the key, the address, and that it was denied."""
    row = cells(CLOUDTRAIL, "cloud_calls")
    del row["time"]
    assert row == {
        "cloud_provider": "aws",
        "user_domain": "123456789012",
        "user_name": "Admin/alice",
        "cloud_role": "Admin",
        "access_key_id": "ASIAEXAMPLE",
        "source_ip": ADDRESS,
        "cloud_service": "s3.amazonaws.com",
        "event_action": "GetObject",
        "event_outcome": "failure",
        "event_reason": "AccessDenied",
        "cloud_resource": "ledger",
        "event_details": '{"bucketName":"ledger"}',
        "cloud_region": "eu-central-1",
        "cloud_account_id": "123456789012",
        "user_agent": "aws-cli/2",
        "dataset": "cloudtrail",
    }


SHAPES = {
    "graph": SIGN_IN,
    "diagnostic settings": {"time": SIGN_IN["createdDateTime"], "category": "SignInLogs", "properties": SIGN_IN},
    "sentinel": {
        "Type": "SigninLogs",
        "TimeGenerated": "2026-03-17T09:20:00Z",
        "UserPrincipalName": ALICE,
        "AppDisplayName": "Azure Portal",
        "IPAddress": ADDRESS,
        "ResultType": "50126",
        "ResultDescription": "Invalid username or password.",
        "LocationDetails": '{"city": "Basel", "state": "Basel-Stadt", "countryOrRegion": "CH"}',
    },
    "portal": {
        "Date (UTC)": "2026-03-17T09:20:00Z",
        "Request ID": "1",
        "Username": ALICE,
        "Application": "Azure Portal",
        "IP address": ADDRESS,
        "Location": "Basel, Basel-Stadt, CH",
        "Status": "Failure",
        "Sign-in error code": "50126",
        "Failure reason": "Invalid username or password.",
    },
}


@pytest.mark.parametrize("event", SHAPES.values(), ids=SHAPES)
def test_a_sign_in_is_one_however_it_was_exported(event):
    """A failed sign-in of Entra ID is the same row from Graph, diagnostic settings, Sentinel and the portal."""
    row = cells(event, "cloud_sign_ins")
    assert {name: row[name] for name in ("user_name", "source_ip", "event_outcome", "event_reason")} == {
        "user_name": ALICE,
        "source_ip": ADDRESS,
        "event_outcome": "failure",
        "event_reason": "Invalid username or password.",
    }
    assert row["sign_in_location"] == "Basel, Basel-Stadt, CH"
    assert row["time"].isoformat() == "2026-03-17T09:20:00"


def test_a_change_of_a_directory():
    """An audit event says who gave whom which role, and is a call too."""
    row = cells(AUDIT, "identity_changes")
    assert (row["user_name"], row["target_user"], row["event_action"]) == (
        ALICE,
        "bob@corp.example",
        "Add member to role",
    )
    assert row["event_details"] == "Role.DisplayName=Global Administrator"
    assert cells(AUDIT, "cloud_calls")["event_outcome"] == "success"


def test_json_in_a_cell_is_read():
    """The rule in the AuditData of an exported table is a change of a mailbox, with its parameters."""
    row = cells(INBOX_RULE, "mailbox_changes")
    assert (row["user_name"], row["source_ip"], row["mailbox_owner"]) == (ALICE, ADDRESS, "bob@corp.example")
    assert row["event_details"] == "DeleteMessage=True; From=it@corp.example"
    broken = {**INBOX_RULE, "Operation": "New-InboxRule", "Workload": "Exchange", "AuditData": '{"half": '}
    assert cells(broken, "cloud_calls")["event_action"] == "New-InboxRule"


def test_a_mail():
    """A mail names sender, recipient, the URL as `Url` spells it, and the attachment."""
    row = cells(MAIL, "mail_messages")
    assert (row["email_sender"], row["email_recipient"]) == ("it@evil.example", ALICE)
    assert (row["url_full"], row["file_hash_sha256"], row["email_delivery"]) == (LINK, "c" * 64, "Delivered")


def test_an_alert_has_a_row_for_each_thing_that_it_names(tmp_path):
    """The host of an alert is on each of its rows; what is no entity has no row."""
    found = rows(opened(tmp_path, ndjson([SENTINEL_ALERT])), "alerts")
    assert {row["host_name"] for row in found} == {"ws01.corp.example"}
    named = [
        next(
            (
                row[name]
                for name in ("user_name", "source_ip", "url_full", "url_domain", "file_hash_sha256")
                if row[name]
            ),
            None,
        )
        for row in found
    ]
    assert sorted(filter(None, named)) == sorted([ALICE, ADDRESS, LINK, "cdn.evil.example", "c" * 64])


OTHERS: dict[str, tuple[str, Event, dict[str, Any]]] = {
    "okta": (
        "cloud_sign_ins",
        {
            "eventType": "user.session.start",
            "published": "2026-03-17T09:15:00.000Z",
            "actor": {"alternateId": "Alice@corp.example"},
            "client": {"ipAddress": ADDRESS, "geographicalContext": {"city": "Basel", "country": "Switzerland"}},
            "outcome": {"result": "FAILURE", "reason": "INVALID_CREDENTIALS"},
        },
        {
            "user_name": ALICE,
            "source_ip": ADDRESS,
            "event_outcome": "failure",
            "sign_in_location": "Basel, Switzerland",
        },
    ),
    "gcp": (
        "cloud_calls",
        {
            "timestamp": "2026-03-17T09:15:00Z",
            "protoPayload": {
                "methodName": "storage.objects.get",
                "serviceName": "storage.googleapis.com",
                "authenticationInfo": {"principalEmail": ALICE},
                "requestMetadata": {"callerIp": ADDRESS, "callerSuppliedUserAgent": "gcloud"},
                "status": {"code": 7, "message": "denied"},
            },
            "resource": {"labels": {"project_id": "ledger"}},
        },
        {"user_name": ALICE, "event_outcome": "failure", "cloud_account_id": "ledger", "user_agent": "gcloud"},
    ),
    "workspace": (
        "cloud_calls",
        {
            "kind": "admin#reports#activity",
            "id": {"time": "2026-03-17T09:15:00Z", "applicationName": "drive"},
            "actor": {"email": ALICE},
            "ipAddress": ADDRESS,
            "events": [{"type": "access", "name": "download", "parameters": [{"name": "doc_id", "value": "1a"}]}],
        },
        {"user_name": ALICE, "cloud_service": "drive", "event_action": "download", "event_details": "doc_id=1a"},
    ),
    "guardduty": (
        "alerts",
        {
            "type": "UnauthorizedAccess:EC2/SSHBruteForce",
            "severity": 2,
            "title": "Guessing",
            "id": "1",
            "accountId": "123456789012",
            "resource": {"resourceType": "Instance", "instanceDetails": {"instanceId": "i-99999999"}},
            "service": {
                "serviceName": "guardduty",
                "eventLastSeen": "2026-03-17T09:15:00Z",
                "action": {"networkConnectionAction": {"remoteIpDetails": {"ipAddressV4": ADDRESS}}},
            },
        },
        {"rule_name": "Guessing", "source_ip": ADDRESS, "host_name": "i-99999999", "event_severity": "2"},
    ),
    "azure activity": (
        "cloud_calls",
        {
            "time": "2026-03-17T09:15:00Z",
            "resourceId": "/subscriptions/1",
            "operationName": "MICROSOFT.COMPUTE/VIRTUALMACHINES/WRITE",
            "category": "Administrative",
            "resultType": "Success",
            "callerIpAddress": ADDRESS,
        },
        {"source_ip": ADDRESS, "event_outcome": "success", "cloud_resource": "/subscriptions/1"},
    ),
    "ocsf": (
        "cloud_calls",
        {
            "class_uid": 6003,
            "activity_id": 2,
            "time": 1773738900000,
            "actor": {"user": {"name": "alice", "account": {"uid": "123456789012"}}},
            "api": {"operation": "GetObject", "service": {"name": "s3"}},
            "src_endpoint": {"ip": ADDRESS},
            "status_id": 1,
        },
        {"user_name": "alice", "event_action": "GetObject", "event_outcome": "success", "source_ip": ADDRESS},
    ),
    "asim": (
        "processes",
        {
            "EventSchema": "ProcessEvent",
            "EventType": "ProcessCreated",
            "TimeGenerated": "2026-03-17T09:15:00Z",
            "DvcHostname": "WS01",
            "TargetProcessName": "C:\\a.exe",
            "TargetProcessId": "6700",
            "TargetUsername": "CORP\\alice",
        },
        {"host_name": "ws01", "process_pid": 6700, "user_domain": "CORP", "user_name": "alice"},
    ),
    "udm": (
        "connections",
        {
            "metadata": {"event_type": "NETWORK_CONNECTION", "event_timestamp": "2026-03-17T09:15:00Z"},
            "principal": {"hostname": "WS01", "ip": ["192.0.2.1"], "port": 50000},
            "target": {"ip": [ADDRESS], "port": 443},
        },
        {"host_name": "ws01", "local_ip": "192.0.2.1", "peer_ip": ADDRESS, "peer_port": 443},
    ),
    "ecs": (
        "processes",
        {
            "@timestamp": "2026-03-17T09:15:00Z",
            "event": {"category": ["process"], "type": ["start"]},
            "host": {"name": "ws01"},
            "process": {"pid": 6700, "executable": "/bin/a", "parent": {"pid": 1}},
        },
        {"host_name": "ws01", "process_pid": 6700, "parent_pid": 1},
    ),
    "ecs dotted": (
        "connections",
        {
            "@timestamp": "2026-03-17T09:15:00Z",
            "event.category": ["network"],
            "event.action": "connected",
            "host.name": "ws01",
            "destination.ip": ADDRESS,
            "destination.port": 443,
        },
        {"host_name": "ws01", "peer_ip": ADDRESS, "peer_port": 443},
    ),
    "defender": (
        "logons",
        {
            "Timestamp": "2026-03-17T09:15:00Z",
            "DeviceId": "1",
            "DeviceName": "WS01.corp.example",
            "ActionType": "LogonFailed",
            "LogonType": "RemoteInteractive",
            "RemoteIP": ADDRESS,
            "AccountName": "alice",
            "AccountDomain": "corp",
        },
        {"host_name": "ws01.corp.example", "logon_type": 10, "event_outcome": "failure", "source_ip": ADDRESS},
    ),
    "cim": (
        "logons",
        {
            "_time": "1773738900",
            "tag": "authentication",
            "action": "failure",
            "dest": "ws01",
            "user": "alice",
            "src": ADDRESS,
        },
        {"host_name": "ws01", "event_outcome": "failure", "source_ip": ADDRESS},
    ),
}


@pytest.mark.parametrize(("view", "event", "expected"), OTHERS.values(), ids=OTHERS)
def test_events_of_other_vendors(view, event, expected):
    """Events as other vendors document them fill the same views with the same columns."""
    row = cells(event, view)
    assert {name: row.get(name) for name in expected} == expected
    assert row["time"].isoformat() == "2026-03-17T09:15:00"


def test_rows_of_a_batch_of_osquery(tmp_path):
    """Each row of a snapshot and of a batch of differences is one event; what was removed is no process."""
    process = {"pid": "7", "parent": "1", "cmdline": "a -x", "path": "/bin/a"}
    header = {"name": "pack_processes", "hostIdentifier": "ws01", "unixTime": 1773738900}
    snapshot = {**header, "action": "snapshot", "snapshot": [process, {**process, "pid": "8"}]}
    batch = {**header, "diffResults": {"added": [{**process, "pid": "9"}], "removed": [process]}}
    source = opened(tmp_path, ndjson([snapshot, batch]))
    assert sorted(row["process_pid"] for row in rows(source, "processes")) == [7, 8, 9]
    assert source.coverage.total(EventKind.NO_VIEW) == 1


def test_what_no_view_has_is_told_by_its_kind():
    """An event that is known and has no view is counted under the name of its kind."""
    neighbour = {"AddressFamily": "IPv4", "RemoteMACAddress": "00-00-5E-00-53-01", "LocalAddress": "192.0.2.1"}
    mapped = EventMapper(load_schemas()).map_event(neighbour)
    assert (mapped.kind, mapped.label) == (EventKind.NO_VIEW, "velociraptor: Windows.Network.ArpCache")


@pytest.mark.long
@pytest.mark.parametrize("folder", ["incident-cloud", "sentinel-tables"])
def test_every_row_of_real_tables_is_in_a_view_or_of_a_kind(shared_data, tmp_path, folder):
    """Of real audit logs, alerts, EDR and SIEM tables, all but tables of Windows events are known."""
    from clew.logs.engines.duckdb_engine import ENGINE

    source = ENGINE.open(str(shared_data(folder)), tmp_path)
    coverage = source.coverage
    assert coverage.total(EventKind.DAMAGED, EventKind.EMPTY) == 0
    assert coverage.total(EventKind.IN_VIEWS) > 400
    unknown = [count.label for count in coverage.counts if count.kind is EventKind.NO_LAYOUT]
    entities_alone = "3, 4, 5, 6, 7, 8, 9"  # what `clew.alerts` reads, and no event
    assert all("EventID" in label or "EventLog" in label or label == entities_alone for label in unknown)


def test_real_processes_have_the_parents_that_the_sensor_names(shared_data, tmp_path):
    """Of 1,564 processes of one machine, each row is found by id and start, and 942 have a parent among them."""
    content = (shared_data("sentinel-tables") / "mde_proc_cs1.csv").read_bytes()
    store = opened(tmp_path, content, name="mde.csv")
    answer = store.select("SELECT * FROM processes", {}, 5000)
    records = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    starts = {(record["process_pid"], record["process_started"]) for record in records}
    assert (len(records), len(starts)) == (1564, 1564)
    assert sum((record["parent_pid"], record["parent_started"]) in starts for record in records) == 942


def test_a_stolen_key_is_followed_through_real_calls(shared_data, tmp_path):
    """The calls of the key that was taken from the proxy are those of the attack: buckets listed, the file read."""
    from clew.logs.engines.duckdb_engine import ENGINE

    source = ENGINE.open(str(shared_data("incident-cloud") / "aws_capitalone_style"), tmp_path)
    calls = [row for row in rows(source, "cloud_calls") if row["access_key_id"] == "ASIA5FLZVX4OPVKKVBMX"]
    assert {row["event_action"] for row in calls} == {"ListBuckets", "ListObjects", "GetObject"}
    assert {row["source_ip"] for row in calls} == {"1.2.3.4"}
    assert len(calls) == 11


def test_real_steps_of_a_forged_token(shared_data, tmp_path):
    """Permission, credentials and the mails that were read are told of the account that the forged token was for."""
    from clew.logs.engines.duckdb_engine import ENGINE

    source = ENGINE.open(str(shared_data("incident-cloud") / "golden_saml"), tmp_path)
    changes = [row["event_action"] for row in rows(source, "identity_changes")]
    assert changes == [
        "Update application",
        "Add delegated permission grant",
        *["Update application \N{EN DASH} Certificates and secrets management"] * 2,
    ]
    (access,) = rows(source, "mailbox_changes")
    assert (access["event_action"], access["mailbox_owner"]) == ("MailItemsAccessed", "pgustavo@simulandlabs.com")
    assert (access["source_ip"], access["event_details"]) == ("1.2.3.4", "MailAccessType=Bind; IsThrottled=False")


def test_what_is_recognised_in_two_ways_is_one_row():
    """An event to which two ways of one map apply has one row of it."""
    event = {**SHAPES["sentinel"], "category": "SignInLogs"}
    views = [view for view, _ in EventMapper(load_schemas()).map_event(event).rows]
    assert views == ["cloud_sign_ins"]
