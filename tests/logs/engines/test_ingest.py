"""Log files become views: whatever their format, and whatever a few of their lines hold."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import os
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from clew.errors import ConnectError
from clew.logs.engines import duckdb_engine
from clew.logs.engines.containers import is_container
from clew.logs.engines.duckdb_engine import ENGINE
from clew.logs.engines.reading_progress import ReadingProgress, progress_listener
from clew.logs.formats.json_documents import FORMAT as JSON
from clew.logs.formats.log_format import FileHead
from clew.logs.formats.registry import recognised_format
from clew.logs.schema_files import load_schemas
from tests.logs.events import ALL, CONNECTED, HOST, STARTED, SYSMON, Event, counts, ndjson, opened, rows
from tests.support import FEWER, HOSTILE

VIEWS = sorted(load_schemas().views)


def as_csv(events: tuple[Event, ...], **dialect: Any) -> bytes:
    out = io.StringIO()
    names = dict.fromkeys(name for event in events for name in event)
    writer = csv.DictWriter(out, [*names], lineterminator="\n", **dialect)
    writer.writeheader()
    writer.writerows(events)
    return out.getvalue().encode()


def as_parquet(events: tuple[Event, ...], tmp_path: Any) -> bytes:
    duckdb = pytest.importorskip("duckdb")
    (tmp_path / "all.json").write_text(json.dumps(events))
    target = tmp_path / "all.pq"
    duckdb.sql(f"COPY (FROM read_json('{tmp_path / 'all.json'}')) TO '{target}' (FORMAT parquet)")
    return target.read_bytes()


def nested(event: Event, layout: str) -> Event:
    """The event as another collector writes it."""
    header = {"Channel", "EventID", "Hostname", "@timestamp"}
    data = {name: value for name, value in event.items() if name not in header}
    match layout:
        case "winlogbeat":
            winlog = {"channel": event["Channel"], "event_id": event["EventID"], "computer_name": event["Hostname"]}
            return {"@timestamp": event.get("@timestamp"), "winlog": {**winlog, "event_data": data}}
        case "evtx":
            system = {"Channel": event["Channel"], "EventID": event["EventID"], "Computer": event["Hostname"]}
            time = {"#attributes": {"SystemTime": event.get("@timestamp")}}
            return {"Event": {"System": {**system, "TimeCreated": time}, "EventData": data}}
        case "evtx-attributes":
            system = {"Channel": event["Channel"], "EventID": {"#text": event["EventID"], "#attributes": {"a": "b"}}}
            time = {"#attributes": {"SystemTime": event.get("@timestamp")}}
            return {
                "Event": {"System": {**system, "Computer": event["Hostname"], "TimeCreated": time}, "EventData": data}
            }
        case _:
            top = {"Channel": event["Channel"], "EventID": event["EventID"], "Computer": event["Hostname"]}
            return {**top, "TimeCreated": event.get("@timestamp"), "EventData": data}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """What the views of the events are, read as NDJSON."""
    store = opened(tmp_path_factory.mktemp("plain"), ndjson(ALL))
    return {view: rows(store, view, bare=True) for view in VIEWS}


def test_every_view_has_rows(plain):
    """The events of this file fill every view of machines, so that comparing views compares something."""
    assert {view: len(found) for view, found in plain.items() if found} == {
        "processes": 1,
        "connections": 1,
        "resolutions": 1,
        "files": 1,
        "accesses": 1,
        "logons": 2,
    }


@pytest.mark.parametrize(
    "kind",
    [
        "array",
        "pretty array",
        "records",
        "one line of records",
        "array with mark",
        "csv",
        "csv with mark",
        "csv semicolon",
        "csv tab",
        "parquet",
        "lines",
        "lines with mark",
        "windows lines",
        "lines in json",
        "blank lines",
    ],
)
def test_every_format_gives_the_same_views(tmp_path, plain, kind):
    """One log in any format that clew reads is one set of rows."""
    mark, lines = b"\xef\xbb\xbf", ndjson(ALL)
    name, content = {
        "array": lambda: ("a.json", json.dumps(ALL).encode()),
        "pretty array": lambda: ("a.json", json.dumps(ALL, indent=2).encode()),
        "records": lambda: ("a.json", json.dumps({"tags": ["x", "y"], "Records": ALL, "n": 2}, indent=1).encode()),
        "one line of records": lambda: ("a.json", json.dumps({"Records": ALL}).encode()),
        "array with mark": lambda: ("a.json", mark + json.dumps(ALL).encode()),
        "csv": lambda: ("a.csv", as_csv(ALL)),
        "csv with mark": lambda: ("a.csv", mark + as_csv(ALL)),
        "csv semicolon": lambda: ("a.csv", as_csv(ALL, delimiter=";")),
        "csv tab": lambda: ("a.csv", as_csv(ALL, delimiter="\t")),
        "parquet": lambda: ("a.parquet", as_parquet(ALL, tmp_path)),
        "lines": lambda: ("a.jsonl", lines),
        "lines with mark": lambda: ("a.ndjson", mark + lines),
        "windows lines": lambda: ("a.ndjson", lines.replace(b"\n", b"\r\n")),
        "lines in json": lambda: ("a.json", b"\n" + lines),
        "blank lines": lambda: ("a.ndjson", b"\n\n  \n" + lines.replace(b"\n", b"\n\n")),
    }[kind]()
    store = opened(tmp_path, content, name=name)
    assert counts(store) == (1, len(ALL), 0)
    assert {view: rows(store, view, bare=True) for view in VIEWS} == plain


@pytest.mark.parametrize("layout", ["winlogbeat", "evtx", "evtx-attributes", "half-flat"])
def test_every_layout_gives_the_same_views(tmp_path, plain, layout):
    """Winlogbeat, EVTX as JSON and half-flat events are the same events."""
    store = opened(tmp_path, ndjson([nested(event, layout) for event in ALL]))
    assert {view: rows(store, view, bare=True) for view in VIEWS} == plain


def test_layouts_may_be_mixed(tmp_path, plain):
    """Files of several collectors in one folder are read each in its own layout."""
    flat = ndjson([event for event in ALL if event["Channel"] == SYSMON])
    beat = ndjson([nested(event, "winlogbeat") for event in ALL if event["Channel"] != SYSMON])
    store = opened(tmp_path, flat, beat)
    assert {view: rows(store, view, bare=True) for view in VIEWS} == plain


BAD = (
    b"{",
    b"not json",
    b'{"a": }',
    b"5",
    b'"text"',
    b"null",
    b"[1, 2]",
    b"\x00\x00",
    b"\xff\xfe{",
    b'{"a": "\xe9"}',
    b"{" * 100_000,
    b"[" * 100_000,
    b'{"a": NaN',
    b'{"a": "' + b"x" * (17 * 2**20) + b'"}',
)


def test_a_bad_line_costs_one_row(tmp_path):
    """In each file, the one line that is no event is counted as damaged, and every other line is read."""
    good = ndjson([STARTED])
    store = opened(tmp_path, *(good + bad + b"\n" + good for bad in BAD))
    assert counts(store) == (len(BAD), 2 * len(BAD), len(BAD))
    sources = [row["source"] for row in rows(store, "processes")]
    assert {sources.count(source) for source in sources} == {2}


ODD = (
    b'{"a": "x\x00y"}',
    b'{"a": "x\x01y"}',
    b'{"a": "x\ty"}',
    b'{"a": "\\ud800"}',
    b'{"a": NaN, "b": 123456789012345678901234567890}',
    b'{"a": 1, "A": 2, "a": 3}',
)


def test_no_row_is_lost_to_what_it_holds(tmp_path):
    """Control characters, half of a surrogate pair, any number and one key twice do not cost a row."""
    started = json.dumps({**STARTED, "CommandLine": "a@b"}).encode()
    lines = [
        *ODD,
        *(started.replace(b"@", text) for text in (b"\x01", b"\x00", b"\t", b"\\ud800", b"\\u0000", b"\\r", b"\\n\\r")),
    ]
    store = opened(tmp_path, b"\n".join(lines))
    assert counts(store)[1:] == (len(lines), 0)
    texts = [row["process_command_line"] for row in rows(store, "processes")]
    assert texts == ["a\x01b", "a\x00b", "a\tb", "a?b", "a\x00b", "a\rb", "a\n\rb"]


@pytest.mark.parametrize("bad", [b"1,2", b"x," * 50, b"\xff\xfe,1"])
def test_a_bad_csv_row_costs_one_row(tmp_path, bad):
    """A row of another width, or of no UTF-8, is counted as damaged."""
    content = as_csv((STARTED, STARTED))
    store = opened(tmp_path, content + bad + b"\n" + content.partition(b"\n")[2], name="a.csv")
    assert counts(store)[1:] == (4, 1)


def test_a_bad_item_costs_one_row(tmp_path):
    """What is no object in an array is counted as damaged."""
    store = opened(tmp_path, json.dumps([STARTED, 5, None, "x", [STARTED]]).encode(), name="a.json")
    assert (*counts(store), len(rows(store, "processes"))) == (1, 1, 4, 1)


def test_one_event_may_be_a_document(tmp_path):
    """A single event over several lines is one event, whatever lists it holds."""
    event = {**STARTED, "tags": ["one", "two"], "keywords": []}
    store = opened(tmp_path, json.dumps(event, indent=1).encode(), name="a.json")
    assert (*counts(store), len(rows(store, "processes"))) == (1, 1, 0, 1)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.json", b"[{", "not usable JSON"),
        ("a.json", b"", "the file is empty"),
        ("a.json", b"[" * 100_000, "not usable JSON"),
        ("a.csv", b"", "the file is empty"),
        ("a.parquet", b"PAR1 no PAR1", "not usable Parquet"),
        ("a.txt", b"no log at all", "no known format"),
        ("a.csv.gz", gzip.compress(b"a,b\n1,2\n", mtime=0)[:10], "end-of-stream"),
        ("a.json.zst", b"\x28\xb5\x2f\xfdno more", ""),
        ("a.zip", b"PK\x03\x04no zip", "zip"),
    ],
)
def test_a_bad_file_costs_itself(tmp_path, name, content, reason):
    """A file of which nothing can be read is told by name and reason, and every other file of the folder is read."""
    store = opened(tmp_path, ndjson([STARTED]), content, name=name if name.endswith("ndjson") else "good.ndjson")
    store.close()
    (tmp_path / "logs" / "1-good.ndjson").rename(tmp_path / "logs" / name)
    store = ENGINE.open(str(tmp_path / "logs"), tmp_path / "cache")
    assert len(rows(store, "processes")) == 1
    ((skipped, why),) = store.coverage.skipped_files
    assert (skipped, reason in why) == (name, True), why
    assert "1 file skipped" in store.description.count_text
    assert f"skipped {name}" in str(store)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [("a.json", b"[{", "not usable JSON"), ("a.csv", b"", "is empty"), ("a.bin", b"\x00\x01", "no known format")],
)
def test_a_source_without_one_event_is_no_source(tmp_path, name, content, reason):
    """Where nothing at all can be read, connecting says the file and the reason, and leaves nothing behind."""
    with pytest.raises(ConnectError, match=reason) as refused:
        ENGINE.open(str(written(tmp_path / name, content)), tmp_path / "cache")
    assert name in refused.value.message
    assert [*(tmp_path / "cache" / "logs").iterdir()] == []


def written(path: Any, content: bytes) -> Any:
    path.write_bytes(content)
    return path


def test_what_was_read_before_the_damage_is_kept(tmp_path):
    """Of a file that is cut off, the rows before the cut are there, and it is told how many they are."""
    whole = gzip.compress(ndjson([STARTED] * 3000), mtime=0)
    path = written(tmp_path / "a.ndjson.gz", whole[: len(whole) - 20])
    store = ENGINE.open(str(path), tmp_path / "cache")
    ((name, reason),) = store.coverage.skipped_files
    assert name == "a.ndjson.gz"
    assert f"cut after {counts(store)[1]:,} rows" in reason


@pytest.mark.parametrize("name", ["a.json", "a.ndjson", "a.csv"])
def test_utf_16_is_read(tmp_path, name):
    """A file says its own encoding."""
    content = as_csv(ALL) if name == "a.csv" else ndjson(ALL)
    assert counts(opened(tmp_path, content.decode().encode("utf-16"), name=name)) == (1, len(ALL), 0)


def test_connecting_again_reads_nothing(tmp_path, monkeypatch):
    """What was read once is opened from the cache by its content; other content is read anew."""
    opened(tmp_path, ndjson(ALL)).close()
    monkeypatch.setattr("clew.logs.engines.duckdb_engine.Ingest", lambda *_: pytest.fail("it was read again"))
    (tmp_path / "logs").rename(tmp_path / "moved")
    again = ENGINE.open(str(tmp_path / "moved"), tmp_path / "cache")
    assert (again.name, counts(again)) == ("moved", (1, len(ALL), 0))
    monkeypatch.undo()
    (tmp_path / "moved" / "log.ndjson").write_bytes(ndjson([STARTED]))
    assert counts(ENGINE.open(str(tmp_path / "moved"), tmp_path / "cache")) == (1, 1, 0)


def test_files_that_have_not_changed_are_not_read_to_know_them(tmp_path, monkeypatch):
    """By their sizes, times and samples; one that is older or longer is read to its end."""
    opened(tmp_path, ndjson(ALL)).close()
    digests: list[Any] = []
    digest = duckdb_engine.content_digest
    monkeypatch.setattr(duckdb_engine, "content_digest", lambda path: digests.append(path) or digest(path))
    ENGINE.open(str(tmp_path / "logs"), tmp_path / "cache").close()
    assert digests == []
    os.utime(tmp_path / "logs" / "log.ndjson", (1, 1))
    ENGINE.open(str(tmp_path / "logs"), tmp_path / "cache").close()
    assert len(digests) == 1


def test_a_damaged_cache_is_told(tmp_path):
    """A cached log that cannot be opened says which folder to delete."""
    opened(tmp_path, ndjson(ALL)).close()
    (folder,) = (tmp_path / "cache" / "logs").iterdir()
    files = sorted(folder.iterdir())
    assert {"events.sqlite", "views.duckdb"} <= {file.name for file in files}
    assert [file.stat().st_mode & 0o077 for file in (folder, *files)] == [0] * (1 + len(files))
    for file in (folder / "events.sqlite", folder / "views.duckdb"):
        content = file.read_bytes()
        file.write_bytes(b"\xff" * 5000)
        with pytest.raises(ConnectError, match="delete that folder and connect again"):
            ENGINE.open(str(tmp_path / "logs"), tmp_path / "cache")
        file.write_bytes(content)


def test_hostile_fields_are_kept_as_they_are(tmp_path):
    """A command line of any text is in the view, and in the raw event, as it was logged."""
    values = [value for value in HOSTILE if "\ud800" not in value]
    events = [{**STARTED, "CommandLine": f"a{value}b", value or "x": value} for value in values]
    found = sorted(rows(opened(tmp_path, ndjson(events)), "processes"), key=lambda row: row["row"])
    assert [row["process_command_line"] for row in found] == [event["CommandLine"] for event in events]
    assert [json.loads(row["raw"]) for row in found] == events


@FEWER  # each example is a whole database
@given(st.lists(st.binary(max_size=60), max_size=60))
def test_no_lines_break_a_log(tmp_path_factory, lines):
    """Of any lines, those that are objects are rows and the others are damaged; nothing is lost unseen."""
    lines = [line.translate(None, b"\r\n") for line in lines]
    # A file that says that it is UTF-16 has other lines, and one that says what it is is that.
    joined = b"\n".join(lines)
    assume(not joined.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)))
    assume(not is_container(joined) and recognised_format(FileHead("log.ndjson", joined)) is JSON)
    # Spaces alone are no line, nor is a byte order mark at the beginning.
    filled = sum(bool(line.removeprefix(b"" if n else b"\xef\xbb\xbf").strip(b" ")) for n, line in enumerate(lines))
    store = opened(tmp_path_factory.mktemp("any"), b"\n".join([*lines, ndjson([CONNECTED])]))
    assert sum(counts(store)[1:]) == filled + 1
    assert [row["host_name"] for row in rows(store, "connections")] == [HOST]
    store.close()


def test_how_far_reading_is_is_told(tmp_path):
    """Who listens hears of file, rows and size so far; the size of all is known where nothing is packed."""
    heard: list[ReadingProgress] = []
    with progress_listener(heard.append):
        opened(tmp_path, ndjson([STARTED] * 25_000))
    assert [(item.file, item.rows) for item in heard] == [("log.ndjson", 10_000), ("log.ndjson", 20_000)]
    total = (tmp_path / "logs" / "log.ndjson").stat().st_size
    assert 0 < heard[0].size < heard[1].size < total == heard[1].total_size
    (tmp_path / "packed").mkdir()
    with progress_listener(heard.append):
        opened(tmp_path / "packed", gzip.compress(ndjson([STARTED] * 10_001)), name="log.ndjson.gz")
    assert (heard[-1].rows, heard[-1].total_size) == (10_000, None)
