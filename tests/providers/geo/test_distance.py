"""How far two addresses are apart, as the databases place them."""

from __future__ import annotations

import contextvars
from datetime import timedelta
from math import asin, cos, radians, sin, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew import Investigation, IpAddress, configure
from clew.entities import Outcome
from clew.errors import EntityError
from clew.providers.geo.distance import RADIUS, great_circle
from clew.testing.recordings import AT
from tests.providers.geo.building import facts, measured, place, write

pytest.importorskip("maxminddb")
HERE, THERE, NOWHERE = "198.51.100.7", "203.0.113.9", "192.0.2.1"
DEGREES = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """Amsterdam, Tokyo, and a network of which the country alone is known."""
    tokyo = place("Tokyo", "JP", 35.6895, 139.6917)
    del tokyo["location"]["accuracy_radius"]
    return write(
        tmp_path_factory.mktemp("geo") / "city.mmdb",
        "GeoLite2-City",
        {
            "198.51.100.0/24": place("Amsterdam", "NL", 52.3759, 4.8975),
            "203.0.113.0/24": tokyo,
            "2001:db8::/32": {"country": {"iso_code": "XA", "names": {"en": "Land of XA"}}},
        },
    )


def test_the_distance_is_told_with_how_exact_it_is(city):
    """Kilometres, the accuracy radius of both as far as there is one, and both places in the reason."""
    finding = measured(HERE, THERE, city)
    assert finding.outcome is Outcome.FOUND
    assert finding.fact("distance_km") == pytest.approx(9287, abs=10)  # as maps give it
    assert facts(finding).keys() == {"distance_km", "accuracy_radius_km"}
    back = facts(measured(THERE, HERE, city))
    assert (back["distance_km"], back["other_accuracy_radius_km"]) == (finding.fact("distance_km"), 20)
    assert finding.reason == (
        f"{finding.fact('distance_km'):,} km from 198.51.100.7 (Amsterdam, Land of NL; within 20 km) "
        "to 203.0.113.9 (Tokyo, Land of JP; no radius given)"
    )
    assert measured(HERE, "198[.]51[.]100[.]200", city).fact("distance_km") == 0.0


def test_an_old_database_is_told_once(city):
    """The age of the database stands at the end, once for both places."""
    finding = measured(HERE, THERE, city, at=AT + timedelta(days=100))
    assert finding.reason.endswith("no radius given); city.mmdb of 2026-03-01 is more than 90 days old")
    assert finding.reason.count("90 days") == 1
    assert measured(HERE, NOWHERE, city, at=AT + timedelta(days=100)).reason.count("90 days") == 1


def test_without_a_place_there_is_no_distance(city, tmp_path):
    """An address that is unknown, or has no coordinates, is nothing with its reason; a missing database is a skip."""
    finding = measured(HERE, NOWHERE, city)
    assert (finding.outcome, finding.reason, finding.facts) == (
        Outcome.NOTHING,
        "192.0.2.1: not in city.mmdb: a documentation address",
        (),
    )
    both = measured("10.0.0.1", NOWHERE, city).reason
    assert both == f"10.0.0.1: not in city.mmdb: a private address; {finding.reason}"
    unplaced = measured("2001:db8::1", THERE, city)
    assert (unplaced.outcome, unplaced.reason) == (Outcome.NOTHING, "2001:db8::1: it has no coordinates: Land of XA")
    assert measured(HERE, THERE, tmp_path / "gone.mmdb").outcome is Outcome.SKIPPED


def test_the_other_address_has_to_be_one(city):
    """Without one the call is skipped and says how to give it; what is none is refused before anything is asked."""
    assert 'distance(to="203.0.113.9")' in IpAddress(HERE).geo.distance().reason
    with pytest.raises(EntityError, match="not-an-address"):
        IpAddress(HERE).geo.distance(to="not-an-address")


def test_in_a_case_it_replays(city, tmp_path):
    """Both asks are recorded, and the case replays offline without the database."""
    path = tmp_path / "x.clew"

    def record() -> None:
        configure(geoip=city)
        with Investigation.open(path) as case:
            told = IpAddress(HERE).geo.distance(to=THERE)
            table = IpAddress.geo.distance.with_arguments(to=THERE).over([HERE, NOWHERE, None])
            assert table.status.tolist() == ["found", "nothing", "empty"]
            assert table.distance_km[0] == told.fact("distance_km")
            assert case.verify()

    contextvars.copy_context().run(record)
    assert Investigation.replay(path).identical


@given(DEGREES, DEGREES)
def test_a_great_circle_is_a_distance(one, other):
    """Never below zero or above half the way round, the same in both directions, and none to itself."""
    far = great_circle(one, other)
    assert 0 <= far <= 20015.2
    assert far == pytest.approx(great_circle(other, one))
    assert great_circle(one, one) == 0


@given(DEGREES, st.floats(-0.2, 0.2), st.floats(-0.2, 0.2))
def test_near_places_are_as_far_as_on_a_plane(one, north, east):
    """Over some kilometres it agrees with flat geometry."""
    if abs(one[0]) < 80:
        flat = RADIUS * sqrt(radians(north) ** 2 + (radians(east) * cos(radians(one[0] + north / 2))) ** 2)
        assert great_circle(one, (one[0] + north, one[1] + east)) == pytest.approx(flat, rel=1e-3, abs=1e-3)


def test_quarters_of_the_earth():
    """From the equator to a pole is a quarter, across the date line is near."""
    assert great_circle((0, 0), (90, 0)) == pytest.approx(RADIUS * asin(1))
    assert great_circle((0, 179.5), (0, -179.5)) == pytest.approx(2 * RADIUS * asin(sin(radians(0.5))))
