"""What the columns of a table that no schema knows probably are: by their names, and by their values, which decide."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from clew.logs.cell_times import read_time
from clew.logs.cell_values import hash_text, ip, number, text
from clew.logs.event_paths import Fields

#: So much of what stands in a column has to be what it is taken for.
_LEAST_SHARE = 0.8
_MAX_VALUES = 50
_HASH_LENGTHS = {32: "file.hash.md5", 40: "file.hash.sha1", 64: "file.hash.sha256"}
_URL = re.compile(r"[a-z][a-z0-9+.-]{1,10}://\S+", re.IGNORECASE)
#: Names of columns without what is no letter or digit, by what they are.
_NAMES: Mapping[str, str] = {
    name: target
    for target, names in {
        "@timestamp": "time timestamp date datetime eventtime createdat created when ts utctime starttime logtime",
        "source.ip": "src srcip sip sourceip sourceaddress srcaddr saddr clientip client cip fromip ipaddress ip",
        "destination.ip": "dst dstip dip destinationip destinationaddress dstaddr daddr serverip destip peerip",
        "source.port": "srcport sport sourceport clientport spt",
        "destination.port": "dstport dport destinationport serverport destport port dpt",
        "network.transport": "proto protocol transport ipprotocol",
        "host.name": "host hostname computer computername machine device devicename server agent endpoint workstation",
        "user.name": "user username account accountname login logonname subjectusername targetusername uname",
        "user.domain": "domain userdomain accountdomain subjectdomainname targetdomainname",
        "process.executable": "image process processname exe executable program processpath imagepath",
        "process.command_line": "commandline cmdline cmd command processcommandline",
        "process.pid": "pid processid",
        "process.parent.pid": "ppid parentpid parentprocessid",
        "dns.question.name": "query dnsquery queryname qname fqdn",
        "url.full": "url uri requesturl link",
        "url.domain": "urldomain urlhost site",
        "http.request.method": "method httpmethod requestmethod verb",
        "http.response.status_code": "status statuscode httpstatus responsecode",
        "user_agent.original": "useragent agentstring",
        "file.path": "file filename filepath path targetfilename",
        "event.action": "action activity operation eventaction",
        "event.outcome": "outcome result",
    }.items()
    for name in names.split()
}


def _is_url(value: Any) -> bool:
    return bool(_URL.match(text(value) or ""))


def _is_time(value: Any) -> bool:
    return read_time(value) is not None


def _is_address(value: Any) -> bool:
    return ip(value) is not None


def _is_number(value: Any) -> bool:
    return number(value) is not None


#: What the values of some columns have to be; of the others, any text.
_CHECKS: Mapping[str, Callable[[Any], bool]] = {
    "@timestamp": _is_time,
    "source.ip": _is_address,
    "destination.ip": _is_address,
    "source.port": _is_number,
    "destination.port": _is_number,
    "process.pid": _is_number,
    "process.parent.pid": _is_number,
    "http.response.status_code": _is_number,
    "url.full": _is_url,
}


def suggest_columns(rows: Sequence[Fields]) -> dict[str, str]:
    """What columns are, for those of which names and values tell.

    >>> suggest_columns([{"src": "192.0.2.1", "when": "2026-03-17 09:15:00", "note": "x"}])
    {'when': '@timestamp', 'src': 'source.ip'}

    Args:
        rows: some rows of one table.

    Returns:
        For a column, its name in the Elastic Common Schema, in the order of these.
    """
    values_by_column: dict[str, list[Any]] = {}
    for row in rows:
        for column, value in row.items():
            if len(values := values_by_column.setdefault(column, [])) < _MAX_VALUES and text(value) is not None:
                values.append(value)
    pairs = [*_by_name(values_by_column), *_by_value(values_by_column)]
    columns: dict[str, str] = {}
    for column, target in pairs:
        if column not in columns and target not in columns.values():
            columns[column] = target
    order = [*dict.fromkeys(_NAMES.values()), *_HASH_LENGTHS.values()]
    return dict(sorted(columns.items(), key=lambda pair: order.index(pair[1])))


def _by_name(values_by_column: Mapping[str, Sequence[Any]]) -> Iterator[tuple[str, str]]:
    for column, values in values_by_column.items():
        target = _NAMES.get(re.sub(r"[^a-z0-9]", "", column.lower()))
        if target and values and (target not in _CHECKS or _holds(_CHECKS[target], values)):
            yield column, target


def _by_value(values_by_column: Mapping[str, Sequence[Any]]) -> Iterator[tuple[str, str]]:
    for column, values in values_by_column.items():
        if not values:
            continue
        if _holds(_is_address, values):
            yield column, "source.ip"
            yield column, "destination.ip"
        elif _holds(_is_url, values):
            yield column, "url.full"
        elif _holds(lambda value: len(hash_text(value) or "") in _HASH_LENGTHS, values):
            yield column, _HASH_LENGTHS[len(hash_text(values[0]) or "") or 64]
        elif not _holds(_is_number, values) and _holds(_is_time, values):
            yield column, "@timestamp"


def _holds(check: Callable[[Any], bool], values: Sequence[Any]) -> bool:
    return sum(map(check, values)) >= _LEAST_SHARE * len(values)
