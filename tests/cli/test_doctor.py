"""What `clew doctor` sees."""

from __future__ import annotations

from pathlib import Path

import pytest

from clew.cli.diagnosis import STATE_FAILED, STATE_MISSING, STATE_OK, Check, checks
from clew.demo.geo import write_geo
from clew.pivots import session
from clew.pivots.workspace import Workspace
from clew.settings import Settings


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch):
    """The checks under given settings."""

    def look(**settings: object) -> dict[str, Check]:
        around = Workspace(Settings(**settings))
        monkeypatch.setattr(session, "_default_workspace", lambda: around)
        return {check.name: check for check in checks()}

    return look


def test_what_is_not_set_up_is_missing_with_the_way_to_set_it_up(doctor):
    """Nothing is failed where nothing was asked for, and each gap says how to fill it."""
    found = doctor()
    assert {check.state for check in found.values()} <= {STATE_OK, STATE_MISSING}
    assert found["feed"].next_step == "clew feeds add PATH, or set CLEW_FEEDS"
    assert found["abuseipdb"].next_step.startswith("set CLEW_ABUSEIPDB_KEY in the environment, the keyring or the file")
    assert all(check.next_step for check in found.values() if check.state == STATE_MISSING)


def test_what_is_set_up_and_absent_is_a_failure(doctor, tmp_path: Path):
    """A feed or a database that a setting names and that is not there is failed, with the setting to look at."""
    found = doctor(feeds=(tmp_path / "no.csv",), geoip=(tmp_path,))
    assert found["feed"].state == found["geoip"].state == STATE_FAILED
    assert "no.csv" in found["feed"].message
    assert "CLEW_GEOIP" in found["geoip"].next_step


def test_the_age_of_a_database_is_shown(doctor, tmp_path: Path):
    """Each database of a folder has its type and its day; an old one works, and the next step is a newer one."""
    write_geo(tmp_path / "geo.mmdb")
    check = doctor(geoip=(tmp_path,))["geoip"]
    assert (check.state, "Demo-City-ASN, built 2026-03-17" in check.message) == (STATE_OK, True)
    assert ("more than 90 days ago" in check.message) == bool(check.next_step)
    (tmp_path / "geo.mmdb").write_bytes(b"torn")
    check = doctor(geoip=(tmp_path,))["geoip"]
    assert (check.state, "geo.mmdb cannot be read" in check.message) == (STATE_FAILED, True)


def test_what_is_there_is_ok(doctor, tmp_path: Path):
    """A file that is there and can be read is ok."""
    feed = tmp_path / "feed.csv"
    feed.write_text("indicator\n")
    assert doctor(feeds=(feed,))["feed"].state == STATE_OK


def test_a_key_is_never_shown(doctor, monkeypatch):
    """A key that is set is ok, and stands nowhere in what is shown."""
    monkeypatch.setenv("CLEW_ABUSEIPDB_KEY", "canary-71c2")
    found = doctor()
    assert found["abuseipdb"].state == STATE_OK
    assert "canary-71c2" not in repr(found)


def test_settings_that_cannot_be_read_are_a_failure(monkeypatch, tmp_path: Path):
    """A settings file with a mistake is failed, and the other checks are still made."""
    file = tmp_path / "config.toml"
    file.write_text("colour = 'red'\n")
    monkeypatch.setenv("CLEW_CONFIG", str(file))
    monkeypatch.setattr(session, "_default_workspace", Workspace)
    found = {check.name: check for check in checks()}
    assert found["settings"].state == STATE_FAILED
    assert "colour" in found["settings"].message
    assert found["clew"].state == STATE_OK


def test_a_setting_that_names_no_source_is_a_failure(doctor):
    """A name that no source has is told with its setting."""
    found = doctor(providers=("magic", "circl_pdns"), weights={"otx": 0.5})
    assert (found["providers"].state, "'magic'" in found["providers"].message) == (STATE_FAILED, True)
    assert "weights" not in found
