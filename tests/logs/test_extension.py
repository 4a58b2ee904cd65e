"""A format, a schema with its view and a query, and an engine are a file each, in any package."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from clew.logs.schema_files import load_schemas

EXTENSION = Path(__file__).parent / "extension" / "acme_proxy"
FILES = {
    "clew.log_formats": ("key_value.py", "key-value = acme_proxy.key_value:FORMAT"),
    "clew.log_schemas": ("proxy.yaml", "acme-proxy = acme_proxy"),
    "clew.log_engines": ("proxy_store.py", "acme-proxy = acme_proxy.proxy_store:ENGINE"),
    "clew.pivots": ("menu.py", "Domain.proxy = acme_proxy.menu:DomainProxy"),
}
LINES = """kind=request at=2026-03-17T09:15:00Z proxy=PX1 client=192.0.2.1 site=CDN.evil.example path=/a status=200
kind=request at=2026-03-17T11:16:00+02:00 proxy=px1 client=192.0.2.2 site=cdn.evil.example path=/b status=404
kind=restart at=2026-03-17T09:17:00Z
this is no event
"""
ROWS = [
    ("2026-03-17T09:20:00", "px2", "192.0.2.9", "cdn.evil.example", "/c", 200, "acme-proxy", "requests", 1),
    ("2026-03-17T09:21:00", "px2", "192.0.2.9", "other.example", "/", 200, "acme-proxy", "requests", 2),
]


def install(folder: Path, groups: dict[str, str]) -> None:
    """The metadata of the package, as installing it would leave them."""
    info = folder / "acme_proxy-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-proxy\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("".join(f"[{group}]\n{entry}\n" for group, entry in groups.items()))


def python(folder: Path, *arguments: str) -> str:
    """What a fresh process prints in which the folder is installed."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-W", "error", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the package, a log file of its format and a database of its engine."""
    folder = tmp_path_factory.mktemp("extension")
    shutil.copytree(EXTENSION, folder / "acme_proxy", ignore=shutil.ignore_patterns("__pycache__"))
    install(folder, {group: entry for group, (_, entry) in FILES.items()})
    (folder / "proxy.log").write_text(LINES)
    connection = sqlite3.connect(folder / "a.proxy.sqlite")
    columns = "time, host_name, source_ip, host, path, http_status INTEGER, dataset, source, row INTEGER"
    connection.execute(f"CREATE TABLE requests ({columns})")
    connection.executemany("INSERT INTO requests VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", ROWS)
    connection.commit()
    connection.close()
    return folder


def test_an_addition_is_one_file() -> None:
    """The package has a file for its format, one for its schema, one for its engine and one for its menu; no others."""
    files = {file.name for file in EXTENSION.iterdir() if file.is_file()}
    assert files == {"__init__.py", *(name for name, _ in FILES.values())}


def test_its_logs_are_asked_by_a_pivot(installed: Path) -> None:
    """A file of the new format and a source of the new engine answer one pivot: typed rows, links, a window."""
    answer = json.loads(
        python(
            installed,
            "-c",
            """
import json
import clew
from clew.logs.log_plugins import log_plugin_failures
from clew.pivots.registry import find_pivot
files, database = clew.connect("proxy.log"), clew.connect("a.proxy.sqlite")
site = clew.Domain("cdn.evil.example")
finding = site.proxy.requests()
part = site.proxy.requests(status=200, start="2026-03-17T09:16:00Z")
print(json.dumps([
    [files.description.counts, database.description.counts],
    [[*record.values()] for record in finding.table.records()],
    sorted({f"{link.source} {link.relation} {link.target}" for link in finding.links}),
    [str(finding.observed_first), finding.returned, finding.available],
    [record["path"] for record in part.table.records()],
    [*map(str, log_plugin_failures())],
]))
""",
        )
    )
    counts, records, links, summary, part, failures = answer
    assert failures == []
    assert counts == [{"files": 1, "rows": 3, "damaged": 1}, {"rows": 2}]
    assert [record[0][:19] + "".join(map(str, record[1:6])) for record in records] == [
        "2026-03-17T09:15:00px1192.0.2.1cdn.evil.example/a200",
        "2026-03-17T09:16:00px1192.0.2.2cdn.evil.example/b404",
        "2026-03-17T09:20:00px2192.0.2.9cdn.evil.example/c200",
    ]
    assert [record[-1] for record in records] == ["proxy.log", "proxy.log", "a.proxy.sqlite"]
    assert "px1 communicates-with cdn.evil.example" in links
    assert "px2 has-address 192.0.2.9" in links
    assert summary == ["2026-03-17 09:15:00+00:00", 3, 3]
    assert part == ["/c"]


def test_a_case_remembers_its_engine(installed: Path) -> None:
    """A case is connected to a source of the new engine again, and replays what it answered; without it, it opens."""
    code = """
import sys
from clew import Domain, Investigation
with Investigation.open("x.clew") as case:
    if sys.argv[1] == "connect":
        case.connect("a.proxy.sqlite")
    print(Domain("cdn.evil.example").proxy.requests().returned)
    print("connected logs (a.proxy.sqlite): 2 rows" in str(case.log()))
print(Investigation.replay("x.clew").identical)
"""
    assert python(installed, "-c", code, "connect").split() == ["1", "True", "True"]
    (installed / "a.proxy.sqlite").rename(installed / "b.proxy.sqlite")
    try:
        assert python(installed, "-c", code, "again").split() == ["1", "True", "True"]
    finally:
        (installed / "b.proxy.sqlite").rename(installed / "a.proxy.sqlite")
    without = "from clew import Investigation\nwith Investigation.open('x.clew') as case:\n    print(len(case.history))"
    environment = os.environ | {"PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    command = [sys.executable, "-c", without]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=installed, check=False)
    assert done.stdout.split() == ["4"], done.stderr


def test_its_engine_keeps_the_contract(installed: Path) -> None:
    """The suite that clew's own engines are held to holds for the engine of the package."""
    (installed / "test_contract.py").write_text(
        """
import shutil
from pathlib import Path
from acme_proxy.proxy_store import ENGINE
from clew.testing import LogEngineSuite

class TestProxyStore(LogEngineSuite):
    engine = ENGINE
    view, column = "requests", "path"

    def make_logs(self, folder: Path) -> str:
        return str(shutil.copy(Path(__file__).with_name("a.proxy.sqlite"), folder))
"""
    )
    text = python(installed, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_contract.py")
    assert "12 passed" in text


def test_a_schema_that_is_wrong_is_left_out_and_told(installed: Path, tmp_path: Path) -> None:
    """A mistake in a schema of another package costs that file alone, and clew doctor says file, line and column."""
    shutil.copytree(installed / "acme_proxy", tmp_path / "acme_proxy")
    install(tmp_path, {group: FILES[group][1] for group in ("clew.log_schemas",)})
    schema = tmp_path / "acme_proxy" / "proxy.yaml"
    schema.write_text(schema.read_text().replace("client: address source_ip", "client: addres source_ip"))
    code = """
from clew.logs.log_plugins import log_plugin_failures
from clew.logs.schema_files import load_schemas
print("requests" in load_schemas().views, len(load_schemas().views), str(log_plugin_failures()[0]))
"""
    text = python(tmp_path, "-c", code)
    assert text.startswith(f"False {len(load_schemas().views)} ")
    assert "there is no maker 'addres' (proxy.yaml:12:15)" in text
