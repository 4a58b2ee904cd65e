"""EVTX files are read record by record, and what is damaged in one is told."""

from __future__ import annotations

import csv
import json
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from clew.errors import ConnectError
from clew.logs.engines.duckdb_engine import ENGINE

pytest.importorskip("evtx")


@pytest.mark.long
def test_every_record_of_real_files_is_an_event(shared_data, tmp_path: Path) -> None:
    """Of 282 recordings of attacks, each file has the events that were counted before, and they are of those kinds."""
    folder = shared_data("evtx-attack")
    with (folder / "manifest.csv").open(encoding="utf-8") as stream:
        rows = {row["path"]: row for row in csv.DictReader(stream)}
    source = ENGINE.open(str(folder), tmp_path / "cache")
    files = [file for file in source._events.files if file.format == "evtx"]
    counts = {file.name.partition(".zip/")[2]: file.events for file in files}
    manifest = {name: next(row for path, row in rows.items() if f"/{path}".endswith(f"/{name}")) for name in counts}
    assert counts == {name: int(row["events"]) for name, row in manifest.items()}
    assert len(counts) == 282
    assert source.description.counts["damaged"] == 0
    kinds: Counter[str] = Counter()
    for file, _, raw in source._events.events():
        if file.format == "evtx":
            code = json.loads(raw)["Event"]["System"]["EventID"]
            kinds[str(code["#text"] if isinstance(code, dict) else code)] += 1
    expected: Counter[str] = Counter()
    for name in counts:
        expected.update({code: int(count) for code, count in json.loads(manifest[name]["event_ids"]).items()})
    assert kinds == expected
    source.close()


@pytest.mark.long
def test_a_damaged_file_is_read_or_told(shared_data, tmp_path: Path) -> None:
    """Cut or overwritten at many places, a real file gives events, damaged ones, or a reason; no other exception."""
    with zipfile.ZipFile(shared_data("evtx-attack") / "DeepBlueCLI.zip") as archive:
        name = min((item for item in archive.infolist() if item.filename.endswith(".evtx")), key=lambda i: i.file_size)
        content = archive.read(name)
    outcomes: set[str] = set()
    path = tmp_path / "x.evtx"
    for place in range(0, min(len(content), 70_000), 4_099):
        for damaged in (content[:place], content[:place] + b"\xff" * 16 + content[place + 16 :]):
            path.write_bytes(damaged)
            try:
                source = ENGINE.open(str(path), tmp_path / "cache")
            except ConnectError as error:
                outcomes.add("refused" if "x.evtx: " in error.message else error.message)
                continue
            outcomes.add("damaged" if source.description.counts["damaged"] else "read")
            source.close()
    assert {"refused", "read"} <= outcomes <= {"refused", "read", "damaged"}


def test_what_only_is_called_so_is_told(tmp_path: Path) -> None:
    """A file of something else with the ending is told by name."""
    (tmp_path / "x.evtx").write_bytes(b"MZ no log")
    with pytest.raises(ConnectError, match=r"x\.evtx: not usable EVTX"):
        ENGINE.open(str(tmp_path / "x.evtx"), tmp_path / "cache")
