"""Which part of a graph is the story: what is bad, what touched it, what came before and after."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from clew.entities import Claim, Key, Process, Relation, Verdict
from clew.entities.finding import BAD_VERDICTS
from clew.graph.case_reader import CaseReader
from clew.graph.projection.tables import Node

_TOUCHES = (Relation.COMMUNICATES_WITH, Relation.QUERIED, Relation.EXECUTES, Relation.DECODED_TO)


@dataclass(frozen=True, slots=True)
class Movement:
    """Somebody logged on to one host from the address of another."""

    account: Key
    source: Key
    target: Key
    first: datetime | None
    count: int
    provider: str


@dataclass(frozen=True, slots=True)
class ClaimGraph:
    """Nodes and claims of a case, by node."""

    nodes: Mapping[Key, Node]
    outgoing: Mapping[Key, list[Claim]]
    incoming: Mapping[Key, list[Claim]]

    @classmethod
    def of(cls, case: CaseReader) -> ClaimGraph:
        """The web of a case."""
        outgoing: defaultdict[Key, list[Claim]] = defaultdict(list)
        incoming: defaultdict[Key, list[Claim]] = defaultdict(list)
        for claim in case.claim_list():
            outgoing[claim.source].append(claim)
            incoming[claim.target].append(claim)
        return cls({node.key: node for node in case.node_list()}, outgoing, incoming)


@dataclass(frozen=True, slots=True)
class Suspects:
    """The part of a case's graph that its story is about.

    Attributes:
        bad: nodes that some source calls malicious or suspicious, the worst first.
        processes: those that touched something bad, their ancestors and their descendants.
        ancestors: the ancestors among them.
    """

    graph: ClaimGraph
    bad: tuple[Key, ...]
    processes: tuple[Key, ...]
    ancestors: frozenset[Key]

    def label(self, key: Key) -> str:
        """What a node is called."""
        return self.graph.nodes[key].label

    def claims(self, key: Key, relation: Relation) -> list[Claim]:
        """Every claim of that relation from a node."""
        return [claim for claim in self.graph.outgoing[key] if claim.relation is relation]

    def time_of(self, key: Key) -> datetime | None:
        """When a process started, if a source says so."""
        entity = self.graph.nodes[key].entity
        if isinstance(entity, Process) and entity.started:
            return entity.started
        return min(
            _times(claim for claim in self.graph.incoming[key] if claim.relation is Relation.CREATED), default=None
        )

    def children(self, key: Key) -> list[Key]:
        """Suspect processes that a process started, by time."""
        children = {claim.target for claim in self.claims(key, Relation.CREATED) if claim.target in self.processes}
        return sorted(children, key=self._order)

    def roots(self) -> list[Key]:
        """Suspect processes without a suspect parent, by time."""
        child_keys = {child for key in self.processes for child in self.children(key)}
        return sorted((key for key in self.processes if key not in child_keys), key=self._order)

    def named_later(self, key: Key) -> bool:
        """Whether the command line of a process of the story names that file."""
        name = self.label(key).lower()
        entities = (self.graph.nodes[process].entity for process in self.processes)
        lines = (entity.command_line for entity in entities if isinstance(entity, Process))
        return key.kind == "file" and any(name in line.lower() for line in lines if line)

    def movements(self) -> list[Movement]:
        """Logons from the addresses of the hosts of the story to other hosts, by time.

        Who logged on and from where are two claims; the rows of evidence that they share say that they belong together.
        """
        hosts = {Key("host", key.scope) for key in self.processes}
        owners = {claim.target: host for host in hosts for claim in self.claims(host, Relation.HAS_ADDRESS)}
        movements: dict[tuple[Key, Key, Key], Movement] = {}
        for claims in self.graph.outgoing.values():
            for origin_claim in claims:
                origin = owners.get(origin_claim.target)
                if (
                    origin_claim.relation is Relation.LOGGED_ON_FROM
                    and origin is not None
                    and origin != origin_claim.source
                ):
                    for move in self._logons(origin_claim, origin):
                        current = movements.get((move.account, move.source, move.target), move)
                        movements[move.account, move.source, move.target] = max(
                            current, move, key=lambda movement: movement.count
                        )
        return sorted(movements.values(), key=lambda move: (str(move.first or "~"), move.account))

    def _logons(self, origin_claim: Claim, origin: Key) -> Iterator[Movement]:
        for claim in self.graph.incoming[origin_claim.source]:
            if claim.relation is Relation.LOGGED_ON_TO and claim.evidence_ids == origin_claim.evidence_ids:
                shared_rows = set(claim.pointers) & set(origin_claim.pointers)
                if shared_rows:
                    first = claim.observed_first
                    yield Movement(claim.source, origin, origin_claim.source, first, len(shared_rows), claim.provider)

    def _order(self, key: Key) -> tuple[str, str]:
        """By start; where no source tells it, by when it was first seen to do anything."""
        time = self.time_of(key) or min(_times(self.graph.outgoing[key]), default=None)
        return time.isoformat() if time else "~", str(key)


def find_suspects(case: CaseReader) -> Suspects:
    """Follow what is bad: to the processes that touched it, up to who started them, down to all that they started."""
    graph = ClaimGraph.of(case)
    bad = sorted(
        (node for node in graph.nodes.values() if node.verdict in BAD_VERDICTS),
        key=lambda node: (BAD_VERDICTS.index(node.verdict), node.key),
    )
    tagged_keys = [node.key for node in graph.nodes.values() if node.tags]
    malicious = [node.key for node in bad if node.verdict is Verdict.MALICIOUS]
    # Where nobody has called anything bad, the story is about what the analyst tagged, or began with.
    worst = [*malicious, *tagged_keys] or [node.key for node in bad] or [node.key for node in graph.nodes.values()][:1]
    touching = {
        claim.source
        for key in worst
        for claim in graph.incoming[key]
        if claim.relation in _TOUCHES and claim.source.kind == "process"
    }
    touching |= {key for key in worst if key.kind == "process"}
    after = touching | _reachable(
        touching, lambda key: [claim.target for claim in _process_starts(graph.outgoing[key])]
    )
    ancestors = (
        _reachable(touching, lambda key: [claim.source for claim in _process_starts(graph.incoming[key])]) - after
    )
    return Suspects(graph, tuple(node.key for node in bad), tuple(sorted(after | ancestors)), frozenset(ancestors))


def _process_starts(claims: Iterable[Claim]) -> Iterator[Claim]:
    return (claim for claim in claims if claim.relation is Relation.CREATED and claim.target.kind == "process")


def _times(claims: Iterable[Claim]) -> list[datetime]:
    return [claim.observed_first for claim in claims if claim.observed_first]


def _reachable(start: Iterable[Key], step: Callable[[Key], list[Key]]) -> set[Key]:
    """Everything that can be reached, step by step."""
    reachable: set[Key] = set()
    frontier = list(start)
    while frontier:
        fresh = [key for key in step(frontier.pop()) if key not in reachable]
        reachable.update(fresh)
        frontier += fresh
    return reachable
