"""Cases of older formats: they open for ever."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from clew import Investigation, IpAddress
from clew.errors import CaseDamaged, CaseNewer
from clew.graph.format import schema as schema_module
from clew.graph.format.connection_event import Connected
from clew.graph.format.migration import FORMATS
from clew.graph.format.schema import CHECKSUM_VERSION, TABLES, VERSION
from clew.graph.signing.verification import salvage, verify
from clew.graph.store import Store
from clew.logs.engines.protocol import SourceDescription
from tests.graph.cases import beside, edit

SAMPLES = Path(__file__).parents[1] / "samples"
each_format = pytest.mark.parametrize("number", FORMATS)


@pytest.fixture
def old(tmp_path: Path):
    """A copy of the sample of a format."""

    def copy(number: int) -> Path:
        return Path(shutil.copy(SAMPLES / f"format-{number}.clew", tmp_path / "old.clew"))

    return copy


def schema(path: Path) -> tuple[int, set[str]]:
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()
    (number,) = connection.execute("PRAGMA user_version").fetchone()
    connection.close()
    return number, {row[0] for row in rows}


def test_every_older_format_has_a_sample():
    """A sample of each older format is kept, and it has the tables that the format had."""
    assert set(FORMATS) == set(range(1, VERSION))
    for number, tables in FORMATS.items():
        assert schema(SAMPLES / f"format-{number}.clew") == (number, set(tables))


@each_format
def test_an_old_case_opens_and_replays(old, number: int):
    """Opening it makes it one of today's, with all that it knew, and it replays."""
    path = old(number)
    with Investigation.open(path) as case:
        assert len(case.history) == 31
        assert len(case.tables.nodes()) == 30
        assert case.verdict(IpAddress("198.51.100.23")) == "malicious"
        assert len(case.tables.claims()) > 30
        assert set(case.tables.remarks()["kind"]) == {"note", "tag"}
        assert len(list(case.history)) == 31
    assert schema(path) == (VERSION, set(TABLES))
    assert Investigation.replay(path).identical


@each_format
def test_looking_at_an_old_case_leaves_it_as_it_is(old, number: int):
    """Replaying, comparing and verifying an old case writes nothing into it, and nothing beside it."""
    path = old(number)
    before = path.read_bytes()
    assert Investigation.replay(path).identical
    assert not Investigation.replay(path, reparse=True).changes
    with Store(path, migrate=False) as store:
        assert verify(store)
    with Investigation.open(path.with_name("new.clew")) as case:
        assert case.compare(path).changes
    assert path.read_bytes() == before
    assert beside(path) == []


@each_format
def test_the_good_steps_of_a_damaged_old_case_are_saved(old, number: int):
    """What is good of a damaged case of an older format is salvaged as a case of today."""
    path = old(number)
    edit(path, "UPDATE steps SET by = 'mallory' WHERE number = 7")
    assert salvage(path, path.with_name("saved.clew")).bad_step == 7
    with Investigation.open(path.with_name("saved.clew")) as case:
        assert len(case.history) == 6
        assert case.verify()


@each_format
def test_a_damaged_old_case_is_left_as_it_is(old, number: int):
    """A case whose steps do not follow from one another is not migrated, and not touched."""
    path = old(number)
    edit(path, "UPDATE steps SET by = 'mallory' WHERE number = 7")
    before = path.read_bytes()
    with pytest.raises(CaseDamaged, match="step 7"):
        Investigation.open(path)
    assert path.read_bytes() == before


@each_format
def test_a_format_that_lies_is_damage(old, number: int):
    """A file that says it has today's format and is written in another is not believed."""
    path = old(number)
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.close()
    # From format 3 on there are checksums, and that of the page which tells the format is wrong now.
    with pytest.raises(CaseDamaged, match="no checksums" if number < CHECKSUM_VERSION else "is damaged"):
        Investigation.open(path)


@each_format
def test_steps_of_an_old_case_stay_what_they_are(old, number: int):
    """Each step of an old case is the same text after the migration, to the byte, under the same hash."""
    path = old(number)

    def steps() -> list[tuple[object, ...]]:
        connection = sqlite3.connect(path)
        rows = connection.execute("SELECT number, body, previous, hash FROM steps ORDER BY number").fetchall()
        connection.close()
        return rows

    before = steps()
    Investigation.open(path).close()
    assert steps() == before


@each_format
def test_an_old_case_says_which_logs_were_connected(old, number: int):
    """Steps that say a path and a digest are read as today's: an engine, a location, an identity and counts."""
    with Investigation.open(old(number)) as case:
        (event,) = [step.event for step in case.history if isinstance(step.event, Connected)]
        assert "connected logs (logs): 5 files, 20,004 rows" in str(case.log())
    assert event.source == SourceDescription(
        "files",
        "logs",
        "/nowhere/logs",
        "d2a2fee536ef5aff84122649c425c2785cd2a51d678a77b413779eb009506ae0",
        {"files": 5, "rows": 20004, "damaged": 0},
    )


def test_a_case_of_today_is_refused_by_an_older_clew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What this clew writes has a format of its own, so that a clew that cannot read its steps says it is newer."""
    Investigation.open(tmp_path / "new.clew").close()
    monkeypatch.setattr(schema_module, "VERSION", VERSION - 1)
    with pytest.raises(CaseNewer, match=f"has format {VERSION}"):
        Investigation.open(tmp_path / "new.clew")
