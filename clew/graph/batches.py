"""Many nodes and links at once: the rows of an import as evidence, and their way into the tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clew.entities import Account, Entity, Host, Key, Relation, dump, load, parse
from clew.entities.codec import from_key
from clew.entities.text import stamp
from clew.errors import EntityError, QueryError
from clew.graph.database import Connection, Value
from clew.graph.events import Imported
from clew.graph.placing import Nodes, claim_mark
from clew.providers.base import canonical_json

#: The media type of the rows of an import.
IMPORTED_ROWS = "application/vnd.clew.import+json"
#: How many rows are one step.
BATCH = 100_000
#: How many cells are remembered while frames are read.
MEMORY = 1_000_000
# A machine and an account may be known by a short and by a full name.
_NAMED_TWICE = (Host.kind, Account.kind)
_RELATIONS = {relation.value: relation.value for relation in Relation}

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one step.

    Attributes:
        nodes: keys, or entities that say more than their key, as plain JSON values.
        links: source, relation, target, first and last time; as keys and texts, empty for an unknown time.
    """

    nodes: Sequence[str | Mapping[str, Any]] = ()
    links: Sequence[Sequence[str]] = ()

    def body(self) -> bytes:
        """As it is kept."""
        columns = [list(column) for column in zip(*self.links, strict=True)] if self.links else []
        return json.dumps({"nodes": self.nodes, "links": columns}, separators=(",", ":")).encode()

    @classmethod
    def read(cls, body: bytes) -> Batch:
        """What `body` wrote. Raises ValueError or LookupError for anything else."""
        document = json.loads(body)
        return cls(document["nodes"], [*zip(*document["links"], strict=True)] if document["links"] else ())


@dataclass(slots=True)
class _Numbers:
    """The numbers of nodes by key, read once for all rows of a batch."""

    nodes: Nodes
    step: int
    known: dict[str, int] = field(default_factory=dict[str, int])

    def of(self, key: str) -> int:
        if key not in self.known:
            self.known[key] = self.nodes.place(from_key(Key.parse(key)), self.step)
        return self.known[key]


def fold_batch(connection: Connection, nodes: Nodes, step: int, event: Imported, body: bytes) -> None:
    """Put the rows of an import into the tables. One source, one claim for each row."""
    batch = Batch.read(body)
    _place_all(connection, nodes, step, batch.nodes)
    if not batch.links:
        return
    columns = "step, provider, pivot, asked_at, evidence"
    connection.execute(
        f"INSERT INTO origins ({columns}) VALUES (?, ?, 'import', '', ?)",  # noqa: S608 - a constant
        (step, event.source, event.evidence),
    )
    origin = connection.last_insert_rowid()
    ends = dict.fromkeys(key for row in batch.links for key in (row[0], row[2]))
    known = _numbers_of(connection, ends)
    missing = [key for key in ends if key not in known]
    _place_all(connection, nodes, step, missing)
    numbers = _Numbers(nodes, step, known | _numbers_of(connection, missing))
    connection.executemany(
        "INSERT OR IGNORE INTO claims (source, relation, target, origin, pointers, observed_first, observed_last, "
        "inferred, said_source, said_target, mark) VALUES (?, ?, ?, ?, ?, ?, ?, 0, '', '', ?)",
        _claims(batch.links, numbers, origin, event),
    )


def _claims(
    links: Iterable[Sequence[str]], numbers: _Numbers, origin: int, event: Imported
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


def _place_all(connection: Connection, nodes: Nodes, step: int, given: Sequence[str | Mapping[str, Any]]) -> None:
    """Nodes that are new and have one name go in together; the others one by one."""
    entities = [_entity(each) for each in given]
    plain = {str(entity.key): entity for entity in entities if not entity.aliases and not entity.key.scope}
    names = plain.keys() - _numbers_of(connection, plain).keys()
    names -= _named_otherwise(connection)
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
            nodes.place(entity, step)


def _named_otherwise(connection: Connection) -> set[str]:
    """Those of the wanted keys that are another name of a node."""
    rows = connection.execute("SELECT a.alias FROM temp.wanted w JOIN main.aliases a ON a.alias = w.key")
    return {str(row[0]) for row in rows}


def _entity(given: str | Mapping[str, Any]) -> Entity:
    return from_key(Key.parse(given)) if isinstance(given, str) else load(dict(given))


def read_frames(nodes: pd.DataFrame | None, edges: pd.DataFrame | None) -> Iterator[tuple[Batch, tuple[Entity, ...]]]:
    """Frames as batches: nodes first; with each the entities that may turn out to be one with others.

    Raises:
        QueryError: names the first row and column that cannot be read.
    """
    reader = _Reader()
    if nodes is not None:
        for first in range(0, len(nodes), BATCH):
            yield Batch(nodes=reader.nodes(nodes.iloc[first : first + BATCH], first)), reader.met()
    if edges is not None:
        for first in range(0, len(edges), BATCH):
            links = reader.links(edges.iloc[first : first + BATCH], first)
            met = reader.met()
            yield Batch([_plain(entity) for entity in reader.described()], links), met


@dataclass(slots=True)
class _Reader:
    """Cells to keys; a cell that was met before is not read again."""

    keys: dict[object, str] = field(default_factory=dict[object, str])
    several: list[Entity] = field(default_factory=list[Entity])
    given: list[Entity] = field(default_factory=list[Entity])

    def met(self) -> tuple[Entity, ...]:
        """What was read since the last time and may have several names."""
        met, self.several = tuple(self.several), []
        return met

    def described(self) -> list[Entity]:
        """The ends of links since the last time that were given as entities: they may say more than their key."""
        given, self.given = self.given, []
        return given

    def nodes(self, rows: pd.DataFrame, first: int) -> list[str | Mapping[str, Any]]:
        return [self._node(cell, first + number) for number, cell in enumerate(_column(rows, "entity"))]

    def _node(self, cell: object, row: int) -> str | Mapping[str, Any]:
        entity = self._entity(cell, "entity", row)
        written = _plain(entity)
        if isinstance(cell, str) and isinstance(written, str):
            self._remember(cell, written)
        return written

    def links(self, rows: pd.DataFrame, first: int) -> list[Sequence[str]]:
        sources = [self._key(cell, "source", first + n) for n, cell in enumerate(_column(rows, "source"))]
        targets = [self._key(cell, "target", first + n) for n, cell in enumerate(_column(rows, "target"))]
        relations = [_relation(cell, first + n) for n, cell in enumerate(_column(rows, "relation"))]
        begun, ended = _times(rows, "observed_first", first), _times(rows, "observed_last", first)
        return [*zip(sources, relations, targets, begun, ended, strict=True)]

    def _key(self, cell: object, column: str, row: int) -> str:
        if isinstance(cell, Entity):
            self.given.append(cell)
            return str(self._entity(cell, column, row).key)
        known = self.keys.get(cell)
        if known is None:
            known = str(self._entity(cell, column, row).key)
            self._remember(cell, known)
        return known

    def _remember(self, cell: object, key: str) -> None:
        if len(self.keys) < MEMORY:
            self.keys[cell] = key

    def _entity(self, cell: object, column: str, row: int) -> Entity:
        try:
            entity = cell if isinstance(cell, Entity) else parse(cell) if isinstance(cell, str) else _no_entity(cell)
        except EntityError as error:
            raise QueryError(f"row {row}, column {column!r}: {error.what}", next_step=error.next_step) from None
        if entity.aliases or entity.kind in _NAMED_TWICE:
            self.several.append(entity)
        return entity


def _no_entity(cell: object) -> Entity:
    raise EntityError(f"{cell!r} is no entity", next_step="give an entity, or a text such as ip:198.51.100.7")


def _plain(entity: Entity) -> str | Mapping[str, Any]:
    """The key, where it says all that is known of the entity."""
    written = dump(entity)
    return str(entity.key) if len(written) == 2 and not entity.key.scope else written


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
    bad = (missing & rows[name].notna().to_numpy()).nonzero()[0]
    if len(bad):
        raise QueryError(
            f"row {first + int(bad[0])}, column {name!r}: {rows[name].iloc[int(bad[0])]!r} is no time",
            next_step="write ISO 8601",
        )
    return ["" if no_time else stamp(moment.to_pydatetime()) for no_time, moment in zip(missing, moments, strict=True)]
