"""Events of services and alerts, written after what their vendors document, with made-up values."""

from __future__ import annotations

import json
from typing import Any

Event = dict[str, Any]
ALICE = "alice@corp.example"
ADDRESS = "198.51.100.7"
SHA256 = "c" * 64
LINK = "https://login.evil.example/a"
HOST = "ws01.corp.example"

CLOUDTRAIL: Event = {
    "eventVersion": "1.08",
    "userIdentity": {
        "type": "AssumedRole",
        "arn": "arn:aws:sts::123456789012:assumed-role/Admin/alice",
        "accountId": "123456789012",
        "accessKeyId": "ASIAEXAMPLE",
        "sessionContext": {"sessionIssuer": {"userName": "Admin", "accountId": "123456789012"}},
    },
    "eventTime": "2026-03-17T09:15:00Z",
    "eventSource": "s3.amazonaws.com",
    "eventName": "GetObject",
    "awsRegion": "eu-central-1",
    "sourceIPAddress": ADDRESS,
    "userAgent": "aws-cli/2",
    "errorCode": "AccessDenied",
    "requestParameters": {"bucketName": "ledger"},
    "recipientAccountId": "123456789012",
}
SIGN_IN: Event = {
    "createdDateTime": "2026-03-17T09:20:00Z",
    "userPrincipalName": "Alice@corp.example",
    "appDisplayName": "Azure Portal",
    "ipAddress": ADDRESS,
    "clientAppUsed": "Browser",
    "authenticationRequirement": "multiFactorAuthentication",
    "status": {"errorCode": 50126, "failureReason": "Invalid username or password."},
    "deviceDetail": {"displayName": "WS01.corp.example"},
    "location": {"city": "Basel", "state": "Basel-Stadt", "countryOrRegion": "CH"},
}
AUDIT: Event = {
    "activityDateTime": "2026-03-17T09:25:00Z",
    "activityDisplayName": "Add member to role",
    "category": "RoleManagement",
    "result": "success",
    "initiatedBy": {"user": {"userPrincipalName": ALICE, "ipAddress": ADDRESS}},
    "targetResources": [
        {
            "displayName": "Bob",
            "userPrincipalName": "bob@corp.example",
            "modifiedProperties": [{"displayName": "Role.DisplayName", "newValue": "Global Administrator"}],
        }
    ],
}
INBOX_RULE: Event = {
    "CreationDate": "2026-03-17T09:30:00Z",
    "UserIds": ALICE,
    "Operations": "New-InboxRule",
    "AuditData": json.dumps(
        {
            "CreationTime": "2026-03-17T09:30:00",
            "Operation": "New-InboxRule",
            "Workload": "Exchange",
            "UserId": ALICE,
            "ClientIP": f"{ADDRESS}:50000",
            "MailboxOwnerUPN": "bob@corp.example",
            "ResultStatus": "True",
            "Parameters": [{"Name": "DeleteMessage", "Value": "True"}, {"Name": "From", "Value": "it@corp.example"}],
        }
    ),
}
MAIL: Event = {
    "Timestamp": "2026-03-17T09:05:00Z",
    "NetworkMessageId": "0b1c",
    "SenderFromAddress": "it@evil.example",
    "RecipientEmailAddress": ALICE,
    "SenderIPv4": ADDRESS,
    "Subject": "Your password",
    "DeliveryAction": "Delivered",
    "Url": "HTTPS://Login.evil.example/a",
    "UrlDomain": "login.evil.example",
    "FileName": "a.html",
    "SHA256": SHA256.upper(),
}
SENTINEL_ALERT: Event = {
    "Type": "SecurityAlert",
    "TimeGenerated": "2026-03-17T09:40:00Z",
    "SystemAlertId": "7f3a",
    "AlertName": "Odd sign-in",
    "AlertType": "rule-1",
    "Severity": "High",
    "Entities": json.dumps(
        [
            {"$id": "1", "Type": "host", "HostName": "WS01", "DnsDomain": "corp.example"},
            {"$id": "2", "Type": "account", "Name": "alice", "UPNSuffix": "corp.example"},
            {"$id": "3", "Type": "ip", "Address": ADDRESS},
            {"$id": "4", "Type": "url", "Url": LINK},
            {"$id": "5", "Type": "dns", "DomainName": "cdn.evil.example"},
            {"$id": "6", "Type": "file", "Name": "a.exe", "FileHashes": [{"Algorithm": "SHA256", "Value": SHA256}]},
            {"$id": "7", "Type": "azure-resource", "ResourceId": "/subscriptions/1"},
        ]
    ),
}
AUTORUN: Event = {
    "Time": "20260317-090000",
    "Fqdn": HOST,
    "Entry Location": "HKLM\\Software\\Microsoft\\Windows\\CurrentVersion\\Run",
    "Entry": "updater",
    "Enabled": "enabled",
    "Image Path": "c:\\tools\\a.exe",
    "Launch String": "c:\\tools\\a.exe -x",
    "MD5": "B" * 32,
    "SHA-1": "A" * 40,
    "SHA-256": SHA256.upper(),
}
CHANGED: Event = {
    **AUDIT,
    "targetResources": [{"userPrincipalName": ALICE, "displayName": "Alice"}],
    "initiatedBy": {"user": {"userPrincipalName": "eve@corp.example", "ipAddress": "203.0.113.9"}},
}
ACCESSED = json.loads(json.dumps(INBOX_RULE).replace("bob@corp.example", ALICE))
CLOUD = (CLOUDTRAIL, SIGN_IN, AUDIT, INBOX_RULE, MAIL, SENTINEL_ALERT, AUTORUN, CHANGED, ACCESSED)
