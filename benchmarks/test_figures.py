"""The figures that the project keeps in view. Nothing here passes or fails by a time."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clew import Budget, Investigation, IpAddress, Url
from clew.graph.recording.case_recorder import CaseRecorder
from clew.graph.store import Store

Figure = Callable[[str, str, str], None]
URL = Url("https://evil.example/a?b=1")
FIRST_PIVOT = r"""
import re, resource
from clew import Url
assert Url("hxxps://evil[.]example/a?b=1").transform.parts()
use = resource.getrusage(resource.RUSAGE_SELF)
# Of this process alone: ru_maxrss begins with that of the one that started it.
with open("/proc/self/status") as status:
    peak = int(re.search(r"VmHWM:\s+(\d+)", status.read())[1])
print(use.ru_utime + use.ru_stime, peak / 1024)
"""


def cpu(run: Callable[[], Any]) -> float:
    """CPU seconds of this process."""
    begun = time.process_time()
    run()
    return time.process_time() - begun


def test_first_pivot_in_a_fresh_process(benchmark: Any, figure: Figure) -> None:
    def child() -> tuple[float, float]:
        done = subprocess.run([sys.executable, "-c", FIRST_PIVOT], capture_output=True, text=True, check=True)
        seconds, memory = map(float, done.stdout.split())
        return seconds, memory

    child()  # compiles the modules
    runs = [child() for _ in range(5)]
    benchmark.pedantic(child, rounds=3)
    seconds, memory = min(run[0] for run in runs), min(run[1] for run in runs)
    figure(
        "import clew and a first local pivot, fresh process",
        f"{seconds:.2f} CPU s, {memory:.0f} MB",
        "MSTICPy 3.2 CPU s, 164 MB",
    )


@pytest.mark.parametrize(("name", "entity"), [("net.kind", IpAddress("198.51.100.7")), ("transform.parts", URL)])
def test_one_local_pivot(name: str, entity: Any, benchmark: Any, figure: Figure) -> None:
    menu, _, pivot = name.partition(".")
    benchmark(getattr(getattr(entity, menu), pivot))
    figure(f"one local pivot on one value, {name}", f"{benchmark.stats['median'] * 1e6:.0f} us", "MSTICPy 780 us")


def test_largest_recording(benchmark: Any, figure: Figure, shared_data: Callable[[str], Path], tmp_path: Path) -> None:
    recording = shared_data("incident-pandalab")
    with Investigation.open(tmp_path / "ir.clew") as case:
        begun = time.perf_counter()
        seconds = cpu(lambda: case.connect(recording))
        wall = time.perf_counter() - begun
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        figure(
            "connect 138,134 events (284 MB) the first time", f"{wall:.1f} s, {seconds:.1f} CPU s, {memory:.0f} MB", ""
        )
        again = cpu(lambda: case.connect(recording))
        figure("connect the same again", f"{again * 1000:.0f} CPU ms", "")
        benchmark(IpAddress("10.0.5.13").query.connections)
    figure("query it, recorded in the case", f"{benchmark.stats['median'] * 1000:.0f} ms", "")


def test_saved_case(benchmark: Any, figure: Figure, shared_data: Callable[[str], Path], tmp_path: Path) -> None:
    name = "campaign_01/metasploit_logonpasswords_lsass_memory_dump.zip"
    file = tmp_path / "ir.clew"
    with Investigation.open(file) as case:
        case.connect(shared_data("incident-pandalab") / name)
        begun = time.perf_counter()
        seconds = cpu(lambda: case.expand(IpAddress("10.0.5.13"), depth=3, budget=Budget(calls=200)))
        wall, steps, nodes = time.perf_counter() - begun, len(case.history), len(case.tables.nodes())
    figure(f"an expansion of {steps} steps, {nodes} nodes", f"{wall:.1f} s, {seconds:.1f} CPU s", "")

    def look() -> None:
        with Investigation.open(file) as opened:
            opened.tables.nodes()

    benchmark(look)
    figure("open the saved case and list its nodes", f"{benchmark.stats['median'] * 1000:.0f} ms", "")
    replayed = cpu(lambda: Investigation.replay(file))
    figure("replay it offline", f"{replayed:.2f} CPU s", "")
    figure("its file", f"{file.stat().st_size / 2**20:.1f} MiB", "")


def test_a_durable_step(benchmark: Any, figure: Figure, tmp_path: Path) -> None:
    """A recorded pivot against the least that durability costs: as many bytes in a file of their own, synced."""
    count = 300
    with Investigation.open(tmp_path / "x.clew") as case:
        before, begun = (tmp_path / "x.clew").stat().st_size, time.perf_counter()
        for number in range(count):
            case.pivot(Url(f"https://evil.example/{number}"), "transform.parts")
        recorded = time.perf_counter() - begun
    grown = bytes(((tmp_path / "x.clew").stat().st_size - before) // count)

    def bare() -> None:
        for number in range(count):
            with (tmp_path / f"{time.monotonic_ns()}-{number}").open("xb") as file:
                file.write(grown)
                file.flush()
                os.fsync(file.fileno())

    benchmark.pedantic(bare, rounds=1)
    least = benchmark.stats["median"]
    figure(
        "one recorded pivot with its durable commit",
        f"{recorded / count * 1000:.1f} ms",
        f"{recorded / least:.1f} times a synced file of the same {len(grown):,} bytes",
    )


def test_adding_entities_one_by_one(benchmark: Any, figure: Figure, tmp_path: Path) -> None:
    def add(count: int) -> float:
        with Investigation.open(tmp_path / f"{time.monotonic_ns()}.clew") as case:
            return cpu(lambda: [case.add(IpAddress(f"198.51.{n >> 8}.{n & 255}")) for n in range(count)])

    memory = Investigation(CaseRecorder(Store(None)))
    bare = cpu(lambda: [memory.add(IpAddress(f"198.51.{n >> 8}.{n & 255}")) for n in range(1_000)])
    figure("1,000 entities added one by one, but for the disk", f"{bare:.2f} CPU s", "aim: 0.2 CPU s")
    thousand = benchmark.pedantic(lambda: add(1_000), rounds=1)
    figure("1,000 entities added one by one, each durable", f"{thousand:.2f} CPU s", "MSTICPy EntityGraph 2.0 CPU s")
    four = add(4_000)
    figure("4,000 the same way", f"{four:.2f} CPU s ({four / thousand:.1f} times)", "MSTICPy is quadratic")
