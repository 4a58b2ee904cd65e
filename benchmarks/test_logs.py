"""What logs cost: to connect, to keep, and to ask. Nothing here passes or fails by a time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.event_stream import write_events
from clew import IpAddress
from clew.entities.times import ANY_TIME
from clew.logs.engines.duckdb_engine import ENGINE
from clew.pivots.execution import execute
from clew.pivots.invocation import Invocation, resolve_arguments
from clew.pivots.registry import find_pivot
from clew.pivots.workspace import Workspace, now
from clew.settings import Settings

Figure = Callable[[str, str, str], None]
GIGABYTE = 10**9
#: CPU seconds and peak memory in MiB of a fresh process that runs some code.
_MEASURE = """
import os, re, sys
def used():
    times = os.times()
    return times.user + times.system
before = used()
{code}
cpu = used() - before
with open("/proc/self/status") as status:
    peak = int(re.search(r"VmHWM:\\s+(\\d+)", status.read())[1]) / 1024
print(cpu, peak)
"""
_CONNECT = """
from pathlib import Path
from clew.logs.engines.duckdb_engine import ENGINE
ENGINE.open(sys.argv[1], Path(sys.argv[2])).close()
"""
_READ_JSON = """
import duckdb
connection = duckdb.connect(sys.argv[2] + ".duckdb")
connection.execute("SET memory_limit = '1GB'; SET enable_progress_bar = false")
connection.execute(
    f"CREATE TABLE t AS SELECT * FROM read_json('{sys.argv[1]}', union_by_name = true, maximum_depth = 2)"
)
"""


def measured(code: str, *arguments: str) -> tuple[float, float]:
    """CPU seconds, and peak memory in MiB."""
    command = [sys.executable, "-c", _MEASURE.replace("{code}", code), *arguments]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    cpu, peak = map(float, done.stdout.split()[-2:])
    return cpu, peak


@pytest.mark.parametrize("gigabytes", [1, 5])
def test_connect(gigabytes: int, benchmark: Any, figure: Figure, tmp_path: Path) -> None:
    """A folder with one file of NDJSON: connected, connected again, and asked."""
    path, cache = tmp_path / "log.ndjson", tmp_path / "cache"
    count = write_events(path, gigabytes * GIGABYTE)
    cpu, peak = benchmark.pedantic(lambda: measured(_CONNECT, str(path), str(cache)), rounds=1)
    again, _ = measured(_CONNECT, str(path), str(cache))
    size = sum(file.stat().st_size for file in cache.rglob("*") if file.is_file()) / 10**6
    compared = "aim 22 s and 1 GB a gigabyte; 0.1 s the second time"
    if gigabytes == 1:
        block_cpu, block_peak = measured(_READ_JSON, str(path), str(tmp_path / "block"))
        compared = f"DuckDB read_json {block_cpu:.1f} s, {block_peak:,.0f} MiB: {cpu / block_cpu:.2f} x"
    job = f"logs: connect {gigabytes} GB of NDJSON, {count:,} events"
    figure(job, f"{cpu:.1f} CPU s, {peak:,.0f} MiB, again {again:.2f} s, cache {size:,.0f} MB", compared)
    source = ENGINE.open(str(path), cache)
    _ask(source, figure, f"{gigabytes} GB")
    source.close()


def _ask(source: Any, figure: Figure, label: str) -> None:
    sql = "SELECT * FROM connections WHERE peer_ip = $ip"
    rows = source.select("SELECT * FROM connections", {}, 500).rows
    peer, process = (source.select("SELECT * FROM connections", {}, 1).columns.index(name) for name in _KEYS)
    for name, statement, value in (
        ("an address", sql, rows[300][peer]),
        ("one that is not there", sql, "192.0.2.1"),
        ("a GUID", "SELECT * FROM connections WHERE process_entity_id = $ip", rows[200][process]),
    ):
        figure(
            f"logs: {name}, {label}",
            f"{_best(lambda s=statement, v=value: source.select(s, {'ip': v}, 1000)):.1f} ms",
            "",
        )
    addresses = list({row[peer] for row in rows})
    many = "SELECT * FROM connections WHERE list_contains($ips, peer_ip)"
    figure(
        f"logs: {len(addresses)} addresses at once, {label}",
        f"{_best(lambda: source.select(many, {'ips': addresses}, 100_000)):,.0f} ms",
        "",
    )
    workspace = Workspace(Settings())
    workspace.logs = (source,)
    pivot = find_pivot(IpAddress, "query.connections")
    arguments = resolve_arguments(pivot, {}, ANY_TIME, now())
    invocation = Invocation(pivot.name, IpAddress(rows[300][peer]), arguments)
    typed = _best(lambda: execute(workspace.runner(), invocation, pivot))
    bare = _best(lambda: source.select(sql, {"ip": rows[300][peer]}, 1000))
    figure(
        f"logs: a typed pivot beside its SQL, {label}",
        f"{typed:.1f} ms",
        f"{bare:.1f} ms: {typed / bare:.1f} x; aim 3 x",
    )


_KEYS = ("peer_ip", "process_entity_id")


def _best(run: Callable[[], Any]) -> float:
    """The best CPU time of some runs, in milliseconds."""
    times: list[float] = []
    for _ in range(5):
        begun = time.process_time()
        run()
        times.append((time.process_time() - begun) * 1000)
    return min(times)
