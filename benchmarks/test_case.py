"""How long a case of a thousand steps takes to replay and to compare. Nothing here passes or fails by a time."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clew import Budget, Investigation, IpAddress
from clew.demo.scenario import write_scenario
from clew.pivots.registry import pivots_for
from clew.pivots.workspace import Workspace
from clew.settings import Settings

Figure = Callable[[str, str, str], None]
STEPS = 1_000


def cpu(run: Callable[[], Any]) -> float:
    """CPU seconds of this process."""
    begun = time.process_time()
    run()
    return time.process_time() - begun


@pytest.fixture(scope="module")
def long_case(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Workspace]:
    """A case of the demonstration in which nearly everything was asked about everything, and what it asked."""
    folder = tmp_path_factory.mktemp("case")
    scenario = write_scenario(folder)
    workspace = Workspace(Settings(feeds=(scenario.feed,), geoip=(scenario.geo,), cache=folder / "cache"))
    path = folder / "long.clew"
    with Investigation.open(path, workspace=workspace, replies=scenario.replies) as case:
        case.connect(scenario.logs)
        case.expand(IpAddress(scenario.seed), depth=8, budget=Budget(calls=STEPS))
        asks = ((node.entity, name) for node in case.node_list() for name in pivots_for(type(node.entity)))
        while len(case.history) < STEPS:
            case.pivot(*next(asks))
    return path, workspace


def test_replay(long_case: tuple[Path, Workspace], benchmark: Any, figure: Figure) -> None:
    path, workspace = long_case
    with Investigation.open(path, workspace=workspace) as case:
        size = f"{len(case.history):,} steps, {len(case.node_list()):,} nodes, {len(case.claim_list()):,} claims"
    seconds = benchmark.pedantic(lambda: cpu(lambda: Investigation.replay(path)), rounds=1)
    figure(f"replay {size}", f"{seconds:.2f} CPU s", "aim: 2 CPU s")
    figure("reparse it", f"{cpu(lambda: Investigation.replay(path, reparse=True)):.2f} CPU s", "")
    budget = Budget(calls=2 * STEPS)
    live = cpu(lambda: Investigation.replay(path, live=True, budget=budget, workspace=workspace))
    figure("ask it all again, of local sources", f"{live:.2f} CPU s", "")


def test_compare(long_case: tuple[Path, Workspace], benchmark: Any, figure: Figure) -> None:
    path, workspace = long_case
    with Investigation.open(path, workspace=workspace) as case:
        seconds = benchmark.pedantic(lambda: cpu(lambda: case.compare(path)), rounds=1)
    figure("compare it with itself", f"{seconds:.2f} CPU s", "")


LOAD = r"""
import random, re, sys, time
import pandas as pd
from clew import Investigation, IpAddress
count, path = int(sys.argv[1]), sys.argv[2]
random.seed(1)
def ip(number): return f"ip:{10 + (number >> 20 & 63)}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
order = random.sample(range(count), count)
nodes = pd.DataFrame({"entity": [ip(number) for number in order]})
ends = [[ip(random.randrange(count)) for _ in range(2 * count)] for _ in range(2)]
edges = pd.DataFrame({"source": ends[0], "relation": "communicates-with", "target": ends[1]})
begun, used = time.perf_counter(), time.process_time()
with Investigation.open(path) as case:
    case.load(nodes, edges, source="flows")
wall, used = time.perf_counter() - begun, time.process_time() - used
begun = time.perf_counter()
with Investigation.open(path) as case:
    opened = time.perf_counter() - begun
    times = []
    for number in range(101):
        begun = time.perf_counter()
        case.neighbourhood(IpAddress(ip(number * 97 % count)[3:]))
        times.append(time.perf_counter() - begun)
# Of this process alone: ru_maxrss begins with that of the one that started it.
with open("/proc/self/status") as status:
    peak = int(re.search(r"VmHWM:\s+(\d+)", status.read())[1]) / 1024
print(wall, used, opened, sorted(times)[50], max(times), peak)
"""


@pytest.mark.parametrize("count", [100_000, 1_000_000])
def test_load(count: int, benchmark: Any, figure: Figure, tmp_path: Path) -> None:
    path = tmp_path / "big.clew"
    command = [sys.executable, "-c", LOAD, str(count), str(path)]
    done = benchmark.pedantic(lambda: subprocess.run(command, capture_output=True, text=True, check=True), rounds=1)
    wall, used, opened, median, slowest, peak = map(float, done.stdout.split())
    size = path.stat().st_size / 2**20
    figure(
        f"load {count:,} nodes and {2 * count:,} edges",
        f"{wall:.0f} s, {used:.0f} CPU s, {peak:,.0f} MB peak",
        f"file {size:,.0f} MiB",
    )
    figure(
        "open it; two hops around a node",
        f"{opened * 1000:.0f} ms; {median * 1000:.1f} ms, at most {slowest * 1000:.0f} ms",
        "",
    )
