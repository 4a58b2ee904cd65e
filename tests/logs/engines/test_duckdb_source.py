"""The engine is locked down, queries are data, and their values never become code."""

from __future__ import annotations

import sqlite3

import pytest

from clew.entities import (
    Account,
    AutonomousSystem,
    Certificate,
    Domain,
    Entity,
    File,
    Host,
    IpAddress,
    Outcome,
    Process,
    Url,
)
from clew.errors import AskFailed, AskSkipped, ConnectError, QueryError
from clew.logs.engines import duckdb_source as source_module
from clew.logs.engines.duckdb_engine import ENGINE
from clew.logs.engines.duckdb_source import DuckDbSource
from clew.logs.engines.protocol import SourceDescription
from clew.logs.query_packs import load_queries
from clew.pivots.execution import execute
from clew.pivots.invocation import Invocation
from clew.pivots.registry import find_pivot
from clew.pivots.workspace import Workspace
from clew.providers.local import logs as provider
from clew.providers.local.logs import LogChannel, LogProvider, LogQuery, raw_rows
from clew.settings import Settings
from tests.logs.cloud_events import ALICE, CLOUD, LINK
from tests.logs.events import ALL, CONNECTED, GUID, HOST, OTHER, SPAWNED, STARTED, ask, ndjson, opened
from tests.logs.network_events import CERTIFICATE, NETWORK
from tests.logs.windows_events import WINDOWS
from tests.support import HOSTILE

QUERIES = load_queries()
SUBJECTS: dict[str, Entity] = {
    "Account": Account("S-1-5-21-1-2-3-1104", name="CORP\\alice"),
    "Certificate": Certificate(CERTIFICATE),
    "Domain": Domain("cdn.evil.example"),
    "File": File("c" * 64),
    "Host": Host(HOST),
    "IpAddress": IpAddress("198.51.100.7"),
    "Process": Process(GUID, host=HOST),
    "Url": Url(LINK),
}
SPECIAL: dict[str, Entity] = {
    "Url.bits_jobs": Url("https://files.example/a.exe"),
    "Account.credentials_used_by": Account("CORP\\bob"),
    **dict.fromkeys(
        (
            "Account.alerts",
            "Account.identity_changed_by",
            "Account.cloud_sign_ins",
            "Account.identity_changes",
            "Account.failed_sign_ins",
            "Account.mail",
            "Account.mailbox_access",
            "Account.mailbox_changes",
        ),
        Account(ALICE),
    ),
    "Account.cloud_calls": Account("123456789012\\Admin/alice"),
    "Domain.mail": Domain("login.evil.example"),
    "Account.processes": Account("CORP\\alice"),
    "File.writers": File(path="c:\\temp\\B.EXE", host=HOST),
    "IpAddress.hosts": IpAddress("192.0.2.1"),
    "IpAddress.leases": IpAddress("192.0.2.1"),
    "IpAddress.dns_questions": IpAddress("192.0.2.1"),
    "IpAddress.rare_names": IpAddress("192.0.2.1"),
    "IpAddress.rare_peers": IpAddress("192.0.2.77"),
    "IpAddress.rare_paths": IpAddress("192.0.2.1"),
    "Url.web_requests": Url("https://cdn.evil.example/a.exe"),
    "Url.transfers": Url("http://cdn.evil.example:8080/a.exe"),
    "IpAddress.logons": IpAddress("192.0.2.9"),
    "Process.children": Process(OTHER, host=HOST),
}


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    """A log with a row for every query."""
    made = opened(tmp_path_factory.mktemp("engine"), ndjson((*ALL, *WINDOWS, *CLOUD, *NETWORK)))
    yield made
    made.close()


each_query = pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)


@each_query
def test_every_query_finds_its_rows(logs, query):
    """Each query of the pack runs on real shapes and gives rows, links to them, and their evidence."""
    finding = ask(logs, query, SPECIAL.get(query.id, SUBJECTS[query.subject]))
    assert finding.outcome is Outcome.FOUND, finding.reason
    assert finding.returned == finding.available == len(finding.table) > 0
    assert finding.table.columns[-1] == "connection"
    assert finding.links
    assert {pointer for link in finding.links for pointer in link.pointers} <= {
        f"/rows/{number}" for number in range(finding.returned)
    }
    assert finding.observed_first <= finding.observed_last


@each_query
def test_no_rows_is_nothing(logs, query):
    """A query that finds no rows says so, and is no error."""
    nobody: dict[str, Entity] = {
        "Account": Account("CORP\\nobody"),
        "Certificate": Certificate("0" * 40),
        "Domain": Domain("no.example"),
        "File": File("d" * 64),
        "Host": Host("ws99"),
        "IpAddress": IpAddress("203.0.113.1"),
        "Process": Process(GUID, host="ws99"),
        "Url": Url("https://no.example/"),
    }
    finding = ask(logs, query, nobody[query.subject])
    assert (finding.outcome, finding.reason) == (Outcome.NOTHING, "no such rows in the connected logs")


#: Each parameter of each query meets a quarter of the hostile values, the next one the next quarter.
PARAMETERS = [(query.id, name) for query in QUERIES.values() for name in query.parameter_names]
MEETINGS = [(*parameter, HOSTILE[number % 4 :: 4]) for number, parameter in enumerate(PARAMETERS)]


@pytest.mark.parametrize(("query", "name", "values"), MEETINGS, ids=[f"{query}-{name}" for query, name, _ in MEETINGS])
def test_no_value_becomes_code(logs, monkeypatch, query, name, values):
    """For hostile values of every parameter of every query, the SQL is the same, and the answer typed."""
    seen: set[str] = set()
    refused: set[str] = set()
    check = source_module._check_select
    monkeypatch.setattr(
        source_module, "_check_select", lambda base, sql, bound: (seen.add(sql), check(base, sql, bound))[1]
    )
    wanted = QUERIES[query]
    assert len(values) == 8
    for value in values:
        bound = {other: [] if other == "hosts" else None for other in wanted.parameter_names}
        bound[name] = [value] if name == "hosts" else value
        try:
            assert logs.select(wanted.sql, bound, 5).rows == ()
        except QueryError as error:
            refused.add(error.message.partition(":")[0])
    assert refused <= {"the engine refused the query"}
    (sql,) = seen
    assert wanted.sql in sql
    assert logs.select("SELECT * FROM processes", {}, 5).available == 1


@pytest.mark.parametrize(
    "query", [query for query in QUERIES.values() if query.subject in ("Account", "File")], ids=lambda query: query.id
)
def test_hostile_subjects_are_only_values(logs, query):
    """Entities made of hostile text are asked about like any others, and found nowhere."""
    for value in HOSTILE:
        named = Account(f"CORP\\x{value.replace(chr(92), '')}")
        subject = named if query.subject == "Account" else File(path=f"C:\\{value}", host=HOST)
        assert ask(logs, query, subject).outcome in (Outcome.NOTHING, Outcome.FAILED)


LOCKED = [
    "COPY processes TO '{tmp}/out.csv'",
    "ATTACH '{tmp}/other.db'",
    "SET threads = 1",
    "RESET threads",
    "PRAGMA enable_profiling",
    "INSTALL httpfs",
    "LOAD httpfs",
    "DROP TABLE events",
    "DELETE FROM events",
    "UPDATE events SET raw = ''",
    "INSERT INTO events SELECT * FROM events",
    "CREATE TABLE x AS SELECT 1",
    "EXPORT DATABASE '{tmp}/x'",
    "IMPORT DATABASE '{tmp}/x'",
    "CHECKPOINT",
    "CALL duckdb_settings()",
    "USE memory",
    "EXPLAIN SELECT 1",
    "BEGIN",
    "PREPARE v AS SELECT 1",
    "DETACH x",
    "VACUUM",
    "",
    ";",
    "SELECT",
    "--",
    "SELECT * FROM processes; SELECT 1",
    "SELECT * FROM processes; DROP TABLE events",
    "SELECT * FROM processes) q; DROP TABLE events; SELECT * FROM (SELECT 1",
    "SELECT * FROM processes -- x",
    "SELECT * FROM processes /*",
    "SELECT * FROM nowhere",
    "SELECT 1",
    "SELECT * FROM read_csv('{tmp}/secret.csv')",
    "SELECT * FROM '{tmp}/secret.csv'",
    "SELECT p.*, content FROM processes p, read_text('{tmp}/secret.csv')",
    "SELECT p.*, content FROM processes p, read_blob('{tmp}/secret.csv')",
    "SELECT p.*, file FROM processes p, glob('{tmp}/*')",
    "SELECT p.*, s.* FROM processes p, sqlite_scan('x.db', 't') s",
    "SELECT p.*, r.* FROM processes p, read_parquet('http://127.0.0.1:9/x.parquet') r",
    "SELECT *, getenv('HOME') AS home FROM processes",
    "SELECT p.*, s.* FROM processes p, duckdb_secrets() s",
    "SELECT * FROM frame_of_the_caller",
    "SELECT * FROM processes WHERE host_name = ?",
    "SELECT * FROM processes WHERE host_name = $1",
]


@pytest.mark.parametrize("sql", LOCKED)
def test_the_engine_only_reads_its_own_file(logs, tmp_path, sql):
    """One SELECT over the log views is all that there is: no files, no settings, no network, no second statement."""
    import pandas as pd

    frame_of_the_caller = pd.DataFrame({"time": [1], "source": ["a"], "row": [1]})
    (tmp_path / "secret.csv").write_text("time,source,row\n1,a,1\n")
    with pytest.raises(QueryError):
        logs.select(sql.replace("{tmp}", str(tmp_path)), {}, 5)
    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"]
    assert logs.select("SELECT * FROM processes", {}, 5).available == 1
    assert len(frame_of_the_caller) == 1


def test_the_lock_cannot_be_opened(logs):
    """The configuration of the open database is fixed, and it is open for reading only."""
    settings = dict(logs._database.execute("SELECT name, value FROM duckdb_settings()").fetchall())
    assert settings["enable_external_access"] == "false"
    assert settings["lock_configuration"] == "true"
    assert settings["access_mode"].lower() == "read_only"
    with pytest.raises(Exception, match="locked"):
        logs._database.execute("SET enable_external_access = true")


@pytest.mark.parametrize("given", [{}, {"pid": 1, "other": 2}, {"PID": 1}, {"pid ": 1}])
def test_parameters_are_those_of_the_query(logs, given):
    """A missing, an extra or a misspelt parameter is refused, with those that are taken."""
    with pytest.raises(QueryError, match=r"the query takes \['pid'\]"):
        logs.select("SELECT * FROM processes WHERE process_pid = $pid", given, 5)


@pytest.mark.parametrize("value", ["x' OR 1=1", object(), {"a": 1}, [1], "\ud800"])
def test_a_value_that_cannot_be_bound_is_refused(logs, value):
    """A value of the wrong kind is a typed error."""
    with pytest.raises(QueryError, match="the engine refused"):
        logs.select("SELECT * FROM processes WHERE process_pid = $pid", {"pid": value}, 5)


def test_a_cut_is_told(tmp_path):
    """A limit says how many rows there are, on one log and over several; it has bounds itself."""
    events = [
        {**CONNECTED, "SourcePort": str(number), "UtcTime": f"2026-03-17 09:{number:02}:00"} for number in range(9)
    ]
    (tmp_path / "two").mkdir()
    one, two = opened(tmp_path, ndjson(events[::2])), opened(tmp_path / "two", ndjson(events[1::2]))
    workspace = Workspace(Settings())
    workspace.logs = (one, two)
    pivot = find_pivot(IpAddress, "query.connections")
    subject = SUBJECTS["IpAddress"]
    answer = execute(workspace.runner(), Invocation(pivot.name, subject, {"limit": 4}), pivot)
    finding = answer.finding
    assert (finding.returned, finding.available, finding.truncated_by) == (4, 9, "limit 4")
    assert [record["local_port"] for record in finding.table.records()] == [0, 1, 2, 3]
    (reply,) = answer.replies.values()
    assert [f'"SourcePort": "{number}"' in raw for number, raw in enumerate(raw_rows(reply))] == [True] * 4
    for limit in (0, -1, provider.MAX_ROWS + 1):
        with pytest.raises(QueryError, match="limit must be from 1 to 100,000"):
            execute(workspace.runner(), Invocation(pivot.name, subject, {"limit": limit}), pivot)


def test_one_machine_has_several_names(tmp_path):
    """Rows under the short name of a host are found by its full name and the other way round; namesakes stay apart."""
    short, full = {**STARTED, "Hostname": "WS01"}, {**STARTED, "UtcTime": "2026-03-17 10:00:00"}
    namesakes = [{**STARTED, "Hostname": f"ws02.{place}.example"} for place in ("a", "b")]
    made = opened(tmp_path, ndjson([short, full, *namesakes, {**STARTED, "Hostname": "ws02"}]))
    query = QUERIES["Host.processes"]
    assert ask(made, query, Host("ws01")).returned == ask(made, query, Host(HOST)).returned == 2
    assert ask(made, query, Host("ws02.a.example")).returned == 1
    assert ask(made, query, Host("ws02")).returned == 1


def test_a_process_is_asked_for_by_what_identifies_it(tmp_path):
    """A process without a GUID is found by its id and start, and not by its id alone."""
    child = {**SPAWNED, "NewProcessId": "0x999", "ProcessId": "0x1a2c", "@timestamp": "2026-03-17T09:20:00Z"}
    made = opened(tmp_path, ndjson([SPAWNED, child]))
    parent = Process(pid=6700, started="2026-03-17T09:15:00.456Z", host=HOST)
    assert ask(made, QUERIES["Process.children"], parent).returned == 1
    other = Process(pid=6700, started="2026-03-17T09:15:00Z", host=HOST)
    assert ask(made, QUERIES["Process.children"], other).returned == 0


def test_a_query_about_nothing_that_logs_know_is_refused():
    """There are no log queries about autonomous systems."""
    with pytest.raises(QueryError, match="no log queries about AutonomousSystem"):
        next(LogProvider().ask("Host.logons", AutonomousSystem("64496"), {}, 5))


def test_no_logs_are_a_skip_and_trouble_is_told(logs):
    """Without logs the next step is named; an engine that refuses is a failed ask that says whose."""
    query = LogQuery("IpAddress.connections", (("ip", "x"),), 5)
    with pytest.raises(AskSkipped) as skipped:
        LogChannel(()).send(query, LogProvider)
    assert skipped.value.next_step == "clew.connect(path)"
    with pytest.raises(AskFailed) as failed:
        LogChannel((logs,)).send(LogQuery("IpAddress.connections", (), 5), LogProvider)
    assert (failed.value.kind, failed.value.location) == ("query", logs.name)


def test_a_foreign_database_is_no_log(tmp_path):
    """A file of another program in the cache is a typed error."""
    (tmp_path / "logs").mkdir()
    path = tmp_path / "logs" / "x.duckdb"
    sqlite3.connect(path).close()
    path.write_bytes(b"SQLite format 3\0" + bytes(5000))
    with pytest.raises(ConnectError):
        DuckDbSource(SourceDescription("files", "x", "/x", "0"), path)


def test_damaged_events_are_a_failed_answer(tmp_path):
    """Where the raw events of rows are damaged, the answer says so and what to do; it is not nothing, and no crash."""
    opened(tmp_path, ndjson([CONNECTED])).close()
    (store,) = (tmp_path / "cache" / "logs").glob("*/events.sqlite")
    connection = sqlite3.connect(store)
    connection.execute("UPDATE frames SET content = zeroblob(100)")
    connection.commit()
    connection.close()
    logs = ENGINE.open(str(tmp_path / "logs"), tmp_path / "cache")
    finding = ask(logs, QUERIES["IpAddress.connections"], IpAddress("198.51.100.7"))
    assert finding.outcome is Outcome.FAILED
    assert "the indexed logs cannot be opened" in finding.reason
