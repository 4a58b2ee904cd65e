"""Many nodes and links at once: the rows of an import as evidence, and their way into the tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from clew.entities import Account, Entity, Host, Key, Relation, dump, load, parse
from clew.entities.checked_text import stamp
from clew.entities.codec import from_key
from clew.errors import EntityError, QueryError
from clew.graph.format.events import Imported
from clew.graph.projection.nodes import NodeTable, claim_mark
from clew.providers.base import canonical_json
from clew.sqlite import Connection, Value

#: The media type of the rows of an import.
IMPORTED_ROWS = "application/vnd.clew.import+json"
#: How many rows are one step.
BATCH = 100_000
#: How many cells are remembered while frames are read.
CELL_CACHE_SIZE = 1_000_000
#: A machine and an account may be known by a short and by a full name.
ALIASED_KINDS = (Host.kind, Account.kind)
_RELATIONS = {relation.value: relation.value for relation in Relation}

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class ImportBatch:
    """Rows of one step.

    Attributes:
        nodes: keys, or entities that say more than their key, as plain JSON values.
        links: source, relation, target, first and last time; as keys and texts, empty for an unknown time.
        about: what else belongs to them, as plain JSON values by name: what a rule says, the raw events (`raw`), and
            for each link the places of its events among them (`rests_on`).
    """

    nodes: Sequence[str | Mapping[str, Any]] = ()
    links: Sequence[Sequence[str]] = ()
    about: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def body(self) -> bytes:
        """As it is kept."""
        columns = [list(column) for column in zip(*self.links, strict=True)] if self.links else []
        document = {"nodes": self.nodes, "links": columns, **self.about}
        return json.dumps(document, separators=(",", ":")).encode()

    def raw_texts(self, link: int) -> list[str]:
        """The raw events that a link rests on; none where it came without any."""
        raw, rests_on = self.about.get("raw"), self.about.get("rests_on")
        if not isinstance(raw, list) or not isinstance(rests_on, list):
            return []
        texts: list[Any] = cast("Any", raw)
        places: list[Any] = cast("Any", rests_on)
        numbers: list[Any] = places[link] if link < len(places) and isinstance(places[link], list) else []
        return [str(texts[number]) for number in numbers if isinstance(number, int) and 0 <= number < len(texts)]

    @classmethod
    def read(cls, body: bytes) -> ImportBatch:
        """What `body` wrote. Raises ValueError or LookupError for anything else."""
        document: dict[str, Any] = json.loads(body)
        nodes, columns = document.pop("nodes"), document.pop("links")
        return cls(nodes, [*zip(*columns, strict=True)] if columns else (), document)


@dataclass(slots=True)
class _NodeNumbers:
    """The numbers of nodes by key, read once for all rows of a batch."""

    nodes: NodeTable
    step: int
    numbers: dict[str, int] = field(default_factory=dict[str, int])

    def of(self, key: str) -> int:
        if key not in self.numbers:
            self.numbers[key] = self.nodes.upsert(from_key(Key.parse(key)), self.step)
        return self.numbers[key]


def fold_batch(connection: Connection, nodes: NodeTable, step: int, event: Imported, body: bytes) -> None:
    """Put the rows of an import into the tables. One source, one claim for each row."""
    batch = ImportBatch.read(body)
    _upsert_all(connection, nodes, step, batch.nodes)
    if not batch.links:
        return
    columns = "step, provider, pivot, asked_at, evidence"
    connection.execute(
        f"INSERT INTO origins ({columns}) VALUES (?, ?, 'import', '', ?)",  # noqa: S608 - a constant
        (step, event.source, event.evidence),
    )
    origin = connection.last_insert_rowid()
    ends = dict.fromkeys(key for row in batch.links for key in (row[0], row[2]))
    existing_numbers = _numbers_of(connection, ends)
    missing = [key for key in ends if key not in existing_numbers]
    _upsert_all(connection, nodes, step, missing)
    numbers = _NodeNumbers(nodes, step, existing_numbers | _numbers_of(connection, missing))
    connection.executemany(
        "INSERT OR IGNORE INTO claims (source, relation, target, origin, pointers, observed_first, observed_last, "
        "inferred, said_source, said_target, mark) VALUES (?, ?, ?, ?, ?, ?, ?, 0, '', '', ?)",
        _claims(batch.links, numbers, origin, event),
    )


def _claims(
    links: Iterable[Sequence[str]], numbers: _NodeNumbers, origin: int, event: Imported
) -> Iterator[tuple[Value, ...]]:
    for row, (source, relation, target, first, last) in enumerate(links):
        pointers = f'["/links/{row}"]'
        mark = claim_mark(source, relation, target, event.source, (event.evidence,), pointers)
        yield numbers.of(source), relation, numbers.of(target), origin, pointers, first, last, mark


def _numbers_of(connection: Connection, keys: Iterable[str]) -> dict[str, int]:
    """The nodes that are called exactly so; what is missing has to be placed."""
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS wanted (key TEXT PRIMARY KEY) WITHOUT ROWID")
    connection.execute("DELETE FROM temp.wanted")
    connection.executemany("INSERT INTO temp.wanted VALUES (?)", ((key,) for key in sorted(keys)))
    return dict(connection.execute("SELECT n.key, n.id FROM temp.wanted w JOIN main.nodes n ON n.key = w.key"))


def _upsert_all(connection: Connection, nodes: NodeTable, step: int, items: Sequence[str | Mapping[str, Any]]) -> None:
    """Nodes that are new and have one name go in together; the others one by one."""
    entities = [_entity(item) for item in items]
    plain = {str(entity.key): entity for entity in entities if not entity.aliases and not entity.key.scope}
    names = plain.keys() - _numbers_of(connection, plain).keys()
    names -= _alias_keys(connection)
    connection.executemany(
        "INSERT INTO nodes (key, kind, scope, label, entity, first_step, verdict, severity) "
        "VALUES (?, ?, '', ?, ?, ?, 'unknown', 'informational')",
        (
            (name, entity.kind, entity.label, canonical_json(dump(entity)), step)
            for name, entity in plain.items()
            if name in names
        ),
    )
    for entity in entities:
        if str(entity.key) not in names:
            nodes.upsert(entity, step)


def _alias_keys(connection: Connection) -> set[str]:
    """Those of the wanted keys that are another name of a node."""
    rows = connection.execute("SELECT a.alias FROM temp.wanted w JOIN main.aliases a ON a.alias = w.key")
    return {str(row[0]) for row in rows}


def _entity(item: str | Mapping[str, Any]) -> Entity:
    return from_key(Key.parse(item)) if isinstance(item, str) else load(dict(item))


def read_frames(
    nodes: pd.DataFrame | None, edges: pd.DataFrame | None
) -> Iterator[tuple[ImportBatch, tuple[Entity, ...]]]:
    """Frames as batches: nodes first; with each the entities that may turn out to be one with others.

    Yields:
        A batch, and the entities in it that may turn out to be one with others.

    Raises:
        QueryError: names the first row and column that cannot be read.
    """
    reader = _FrameReader()
    if nodes is not None:
        for first in range(0, len(nodes), BATCH):
            yield (
                ImportBatch(nodes=reader.nodes(nodes.iloc[first : first + BATCH], first)),
                reader.take_merge_candidates(),
            )
    if edges is not None:
        for first in range(0, len(edges), BATCH):
            links = reader.links(edges.iloc[first : first + BATCH], first)
            candidates = reader.take_merge_candidates()
            yield ImportBatch([plain_entity(entity) for entity in reader.take_described_entities()], links), candidates


@dataclass(slots=True)
class _FrameReader:
    """Cells to keys; a cell that was met before is not read again."""

    keys: dict[object, str] = field(default_factory=dict[object, str])
    merge_candidates: list[Entity] = field(default_factory=list[Entity])
    described_entities: list[Entity] = field(default_factory=list[Entity])

    def take_merge_candidates(self) -> tuple[Entity, ...]:
        """What was read since the last time and may have several names."""
        candidates, self.merge_candidates = tuple(self.merge_candidates), []
        return candidates

    def take_described_entities(self) -> list[Entity]:
        """The ends of links since the last time that were given as entities: they may say more than their key."""
        entities, self.described_entities = self.described_entities, []
        return entities

    def nodes(self, rows: pd.DataFrame, first: int) -> list[str | Mapping[str, Any]]:
        return [self._node(cell, first + number) for number, cell in enumerate(_column(rows, "entity"))]

    def _node(self, cell: object, row: int) -> str | Mapping[str, Any]:
        entity = self._entity(cell, "entity", row)
        value = plain_entity(entity)
        if isinstance(cell, str) and isinstance(value, str):
            self._remember(cell, value)
        return value

    def links(self, rows: pd.DataFrame, first: int) -> list[Sequence[str]]:
        sources = [self._key(cell, "source", first + n) for n, cell in enumerate(_column(rows, "source"))]
        targets = [self._key(cell, "target", first + n) for n, cell in enumerate(_column(rows, "target"))]
        relations = [_relation(cell, first + n) for n, cell in enumerate(_column(rows, "relation"))]
        first_times, last_times = _times(rows, "observed_first", first), _times(rows, "observed_last", first)
        return [*zip(sources, relations, targets, first_times, last_times, strict=True)]

    def _key(self, cell: object, column: str, row: int) -> str:
        if isinstance(cell, Entity):
            self.described_entities.append(cell)
            return str(self._entity(cell, column, row).key)
        key = self.keys.get(cell)
        if key is None:
            key = str(self._entity(cell, column, row).key)
            self._remember(cell, key)
        return key

    def _remember(self, cell: object, key: str) -> None:
        if len(self.keys) < CELL_CACHE_SIZE:
            self.keys[cell] = key

    def _entity(self, cell: object, column: str, row: int) -> Entity:
        try:
            entity = cell if isinstance(cell, Entity) else parse(cell) if isinstance(cell, str) else _reject_cell(cell)
        except EntityError as error:
            raise QueryError(f"row {row}, column {column!r}: {error.message}", next_step=error.next_step) from None
        if entity.aliases or entity.kind in ALIASED_KINDS:
            self.merge_candidates.append(entity)
        return entity


def _reject_cell(cell: object) -> Entity:
    raise EntityError(f"{cell!r} is no entity", next_step="give an entity, or a text such as ip:198.51.100.7")


def plain_entity(entity: Entity) -> str | Mapping[str, Any]:
    """The key, where it says all that is known of the entity."""
    fields = dump(entity)
    return str(entity.key) if len(fields) == 2 and not entity.key.scope else fields


def _column(rows: pd.DataFrame, name: str) -> list[object]:
    if name not in rows:
        raise QueryError(f"there is no column {name!r}", next_step=f"there are {', '.join(map(str, rows.columns))}")
    return rows[name].tolist()


def _relation(cell: object, row: int) -> str:
    if cell not in _RELATIONS:
        raise QueryError(
            f"row {row}, column 'relation': there is no relation {cell!r}",
            next_step=f"choose one of {', '.join(_RELATIONS)}",
        )
    return _RELATIONS[str(cell)]


def _times(rows: pd.DataFrame, name: str, first: int) -> list[str]:
    if name not in rows:
        return [""] * len(rows)
    import pandas as pd

    moments = pd.to_datetime(rows[name], utc=True, errors="coerce", format="ISO8601")
    missing = moments.isna().to_numpy()
    bad_rows = (missing & rows[name].notna().to_numpy()).nonzero()[0]
    if len(bad_rows):
        raise QueryError(
            f"row {first + int(bad_rows[0])}, column {name!r}: {rows[name].iloc[int(bad_rows[0])]!r} is no time",
            next_step="write ISO 8601",
        )
    return ["" if no_time else stamp(moment.to_pydatetime()) for no_time, moment in zip(missing, moments, strict=True)]
