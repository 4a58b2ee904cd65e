"""Windows events of a made-up estate as a stream, as large as asked, each with values of its own as sensors do."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

_BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
_PROGRAMS = [
    f"C:\\Program Files\\Vendor {number % 40}\\Product {number}\\bin\\program{number}.exe" for number in range(400)
]
_MESSAGE = " ".join(f"Field{number}: value of the field as the message of the event repeats it." for number in range(8))
#: How often each kind occurs, in a thousand.
_MIX = {
    "access": 300,
    "image": 190,
    "connection": 180,
    "registry": 130,
    "file": 60,
    "resolution": 60,
    "process": 50,
    "logon": 30,
}


def write_events(path: Path, size: int, seed: int = 1) -> int:
    """Write NDJSON of at least so many bytes, and give the number of events."""
    count = written = 0
    with path.open("w", encoding="utf-8") as file:
        for event in events(seed):
            line = json.dumps(event)
            written += file.write(line) + file.write("\n")
            count += 1
            if written >= size:
                return count
    return count


def events(seed: int = 1) -> Iterator[dict[str, Any]]:
    """Events without an end, in the order of time."""
    draw = random.Random(seed)
    kinds = [kind for kind, share in _MIX.items() for _ in range(share // 10)]
    time = _BEGIN
    number = 0
    while True:
        number += 1
        time += timedelta(milliseconds=draw.randrange(1, 90))
        yield _event(draw, draw.choice(kinds), time, number)


def _event(draw: random.Random, kind: str, time: datetime, number: int) -> dict[str, Any]:
    host = draw.randrange(500)
    guid = f"{{{draw.randrange(200):08x}-{host:04x}-4f00-{draw.randrange(16**4):04x}-{number // 7:012x}}}"
    stamp = time.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    image = draw.choice(_PROGRAMS)
    common = {
        "@timestamp": time.isoformat().replace("+00:00", "Z"),
        "Hostname": f"WS{host:04}.corp.example",
        "SourceName": "Microsoft-Windows-Sysmon",
        "Channel": "Microsoft-Windows-Sysmon/Operational",
        "RecordNumber": number,
        "Message": _MESSAGE,
        "UtcTime": stamp,
        "ProcessGuid": guid,
        "ProcessId": str(draw.randrange(4, 60_000)),
        "Image": image,
    }
    match kind:
        case "connection":
            return common | {
                "EventID": 3,
                "SourceIp": f"10.{host >> 8}.{host & 255}.7",
                "SourcePort": str(draw.randrange(1024, 65_000)),
                "DestinationIp": f"198.{18 + draw.randrange(2)}.{draw.randrange(256)}.{draw.randrange(256)}",
                "DestinationPort": draw.choice(("443", "80", "53", "8080")),
                "Protocol": "tcp",
                "Initiated": "true",
                "User": f"CORP\\user{host}",
            }
        case "process":
            return common | {
                "EventID": 1,
                "CommandLine": f'"{image}" --job {number} --token {draw.randrange(16**16):x}',
                "User": f"CORP\\user{host}",
                "ParentProcessGuid": guid.replace("4f00", "4f01"),
                "ParentProcessId": "700",
                "ParentImage": draw.choice(_PROGRAMS),
                "LogonId": "0x3e7",
                "Hashes": f"SHA256={draw.randrange(16**8):064x}",
            }
        case "resolution":
            name = f"h{draw.randrange(40_000)}.example"
            return common | {
                "EventID": 22,
                "QueryName": name,
                "QueryResults": f"::ffff:198.51.100.{draw.randrange(256)};",
            }
        case "file":
            return common | {
                "EventID": 11,
                "TargetFilename": f"C:\\Users\\user{host}\\AppData\\Local\\Temp\\{number}.tmp",
            }
        case "access":
            return common | {
                "EventID": 10,
                "SourceProcessGUID": guid,
                "SourceProcessId": "4711",
                "SourceImage": image,
                "TargetProcessGUID": guid.replace("4f00", "4f02"),
                "TargetProcessId": "700",
                "TargetImage": draw.choice(_PROGRAMS),
                "GrantedAccess": "0x1410",
            }
        case "registry":
            key = f"HKLM\\SOFTWARE\\Vendor\\{draw.randrange(5000)}\\Value"
            return common | {"EventID": 13, "EventType": "SetValue", "TargetObject": key, "Details": str(number)}
        case "image":
            return common | {"EventID": 7, "ImageLoaded": f"C:\\Windows\\System32\\library{draw.randrange(900)}.dll"}
        case _:
            return common | {
                "Channel": "Security",
                "EventID": 4624,
                "TargetUserSid": f"S-1-5-21-1-2-3-{1000 + host}",
                "TargetUserName": f"user{host}",
                "TargetDomainName": "CORP",
                "LogonType": "3",
                "IpAddress": f"10.{host >> 8}.{host & 255}.7",
                "TargetLogonId": f"0x{number:x}",
            }
