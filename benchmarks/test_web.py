"""How long a column of 1,000 rows takes at a slow service. Nothing here passes or fails by a time."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from clew import Investigation, IpAddress
from clew.pivots.workspace import Workspace
from clew.providers.ti import abuseipdb
from clew.settings import Settings

Figure = Callable[[str, str, str], None]
ROWS, DISTINCT, LATENCY = 1000, 300, 0.05
IDEAL = DISTINCT / abuseipdb.AbuseIpDb.concurrency * LATENCY

# A process of its own, so that it takes no time of the one that asks. It says its port, and how often it was asked.
_SERVER = """
import json, socket, struct, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
latency, reset_at = float(sys.argv[1]), int(sys.argv[2])
body = json.dumps({"data": {"abuseConfidenceScore": 5, "totalReports": 1}}).encode()
asked = 0

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        global asked
        if self.path == "/asked":
            return self.say(json.dumps(asked).encode())
        asked += 1
        if asked == reset_at:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return self.connection.close()
        time.sleep(latency)
        self.say(body)

    def say(self, body):
        self.wfile.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)

    def log_message(self, *_):
        pass

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except (OSError, ValueError):
            self.close_connection = True

class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass

server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
"""


@contextmanager
def service(reset_at: int = 0) -> Iterator[tuple[str, Callable[[], int]]]:
    """AbuseIPDB on loopback: its address, and how often it was asked."""
    import urllib.request

    command = [sys.executable, "-c", _SERVER, str(LATENCY), str(reset_at)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        base = f"http://127.0.0.1:{int(process.stdout.readline())}"
        yield f"{base}/check", lambda: json.load(urllib.request.urlopen(f"{base}/asked"))
        process.kill()


def addresses(count: int) -> list[str]:
    return [f"9.9.{number // 250}.{number % 250 + 1}" for number in range(count)]


@pytest.mark.parametrize("file", ["x.clew", None], ids=["in a case", "without a case"])
def test_a_column(
    file: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, benchmark: Any, figure: Figure
) -> None:
    monkeypatch.setenv("CLEW_ABUSEIPDB_KEY", "canary-0123456789")
    rows = [addresses(DISTINCT)[number % DISTINCT] for number in range(ROWS)]
    workspace = Workspace(Settings(cache=tmp_path / "cache"))
    with service() as (url, asked), Investigation.open(tmp_path / (file or "other.clew"), workspace=workspace) as case:
        monkeypatch.setattr(abuseipdb, "_URL", url)
        pivot = IpAddress.ti.abuseipdb
        subjects = [IpAddress(value) for value in dict.fromkeys(rows)]

        def run() -> float:
            begun = time.perf_counter()
            if file:
                assert len(pivot.over(rows)) == ROWS
            else:
                workspace.perform_all(pivot, subjects, pivot.complete({}), lambda _: None)
            return time.perf_counter() - begun

        seconds = benchmark.pedantic(run, rounds=1)
        assert asked() == DISTINCT
        again = run()
        assert asked() == DISTINCT
        assert len(case.history)
    where = "in a case" if file else "without a case"
    figure(
        f"1,000 rows, 300 distinct, 50 ms a call, {where}",
        f"{seconds:.2f} s, then {again:.2f} s known",
        f"ideal {IDEAL:.2f} s at 10 at once: {seconds / IDEAL:.2f} times",
    )


def test_one_reset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, benchmark: Any, figure: Figure) -> None:
    monkeypatch.setenv("CLEW_ABUSEIPDB_KEY", "canary-0123456789")
    workspace = Workspace(Settings(cache=tmp_path / "cache"))
    pivot = IpAddress.ti.abuseipdb
    subjects = [IpAddress(value) for value in addresses(200)]
    with service(reset_at=100) as (url, asked):
        monkeypatch.setattr(abuseipdb, "_URL", url)
        run = lambda: workspace.perform_all(pivot, subjects, pivot.complete({}), lambda _: None)  # noqa: E731 - measured
        heard = benchmark.pedantic(run, rounds=1)
        found = sum(finding.outcome == "found" for finding in heard)
        assert (found, asked()) == (200, 201)
    figure("200 calls, one connection reset", f"{found} rows, 201 requests", "200 rows")
