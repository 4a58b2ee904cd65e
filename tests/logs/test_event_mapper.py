"""Whatever an event holds, it ends in one count, and its cells fit the columns of its views."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities.vocabulary import VOCABULARY
from clew.logs.engines.duckdb_engine import ENGINE
from clew.logs.event_mapper import EventKind, EventMapper
from clew.logs.formats.json_codec import json_bytes
from clew.logs.log_schemas import LogSchema
from clew.logs.schema_files import load_schemas
from tests.support import FEWER, HOSTILE

SCHEMAS = load_schemas()
ODD = ("-", "0x1f", "1e400", "2026-03-17T09:15:00Z", "::1", "{", "[]", "<a>", "<Event>", "a\rb")
keys = st.text(max_size=4) | st.just("#text")
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(
        [*HOSTILE, "-", "0x1f", "1e400", "2026-03-17T09:15:00Z", "::1", "{", "[]", "<a>", "<Event>", "a\rb"]
    )
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4) | st.just("#text"), inner, max_size=3)
    ),
    max_leaves=5,
)


def placed(event: dict[str, Any], path: str, value: Any) -> None:
    """Put a value at a path, as far as what stands there allows."""
    *parents, last = path.split(".")
    node: Any = event
    for key in parents:
        node = node.setdefault(key, {}) if isinstance(node, dict) else None
    if isinstance(node, dict):
        node[last] = value


def recognised_values(schema: LogSchema) -> Iterator[tuple[str, str]]:
    """Header fields with values by which an event is of some map."""
    for event_map in schema.maps:
        for name, allowed in event_map.conditions.items():
            for value in allowed or ("x",):
                yield name, value.removesuffix("*")


@st.composite
def events(draw: st.DrawFn, schema: LogSchema) -> dict[str, Any]:
    """An event with the fields of a schema, at one of its layouts, and anything in them."""
    event: dict[str, Any] = {}
    event_map = draw(st.sampled_from(schema.maps))
    layout = draw(st.sampled_from(schema.layouts)).strip(".")
    fields = {name for rule in event_map.columns.values() for name in rule.fields} | {*event_map.present}
    for name in sorted(fields - {*schema.header}):
        if draw(st.booleans()):
            placed(event, f"{layout}.{name}" if layout else name, draw(values))
    for name, paths in schema.header.items():
        accepted = event_map.conditions.get(name)
        value = draw(st.sampled_from(accepted)) if accepted else draw(values)
        placed(event, draw(st.sampled_from(paths)), value)
    return event


@pytest.mark.parametrize("schema", SCHEMAS.schemas, ids=lambda schema: schema.name)
@FEWER
@given(data=st.data())
def test_no_value_of_a_field_breaks_an_event(schema: LogSchema, data: st.DataObject) -> None:
    """Each cell is None or of the type of its column, and a number fits into one of the engine."""
    mapped = EventMapper(SCHEMAS).map_event(data.draw(events(schema)))
    assert mapped.kind in EventKind
    for view, cells in mapped.rows:
        for name, cell in zip(SCHEMAS.views[view].cell_names, cells, strict=True):
            expected = VOCABULARY[name].type
            assert cell is None or type(cell) is expected or (expected is float and type(cell) is int), (name, cell)
            assert type(cell) is not int or -(2**63) <= cell < 2**63
            assert not isinstance(cell, datetime) or cell.tzinfo is None


@FEWER
@given(data=st.data())
def test_no_event_breaks_a_log(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Events with anything in their fields are connected, each in one count, and the rows of all views can be read."""
    schemas = data.draw(st.lists(st.sampled_from(SCHEMAS.schemas), min_size=1, max_size=6))
    lines = [json_bytes(data.draw(events(schema))) for schema in schemas]
    folder = tmp_path_factory.mktemp("any")
    path = Path(folder) / "a.ndjson"
    path.write_bytes(b"\n".join(lines))
    source = ENGINE.open(str(path), Path(folder) / "cache")
    assert sum(count.rows for count in source.coverage.counts) >= len(lines)
    for view in source.capabilities.views:
        assert source.select(f"SELECT * FROM {view}", {}, 100).rows
    source.close()
