"""Several databases are asked, and one answer is put together by rules that are written down."""

from __future__ import annotations

import contextvars
import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew import configure
from clew.entities import Outcome
from clew.pivots.session import workspace
from clew.providers.base import Reply
from clew.providers.geo.geo_channel import GeoChannel, GeoLookup
from clew.providers.geo.maxmind import MaxMind
from clew.providers.geo.maxmind_records import FACTS, DatabaseAnswer, FactCache, facts_of, merge_answers
from clew.providers.geo.maxmind_replies import ParsedReply
from clew.testing.recordings import AT
from clew.transforms.address_kinds import GLOBAL_KIND
from tests.providers.geo.building import facts, located, place, row, rows, write

pytest.importorskip("maxminddb")
NET = "198.51.100.0/24"
IP = "198.51.100.7"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with databases of six types, each with its own network."""
    made = tmp_path_factory.mktemp("geo")
    write(made / "city.mmdb", "GeoLite2-City", {NET: place("Hamlet", "XA"), "203.0.113.0/24": place("Port", "XC")})
    write(made / "country.mmdb", "GeoLite2-Country", {"198.51.100.0/28": {"country": {"iso_code": "XB"}}})
    write(
        made / "isp.mmdb",
        "GeoIP2-ISP",
        {
            "198.51.100.0/27": {
                "isp": "Sample ISP",
                "organization": "Sample Works",
                "autonomous_system_number": 64500,
                "autonomous_system_organization": "Example AS",
            }
        },
    )
    write(made / "asn.mmdb", "GeoLite2-ASN", {"198.51.0.0/16": {"autonomous_system_number": 64501}})
    write(made / "anonymous.mmdb", "GeoIP2-Anonymous-IP", {f"{IP}/32": {"is_anonymous": True, "is_public_proxy": True}})
    write(made / "four.mmdb", "GeoIP2-Connection-Type", {NET: {"connection_type": "Cellular"}}, ip_version=4)
    return made


def test_all_of_a_folder_are_one_answer(folder):
    """Facts of all databases are in one finding; the network is the smallest that any record is about."""
    finding = located(IP, folder)
    known = facts(finding)
    assert finding.reason == "Hamlet, Land of XA, Example AS, public proxy"
    assert (known["city"], known["isp"], known["connection_type"]) == ("Hamlet", "Sample ISP", "Cellular")
    assert (known["is_anonymous"], known["is_public_proxy"], known["network"]) == (True, True, f"{IP}/32")
    assert known["asn"] == 64500  # ISP before ASN


def test_the_reply_names_every_database(folder):
    """What is kept has each database with its type, its day, the network and the whole record."""
    said = GeoChannel((folder,)).send(GeoLookup(IP), MaxMind).object()["databases"]
    assert {part["database"]: part["type"] for part in said} == {
        "anonymous.mmdb": "GeoIP2-Anonymous-IP",
        "asn.mmdb": "GeoLite2-ASN",
        "city.mmdb": "GeoLite2-City",
        "country.mmdb": "GeoLite2-Country",
        "four.mmdb": "GeoIP2-Connection-Type",
        "isp.mmdb": "GeoIP2-ISP",
    }
    assert {part["built"] for part in said} == {"2026-03-01"}
    (city,) = (part for part in said if part["database"] == "city.mmdb")
    assert (city["network"], city["record"]) == (NET, place("Hamlet", "XA"))


def test_what_belongs_together_comes_from_one_database(tmp_path):
    """Enterprise before City before Country, what is made for one thing before them; never a mixture of two places."""
    enterprise = {"country": {"iso_code": "XE"}, "traits": {"isp": "E", "domain": "e.example", "is_anonymous": True}}
    paths = [
        write(tmp_path / "1.mmdb", "GeoLite2-Country", {NET: {"country": {"iso_code": "XC"}}}, built="2026-03-10"),
        write(tmp_path / "2.mmdb", "GeoIP2-City", {NET: place("Hamlet", "XA")}, built="2026-03-09"),
        write(tmp_path / "3.mmdb", "GeoIP2-Enterprise", {NET: enterprise}, built="2026-01-01"),
        write(tmp_path / "4.mmdb", "GeoIP2-Domain", {NET: {"domain": "d.example"}}),
        write(tmp_path / "5.mmdb", "GeoIP2-Anonymous-IP", {NET: {"is_tor_exit_node": True}}),
    ]
    for order in (paths, paths[::-1]):
        known = facts(located(IP, *order))
        assert (known["country_code"], known.get("city")) == ("XE", None)
        assert (known["isp"], known["domain"]) == ("E", "d.example")
        assert (known["is_tor"], known.get("is_anonymous")) == (True, None)
        assert known["database_built"] == "2026-01-01"  # the oldest of those that spoke


def test_of_two_of_a_kind_the_newer_is_believed(tmp_path):
    """The order in which they are set does not matter."""
    old = write(tmp_path / "old.mmdb", "GeoLite2-City", {NET: place("Past", "XA")}, built="2026-02-01")
    new = write(tmp_path / "new.mmdb", "GeoIP2-City", {NET: place("Present", "XB")}, built="2026-03-01")
    for order in ((old, new), (new, old)):
        assert located(IP, *order).fact("city") == "Present"


def test_a_file_that_is_set_twice_is_asked_once(folder):
    """By itself and by its folder it is the same file."""
    said = GeoChannel((folder / "city.mmdb", folder)).send(GeoLookup(IP), MaxMind).object()["databases"]
    assert [part["database"] for part in said].count("city.mmdb") == 1


def test_others_answer_for_a_database_without_ipv6(tmp_path, folder):
    """An IPv6 address is answered by those that hold some, and the reason names the one that does not."""
    six = write(tmp_path / "six.mmdb", "GeoLite2-City", {"2001:db8::/32": place("Sixton", "XA")})
    finding = located("2001:db8::1", six, folder / "four.mmdb")
    assert finding.outcome is Outcome.FOUND
    assert finding.reason.startswith("Sixton, Land of XA; the GeoIP database four.mmdb holds no IPv6 addresses")
    assert located("2001:db9::1", six, folder / "four.mmdb").reason.startswith("not in six.mmdb; the GeoIP database")
    assert rows(["2001:db8::1"], six, folder / "four.mmdb") == [row(finding)]


def test_others_answer_for_a_damaged_database(folder, tmp_path):
    """The reason names what is damaged or missing, and what to do; if nothing is left, that is the whole answer."""
    damaged = tmp_path / "torn.mmdb"
    damaged.write_bytes((folder / "isp.mmdb").read_bytes()[:-60])
    finding = located(IP, folder / "city.mmdb", damaged, tmp_path / "gone.mmdb")
    assert (finding.outcome, finding.fact("city")) == (Outcome.FOUND, "Hamlet")
    for what in ("torn.mmdb cannot be read", "gone.mmdb cannot be read", "check CLEW_GEOIP"):
        assert what in finding.reason
    assert str(tmp_path) not in finding.reason
    assert rows([IP], folder / "city.mmdb", damaged, tmp_path / "gone.mmdb") == [row(finding)]
    nothing = located(IP, damaged, tmp_path / "gone.mmdb")
    assert nothing.outcome is Outcome.SKIPPED
    assert "torn.mmdb cannot be read" in nothing.reason
    assert "gone.mmdb cannot be read" in nothing.reason
    assert rows([IP, "::1"], damaged, tmp_path / "gone.mmdb")[0] == row(nothing)


ADDRESSES = st.one_of(
    st.integers(0, 2**17).map(lambda step: f"198.51.{step >> 8 & 255}.{step & 255}"),
    st.integers(0, 40).map(lambda step: f"198.51.100.{step}"),
    st.sampled_from(("2001:db8::1", "10.0.0.1", "203.0.113.5", "::198.51.100.7", "::")),
)


@given(st.lists(ADDRESSES, max_size=25), st.integers(0, 200))
def test_the_columns_of_several_say_what_the_pivot_says(folder, addresses, days):
    """Also of several databases, on whatever day, the cells of a column are those of the findings."""
    at = datetime.fromordinal(AT.toordinal() + days).replace(tzinfo=UTC)
    expected = [row(located(address, folder, at=at)) for address in addresses]
    assert rows(addresses, folder, day=at.date()) == expected


def test_old_databases_are_told(tmp_path):
    """From the 91st day on the reason names a database with its day; of several the oldest, and how many more."""
    paths = [
        write(tmp_path / f"{day}.mmdb", kind, {NET: record}, built=f"2026-01-{day}")
        for day, kind, record in (
            ("01", "GeoLite2-City", place("Hamlet", "XA")),
            ("02", "GeoIP2-ISP", {}),
            ("03", "GeoIP2-Domain", {}),
        )
    ]
    good, late = datetime(2026, 4, 1, 23, 59, tzinfo=UTC), datetime(2026, 4, 2, tzinfo=UTC)
    assert located(IP, paths[0], at=good).reason == "Hamlet, Land of XA"
    assert located(IP, paths[0], at=late).reason == "Hamlet, Land of XA; 01.mmdb of 2026-01-01 is more than 90 days old"
    assert located("10.0.0.1", paths[0], at=late).reason.startswith("not in 01.mmdb: a private address; 01.mmdb of 20")
    much = datetime(2026, 6, 1, tzinfo=UTC)
    assert "01.mmdb of 2026-01-01 and another database are more than" in located(IP, *paths[:2], at=much).reason
    assert "01.mmdb of 2026-01-01 and 2 more databases are more than 90 days" in located(IP, *paths, at=much).reason


@pytest.mark.parametrize("record", ["[" * 900 + "]" * 900, '{"city":' * 400 + "1" + "}" * 400, "{}", "7", '"x"'])
def test_a_reply_of_any_depth_is_read(record):
    """What a reply holds in place of a record costs its facts, and never breaks the reading of it."""
    part = '{"database":"x.mmdb","type":"GeoLite2-City","built":"2026-03-01","network":"198.51.100.0/24","record":'
    body = f'{{"databases":[{part}{{"subdivisions":[{record}],"traits":{record}}}}}],"troubles":[]}}'
    reply = Reply(body.encode(), "application/json", AT)
    reading = ParsedReply.parse(reply.object(), reply.at)
    assert (reading.answer.outcome, reading.answer.reason(GLOBAL_KIND)) == (Outcome.FOUND, "known, without a place")
    assert reading.facts == {"network": "198.51.100.0/24", "database_built": "2026-03-01"}


def test_configure_takes_one_path_or_several(folder):
    """A text, a path, a list of either: all are lists of paths in the settings."""
    for given_paths, count in ((str(folder), 1), (folder, 1), ([str(folder), folder / "x.mmdb"], 2), ([], 0)):
        called = contextvars.copy_context()
        called.run(configure, geoip=given_paths)
        assert len(called.run(workspace).settings.geoip) == count


RECORDS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                (
                    "city",
                    "country",
                    "names",
                    "en",
                    "iso_code",
                    "subdivisions",
                    "location",
                    "latitude",
                    "traits",
                    "isp",
                    "confidence",
                    "score",
                    "autonomous_system_number",
                    "is_anonymous",
                    "geoname_id",
                )
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(RECORDS)
def test_any_record_gives_facts_of_the_right_types(record):
    """Whatever a record holds, each fact has the type of its name, and nothing breaks."""
    found = facts_of(record, "GeoIP2-Static-IP-Score")
    assert set(found) <= set(FACTS)
    one = DatabaseAnswer("x", "GeoLite2-City", date(2026, 1, 1).isoformat(), found)
    assert merge_answers([one]) == found
    assert json.loads(json.dumps(found, allow_nan=False)) == found


@given(st.lists(RECORDS, max_size=3), st.data())
def test_what_records_share_is_read_once_and_the_same(made, data):
    """Records that share parts, as those of a database do, give the facts that each gives alone."""
    fields = st.sampled_from(("city", "country", "continent", "subdivisions", "location", "traits"))
    records = data.draw(st.lists(st.dictionaries(fields, st.sampled_from(made) if made else st.none()), max_size=4))
    parts = FactCache()
    for record in records + records:
        assert facts_of(record, "GeoLite2-City", parts) == facts_of(record, "GeoLite2-City")
