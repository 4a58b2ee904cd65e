"""Flow logs of AWS VPCs: a flow each, under a header, or in the default order of version 2.

See https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html. Fields are named as there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from clew.logs.formats.json_codec import json_bytes
from clew.logs.formats.log_format import FileHead, LogEvent, LogFile, Match

_DEFAULT = (
    *("version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets"),
    *("bytes", "start", "end", "action", "log-status"),
)
#: Columns of which a header has some, however it is ordered.
_KNOWN_COLUMNS = frozenset({*_DEFAULT, "vpc-id", "subnet-id", "instance-id", "pkt-srcaddr", "pkt-dstaddr", "tcp-flags"})
_LEAST_KNOWN = 4
_DEFAULT_LINE = re.compile(r"2 (?:[0-9]{12}|unknown) \S+ \S+ \S+ (?:[0-9]+|-) .*(?:OK|NODATA|SKIPDATA)")


@dataclass(frozen=True, slots=True)
class AwsFlowLogFormat:
    """A flow each, also under a header of one's own choice."""

    name: str = "aws-flow-log"
    title: str = "flow logs of AWS VPCs"

    def recognises(self, head: FileHead) -> Match:
        """By a header of its columns, or a line in the default order."""
        first_line = head.text.partition("\n")[0].strip()
        return Match.SIGNATURE if _is_header(first_line) or _DEFAULT_LINE.fullmatch(first_line) else Match.NONE

    def events(self, file: LogFile) -> Iterator[LogEvent]:
        """Line by line. A line of another width than its header is damaged."""
        names: tuple[str, ...] = _DEFAULT
        for line in file.lines():
            raw = line.strip()
            text = raw.decode("utf-8", "replace")
            if _is_header(text):
                names = tuple(text.split())
            elif text:
                cells = text.split()
                is_whole = len(cells) == len(names)
                fields = {name: cell for name, cell in zip(names, cells, strict=False) if cell != "-"}
                flow = {"flow_log": "vpc", **fields} if is_whole else None
                yield LogEvent(json_bytes(flow) if flow else raw, flow)


def _is_header(line: str) -> bool:
    names = line.split()
    return len(_KNOWN_COLUMNS.intersection(names)) >= _LEAST_KNOWN


FORMAT = AwsFlowLogFormat()
