"""MaxMind databases: good ones say what they hold, damaged ones are skipped with a reason."""

from __future__ import annotations

import contextvars as context
import dataclasses
import json
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew import configure
from clew.demo.geo import write_geo
from clew.entities import Finding, IpAddress, Outcome
from clew.entities.finding import Scalar
from clew.errors import AskSkipped
from clew.providers.geo.maxmind import _FACTS as FACTS
from clew.providers.geo.maxmind import GeoChannel, GeoLookup, MaxMind
from tests.providers.doubles import runner

SAMPLE = 40
# Of the broken databases, those in which no reader can find its way to these addresses.
UNREADABLE = (
    "GeoIP2-City-Test-Invalid-Node-Count", "MaxMind-DB-test-broken-search-tree-24", "bad-unicode-in-map-key",
    "invalid-bytes-length", "invalid-map-key-length", "libmaxminddb-deep-nesting", "metadata-is-an-uint128",
    "libmaxminddb-offset-integer-overflow", "libmaxminddb-oversized-map", "libmaxminddb-uint64-max-epoch",
)  # fmt: skip
pytest.importorskip("maxminddb")
Row = tuple[Any, ...]
# Neighbours share their networks, and the edges of networks part them.
NEAR = st.one_of(
    st.sampled_from(("192.0.2.0", "198.51.100.0", "203.0.113.128")).flatmap(
        lambda first: st.integers(-2, 260).map(lambda step: str(ip_address(first) + step))
    ),
    st.integers(-2, 2**16).map(lambda step: str(ip_address("2001:db8:20::") + step)),
    st.sampled_from(("0.0.0.0", "255.255.255.255", "10.0.0.1", "8.8.8.8", "::", "::1", "::1.1.1.0", "ff02::1")),
    st.ip_addresses().map(str),
)


def located(address: str, database: Path | None) -> Finding:
    """What the database says."""
    made = dataclasses.replace(runner(None), channels={"geo": GeoChannel(database)})
    return made.run("geo.locate", MaxMind, IpAddress(address), MaxMind.ip.steps(IpAddress(address))).finding


def facts(finding: Finding) -> dict[str, Scalar]:
    return {fact.name: fact.value for fact in finding.facts}


def rows(addresses: list[str], database: Path | None) -> list[Row]:
    """What the database says about all of them at once."""
    try:
        columns = GeoChannel(database).columns([IpAddress(address) for address in addresses])
    except AskSkipped as error:
        return [("skipped", error.reason, 0, None, {})] * len(addresses)
    assert {len(cells) for cells in columns.values()} == {len(addresses)}
    records = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    return [
        (*(record.pop(name) for name in ("outcome", "reason", "returned", "available")),
         {name: value for name, value in record.items() if value is not None})
        for record in records
    ]  # fmt: skip


def row(finding: Finding) -> Row:
    """The same of one finding."""
    return finding.outcome.value, finding.reason, finding.returned, finding.available, facts(finding)


def at(record: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        record = record.get(name) if isinstance(record, dict) else None
    return record


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The database of the made-up incident."""
    path = tmp_path_factory.mktemp("geo") / "geo.mmdb"
    write_geo(path)
    return path


def test_an_address_has_a_place_and_a_network(demo):
    """City, country, coordinates, operator, network and the age of the database are facts."""
    finding = located("198.51.100.23", demo)
    assert finding.outcome is Outcome.FOUND
    assert finding.reason.startswith("Amsterdam, ")
    known = facts(finding)
    assert (known["city"], known["database_built"]) == ("Amsterdam", "2026-03-17")
    assert isinstance(known["latitude"], float)
    assert ip_network(known["network"]).overlaps(ip_network("198.51.100.23/32"))
    assert 64496 <= known["asn"] <= 64511
    assert facts(located("2001:db8:20::50", demo))["city"] == "Helsinki"


def test_an_address_that_is_not_in_it_is_nothing(demo):
    """An unknown address is no error and has no place; one that nobody could know says what it is."""
    finding = located("8.8.8.8", demo)
    assert (finding.outcome, finding.reason, finding.facts) == (Outcome.NOTHING, "not in geo.mmdb", ())
    assert located("10.0.0.1", demo).reason == "not in geo.mmdb: a private address"
    assert located("192.0.2.11", demo).reason == "not in geo.mmdb: a documentation address"


@given(st.lists(NEAR, max_size=40))
def test_the_columns_say_what_the_pivot_says(demo, addresses):
    """Asked about all at once, in any order and however often, each address has the answer that it has alone."""
    assert rows(addresses, demo) == [row(located(address, demo)) for address in addresses]


def test_no_address_of_a_column_is_dropped(demo):
    """A frame has a row for each address: found, not in the database, private, or none at all."""
    told = context.copy_context()
    told.run(configure, geoip=demo)
    frame = told.run(IpAddress.geo.locate.over, ["198.51.100.23", "10.0.0.1", "8.8.8.8", None, "198.51.100.23"])
    assert frame.status.tolist() == ["found", "nothing", "nothing", "empty", "found"]
    assert frame.city.dropna().tolist() == ["Amsterdam", "Amsterdam"]
    assert frame.reason[1] == "not in geo.mmdb: a private address"


def test_no_database_is_a_skip_of_every_address(tmp_path):
    """Where nothing can be read, every row says so and says what to do."""
    for database in (None, tmp_path / "gone.mmdb"):
        assert rows(["8.8.8.8", "::1"], database) == [row(located(address, database)) for address in ("8.8.8.8", "::1")]


def test_no_database_is_a_skip(tmp_path):
    """No database, a missing one, an empty one and a folder are skips that say what to set."""
    (tmp_path / "empty.mmdb").touch()
    assert "set CLEW_GEOIP" in located("8.8.8.8", None).reason
    for name in ("gone.mmdb", "empty.mmdb", "."):
        finding = located("8.8.8.8", tmp_path / name)
        assert finding.outcome is Outcome.SKIPPED
        assert "check CLEW_GEOIP" in finding.reason


def test_a_changed_database_is_read_again(demo, tmp_path):
    """An update of the database is seen at once."""
    path = tmp_path / "geo.mmdb"
    path.write_bytes(b"not yet")
    assert located("198.51.100.23", path).outcome is Outcome.SKIPPED
    path.write_bytes(demo.read_bytes())
    assert located("198.51.100.23", path).outcome is Outcome.FOUND


def test_nothing_leaves_for_it(demo):
    """A lookup on this machine needs no leave: private addresses and offline mode are no obstacle."""
    assert not MaxMind.leaves
    assert located("10.0.0.1", demo).outcome is Outcome.NOTHING


@given(st.data())
def test_a_damaged_database_never_breaks_a_lookup(demo, tmp_path_factory, data):
    """Cut off, overwritten or lengthened anywhere, a database gives a finding or a skip."""
    content = bytearray(demo.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        # The records and the metadata at the end are small: damage falls there as often as in the tree.
        last = len(content) - 1
        place = data.draw(st.one_of(st.integers(0, last), st.integers(last - 600, last)))
        content[place] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("damaged") / "geo.mmdb"
    path.write_bytes(bytes(content)[: data.draw(st.one_of(st.none(), st.integers(0, len(content))))])
    for address in ("198.51.100.23", "2001:db8:20::50", "255.255.255.255"):
        finding = located(address, path)
        assert finding.outcome in (Outcome.FOUND, Outcome.NOTHING, Outcome.SKIPPED)
        assert rows([address], path) == [row(finding)]


def test_a_number_that_json_has_not_is_a_skip(tmp_path):
    """A record with a NaN cannot be kept as JSON: the database is skipped with that reason."""
    writer = pytest.importorskip("mmdb_writer")
    netaddr = pytest.importorskip("netaddr")
    made = writer.MMDBWriter(6, "Test", ["en"], {"en": "made for this"}, ipv4_compatible=True)
    made.insert_network(netaddr.IPSet(["198.51.100.0/24"]), {"location": {"latitude": float("nan")}})
    made.to_db_file(str(tmp_path / "nan.mmdb"))
    finding = located("198.51.100.7", tmp_path / "nan.mmdb")
    assert finding.outcome is Outcome.SKIPPED
    assert rows(["198.51.100.7"], tmp_path / "nan.mmdb") == [row(finding)]


@pytest.mark.parametrize("name", ["GeoIP2-Anonymous-IP", "GeoIP2-Enterprise", "GeoLite2-ASN", "GeoLite2-City",
                                  "GeoIP2-Connection-Type", "GeoIP2-Domain"])  # fmt: skip
def test_every_record_is_told_as_it_is(shared_data, name):
    """For the networks that the databases were made from, each fact is the value in the source."""
    folder = shared_data("geoip")
    networks = [
        (ip_network(network, strict=False), record)
        for item in json.loads((folder / "source-data" / f"{name}-Test.json").read_text("utf-8"))
        for network, record in item.items()
    ]
    step = max(1, len(networks) // SAMPLE)
    for network, record in networks[::step]:
        inside = [other for other, _ in networks if other.version == network.version and other != network]
        if any(other.subnet_of(network) and network.network_address in other for other in inside):
            continue  # a narrower network answers for this address
        finding = located(str(network.network_address), folder / f"{name}-Test.mmdb")
        known = facts(finding)
        assert finding.outcome is Outcome.FOUND
        assert {fact: value for fact, value in known.items() if fact in FACTS} == {
            fact: at(record, path) for fact, path in FACTS.items() if at(record, path) is not None
        }


def test_every_record_reaches_the_reply_whole(shared_data):
    """The reply that is kept holds the whole record, not only what became facts."""
    folder = shared_data("geoip")
    source = json.loads((folder / "source-data" / "GeoLite2-City-Test.json").read_text("utf-8"))
    networks = [(ip_network(network, strict=False), record) for item in source for network, record in item.items()]
    network, record = max(networks, key=lambda item: (item[0].version == 4, item[0].prefixlen))
    lookup = GeoLookup(str(network.network_address))
    reply = GeoChannel(folder / "GeoLite2-City-Test.mmdb").send(lookup, MaxMind)
    assert reply.object()["record"] == record
    assert reply.object()["network"] == str(network)
    assert reply.at <= datetime.now(UTC)


def test_broken_databases_are_skipped(shared_data):
    """Each of a public collection of broken databases gives an answer or a typed skip, most of them a skip."""
    files = sorted((shared_data("geoip") / "broken").glob("*.mmdb"))
    skips = [
        (file.name, finding.reason)
        for file in files
        for address in ("1.1.1.1", "9.9.9.9", "255.255.255.255", "2001:db8::1", "::1.1.1.0")
        if (finding := located(address, file)).outcome is Outcome.SKIPPED
    ]
    assert all(name in reason for name, reason in skips)
    assert {name for name, reason in skips if "cannot be read" in reason} >= {f"{name}.mmdb" for name in UNREADABLE}
    asked = ["1.1.1.1", "2001:db8::1", "9.9.9.9"]
    for file in files:
        assert rows(asked, file) == [row(located(address, file)) for address in asked], file.name


def test_a_database_of_the_old_addresses_alone_says_so(shared_data):
    """An IPv6 address is skipped with that reason, not as a damaged file."""
    finding = located("2001:db8::1", shared_data("geoip") / "format" / "MaxMind-DB-test-ipv4-28.mmdb")
    assert finding.outcome is Outcome.SKIPPED
    assert "holds no IPv6 addresses" in finding.reason


def test_every_format_of_the_reader_is_read(shared_data):
    """Record sizes of 24, 28 and 32 bits and trees of both versions give the same answers."""
    files = sorted((shared_data("geoip") / "format").glob("MaxMind-DB-test-mixed-*.mmdb"))
    assert len(files) > 1
    for file in files:
        assert facts(located("1.1.1.1", file))["network"] == "1.1.1.1/32"
        assert located("9.9.9.9", file).outcome is Outcome.NOTHING
