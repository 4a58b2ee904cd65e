"""Pivots as an analyst calls them."""

from __future__ import annotations

import asyncio
import contextvars
import dataclasses
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

import clew
from clew import Investigation
from clew.entities import Account, Domain, File, Finding, Host, IpAddress, Outcome, Process, Url, Verdict
from clew.errors import ConnectError, SettingsError
from clew.pivots import generate, session
from clew.pivots.binding import Menu, bind
from clew.pivots.configuration import configure
from clew.pivots.lookup import Lookup
from clew.pivots.session import connect, current_session, workspace
from clew.pivots.workspace import Workspace
from clew.providers.geo.database_files import bundled_database
from clew.providers.local.feeds import LocalFeed
from clew.providers.ti.abuseipdb import AbuseIpDb
from clew.settings import Settings
from tests.logs.events import ALL, GUID, HOST, ndjson

IP = IpAddress("8.8.4.4")
KEY = "canary-lookup-0123456789"


@pytest.fixture
def feed(tmp_path, workspace):
    """A feed that lists one address, in force."""
    path = tmp_path / "feed.csv"
    path.write_text("indicator,verdict,name\n8.8.4.4,malicious,BeaconKit\n")
    configure(feeds=[path])
    return path


@pytest.fixture
def vendor(tmp_path, monkeypatch, feed):
    """The same, and a vendor that knows the address as harmless; gives the requests that it got."""
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={"data": {"abuseConfidenceScore": 0, "totalReports": 0}})

    monkeypatch.setenv("CLEW_ABUSEIPDB_KEY", KEY)
    made = Workspace(Settings(feeds=(feed,)), transport=lambda: httpx.MockTransport(answer))
    session.workspace_variable.set(made)
    return sent


def test_a_look_up_asks_everybody(vendor):
    """`ti.lookup` is one verdict with a part for each source, and a row for each in a frame."""
    finding = IP.ti.lookup()
    assert (finding.outcome, finding.verdict, finding.pivot) == (Outcome.FOUND, Verdict.MALICIOUS, "ti.lookup")
    assert [part.provider for part in finding.parts] == ["abuseipdb", "feed"]
    assert [part.pivot for part in finding.parts] == ["ti.abuseipdb", "ti.feed"]
    assert finding.to_frame()["outcome"].tolist() == ["nothing", "found"]
    assert len(vendor) == 1


def test_a_look_up_asks_whom_one_names(vendor):
    """Named providers are asked once each, in that order; nobody else is."""
    finding = IP.ti.lookup(providers=["feed", "feed"])
    assert [part.provider for part in finding.parts] == ["feed"]
    assert vendor == []
    nobody = IP.ti.lookup(providers=[])
    assert (nobody.outcome, nobody.parts) == (Outcome.SKIPPED, ())


def test_an_unknown_provider_is_named(vendor):
    """A provider that the menu has not is an error before anybody is asked."""
    with pytest.raises(ValueError, match=r"ti\.lookup has no provider 'magic'; it has abuseipdb, .*, feed"):
        IP.ti.lookup(providers=["feed", "magic"])
    with pytest.raises(ValueError, match="no provider 'magic'"):
        asyncio.run(IP.ti.lookup.aio(providers=["magic"]))
    assert vendor == []


def test_pivots_work_in_a_running_loop(vendor):
    """In a notebook, where a loop runs, both forms work, and many at once."""

    async def notebook() -> list[Finding]:
        direct = IP.ti.lookup()
        several = await asyncio.gather(*(IpAddress(f"8.8.4.{n}").ti.feed.aio() for n in range(8)))
        return [direct, await IP.ti.lookup.aio(), await IP.ti.abuseipdb.aio(max_age_days=7), *several]

    direct, waited, abuse, *several = asyncio.run(notebook())
    assert direct.verdict is waited.verdict is Verdict.MALICIOUS
    assert abuse.outcome is Outcome.NOTHING
    assert [bool(finding) for finding in several] == [n == 4 for n in range(8)]
    assert vendor[-1].url.params["maxAgeInDays"] == "7"


def test_without_sources_nothing_is_asked_and_the_next_step_is_told(workspace):
    """Nothing set is not nothing found: each pivot is skipped and says what it needs."""
    assert "CLEW_FEEDS" in Domain("evil.example").ti.feed().reason
    if bundled_database() is None:  # else there is a database without any setting
        assert "CLEW_GEOIP" in IP.geo.locate().reason
    assert "clew.connect" in Host("ws01").query.logons().reason
    assert "CLEW_ABUSEIPDB_KEY" in IP.ti.abuseipdb().reason
    nobody = IP.ti.lookup(providers=[])
    assert "clew sources" in nobody.reason
    outcomes = {pivot().outcome for pivot in (IP.ti.lookup, IP.ti.feed, IP.geo.distance, IP.query.hosts)}
    assert outcomes == {Outcome.SKIPPED}


def test_connected_logs_answer(workspace, tmp_path):
    """After `connect` the queries of every entity are asked of those logs; connecting twice is once."""
    (tmp_path / "log.ndjson").write_bytes(ndjson(ALL))
    store = connect(tmp_path / "log.ndjson")
    assert connect(str(tmp_path / "log.ndjson")).description.identity == store.description.identity
    assert len(workspace.logs) == 1
    answers = [
        Host("ws01").query.processes(image="A.EXE", limit=5),
        Process(GUID, host=HOST).query.connections(),
        IpAddress("198.51.100.7").query.connections(),
        Domain("cdn.evil.example").query.resolutions(),
        Account("S-1-5-21-1-2-3-1104").query.logons(),
        File("c" * 64).query.processes(),
    ]
    assert [finding.returned for finding in answers] == [1] * 6
    assert answers[0].to_frame()["process_pid"].tolist() == [6700]
    assert Process(GUID, host=HOST) in answers[0].entities
    with pytest.raises(ConnectError):
        connect(tmp_path / "gone")


def test_settings_can_be_changed_for_what_follows(feed):
    """`configure` changes what it is given and keeps the rest, here and in the tasks begun here, not elsewhere."""
    before = current_session()
    contextvars.copy_context().run(configure, offline=True)
    assert current_session() is before
    configure(offline=True, own_domains=["Corp.Example"], geoip="x.mmdb", analyst="me")
    settings = session.workspace().settings
    assert settings == Settings(
        feeds=(feed,),
        geoip=(Path("x.mmdb"),),
        offline=True,
        own_domains=("corp.example",),
        analyst="me",
        cache=settings.cache,
    )
    assert "offline" in IP.ti.abuseipdb().reason
    assert IP.ti.feed()
    seen: list[bool] = []
    thread = threading.Thread(target=lambda: seen.append(session.workspace_variable.get() is None))
    thread.start()
    thread.join()
    assert seen == [True]


def test_one_text_is_no_list(workspace):
    """A single name where names are listed would be its letters: it is refused, with the way to write it."""
    with pytest.raises(SettingsError, match=r"own_domains=\['corp.example'\]"):
        configure(own_domains="corp.example")
    with pytest.raises(SettingsError, match="feeds is a list"):
        configure(feeds="feed.csv")


def test_hostile_subjects_are_shown_safely(workspace):
    """The reprs of menus and calls escape what a subject is called."""
    file = File(path="C:\\\x1b[31m\u202e.exe", host="ws01")
    for shown in (repr(file.query), repr(file.query.processes), repr(file.ti.lookup), repr(file.query.processes())):
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        assert "\\x1b[31m\\u202e" in shown


def test_a_menu_is_a_class_that_reads_as_a_table(workspace):
    """A menu of one's own works like those of clew: rows in order, a look-up over them, names from the class."""

    class Mine(Menu[IpAddress]):
        menu = "mine"
        everybody = Lookup[IpAddress]()
        reports = bind(AbuseIpDb.ip)
        lists = bind(LocalFeed.ip)

    mine = Mine(IP)
    assert dir(mine) == ["everybody", "lists", "reports"]
    assert [row.name for row in (Mine.everybody, Mine.reports, Mine.lists)] == [
        "mine.everybody",
        "mine.reports",
        "mine.lists",
    ]
    assert Mine.everybody.calls == 2
    assert Mine.everybody.providers == (AbuseIpDb, LocalFeed)
    assert "out of reports, lists" in Mine.everybody.help
    assert mine.everybody().outcome is Outcome.SKIPPED


def test_transforms_ask_nobody(workspace):
    """What is in the value itself is told without any source."""
    assert Url("https://evil.example/a").transform.parts().entities == (Domain("evil.example"),)
    line = "powershell -enc dwBoAG8AYQBtAGkA"
    assert Process(GUID, host=HOST, command_line=line).transform.decode().fact("decoded") == "whoami"


def test_generated_menus_are_fresh():
    """The committed menus are what the query packs say; the command says so by its exit code."""
    command = [sys.executable, "-m", "clew.pivots.generate", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(clew.__file__).parents[1], check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_stale_menus_are_found_and_written_anew(tmp_path, monkeypatch, capsys):
    """A hand edit and a module too many are found, and writing puts both right; what is written compiles."""
    texts = generate.module_texts()
    monkeypatch.setattr(generate, "FOLDER", tmp_path)
    assert generate.main([]) == 0
    (tmp_path / "ip.py").write_text(texts["ip.py"].replace("limit: int = 1000", "limit: int = 10"), "utf-8")
    (tmp_path / "url.py").write_text("", "utf-8")
    assert generate.main(["--check"]) == 1
    assert "ip.py, url.py in" in capsys.readouterr().err
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0
    assert {file.name: file.read_text("utf-8") for file in tmp_path.iterdir()} == texts
    for name, text in texts.items():
        compile(text, name, "exec")


def test_settings_come_from_the_environment(monkeypatch, tmp_path):
    """A workspace without settings reads them when it first needs them."""
    monkeypatch.setenv("CLEW_FEEDS", f"{tmp_path / 'a.csv'}:{tmp_path / 'b.csv'}")
    monkeypatch.setenv("CLEW_OFFLINE", "yes")
    assert Workspace().settings.feeds == (tmp_path / "a.csv", tmp_path / "b.csv")
    assert Workspace().gate.offline


# --- whom look-ups ask -----------------------------------------------------------------------------------------------


def test_a_key_or_a_name_in_the_settings_makes_look_ups_ask(vendor, monkeypatch):
    """Without its key a source outside is asked only where a setting or the call names it, and says what it lacks."""
    monkeypatch.delenv("CLEW_ABUSEIPDB_KEY")
    assert [part.provider for part in IP.ti.lookup().parts] == ["feed"]
    skipped = IP.ti.lookup(providers=["abuseipdb"]).parts[0]
    assert (skipped.outcome, "set CLEW_ABUSEIPDB_KEY in the environment" in skipped.reason) == (Outcome.SKIPPED, True)
    configure(providers=["abuseipdb"])
    assert [part.provider for part in IP.ti.lookup().parts] == ["abuseipdb", "feed"]
    assert vendor == []


def test_a_key_may_stand_in_a_file(vendor, monkeypatch, tmp_path):
    """Look-ups ask whose key is in the file of keys as those whose key is in the environment."""
    monkeypatch.delenv("CLEW_ABUSEIPDB_KEY")
    keys = tmp_path / "keys.toml"
    keys.write_text(f'CLEW_ABUSEIPDB_KEY = "{KEY}"\n')
    keys.chmod(0o600)
    made = Workspace(Settings(keys=keys), transport=lambda: httpx.MockTransport(lambda _: httpx.Response(404)))
    session.workspace_variable.set(made)
    assert [part.provider for part in IP.ti.lookup().parts] == ["abuseipdb", "feed"]
    keys.chmod(0o644)
    assert [part.provider for part in IP.ti.lookup().parts] == ["feed"]


def test_a_look_up_can_ask_for_more_than_one_word(vendor):
    """One feed alone does not make it malicious where two have to agree; the settings say so, or the call."""
    assert IP.ti.lookup().verdict is Verdict.MALICIOUS
    assert IP.ti.lookup(agree=2).verdict is Verdict.SUSPICIOUS
    configure(agree=2)
    assert IP.ti.lookup().verdict is Verdict.SUSPICIOUS
    assert IP.ti.lookup(agree=1).verdict is Verdict.MALICIOUS
    assert IpAddress.ti.lookup.over([IP])["verdict"].tolist() == ["suspicious"]


def test_a_rule_is_part_of_the_case(vendor, tmp_path):
    """What was judged by a rule is judged by it again: opened, replayed and read, whatever the settings are then."""
    settings = dataclasses.replace(workspace().settings, agree=3, weights={"feed": 2}, cache=tmp_path / "cache")
    with Investigation.open(tmp_path / "ir.clew", workspace=Workspace(settings)) as case:
        assert IP.ti.lookup(providers=["feed"]).verdict is Verdict.SUSPICIOUS
        assert case.verdict(IP) == "suspicious"
    configure(agree=1)
    assert Investigation.replay(tmp_path / "ir.clew").identical
    with Investigation.open(tmp_path / "ir.clew") as case:
        (recorded,) = [step.event.finding for step in case.history if step.event.kind == "pivoted"]
    assert (recorded.verdict, "needs the word of 3" in recorded.reason) == (Verdict.SUSPICIOUS, True)
