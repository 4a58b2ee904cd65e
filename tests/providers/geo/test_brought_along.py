"""The database of the extra `geolite2`: it answers where none is set."""

from __future__ import annotations

import contextvars

import pytest

from clew import IpAddress, configure
from clew.cli.diagnosis import STATE_OK, checks
from clew.entities import Outcome
from clew.pivots.workspace import Workspace
from clew.providers.geo.database_files import bundled_database
from clew.settings import Settings

pytest.importorskip("maxminddb")
IP = IpAddress("9.9.9.9")
installed = pytest.mark.skipif(bundled_database() is None, reason="maxminddb-geolite2 is not installed: clew[geolite2]")


def asked(**settings: object):
    """What `geo.locate` says under these settings."""
    pivot = type(IP.geo).locate
    around = Workspace(Settings(**settings))
    return around.perform(IP.geo.locate.invocation(), pivot)


@pytest.mark.skipif(bundled_database() is not None, reason="maxminddb-geolite2 is installed")
def test_without_it_the_skip_names_both_ways():
    """No database is a skip that says what to set, and what to install."""
    finding = asked()
    assert finding.outcome is Outcome.SKIPPED
    assert finding.reason.endswith("set CLEW_GEOIP to .mmdb files, or pip install 'clew[geolite2]'")


@installed
def test_it_answers_where_nothing_is_set():
    """Without an account or a setting an address has a country, and the reason says how old that is."""
    finding = asked()
    assert finding.outcome is Outcome.FOUND
    assert finding.fact("country_code")
    assert finding.fact("database_built").startswith("2018-")
    assert "GeoLite2-City.mmdb of 2018-" in finding.reason
    assert "more than 90 days old" in finding.reason
    frame = IpAddress.geo.locate.over(["9.9.9.9", "10.0.0.1"])
    assert frame.status.tolist() == ["found", "nothing"]


@installed
def test_a_setting_replaces_it(tmp_path):
    """Where a database is set, the one that was brought along is not asked."""
    assert asked(geoip=(tmp_path / "gone.mmdb",)).outcome is Outcome.SKIPPED


@installed
def test_the_doctor_says_that_it_is_old():
    """It works, and the next step is a newer one."""
    called = contextvars.copy_context()
    called.run(configure, geoip=[])
    (check,) = [each for each in called.run(checks) if each.name == "geoip"]
    assert (check.state, "more than 90 days ago" in check.message) == (STATE_OK, True)
    assert check.next_step
