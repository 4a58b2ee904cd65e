"""MISP events, STIX bundles and OpenIOC: what they list, and what they say of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.errors import EntityError, FeedUnusable
from clew.feeds.formats.json_text import read_json
from clew.feeds.formats.misp import read_misp
from clew.feeds.formats.stix import read_stix
from clew.feeds.formats.stix_patterns import groups_of
from clew.feeds.listing import MAX_RAW, FeedEntry, IndicatorDetails
from tests.feeds.asked import keys, read
from tests.support import HOSTILE

MD5, SHA256 = "a" * 32, "b" * 64


def event(**parts: Any) -> str:
    given = {"info": "A campaign", "date": "2026-01-02", "threat_level_id": "1", **parts}
    return json.dumps({"Event": given})


def attribute(kind: str, value: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "value": value, "to_ids": True, **more}


def bundle(*objects: dict[str, Any], version: str = "2.1") -> str:
    head = {"type": "bundle", "id": "bundle--1"} | ({"spec_version": "2.0"} if version == "2.0" else {})
    return json.dumps({**head, "objects": list(objects)})


def indicator(pattern: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "indicator",
        "id": f"indicator--{hash(pattern)}",
        "pattern": pattern,
        "pattern_type": "stix",
        "valid_from": "2026-01-02T00:00:00Z",
        **more,
    }


# --- MISP ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value", "listed"),
    [
        ("ip-dst", "198.51.100.7", {"ip:198.51.100.7"}),
        ("ip-src|port", "198.51.100.7|443", {"ip:198.51.100.7"}),
        ("ip-dst", "198.51.100.0/24", {"net:198.51.100.0/24"}),
        ("hostname", "c2.evil.example", {"only:c2.evil.example"}),
        ("domain", "evil.example", {"domain:evil.example"}),
        ("domain|ip", "evil.example|198.51.100.7", {"domain:evil.example", "ip:198.51.100.7"}),
        ("url", "hxxp://evil[.]example/a", {"url:http://evil.example/a"}),
        ("filename|sha256", f"a.exe|{SHA256}", {f"file:sha256:{SHA256}"}),
        ("malware-sample", f"a.exe|{MD5}", {f"file:md5:{MD5}"}),
        ("email-src", "alice@evil.example", {"account:alice@evil.example"}),
    ],
)
def test_each_type_of_attribute_lists_what_it_holds(kind, value, listed):
    """Attributes list addresses, networks, names, URLs, hashes and mail addresses; two in one are both listed."""
    assert keys(event(Attribute=[attribute(kind, value)])) == listed


def test_an_event_says_what_its_listings_are():
    """Name, tags, marking, time and severity come from the event, and from the attribute before it."""
    tags = [{"name": "tlp:amber"}, {"name": 'misp-galaxy:malpedia="Emotet"'}]
    seen = "2026-02-03T04:05:06+00:00"
    given = event(Tag=tags, Attribute=[attribute("domain", "evil.example", first_seen=seen, comment="C2")])
    form, (entry,), _ = read(given)
    says = entry.details
    assert form == "MISP"
    assert (says.name, says.description, says.tlp, says.severity, says.verdict) == (
        "Emotet",
        "C2",
        "amber",
        "high",
        "malicious",
    )
    assert (says.first, entry.location) == ("2026-02-03T04:05:06.000000Z", "/Event/Attribute/0")


def test_what_is_not_for_detection_has_no_verdict():
    """An attribute that MISP keeps out of detection (`to_ids`) is listed without a verdict."""
    (entry,) = read(event(Attribute=[attribute("domain", "victim.example", to_ids=False)]))[1]
    assert entry.details.verdict == "unknown"


def test_an_object_holds_together():
    """Hashes of an object are one file; a name and an address resolve; what it refers to is related."""
    file = {
        "name": "file",
        "uuid": "f",
        "Attribute": [attribute("md5", MD5), attribute("sha256", SHA256)],
        "ObjectReference": [{"referenced_uuid": "d", "relationship_type": "downloaded-from"}],
    }
    pair = {
        "name": "domain-ip",
        "uuid": "d",
        "Attribute": [attribute("domain", "evil.example"), attribute("ip-dst", "198.51.100.7")],
    }
    entries = read(event(Object=[file, pair]))[1]
    assert [entry.keys for entry in entries] == [
        (f"file:md5:{MD5}", f"file:sha256:{SHA256}"),
        ("domain:evil.example",),
        ("ip:198.51.100.7",),
    ]
    related = [[(each.relation, each.key, each.is_reverse) for each in entry.related_keys] for entry in entries]
    assert related == [
        [("related-to", "domain:evil.example", False)],
        [("resolves-to", "ip:198.51.100.7", False)],
        [("resolves-to", "domain:evil.example", True)],
    ]


@pytest.mark.parametrize(
    "wrapped",
    [lambda one: {"response": [one]}, lambda one: {"response": one}, lambda one: [one], lambda one: one],
)
def test_events_are_found_however_they_are_wrapped(wrapped):
    """A file, a reply of the API and a list of events hold the same."""
    given = wrapped(json.loads(event(Attribute=[attribute("domain", "evil.example")])))
    assert keys(json.dumps(given)) == {"domain:evil.example"}


# --- STIX ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "listed"),
    [
        ("[ipv4-addr:value = '198.51.100.7']", {"ip:198.51.100.7"}),
        ("[ipv4-addr:value ISSUBSET '198.51.100.0/24']", {"net:198.51.100.0/24"}),
        ("[ipv6-addr:value='2001:DB8::1']", {"ip:2001:db8::1"}),
        ("[domain-name:value IN ('a.example', 'b.example')]", {"domain:a.example", "domain:b.example"}),
        ("[domain-name:value LIKE '%.evil.example']", {"under:evil.example"}),
        ("[url:value LIKE 'https://evil.example/%']", {"url:https://evil.example/"}),
        (f"[file:hashes.'SHA-256' = '{SHA256}' AND file:name = 'a.exe']", {f"file:sha256:{SHA256}"}),
        (
            f"[file:hashes.MD5 = '{MD5}'] OR [url:value = 'https://evil.example/a']",
            {f"file:md5:{MD5}", "url:https://evil.example/a"},
        ),
        (
            "[(domain-name:value = 'a.example' OR domain-name:value = 'b.example') AND network-traffic:dst_port = 443]",
            {"domain:a.example", "domain:b.example"},
        ),
        ("[email-message:from_ref.value = 'alice@evil.example']", {"account:alice@evil.example"}),
        (
            "([domain-name:value = 'a.example'] FOLLOWEDBY [ipv4-addr:value = '198.51.100.7']) WITHIN 5 SECONDS",
            {"domain:a.example", "ip:198.51.100.7"},
        ),
        ("[domain-name:value = 'it\\'s.example']", set()),
        ("[domain-name:value != 'a.example']", set()),
        ("[domain-name:value NOT = 'a.example']", set()),
        ("[url:value MATCHES '^https?://(a+)+$']", set()),
        ("[process:name = 'a.exe']", set()),
        ("[file:hashes.'SSDEEP' = '3::']", set()),
    ],
)
def test_a_pattern_lists_what_it_compares(pattern, listed):
    """Comparisons of addresses, names, URLs and hashes are listed; what is denied, or matched, is not."""
    _, entries, refused = read(bundle(indicator(pattern)))
    assert {key for entry in entries for key in entry.keys} == listed
    assert listed or refused[0].reason


def test_values_that_hold_together_are_related():
    """Hashes joined by AND are one file; other values that AND joins are related, and those of OR are not."""
    together = read(
        bundle(
            indicator(
                f"[file:hashes.MD5 = '{MD5}' AND file:hashes.'SHA-256' = '{SHA256}' AND "
                "domain-name:value = 'a.example']"
            )
        )
    )[1]
    apart = read(bundle(indicator("[domain-name:value = 'a.example' OR domain-name:value = 'b.example']")))[1]
    assert [entry.keys for entry in together] == [(f"file:md5:{MD5}", f"file:sha256:{SHA256}"), ("domain:a.example",)]
    assert [each.key for each in together[0].related_keys] == ["domain:a.example"]
    assert [entry.related_keys for entry in apart] == [(), ()]


def test_relationships_name_the_threat_and_what_is_related():
    """An indicator that indicates malware has its name; one that is related to another links to what that lists."""
    first = indicator(
        "[domain-name:value = 'evil.example']",
        id="indicator--1",
        indicator_types=["malicious-activity"],
        confidence=80,
        valid_until="2026-06-01T00:00:00Z",
        object_marking_refs=["marking-definition--1"],
    )
    second = indicator("[ipv4-addr:value = '198.51.100.7']", id="indicator--2")
    links = [
        {
            "type": "relationship",
            "id": f"relationship--{number}",
            "relationship_type": kind,
            "source_ref": "indicator--1",
            "target_ref": target,
        }
        for number, (kind, target) in enumerate([("indicates", "malware--1"), ("related-to", "indicator--2")])
    ]
    malware = {"type": "malware", "id": "malware--1", "name": "Emotet"}
    marking = {"type": "marking-definition", "id": "marking-definition--1", "definition": {"tlp": "green"}}
    entry = read(bundle(first, second, *links, malware, marking))[1][0]
    says = entry.details
    assert (says.name, says.verdict, says.confidence, says.tlp) == ("Emotet", "malicious", 80, "green")
    assert (says.first, says.until) == ("2026-01-02T00:00:00.000000Z", "2026-06-01T00:00:00.000000Z")
    assert [(each.relation, each.key) for each in entry.related_keys] == [("related-to", "ip:198.51.100.7")]


def test_what_is_only_observed_has_no_verdict():
    """Observables are listed without a verdict, in the form of either version, and resolve as they say."""
    name = {"type": "domain-name", "value": "evil.example"}
    address = {"type": "ipv4-addr", "value": "198.51.100.7"}
    old = {
        "type": "observed-data",
        "id": "observed-data--1",
        "first_observed": "2026-01-02T00:00:00Z",
        "objects": {"0": {**name, "resolves_to_refs": ["1"]}, "1": address},
    }
    new = [{**name, "id": "domain-name--1", "resolves_to_refs": ["ipv4-addr--1"]}, {**address, "id": "ipv4-addr--1"}]
    for text in (bundle(old, version="2.0"), bundle(*new)):
        first, second = read(text)[1]
        assert (first.keys, second.keys) == (("domain:evil.example",), ("ip:198.51.100.7",))
        assert (first.details.verdict, second.details.verdict) == ("unknown", "unknown")
        assert [(each.relation, each.key) for each in first.related_keys] == [("resolves-to", "ip:198.51.100.7")]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"revoked": True}, "revoked"),
        ({"pattern_type": "yara", "pattern": "rule a {}"}, "a pattern of yara"),
        ({"pattern": "(" * 50}, "deeper"),
        ({"pattern": "[url:value = 'a"}, "odd"),
        ({"pattern": ""}, "too early"),
        ({"pattern": 5}, "too early"),
        ({"pattern": "[url:value = '" + "a" * 70_000 + "']"}, "more than"),
    ],
)
def test_an_indicator_that_lists_nothing_says_why(more, why):
    """What is revoked, in another language or broken costs one object, with its place and the reason."""
    good = indicator("[domain-name:value = 'evil.example']")
    _, entries, refused = read(bundle(good, {**good, "id": "indicator--2", **more}))
    assert len(entries) == 1
    assert [(row.location, why in row.reason) for row in refused] == [("/objects/1", True)]


@given(st.text(st.sampled_from("[]()'=:.ANDORLIKEfile:hashes.MD5 \\"), max_size=60))
def test_no_pattern_breaks_its_reader(pattern):
    """Any text is a pattern or is refused with a reason."""
    try:
        groups = groups_of(pattern)
    except EntityError as error:
        assert error.message  # noqa: PT017 - either is right
    else:
        assert all(groups)


# --- OpenIOC ---------------------------------------------------------------------------------------------------------

ITEM = (
    '<IndicatorItem id="1" condition="{}"{}><Context document="x" search="{}"/>'
    '<Content type="string">{}</Content></IndicatorItem>'
)


def openioc(*items: str, operator: str = "OR") -> str:
    return f"""<?xml version="1.0" encoding="us-ascii"?>
<ioc xmlns="http://schemas.mandiant.com/2010/ioc" id="1"><short_description>Windigo</short_description>
<authored_date>2014-03-18T20:23:23</authored_date>
<definition><Indicator operator="{operator}" id="1">
{chr(10).join(items)}
</Indicator></definition></ioc>"""


def test_items_of_openioc_are_listed():
    """Names, addresses, URLs and hashes are listed under the name of the document; what is denied or a path is not."""
    items = [
        ("contains", "", "Network/DNS", "evil.example"),
        ("is", "", "PortItem/remoteIP", "198.51.100.7"),
        ("is", "", "FileItem/Md5sum", MD5),
        ("is", ' negate="true"', "Network/DNS", "good.example"),
        ("is", "", "FileItem/FullPath", "a.exe"),
        ("matches", "", "Network/URI", "(a+)+$"),
    ]
    form, entries, refused = read(openioc(*(ITEM.format(*item) for item in items)))
    assert form == "OpenIOC"
    assert [entry.keys[0] for entry in entries] == ["domain:evil.example", "ip:198.51.100.7", f"file:md5:{MD5}"]
    told = {(entry.details.name, entry.details.first[:10], entry.related_keys) for entry in entries}
    assert told == {("Windigo", "2014-03-18", ())}
    assert [row.location for row in refused] == ["8", "9", "10"]


def test_items_that_an_and_joins_are_related():
    """What has to hold together stands together."""
    entries = read(
        openioc(
            ITEM.format("is", "", "Network/DNS", "evil.example"),
            ITEM.format("is", "", "FileItem/Md5sum", MD5),
            operator="AND",
        )
    )[1]
    assert [each.key for entry in entries for each in entry.related_keys] == [f"file:md5:{MD5}", "domain:evil.example"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('<!DOCTYPE x [<!ENTITY a "b">]><ioc>&a;</ioc>', "document type"),
        ('<!DOCTYPE ioc SYSTEM "file:///etc/passwd"><ioc/>', "document type"),
        ("<ioc>" * 100, "deeper"),
        ("<ioc><a></ioc>", "no usable XML"),
        ("<html/>", "no OpenIOC"),
    ],
)
def test_xml_that_hides_something_is_refused(text, why):
    """Document types, too deep nesting and damage are refused before anything is taken from them."""
    with pytest.raises(FeedUnusable, match=why):
        read(text)


# --- all of them -----------------------------------------------------------------------------------------------------

_NAMES = (
    "Attribute",
    "Event",
    "Object",
    "ObjectReference",
    "Tag",
    "hashes",
    "id",
    "labels",
    "name",
    "object_marking_refs",
    "objects",
    "pattern",
    "response",
    "type",
    "uuid",
    "value",
)
_plain = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=10), st.sampled_from(HOSTILE)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=4),
    max_leaves=12,
)


@given(_plain)
def test_no_document_breaks_a_reader(document):
    """Whatever stands where, each object is listed or left out with a reason."""
    for reader in (read_misp, read_stix):
        for row in reader(document, IndicatorDetails()):
            assert row.keys if isinstance(row, FeedEntry) else row.reason


def test_a_large_object_is_kept_in_part():
    """What is kept of an object as evidence has a limit: its longest parts are left out, and that is said."""
    (entry,) = read(event(Attribute=[attribute("domain", "evil.example", data="x" * 100_000)]))[1]
    assert len(entry.raw) <= MAX_RAW
    assert json.loads(entry.raw)["value"] == "evil.example"
    assert "left out" in json.loads(entry.raw)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "{", '{"a": 1} x', ""])
def test_what_is_no_json_is_told(text):
    """Depth and damage are one error that says so."""
    with pytest.raises(FeedUnusable, match="no usable JSON"):
        read_json(text)


def test_odd_json_is_read():
    """Numbers that are none, halves of characters and duplicate keys become plain values."""
    assert read_json('{"a": NaN, "b": "\\ud800", "c": 1, "c": 2}') == {"a": None, "b": "?", "c": 2}
