"""Tables of fields, and links out of fields."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import AutonomousSystem, Domain, IpAddress, Relation
from clew.providers.dns_relations import DNS_RELATIONS
from clew.providers.field_table import COMPUTED_FIELD, Field, FieldTable
from clew.providers.json_reply import JsonObject, earliest, latest
from clew.providers.link_collector import LinkCollector
from tests.providers.ti.anything import json_values, objects

IP = IpAddress("198.51.100.7")
SERVICES = FieldTable(
    service_port=Field.integer("port"),
    product=Field.text("product") | Field.text("software", "name"),
    tags=Field.texts("tags"),
    is_tor=Field.flag("tor"),
    asn=Field.network_number("asn"),
    latitude=Field.number("lat"),
    registered=Field.day("since"),
    observed_last=Field.time("seen"),
    certificate=COMPUTED_FIELD,
)


def test_a_row_has_the_values_in_the_order_of_the_names():
    """Each value is read from its field, and what is computed stands in its place."""
    record = JsonObject(
        {
            "port": "443",
            "software": {"name": "nginx"},
            "tags": ["c2", "vpn"],
            "tor": False,
            "asn": "AS64500",
            "lat": "48.2",
            "since": "2026-03-17T09:15:00+01:00",
            "seen": "2026-03-17T09:15:00Z",
        }
    )
    row = SERVICES.row(record, certificate="sha256:5f")
    assert dict(zip(SERVICES.names, row, strict=True)) == SERVICES.facts(record, certificate="sha256:5f")
    assert row == (
        443,
        "nginx",
        "c2, vpn",
        False,
        64500,
        48.2,
        "2026-03-17",
        "2026-03-17T09:15:00.000000Z",
        "sha256:5f",
    )


def test_a_computed_value_goes_before_the_one_that_is_read():
    """Who reads the record may know better than its field."""
    assert SERVICES.facts(JsonObject({"port": 22}), service_port=2222)["service_port"] == 2222


def test_a_value_without_a_name_in_the_table_is_a_mistake():
    """A fact that the operation does not announce cannot slip in."""
    with pytest.raises(TypeError, match="no names of the table: prot"):
        SERVICES.row(JsonObject({}), prot=22)


def test_false_and_0_are_values():
    """The other field is read only where the first says nothing at all."""
    field = Field.flag("newer") | Field.flag("older")
    assert field.read(JsonObject({"newer": False, "older": True})) is False
    assert field.read(JsonObject({"older": True})) is True
    assert (Field.integer("a") | Field.integer("b")).read(JsonObject({"a": 0, "b": 7})) == 0


FIELDS = ("port", "product", "software", "tags", "tor", "asn", "lat", "since", "seen")


@given(objects(FIELDS))
def test_whatever_a_record_holds_its_row_is_as_long_as_the_names(fields):
    """What is something else than documented costs its own cell, and nothing else."""
    row = SERVICES.row(JsonObject(fields))
    assert len(row) == len(SERVICES.names)
    assert all(cell is None or isinstance(cell, str | int | float | bool) for cell in row)


@given(st.lists(objects(("seen",)), max_size=5))
def test_nothing_was_seen_before_the_earliest_or_after_the_latest(records):
    """The two bounds hold every time that the records have, and are there together or not at all."""
    parts = [JsonObject(fields) for fields in records]
    times = [time for part in parts if (time := part.moment("seen"))]
    first, last = earliest(parts, "seen"), latest(parts, "seen")
    assert (first is None) == (last is None) == (not times)
    assert all(first <= time <= last for time in times if first is not None and last is not None)


@given(objects(("name", "names", "asn")))
def test_links_out_of_fields_have_the_place_that_says_so(fields):
    """Whatever is there, each link has the pointer of its field; an empty field is no link, and not counted."""
    record, links = JsonObject(fields, "/data"), LinkCollector(IP)
    links.link_field(Relation.RESOLVES_TO, record, "name", Domain, backwards=True)
    links.link_names(Relation.RELATED_TO, record, ("names",))
    links.link_network(record, "asn")
    for link in links.collected_links:
        assert all(pointer.split("/")[:2] == ["", "data"] for pointer in link.pointers)
    if not fields:
        assert (links.collected_links, links.invalid_count) == ((), 0)


def test_a_field_links_what_it_names():
    """A name, a list of names and addresses, and the number of a network."""
    record, links = (
        JsonObject({"rdns": "c2.example", "hosts": ["a.example", "203.0.113.9"], "asn": 64500}),
        LinkCollector(IP),
    )
    assert links.link_field(Relation.RESOLVES_TO, record, "rdns", Domain, backwards=True) == Domain("c2.example")
    links.link_names(Relation.RELATED_TO, record, "hosts")
    links.link_network(record, "asn")
    assert [(link.source, link.relation, link.target, link.pointers) for link in links.collected_links] == [
        (Domain("c2.example"), Relation.RESOLVES_TO, IP, ("/rdns",)),
        (IP, Relation.RELATED_TO, Domain("a.example"), ("/hosts/0",)),
        (IP, Relation.RELATED_TO, IpAddress("203.0.113.9"), ("/hosts/1",)),
        (IP, Relation.BELONGS_TO, AutonomousSystem("AS64500"), ("/asn",)),
    ]


@given(json_values)
def test_a_field_that_is_no_text_links_nothing(value):
    """Only text names something."""
    links = LinkCollector(IP)
    if not isinstance(value, str):
        assert links.link_field(Relation.RESOLVES_TO, JsonObject({"name": value}), "name", Domain) is None
        assert (links.collected_links, links.invalid_count) == ((), 0)


def test_addresses_and_names_are_told_apart_by_the_type_of_the_record():
    """A and AAAA lead to addresses, the other types to names."""
    assert {name for name, rule in DNS_RELATIONS.items() if rule.kind is IpAddress} == {"A", "AAAA"}
    assert {rule.relation for rule in DNS_RELATIONS.values() if rule.kind is IpAddress} == {Relation.RESOLVES_TO}
