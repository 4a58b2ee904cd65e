"""Logs of sensors of the network, one event or more for each view that they fill: Zeek's JSON."""

from __future__ import annotations

from tests.logs.events import Event

SENSOR_CLIENT, SENSOR_SERVER = "192.0.2.1", "198.51.100.7"
CERTIFICATE = "d" * 40
CARRIED = "c" * 64
SENSED = 1773738900.5


def zeek(log: str, /, **fields: object) -> Event:
    """An event of one of Zeek's logs, of the client and the server."""
    ends = {"id.orig_h": SENSOR_CLIENT, "id.orig_p": 50123, "id.resp_h": SENSOR_SERVER, "id.resp_p": 443}
    return {"_path": log, "ts": SENSED, "uid": "C1", **ends, **fields}


CONN = zeek("conn", proto="tcp", conn_state="SF", orig_bytes=5_000_000, resp_bytes=900)
FAR = {**CONN, "id.orig_h": "192.0.2.77", "id.resp_h": "198.51.100.99"}
LOOKUP = zeek("dns", query="CDN.evil.example", qclass=1, answers=["alias.example", SENSOR_SERVER])
REQUEST = zeek(
    "http",
    **{"id.resp_p": 8080},
    method="GET",
    trans_depth=1,
    host="cdn.evil.example",
    uri="/a.exe",
    status_code=200,
    resp_fuids=["F1"],
    resp_mime_types=["application/x-dosexec"],
)
FILE = {
    "_path": "files",
    "ts": SENSED + 1,
    "fuid": "F1",
    "tx_hosts": [SENSOR_SERVER],
    "rx_hosts": [SENSOR_CLIENT],
    "source": "HTTP",
    "mime_type": "application/x-dosexec",
    "seen_bytes": 2048,
    "md5": "b" * 32,
    "sha1": "a" * 40,
    "sha256": CARRIED.upper(),
    "is_orig": False,
}
SESSION = zeek(
    "ssl",
    version="TLSv12",
    cipher="TLS_AES_128_GCM_SHA256",
    server_name="CDN.evil.example",
    established=True,
    resumed=False,
    cert_chain_fuids=["F2", "F3"],
    ja3="e" * 32,
    ja3s="f" * 32,
    validation_status="self signed certificate",
)
SHOWN = {**FILE, "fuid": "F2", "source": "SSL", "mime_type": "application/x-x509-user-cert", "sha1": CERTIFICATE}
del SHOWN["sha256"]
PAPER = {
    "_path": "x509",
    "ts": SENSED,
    "id": "F2",
    "certificate.version": 3,
    "certificate.serial": "0AFF",
    "certificate.subject": "CN=cdn.evil.example,O=Evil",
    "certificate.issuer": "CN=Evil CA",
    "certificate.not_valid_before": 1700000000.0,
    "certificate.not_valid_after": 1800000000.0,
    "san.dns": ["cdn.evil.example", "*.Other.example"],
}
LONE_PAPER = {**PAPER, "id": "F9", "certificate.subject": "CN=Evil CA"}
UPLOAD = zeek("ftp", user="bob", command="STOR", arg="ftp://198.51.100.7/in/loot.zip", reply_code=226, reply_msg="Done")
PASSIVE = zeek("ftp", user="bob", command="PASV", reply_code=227)
MAPPED = zeek("smb_mapping", path="\\\\FS01\\C$", share_type="DISK")
OPENED = zeek("smb_files", action="SMB::FILE_OPEN", path="\\\\FS01\\C$", name="temp\\a.exe", size=0)
CALLED = zeek("dce_rpc", named_pipe="\\pipe\\svcctl", endpoint="svcctl", operation="CreateServiceW")
TICKET = zeek("kerberos", request_type="TGS", client="alice/CORP", service="cifs/fs01", success=True, cipher="rc4-hmac")
NTLM = zeek(
    "ntlm",
    username="alice",
    domainname="CORP",
    hostname="WS02",
    server_dns_computer_name="FS01.corp.example",
    success=True,
)
REMOTE_DESKTOP = zeek("rdp", cookie="CORP\\alice", result="encrypted", cert_count=0, client_name="WS02")
MAIL = zeek(
    "smtp",
    helo="mail",
    trans_depth=1,
    **{"from": '"A, B" <eve@evil.example>'},
    rcptto=["<a@corp.example>", "b@corp.example"],
    subject="hello",
    msg_id="<1@evil.example>",
)
NOTICE = zeek("notice", note="SSL::Invalid_Server_Cert", msg="self signed", src=SENSOR_CLIENT, dst=SENSOR_SERVER)
INTEL = zeek("intel", **{"seen.indicator": "cdn.evil.example", "seen.indicator_type": "Intel::DOMAIN"})
SIGNED = {
    "_path": "signatures",
    "ts": SENSED,
    "src_addr": SENSOR_CLIENT,
    "dst_addr": SENSOR_SERVER,
    "sig_id": "s-1",
    "event_msg": "odd bytes",
}
LEASE = {
    "_path": "dhcp",
    "ts": SENSED,
    "mac": "00:00:5E:00:53:01",
    "host_name": "WS01",
    "client_fqdn": "ws01.corp.example",
    "assigned_addr": SENSOR_CLIENT,
    "server_addr": "192.0.2.53",
    "lease_time": 3600.0,
    "msg_types": ["DISCOVER", "OFFER", "REQUEST", "ACK"],
}
ODD = {"_path": "weird", "ts": SENSED, "name": "bad_TCP_checksum", "notice": False, "peer": "zeek"}
ZEEK = (
    *(
        CONN,
        FAR,
        LOOKUP,
        REQUEST,
        FILE,
        SESSION,
        SHOWN,
        PAPER,
        LONE_PAPER,
        UPLOAD,
        MAPPED,
        OPENED,
        CALLED,
        TICKET,
        NTLM,
    ),
    *(REMOTE_DESKTOP, MAIL, NOTICE, INTEL, SIGNED, LEASE),
)
#: A request as a web server logs it that knows its own name.
SERVED = {
    "web_log": "w3c",
    "timestamp": "2026-03-17T09:15:00",
    "s-computername": "WS01.corp.example",
    "c-ip": SENSOR_CLIENT,
    "s-ip": SENSOR_SERVER,
    "cs-method": "GET",
    "url": "https://cdn.evil.example/a.exe",
    "uri": "/served.exe",
    "sc-status": "200",
}
NETWORK = (*ZEEK, SERVED)
