"""Which part of a graph is the story: what is bad, what touched it, what came before and after."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from clew.entities import Claim, Key, Process, Relation, Verdict
from clew.graph.frames import Node
from clew.graph.reading import Reading

_TOUCHES = (Relation.COMMUNICATES_WITH, Relation.QUERIED, Relation.EXECUTES, Relation.DECODED_TO)
_BAD = (Verdict.MALICIOUS, Verdict.SUSPICIOUS)


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
class Web:
    """Nodes and claims of a case, by node."""

    nodes: Mapping[Key, Node]
    out: Mapping[Key, list[Claim]]
    into: Mapping[Key, list[Claim]]

    @classmethod
    def of(cls, case: Reading) -> Web:
        """The web of a case."""
        out: defaultdict[Key, list[Claim]] = defaultdict(list)
        into: defaultdict[Key, list[Claim]] = defaultdict(list)
        for claim in case.said():
            out[claim.source].append(claim)
            into[claim.target].append(claim)
        return cls({node.key: node for node in case.known()}, out, into)


@dataclass(frozen=True, slots=True)
class Suspects:
    """The part of a case's graph that its story is about.

    Attributes:
        bad: nodes that some source calls malicious or suspicious, the worst first.
        processes: those that touched something bad, their ancestors and their descendants.
        before: the ancestors among them.
    """

    web: Web
    bad: tuple[Key, ...]
    processes: tuple[Key, ...]
    before: frozenset[Key]

    def label(self, key: Key) -> str:
        """What a node is called."""
        return self.web.nodes[key].label

    def claims(self, key: Key, relation: Relation) -> list[Claim]:
        """Every claim of that relation from a node."""
        return [claim for claim in self.web.out[key] if claim.relation is relation]

    def time_of(self, key: Key) -> datetime | None:
        """When a process started, if a source says so."""
        entity = self.web.nodes[key].entity
        if isinstance(entity, Process) and entity.started:
            return entity.started
        return min(_times(claim for claim in self.web.into[key] if claim.relation is Relation.CREATED), default=None)

    def children(self, key: Key) -> list[Key]:
        """Suspect processes that a process started, by time."""
        found = {claim.target for claim in self.claims(key, Relation.CREATED) if claim.target in self.processes}
        return sorted(found, key=self._order)

    def roots(self) -> list[Key]:
        """Suspect processes without a suspect parent, by time."""
        started = {child for key in self.processes for child in self.children(key)}
        return sorted((key for key in self.processes if key not in started), key=self._order)

    def named_later(self, key: Key) -> bool:
        """Whether the command line of a process of the story names that file."""
        name = self.label(key).lower()
        entities = (self.web.nodes[process].entity for process in self.processes)
        lines = (entity.command_line for entity in entities if isinstance(entity, Process))
        return key.kind == "file" and any(name in line.lower() for line in lines if line)

    def movements(self) -> list[Movement]:
        """Logons from the addresses of the hosts of the story to other hosts, by time.

        Who logged on and from where are two claims; the rows of evidence that they share say that they belong together.
        """
        hosts = {Key("host", key.scope) for key in self.processes}
        owners = {claim.target: host for host in hosts for claim in self.claims(host, Relation.HAS_ADDRESS)}
        found: dict[tuple[Key, Key, Key], Movement] = {}
        for claims in self.web.out.values():
            for came in claims:
                origin = owners.get(came.target)
                if came.relation is Relation.LOGGED_ON_FROM and origin is not None and origin != came.source:
                    for move in self._logons(came, origin):
                        known = found.get((move.account, move.source, move.target), move)
                        found[move.account, move.source, move.target] = max(known, move, key=lambda each: each.count)
        return sorted(found.values(), key=lambda move: (str(move.first or "~"), move.account))

    def _logons(self, came: Claim, origin: Key) -> Iterator[Movement]:
        for claim in self.web.into[came.source]:
            if claim.relation is Relation.LOGGED_ON_TO and claim.rests_on == came.rests_on:
                shared = set(claim.pointers) & set(came.pointers)
                if shared:
                    first = claim.observed_first
                    yield Movement(claim.source, origin, came.source, first, len(shared), claim.provider)

    def _order(self, key: Key) -> tuple[str, str]:
        """By start; where no source tells it, by when it was first seen to do anything."""
        time = self.time_of(key) or min(_times(self.web.out[key]), default=None)
        return time.isoformat() if time else "~", str(key)


def find_suspects(case: Reading) -> Suspects:
    """Follow what is bad: to the processes that touched it, up to who started them, down to all that they started."""
    web = Web.of(case)
    bad = sorted(
        (node for node in web.nodes.values() if node.verdict in _BAD),
        key=lambda node: (_BAD.index(node.verdict), node.key),
    )
    tagged = [node.key for node in web.nodes.values() if node.tags]
    malicious = [node.key for node in bad if node.verdict is Verdict.MALICIOUS]
    # Where nobody has called anything bad, the story is about what the analyst tagged, or began with.
    worst = [*malicious, *tagged] or [node.key for node in bad] or [node.key for node in web.nodes.values()][:1]
    touched = {
        claim.source
        for key in worst
        for claim in web.into[key]
        if claim.relation in _TOUCHES and claim.source.kind == "process"
    }
    touched |= {key for key in worst if key.kind == "process"}
    after = touched | _reach(touched, lambda key: [claim.target for claim in _started(web.out[key])])
    before = _reach(touched, lambda key: [claim.source for claim in _started(web.into[key])]) - after
    return Suspects(web, tuple(node.key for node in bad), tuple(sorted(after | before)), frozenset(before))


def _started(claims: Iterable[Claim]) -> Iterator[Claim]:
    return (claim for claim in claims if claim.relation is Relation.CREATED and claim.target.kind == "process")


def _times(claims: Iterable[Claim]) -> list[datetime]:
    return [claim.observed_first for claim in claims if claim.observed_first]


def _reach(start: Iterable[Key], step: Callable[[Key], list[Key]]) -> set[Key]:
    """Everything that can be reached, step by step."""
    reached: set[Key] = set()
    frontier = list(start)
    while frontier:
        fresh = [key for key in step(frontier.pop()) if key not in reached]
        reached.update(fresh)
        frontier += fresh
    return reached
