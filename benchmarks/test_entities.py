"""How long entities take to make: one by one, and from the rows of a log. Nothing here passes or fails by a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from clew import Account, Host, IpAddress, Process
from clew.logs.frame_entities import entities_of

Figure = Callable[[str, str, str], None]
COUNT = 100_000
START = datetime(2026, 1, 1, tzinfo=UTC)


def cpu(run: Callable[[], Any]) -> float:
    """CPU seconds of this process, the best of three."""

    def once() -> float:
        begun = time.process_time()
        run()
        return time.process_time() - begun

    return min(once() for _ in range(3))


ENTITIES: dict[str, tuple[Callable[[int], object], str]] = {
    "IpAddress": (lambda n: IpAddress(f"198.51.{n >> 8 & 255}.{n & 255}"), "1.13"),
    "Host": (lambda n: Host(f"ws{n}.corp.example"), "0.88"),
    "Account": (lambda n: Account(f"CORP\\user{n}"), "0.83"),
    "Process": (lambda n: Process(pid=n, started=START, host="ws01.corp.example"), "2.20"),
}


@pytest.mark.parametrize("kind", ENTITIES)
def test_entities(kind: str, benchmark: Any, figure: Figure) -> None:
    make, peer = ENTITIES[kind]
    seconds = benchmark.pedantic(lambda: cpu(lambda: [*map(make, range(COUNT))]), rounds=1)
    figure(f"100,000 {kind} entities, validated", f"{seconds:.2f} CPU s", f"MSTICPy {peer} CPU s, unvalidated")


def logons(distinct: int) -> pd.DataFrame:
    """Logons of so many accounts, as rows of a log."""
    number = pd.Series(range(COUNT)) % distinct
    return pd.DataFrame(
        {
            "event_outcome": "success",
            "user_id": "S-1-5-21-1-2-3-" + number.astype(str),
            "user_domain": "CORP",
            "user_name": "User" + number.astype(str),
            "host_name": "ws" + (number % 500).astype(str) + ".corp.example",
        }
    )


def processes(distinct: int) -> pd.DataFrame:
    """Starts of so many processes, as rows of a log."""
    number = pd.Series(range(COUNT)) % distinct
    return pd.DataFrame(
        {
            "host_name": "ws" + (number % 500).astype(str) + ".corp.example",
            "process_entity_id": [f"{{B34BC01C-7FAE-5F63-{n >> 16:04X}-{n & 0xFFFF:012X}}}" for n in number],
            "process_pid": number % 60_000,
            "process_started": pd.Timestamp(START) + pd.to_timedelta(number, unit="s"),
            "process_executable": "C:\\Windows\\p" + (number % 300).astype(str) + ".exe",
            "process_command_line": "p.exe -x " + number.astype(str),
        }
    )


ROWS: dict[str, tuple[str, Callable[[int], pd.DataFrame], str]] = {
    "account": ("logons", logons, "4.9"),
    "process": ("processes", processes, "19.6"),
}


@pytest.mark.parametrize("distinct", [10_000, COUNT])
@pytest.mark.parametrize("part", ROWS)
def test_rows(part: str, distinct: int, benchmark: Any, figure: Figure) -> None:
    view, rows, peer = ROWS[part]
    frame = rows(distinct)
    found = entities_of(frame, view=view, part=part)
    assert (len(found.entities), len(found.distinct), found.errors) == (COUNT, distinct, {})
    seconds = benchmark.pedantic(lambda: cpu(lambda: entities_of(frame, view=view, part=part)), rounds=1)
    figure(f"100,000 rows of {view} to {part}, {distinct:,} distinct", f"{seconds:.2f} CPU s", f"MSTICPy {peer} CPU s")
