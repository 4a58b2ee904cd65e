"""Damaged databases: a typed skip that names the file, never an exception, a hang or memory without end."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.demo.geo import write_geo
from clew.entities import Outcome
from clew.errors import AskSkipped
from clew.providers.geo.geo_channel import GeoChannel, GeoLookup
from clew.providers.geo.maxmind import MaxMind
from clew.providers.geo.maxmind_database import DAMAGE_ERRORS, Database
from clew.providers.geo.maxmind_decoder import RecordDecoder
from clew.providers.geo.maxmind_replies import number_of
from tests.providers.geo.building import located, place, row, rows, write

maxminddb = pytest.importorskip("maxminddb")
ASKED = ("198.51.100.23", "2001:db8:20::50", "255.255.255.255", "1.1.1.1", "::1.1.1.0")
# Of the broken databases, those in which no reader can find its way to these addresses.
UNREADABLE = (
    "GeoIP2-City-Test-Invalid-Node-Count",
    "MaxMind-DB-test-broken-search-tree-24",
    "bad-unicode-in-map-key",
    "invalid-bytes-length",
    "invalid-map-key-length",
    "libmaxminddb-deep-nesting",
    "metadata-is-an-uint128",
    "libmaxminddb-offset-integer-overflow",
    "libmaxminddb-oversized-map",
    "libmaxminddb-uint64-max-epoch",
    "libmaxminddb-separator-record-min-left",
)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The database of the made-up incident."""
    path = tmp_path_factory.mktemp("geo") / "geo.mmdb"
    write_geo(path)
    return path


def test_no_database_is_a_skip(tmp_path):
    """No database, a missing one, an empty one and a folder without any are skips that say what to set."""
    (tmp_path / "empty.mmdb").touch()
    (tmp_path / "folder").mkdir()
    for name in ("gone.mmdb", "empty.mmdb", "folder", "."):
        finding = located("8.8.8.8", tmp_path / name)
        assert finding.outcome is Outcome.SKIPPED
        assert "check CLEW_GEOIP" in finding.reason
        assert str(tmp_path) not in finding.reason
        assert rows(["8.8.8.8", "::1"], tmp_path / name) == [row(finding)] * 2
        with pytest.raises(AskSkipped) as skipped:
            GeoChannel((tmp_path / name,)).send(GeoLookup("8.8.8.8"), MaxMind)
        assert (skipped.value.kind, bool(skipped.value.next_step)) == ("no-source", True)


@given(st.data())
def test_a_damaged_database_never_breaks_a_lookup(demo, tmp_path_factory, data):
    """With bytes overwritten, bits flipped or its end cut off, a database gives a finding or a skip that names it."""
    content = bytearray(demo.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        # The records and the metadata at the end are small: damage falls there as often as in the tree.
        last = len(content) - 1
        at = data.draw(st.one_of(st.integers(0, last), st.integers(last - 600, last)))
        content[at] ^= data.draw(st.one_of(st.integers(0, 7).map(lambda bit: 1 << bit), st.integers(1, 255)))
    path = tmp_path_factory.mktemp("damaged") / "torn.mmdb"
    path.write_bytes(bytes(content)[: data.draw(st.one_of(st.none(), st.integers(0, len(content))))])
    alone = [located(address, path) for address in ASKED]
    assert all(each.outcome is not Outcome.FAILED for each in alone)
    assert all("torn.mmdb" in each.reason for each in alone if each.outcome is Outcome.SKIPPED)
    assert rows(ASKED, path) == [row(each) for each in alone]
    beside = located(ASKED[0], path, demo)
    assert beside.outcome is Outcome.FOUND


@given(st.data())
def test_what_the_library_reads_is_read_the_same(demo, tmp_path_factory, data):
    """Also of a damaged file a record is what maxminddb's own reader makes of it, or it is refused."""
    content = bytearray(demo.read_bytes())
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path = tmp_path_factory.mktemp("damaged") / "torn.mmdb"
    path.write_bytes(content)
    for address in ASKED:
        number, bits = number_of(address)
        try:
            opened = Database.open(path)
            (at,), (prefix,) = opened.find([number], bits)
            got = opened.record(at) if at else None
        except DAMAGE_ERRORS:
            continue
        with maxminddb.open_database(str(path), maxminddb.MODE_MEMORY) as reader:
            assert (got, prefix) == reader.get_with_prefix_len(address)


def bomb(levels: int, width: int) -> bytes:
    """Arrays that hold the next one many times, by pointers: small to write, without end to read."""
    parts, places = b"\x44boom", [0]
    for _ in range(levels):
        begins = len(parts)
        parts += bytes([width, 4]) + width * struct.pack(">BB", 0x20 | places[-1] >> 8, places[-1] & 255)
        places.append(begins)
    return parts


def test_a_record_that_unfolds_without_end_is_refused():
    """Arrays of pointers to arrays of pointers: refused after bounded work, and again however often it is read."""
    content = bomb(12, 20)
    decoder = RecordDecoder(content, 0)
    for _ in range(3):
        with pytest.raises(ValueError, match="too large"):
            decoder.decode(len(content) - 42)
    fine = bomb(3, 20)
    assert str(RecordDecoder(fine, 0).decode(len(fine) - 42)).count("boom") == 8000


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\x20\x00", "a pointer leads back, or to another pointer"),  # to itself
        (b"\x20\x02\x20\x00", "a pointer leads back, or to another pointer"),
        (b"\x01\x04\x20\x00", "a pointer leads back"),  # an array that holds itself
        (b"\xe1\xa1\x01\xa1\x01", "a key is no text"),
        (b"\x44abc", "beyond the file"),
        (b"\x5f\xff\xff\xff", "too large|beyond the file"),
        (b"\x68\x7f\xf0\x00\x00\x00\x00\x00\x00", "infinite or none"),
        (b"\x68\x7f\xf8\x00\x00\x00\x00\x00\x01", "infinite or none"),
        (b"\x82ab", "of a type that no GeoIP database has"),  # bytes
        (b"\x62ab", "of a type that no GeoIP database has"),  # a short double
        (b"\x01\x04" * 70 + b"\xa1\x01", "too large"),  # an array in an array, and so on
    ],
)
def test_what_is_no_value_is_refused(content, what):
    """Each way in which a record can be wrong has its words, and none is a crash."""
    with pytest.raises(ValueError, match=what):
        RecordDecoder(content, 0).decode(0)


@given(st.binary(max_size=200), st.integers(0, 60))
def test_any_bytes_are_decoded_or_refused_the_same_each_time(content, at):
    """What was read before changes nothing: a record is refused alone if it is refused after others."""

    def outcome(decoder: RecordDecoder, start: int) -> object:
        try:
            return decoder.decode(start)
        except (ValueError, LookupError):
            return "refused"

    used = RecordDecoder(content, 0)
    for start in range(len(content)):
        outcome(used, start)
    assert outcome(used, at) == outcome(RecordDecoder(content, 0), at)


def test_broken_databases_are_skipped(shared_data):
    """Each of a public collection of broken databases gives an answer or a typed skip, most of them a skip."""
    files = sorted((shared_data("geoip") / "broken").glob("*.mmdb"))
    assert len(files) >= 13
    asked = [*ASKED, "9.9.9.9", "2001:db8::1"]
    skipped = set()
    for file in files:
        alone = [located(address, file) for address in asked]
        assert rows(asked, file) == [row(each) for each in alone], file.name
        skips = [each.reason for each in alone if each.outcome is Outcome.SKIPPED]
        assert all(file.name in reason for reason in skips)
        skipped |= {file.name for reason in skips if "cannot be read" in reason}
    assert skipped >= {f"{name}.mmdb" for name in UNREADABLE}


def test_a_good_database_answers_beside_all_broken_ones(shared_data, tmp_path):
    """A folder of broken databases costs their own answers, and no other."""
    good = write(tmp_path / "good.mmdb", "GeoLite2-City", {"198.51.100.0/24": place("Hamlet", "XA")})
    finding = located("198.51.100.7", shared_data("geoip") / "broken", good)
    assert finding.fact("city") == "Hamlet"
    assert all(f"{name}.mmdb cannot be read" in finding.reason for name in UNREADABLE[:1])
    assert rows(["198.51.100.7"], shared_data("geoip") / "broken", good) == [row(finding)]


def test_every_format_of_the_reader_is_read(shared_data):
    """Record sizes of 24, 28 and 32 bits and trees of both versions give the same answers."""
    files = sorted((shared_data("geoip") / "format").glob("MaxMind-DB-test-mixed-*.mmdb"))
    assert len(files) > 1
    for file in files:
        assert located("1.1.1.1", file).fact("network") == "1.1.1.1/32"
        assert located("::1.1.1.1", file).fact("network") == "::101:101/128"
        # What 6to4 and Teredo wrap is under its own name as well, where the database says so.
        assert located("2002:101:101::", file).fact("network") == "2002:101:101::/48"
        assert located("9.9.9.9", file).outcome is Outcome.NOTHING


@pytest.mark.parametrize("name", ["decoder", "pointer-decoder", "ipv4-28", "ipv6-24", "ipv6-32", "mixed-24"])
def test_other_databases_are_read_or_refused(shared_data, name):
    """Of a database that is none of MaxMind's products, the record reaches the reply whole, or is a typed skip."""
    file = shared_data("geoip") / "format" / f"MaxMind-DB-test-{name}.mmdb"
    with maxminddb.open_database(str(file), maxminddb.MODE_MEMORY) as reader:
        version = reader.metadata().ip_version
        for address in ("1.1.1.1", "1.1.1.3", "1.1.1.32") if version == 4 else (*ASKED, "::2:0:58", "::1:ffff:ffff"):
            record = reader.get(address)
            channel, lookup = GeoChannel((file,)), GeoLookup(address)
            if "decoder" in name and record is not None:
                # It holds bytes, or an infinite number: JSON has neither.
                with pytest.raises(AskSkipped, match=r"of a type that no GeoIP database has|infinite"):
                    channel.send(lookup, MaxMind)
            else:
                assert channel.send(lookup, MaxMind).object()["databases"][0]["record"] == record
