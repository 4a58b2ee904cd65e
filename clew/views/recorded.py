"""The results of a case: what each source said last about each node, and what the analyst says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from clew.entities import Finding, Key, Verdict
from clew.entities.codec import from_key
from clew.errors import CaseError, EntityError
from clew.graph.events import Judged, Step
from clew.graph.fold import ANALYST
from clew.graph.frames import Node
from clew.graph.latest import Latest
from clew.graph.reading import Reading
from clew.graph.store import not_in_force
from clew.views.results import Result, Results, worst_first


def recorded(case: Reading) -> Results:
    """The results of a case as it is now, each with the verdict of its node.

    Raises:
        CaseError: the case cannot be read.
    """
    steps = tuple(case.history())
    nodes = {node.key: node for node in case.known()}
    name = _naming(case)
    said: dict[Key, list[Finding]] = {key: [judged] for key, judged in _judgements(steps, nodes.get, name)}
    for answers in Latest.of(steps).answers.values():
        for _, part in answers.values():
            said.setdefault(name(part.subject.key), []).append(part)
    found = (_result(nodes.get(key), parts) for key, parts in said.items())
    return Results.ranked(found, f"as of step {len(steps):,}")


def _result(node: Node | None, parts: Sequence[Finding]) -> Result:
    if node is None:
        return Result.of(parts[0].subject, parts)
    return Result(node.entity, worst_first(parts), node.verdict, node.severity)


def _judgements(
    steps: Sequence[Step], node: Callable[[Key], Node | None], name: Callable[[Key], Key]
) -> Iterator[tuple[Key, Finding]]:
    """The last word of the analyst about each node that has one."""
    undone = not_in_force(steps)
    last = {
        name(step.event.about): (step.event, step.at)
        for step in steps
        if isinstance(step.event, Judged) and step.number not in undone
    }
    for key, (event, at) in last.items():
        about = node(key)
        if about is not None and event.verdict is not Verdict.UNKNOWN:
            yield key, Finding(about.entity, "judge", ANALYST, verdict=event.verdict, reason=event.why, asked_at=at)


def _naming(case: Reading) -> Callable[[Key], Key]:
    """What the case calls a key by now: nodes may have become one."""
    known: dict[Key, Key] = {}

    def name(key: Key) -> Key:
        if key not in known:
            try:
                known[key] = case.node_key(from_key(key))
            except (CaseError, EntityError):
                known[key] = key
        return known[key]

    return name
