"""Access logs of AWS load balancers: Application and Classic ones write a request each, Network ones a TLS session.

See https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html, the page of the
same name under latest/network, and latest/classic/access-log-collection.html. Fields are named as there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from clew.logs.formats.log_format import FileHead, LogEvent, LogFile, Match

_LOOKED_AT = 10
_CELL = re.compile(r' *(?:"((?:[^"\\]|\\.)*)"|(\S+))')
_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{1,9}Z"
_BEGINNING = re.compile(rf"(?:(?P<type>https?|h2|grpcs?|wss?) )?{_TIME} \S+ \S+:[0-9]+ (?:\S+:[0-9]+|-) -?[0-9.]+ ")
_SESSION_BEGINNING = re.compile(r"tls [12]\.[0-9] [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\S* \S+ \S+ \S+:[0-9]+ ")
_CLASSIC = (
    *("time", "elb", "client", "target", "request_processing_time", "target_processing_time"),
    *("response_processing_time", "elb_status_code", "target_status_code", "received_bytes", "sent_bytes"),
    *("request", "user_agent", "ssl_cipher", "ssl_protocol"),
)
_APPLICATION = (
    *("type", *_CLASSIC, "target_group_arn", "trace_id", "domain_name", "chosen_cert_arn"),
    *("matched_rule_priority", "request_creation_time", "actions_executed", "redirect_url", "error_reason"),
    *("target_port_list", "target_status_code_list", "classification", "classification_reason"),
)
_NETWORK = (
    *("type", "version", "time", "elb", "listener", "client", "target", "connection_time", "tls_handshake_time"),
    *("received_bytes", "sent_bytes", "incoming_tls_alert", "chosen_cert_arn", "chosen_cert_serial", "tls_cipher"),
    *("tls_protocol_version", "tls_named_group", "domain_name", "alpn_fe_protocol", "alpn_be_protocol"),
    *("alpn_client_preference_list", "tls_connection_creation_time"),
)


@dataclass(frozen=True, slots=True)
class AwsLoadBalancerFormat:
    """A request or a session each, with the client and the target."""

    name: str = "aws-load-balancer"
    title: str = "access logs of AWS load balancers (Application, Classic, Network)"

    def recognises(self, head: FileHead) -> Match:
        """By how its first lines begin."""
        lines = [line for line in head.text.splitlines()[:_LOOKED_AT] if line.strip()]
        request_count = sum(_kind(line) != "" for line in lines)
        return Match.SIGNATURE if lines and request_count * 2 >= len(lines) else Match.NONE

    def events(self, file: LogFile) -> Iterator[LogEvent]:
        """Line by line; another line is damaged."""
        for line in file.lines():
            raw = line.rstrip(b"\r\n")
            if raw.strip():
                yield LogEvent(raw, line_fields(raw.decode("utf-8", "replace")))


def line_fields(line: str) -> dict[str, Any] | None:
    """The fields of a line; None for another one."""
    kind = _kind(line)
    if not kind:
        return None
    names = _COLUMNS[kind]
    cells = (quoted_text or plain_text for quoted_text, plain_text in _CELL.findall(line))
    fields: dict[str, Any] = {
        name: cell for name, cell in zip(names, cells, strict=False) if cell not in ("-", "", "- - - ")
    }
    for end in ("client", "target"):
        address, _, port = fields.pop(end, "").rpartition(":")
        if address:
            fields |= {f"{end}_ip": address.strip("[]"), f"{end}_port": port}
    return {"load_balancer_log": kind, **fields}


_COLUMNS = {"classic": _CLASSIC, "application": _APPLICATION, "network": _NETWORK}


def _kind(line: str) -> str:
    """Which kind of balancer wrote a line; empty for another line."""
    if _SESSION_BEGINNING.match(line):
        return "network"
    match = _BEGINNING.match(line)
    if match is None:
        return ""
    return "application" if match["type"] else "classic"


FORMAT = AwsLoadBalancerFormat()
