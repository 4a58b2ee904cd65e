"""YAML is data: what looks like text is text, and what could run, grow or hide is refused with its place."""

from __future__ import annotations

from datetime import datetime

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from clew.errors import SettingsError
from clew.yaml_files import MAX_DEPTH, read_document, read_yaml, write_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("Yes", "Yes"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("12:30:45", "12:30:45"),
        ("12:30", "12:30"),
        ("2026-03-17", "2026-03-17"),
        ("5", 5),
        ("-5", -5),
        ("0", 0),
        ("010", "010"),
        ("0x1F", "0x1F"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        ("+5", "+5"),
        ("1.5", 1.5),
        ("-1.5", -1.5),
        ("1.2.3", "1.2.3"),
        ("1e3", "1e3"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("'5'", "5"),
        ('"no"', "no"),
        ("9" * 5000, "9" * 5000),
        ("=", "="),
        ("!!int 9", 9),
        ("198.51.100.7", "198.51.100.7"),
    ],
)
def test_a_scalar_is_what_it_looks_like(text, value):
    """Only plain numbers, `true`, `false` and `null` are more than text."""
    got = read_yaml(f"a: {text}", "x.yaml")
    assert got == {"a": value}
    assert type(got["a"]) is type(value)


@pytest.mark.parametrize(
    ("text", "why", "place"),
    [
        ("a: &x 1\nb: *x", "aliases are not allowed", "x.yaml:1:4"),
        ("a: &x [1]\nb: [*x, *x]", "aliases are not allowed", "x.yaml:1:4"),
        ("&x a: 1\n*x : 2", "where it stands", "x.yaml:1:1"),
        ("base: &b {c: 1}\nd:\n  <<: *b", "aliases are not allowed", "x.yaml:1:7"),
        ("&x a: *x", "aliases are not allowed", "x.yaml:1:1"),
        ("a: 1\nb: 2\na: 3", "the key 'a' stands twice", "x.yaml:3:1"),
        ("1: a\n'1': b", "the key '1' stands twice", "x.yaml:2:1"),
        ("? [1, 2]\n: 3", "a key is text", "x.yaml:1:3"),
        ("? {a: b}\n: 3", "a key is text", "x.yaml:1:3"),
        ("a: !!python/object/apply:os.system ['true']", "'python/object/apply:os.system' is not allowed", "x.yaml:1:4"),
        ("!!python/name:os.system x", "python/name:os.system", "x.yaml:1:1"),
        ("a: !!binary aGk=", "'binary' is not allowed", "x.yaml:1:4"),
        ("a: !local 5", "'!local' is not allowed", "x.yaml:1:4"),
        ("a: !local [5]", "'!local' is not allowed", "x.yaml:1:4"),
        ("a: !!set {b, c}", "'set' is not allowed", "x.yaml:1:4"),
        ("a: !!omap [b: 1]", "'omap' is not allowed", "x.yaml:1:4"),
        ("- " * (MAX_DEPTH + 1) + "a", "nested too deeply", f"x.yaml:1:{2 * MAX_DEPTH + 1}"),
        ("a: [", "not usable YAML", "x.yaml"),
        ("a: 1\n---\nb: 2", "not usable YAML", "x.yaml"),
        ("a: \x00", "not usable YAML", "x.yaml"),
        ("a: b: c", "not usable YAML", "x.yaml"),
        ("\tx: 1", "not usable YAML", "x.yaml"),
        ("%YAML 9.9\n---\na: 1", "not usable YAML", "x.yaml"),
    ],
)
def test_what_is_more_than_data_is_refused(text, why, place):
    """Aliases, tags, duplicate and structured keys, depth and damage are errors that name the place."""
    with pytest.raises(SettingsError) as refused:
        read_yaml(text, "x.yaml")
    assert why in refused.value.message
    assert refused.value.location == place


@pytest.mark.parametrize("part", ["[", "{a: ", "- "])
@pytest.mark.parametrize("depth", [100, 5_000, 200_000])
def test_no_depth_ends_the_process(part, depth):
    """However deep the nesting, the answer is an error, not a crash of the parser in C."""
    with pytest.raises(SettingsError, match="nested too deeply"):
        read_yaml(part * depth, "x.yaml")


def test_depth_that_people_write_is_read():
    """Up to the limit, nesting is data."""
    assert read_yaml("[" * MAX_DEPTH + "]" * MAX_DEPTH, "x.yaml")


plain = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**15), 10**15), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=12,
)


@given(plain)
def test_plain_data_is_read_as_it_was_written(data):
    """What a YAML writer writes for plain data reads back as that data."""

    class Plain(yaml.SafeDumper):
        def ignore_aliases(self, data: object) -> bool:
            return True

    assert read_yaml(yaml.dump(data, Dumper=Plain), "x.yaml") == data


@given(st.text("ab:-[]{}&*!#|>'\"%?,= \n\t01.~\u2028", max_size=60))
def test_any_text_is_plain_data_or_an_error(text):
    """Reading ends in plain values or a SettingsError; in nothing else, and in no objects."""
    check_plain(outcome(text))


def outcome(text: str) -> object:
    try:
        return read_yaml(text, "x.yaml")
    except SettingsError as error:
        return error.location


def check_plain(data: object) -> None:
    assert not isinstance(data, datetime | bytes | set | tuple)
    for item in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        check_plain(item)


def test_hostile_files_are_refused(shared_data):
    """A bomb of aliases, a Python object and endless nesting are errors."""
    files = sorted(shared_data("../hostile-files").glob("*.yaml"))
    assert len(files) > 2
    for file in files:
        with pytest.raises(SettingsError):
            read_yaml(file.read_text("utf-8"), file.name)


def test_a_lone_surrogate_is_no_yaml():
    """Text that cannot be UTF-8 is refused like any other that is no YAML."""
    with pytest.raises(SettingsError, match="not usable YAML"):
        read_yaml("a: \ud800", "x.yaml")


def test_every_value_has_its_place():
    """A reader can say in which line and column a value and its key stand."""
    document = read_document("a:\n  - b: 1\n  - {c: [x,\n       y]}\n", "x.yaml")
    assert document.value == {"a": [{"b": 1}, {"c": ["x", "y"]}]}
    assert document.locations["a", 1, "c", 1] == "x.yaml:4:8"
    assert document.key_locations["a", 0, "b"] == "x.yaml:2:5"
    assert set(document.key_locations) <= set(document.locations)


floats = st.integers(-(10**9), 10**9).map(lambda number: number / 1024)


@given(st.recursive(plain | floats, lambda inner: st.lists(inner, max_size=3), max_leaves=5))
def test_what_is_written_reads_back(data):
    """Plain data, numbers with decimals too, reads back from its own text."""
    assert read_yaml(write_yaml(data), "x.yaml") == data


@pytest.mark.parametrize("data", [float("nan"), float("inf"), 1e300, 10**30, "\ud800", {"a": object()}, (1, 2)])
def test_what_would_be_lost_is_not_written(data):
    """A number that is not read back, text that is none and objects are refused."""
    with pytest.raises(SettingsError):
        write_yaml(data)
