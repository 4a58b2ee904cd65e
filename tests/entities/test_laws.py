"""Laws that entities of every kind obey, however they were made."""

from __future__ import annotations

import copy
import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import ENTITY_TYPES, Entity, File, Host, Key, dump, entity_type, load
from clew.entities.codec import from_key
from clew.entities.entity import field_names
from clew.errors import EntityError
from tests.support import ENTITIES, entities, texts

KINDS = sorted(ENTITY_TYPES)
each_kind = pytest.mark.parametrize("kind", KINDS)


def fields(entity: Entity) -> dict[str, object]:
    return {name: getattr(entity, name) for name in field_names(type(entity))}


@each_kind
@given(data=st.data())
def test_what_was_dumped_loads_as_it_was(kind, data):
    """`load(dump(x))` is x with all of its fields, through JSON text and back."""
    entity = data.draw(ENTITIES[kind])
    again = load(json.loads(json.dumps(dump(entity))))
    assert again == entity
    assert fields(again) == fields(entity)


@each_kind
@given(data=st.data())
def test_a_normal_form_is_its_own_normal_form(kind, data):
    """Normalising twice is normalising once, and the aliases stay."""
    entity = data.draw(ENTITIES[kind])
    again = type(entity)(**entity.filled_fields())
    assert again.value == entity.value
    assert again.key == entity.key
    assert again.aliases == entity.aliases


@each_kind
@given(data=st.data())
def test_a_key_can_be_read_back(kind, data):
    """`Key.parse(str(key))` is the key, and the barest entity with a key has that key."""
    entity = data.draw(ENTITIES[kind])
    for key in (entity.key, *entity.aliases):
        assert Key.parse(str(key)) == key
        assert key.kind == kind
    assert from_key(entity.key).key == entity.key


@given(entities, entities)
def test_equality_is_identity(one, other):
    """Two entities are equal exactly when their keys are, and then their hashes are too."""
    assert (one == other) == (one.key == other.key)
    assert (one != other) == (one.key != other.key)
    assert len({one, other}) == 1 + (one.key != other.key)


@given(ENTITIES["process"], texts)
def test_descriptions_take_no_part_in_equality(process, line):
    """A command line, a path or an operating system describes an entity; it does not make it another one."""
    described = dataclasses.replace(process, command_line=line, image=line)
    assert described == process
    assert hash(described) == hash(process)


@given(texts, ENTITIES["host"], st.binary(min_size=32, max_size=32))
def test_a_place_is_never_a_content(path, host, digest):
    """A file known by its path shares no key with a file known by a hash, even if that was seen at the same path."""
    place = File(path=path, host=host.value)
    content = File(sha256=digest.hex(), path=path, host=host.value)
    assert place != content
    assert not {place.key, *place.aliases} & {content.key, *content.aliases}


@given(entities)
def test_an_entity_is_frozen_and_small(entity):
    """No field can be set, none can be added, and there is no dictionary behind it."""
    with pytest.raises(AttributeError):
        entity.value = "x"
    with pytest.raises((AttributeError, TypeError)):
        entity.surprise = "x"
    assert not hasattr(entity, "__dict__")
    assert copy.deepcopy(entity) == entity


@given(entities)
def test_an_entity_is_never_equal_to_its_text(entity):
    """An entity equals neither its value nor its key nor an entity of another kind with the same value."""
    assert entity not in (entity.value, entity.key, None, 1)


@each_kind
@given(data=st.data())
def test_a_misspelt_field_is_an_error_that_names_it(kind, data):
    """A field that does not exist is refused by its name, and the error says which fields there are."""
    entity = data.draw(ENTITIES[kind])
    with pytest.raises(EntityError) as refused:
        type(entity)(**entity.filled_fields(), valeu="x")
    text = str(refused.value)
    assert "has no field 'valeu'" in text
    assert all(name in text for name in field_names(type(entity)))


@each_kind
def test_only_the_identity_is_positional(kind):
    """A second positional argument is refused, and so is an identity that is given twice."""
    cls = ENTITY_TYPES[kind]
    with pytest.raises(EntityError, match="one positional argument, its identity; 2 were given"):
        cls("a", "b")
    with pytest.raises(EntityError, match="given its identity twice"):
        cls("a", value="b")


@each_kind
@pytest.mark.parametrize("value", [None, 5, b"x", ["x"], 1.5, object(), "", "  "])
def test_what_is_no_text_is_refused_in_words(kind, value):
    """An identity that is missing, empty or no text is an EntityError with a message, never another exception."""
    with pytest.raises(EntityError) as refused:
        ENTITY_TYPES[kind](value)
    assert refused.value.message


@each_kind
def test_an_endless_text_is_refused(kind):
    """No entity keeps more than 65,536 characters as its identity."""
    with pytest.raises(EntityError):
        ENTITY_TYPES[kind](value="a" * 70_000)


@each_kind
def test_a_kind_is_found_by_either_of_its_names(kind):
    """`entity_type` takes the kind and the class name, in any case."""
    cls = ENTITY_TYPES[kind]
    assert entity_type(kind.upper()) is entity_type(cls.__name__.lower()) is cls


@pytest.mark.parametrize(
    "data",
    [
        *(None, [], "ip", 5, {}, {"kind": "cat"}, {"kind": ["ip"]}, {"kind": "ip"}, {"kind": "ip", "value": "x"}),
        {"kind": "ip", "value": "192.0.2.1", "surprise": 1},
    ],
)
def test_what_is_no_dump_is_refused(data):
    """`load` gives an entity or an EntityError."""
    with pytest.raises(EntityError):
        load(data)


@given(ENTITIES["host"], texts)
def test_filling_adds_what_is_missing(host, system):
    """`filled` takes the fields that are missing from an entity that means the same, and keeps what is there."""
    bare, told = Host(host.value), Host(host.value, os=system)
    other = Host(host.value, os="another", netbios="ws01")
    assert bare.filled_from(told).os == system
    assert told.filled_from(other).os == system
    assert told.filled_from(other).netbios == "ws01"


@given(entities)
def test_filling_from_itself_changes_nothing(entity):
    """An entity has nothing to learn from itself."""
    assert entity.filled_from(entity) is entity
