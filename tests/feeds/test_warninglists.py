"""Warning lists: what is often benign, whoever lists it."""

from __future__ import annotations

import ipaddress
import json
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Account, Domain, File, Host, IpAddress, Key, Url, parse
from clew.feeds.warninglists import Warninglists
from tests.support import entities


@pytest.fixture
def lists(tmp_path):
    """A writer of warning lists: each with its type, its entries and what it is meant for."""

    def write(**given: tuple[str, list[str], list[str]]) -> Warninglists:
        for name, (how, entries, meant) in given.items():
            document = {"name": name, "type": how, "list": entries, "matching_attributes": meant}
            (tmp_path / f"{name}.json").write_text(json.dumps(document))
        return Warninglists((tmp_path,))

    return write


@pytest.mark.parametrize(
    ("how", "entry", "subject", "named"),
    [
        ("string", "cdn.example", Domain("cdn.example"), True),
        ("string", "cdn.example", Domain("a.cdn.example"), False),
        ("hostname", "cdn.example", Domain("a.cdn.example"), True),
        ("hostname", ".cdn.example", Domain("cdn.example"), True),
        ("hostname", "cdn.example", Domain("notcdn.example"), False),
        ("hostname", "cdn.example", Url("https://a.cdn.example:8443/x"), True),
        ("hostname", "cdn.example", Host("a.cdn.example"), True),
        ("cidr", "198.51.100.0/24", IpAddress("198.51.100.7"), True),
        ("cidr", "198.51.100.7", IpAddress("198.51.100.7"), True),
        ("cidr", "198.51.100.0/24", IpAddress("198.51.101.7"), False),
        ("cidr", "2001:db8::/32", IpAddress("2001:db8::1"), True),
        ("string", "D41D8CD98F00B204E9800998ECF8427E", File("d41d8cd98f00b204e9800998ecf8427e"), True),
        ("string", "a" * 32, File(md5="a" * 32, sha256="b" * 64), True),
        ("substring", "@mail.example", Account("bob@mail.example"), True),
        ("substring", "mail", Domain("mail.example"), False),
    ],
)
def test_each_type_compares_as_it_says(lists, how, entry, subject, named):
    """Texts are compared whole, names with all below them, networks with their addresses, parts in mail addresses."""
    assert bool(lists(one=(how, [entry], [])).names(subject)) is named


def test_a_list_is_asked_about_what_it_is_meant_for(lists):
    """A list for addresses says nothing about domains, and all lists that name a value are named."""
    warning = lists(
        a=("string", ["x.example"], ["domain", "hostname"]),
        b=("string", ["x.example"], ["ip-src"]),
        c=("hostname", ["example"], ["url", "domain|ip"]),
    )
    assert warning.names(Domain("x.example")) == ("a", "c")
    assert warning.names(Key("domain", "x.example")) == ("a", "c")
    assert warning.names(Url("https://x.example/")) == ("c",)


def test_what_cannot_be_used_is_told(lists, tmp_path):
    """Regular expressions, damage and missing files are named, and the other lists are asked."""
    (tmp_path / "broken.json").write_text("{")
    warning = lists(good=("string", ["x.example"], []), regex=("regex", ["(a+)+$"], []))
    also = Warninglists((*warning.paths, tmp_path / "gone"))
    assert also.names(Domain("x.example")) == ("good",)
    assert len(also) == 1
    told = "\n".join(also.problems)
    assert all(word in told for word in ("compares by regex", "no usable JSON", "no such file"))


def test_nothing_is_read_before_it_is_asked(tmp_path, monkeypatch):
    """Making them opens no file; without any, nothing is named."""
    monkeypatch.setattr(Path, "is_dir", None)
    Warninglists((tmp_path,))
    assert not Warninglists(())
    assert Warninglists(()).names(Domain("x.example")) == ()


@given(entities)
def test_every_entity_can_be_asked_about(tmp_path_factory, entity):
    """Whatever the entity is, there is an answer."""
    path = tmp_path_factory.getbasetemp() / "any.json"
    if not path.exists():
        path.write_text(json.dumps({"name": "x", "type": "hostname", "list": ["example", 5, None, {}]}))
    assert isinstance(Warninglists((path,)).names(entity), tuple)


@given(st.ip_addresses(), st.integers(8, 32))
def test_an_address_is_in_its_network(tmp_path_factory, address, bits):
    """A network names exactly the addresses in it."""
    network = ipaddress.ip_network((address, bits), strict=False)
    path = tmp_path_factory.mktemp("lists") / "one.json"
    path.write_text(json.dumps({"name": "x", "type": "cidr", "list": [str(network)]}))
    warning = Warninglists((path,))
    mapped = getattr(address, "ipv4_mapped", None)
    assert bool(warning.names(IpAddress(str(address)))) is (mapped is None)
    beyond = int(network.broadcast_address) + 1
    if beyond < 2**network.max_prefixlen:
        outside = type(address)(beyond)
        assert getattr(outside, "ipv4_mapped", None) is not None or not warning.names(IpAddress(str(outside)))


def test_the_lists_of_misp_name_their_own_entries(shared_data, tmp_path):
    """Of each list of MISP, what is on it is named by it; an answer takes microseconds."""
    with zipfile.ZipFile(shared_data("warninglists") / "misp-warninglists.zip") as packed:
        packed.extractall(tmp_path)
    warning = Warninglists((tmp_path,))
    assert (len(warning), warning.problems) == (68, ())
    for file in tmp_path.rglob("list.json"):
        document = json.loads(file.read_text())
        kind = document["type"]
        if kind not in ("cidr", "hostname") or ("ip-src" in document["matching_attributes"] and kind != "cidr"):
            continue
        for entry in document["list"][:: max(1, len(document["list"]) // 20)]:
            text = entry.partition("/")[0] if kind == "cidr" else "www." + entry.lstrip(".")
            assert document["name"] in warning.names(parse(text)), (file, entry)
    subjects = [IpAddress(f"{n % 223 + 1}.{n % 251}.{n % 13}.{n % 7}") for n in range(2_000)]
    begun = time.process_time()
    for subject in subjects:
        warning.names(subject)
    assert (time.process_time() - begun) / len(subjects) < 0.001


def test_texts_on_the_lists_of_misp_are_named_whole(shared_data, tmp_path):
    """What lists of texts have is named by them, as it stands there and in no longer name."""
    with zipfile.ZipFile(shared_data("warninglists") / "misp-warninglists.zip") as packed:
        packed.extractall(tmp_path)
    warning, asked = Warninglists((tmp_path,)), 0
    for file in tmp_path.rglob("list.json"):
        document = json.loads(file.read_text())
        if document["type"] != "string" or not {"domain", "hostname"} & {*document["matching_attributes"]}:
            continue
        for entry in document["list"][:: max(1, len(document["list"]) // 50)]:
            assert document["name"] in warning.names(Key("domain", entry.lower())), (file, entry)
            assert document["name"] not in warning.names(Key("domain", f"not-on-it.{entry.lower()}")), (file, entry)
            asked += 1
    assert asked > 100
