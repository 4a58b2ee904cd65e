"""A schema is data, and a mistake in it says where it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities.vocabulary import VOCABULARY
from clew.errors import SettingsError
from clew.logs import pack_files as pack_module
from clew.logs import query_packs, schema_files
from clew.logs.pack_files import PackFile, PackTable
from clew.logs.query_packs import load_queries
from clew.logs.schema_files import load_schemas
from clew.yaml_files import read_document, write_yaml
from tests.support import FEWER

GOOD = """\
layouts: ["", "data."]
header:
  kind: [kind, "@type"]
views:
  visits:
    columns: [time, host_name, source_ip, http_status, source, row]
    entities:
      machine: host host_name
      client: address source_ip
    links:
      - machine has-address client
maps:
  - dataset: x
    view: visits
    recognise: {kind: [Visit]}
    columns:
      time: time at
      source_ip: ip Peer from where isOut
queries:
  - id: Host.visits
    about: Visits of the host.
    view: visits
    binds: [hosts]
    sql: SELECT * FROM visits
"""
# What is changed, into what, where the mistake is, and what is said of it.
MISTAKES = {
    "a column that is no word": ("http_status,", "http_colour,", "6:43", "no column 'http_colour' is in the vocab"),
    "no time": ("[time, host_name", "[host_name", "6:5", "has no column 'time'"),
    "a maker": ("host host_name", "hots host_name", "8:16", "no maker 'hots'"),
    "a column of a maker": ("address source_ip", "address peer_ip", "9:15", "no column 'peer_ip'"),
    "too few columns of a maker": ("address source_ip", "account source_ip", "9:15", "account takes 4 columns"),
    "a relation": ("has-address", "owns", "11:9", "no relation 'owns'"),
    "an end of a link": ("has-address client", "has-address clent", "11:9", "no entity 'clent'"),
    "a link of two words": ("has-address client", "client", "11:9", "is no link"),
    "a view of a map": ("view: visits\n    recognise", "view: visit\n    recognise", "14:11", "no view 'visit'"),
    "a field of the header": ("{kind: [Visit]}", "{knid: [Visit]}", "15:23", "no field 'knid'"),
    "events of any kind": ("{kind: [Visit]}", "{}", "13:5", "nothing says which events"),
    "a column of a map": ("source_ip: ip", "peer_ip: ip", "18:16", "no column 'peer_ip'"),
    "a function": ("time: time at", "time: tiem at", "17:13", "'tiem at' is not a column; functions: text"),
    "a type": ("source_ip: ip", "source_ip: number", "18:18", "source_ip is str, and not int"),
    "a type of a constant": ("time: time at", "time: {constant: now}", "17:13", "time is datetime, and not str"),
    "a choice": ("where isOut", "where", "18:18", "this that where Flag"),
    "a view of a query": ("view: visits\n    binds", "view: visit\n    binds", "22:11", "no view 'visit'"),
    "a key": ("dataset: x", "datset: x", "13:13", "'datset' means nothing here"),
    "a list": ("[hosts]", "hosts", "23:12", "a list is needed here"),
    "a text": ("sql: SELECT * FROM visits", "sql: 5", "24:10", "a text is needed here"),
    "a view twice": ("  visits:\n    columns", "  logons:\n    columns", "6:5", "a view 'logons' already"),
    "a query twice": ("Host.visits", "Host.logons", "20:5", "a query 'Host.logons' already"),
}


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch):
    """Read a text as one more file of clew's own."""
    own_files = pack_module.pack_files().files
    for function in (schema_files.schema_table, query_packs.query_table):
        function.cache_clear()

    def read(text: str) -> None:
        document = read_document(text, "more.yaml")
        more = PackFile("more.yaml", text, document.value, document.locations)
        for module in (schema_files, query_packs):
            monkeypatch.setattr(module, "pack_files", lambda: PackTable((*own_files, more), ()))

    yield read
    for function in (schema_files.schema_table, query_packs.query_table):
        function.cache_clear()


def test_a_view_is_one_file(use) -> None:
    """One file adds a view with its entities and links, the events that fill it, and a query."""
    before = load_schemas().version
    schema_files.schema_table.cache_clear()
    use(GOOD)
    schemas = load_schemas()
    assert [*schemas.views["visits"].rows.entities] == ["machine", "client"]
    (schema,) = (schema for schema in schemas.schemas if schema.name == "more")
    assert schema.layouts == ("", "data.")
    assert schema.header["kind"] == ("kind", "@type")
    assert load_queries()["Host.visits"].view == "visits"
    assert schemas.version != before


@pytest.mark.parametrize(("old", "new", "place", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_says_where_it_is(use, old: str, new: str, place: str, message: str) -> None:
    """A column, maker, function, relation or name that there is not is an error with file, line and column."""
    assert GOOD.count(old) == 1
    use(GOOD.replace(old, new))
    with pytest.raises(SettingsError) as refused:
        load_queries()
    assert message in refused.value.message
    assert refused.value.location == f"more.yaml:{place}"


values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab: -", max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", min_size=1), inner, max_size=3),
    max_leaves=6,
)
KEYS = ["views", "layouts", "header", "maps", "queries", "columns", "entities", "links", "view", "recognise", "x"]


@FEWER
@given(data=st.data())
def test_no_file_breaks_the_reader(data) -> None:
    """Whatever YAML a schema is, it is read or refused with its place; there is no other exception."""
    known = st.dictionaries(st.sampled_from(KEYS), values | st.dictionaries(st.sampled_from(KEYS), values), max_size=4)
    text = write_yaml(data.draw(known))
    document = read_document(text, "any.yaml")
    file = PackFile("any.yaml", text, document.value, document.locations)
    locations: list[str] = []
    for read in (schema_files.read_views, schema_files.read_schema):
        try:
            read(file, load_schemas().views)
        except SettingsError as error:
            locations.append(error.location)
    assert all(location.startswith("any.yaml") for location in locations)


def test_every_column_has_its_type_from_the_vocabulary() -> None:
    """The columns of all views are words of the vocabulary, whose types are the only ones there are."""
    columns = {column for view in load_schemas().views.values() for column in view.columns}
    assert columns <= set(VOCABULARY)
    assert {"time", "source", "row"} < columns


def test_views_and_maps_have_files_of_their_own() -> None:
    """A file of clew whose name says so defines views, any other one says how events become rows of them."""
    for file in (Path(schema_files.__file__).parent / "schemas").iterdir():
        is_views = "\nviews:\n" in file.read_text()
        assert is_views == file.name.endswith("_views.yaml")
        assert is_views != ("\nmaps:\n" in file.read_text())
