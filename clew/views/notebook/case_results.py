"""The results of a case: what each source said last about each node, and what the analyst says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from clew.entities import Finding, Key, Verdict
from clew.entities.codec import from_key
from clew.errors import CaseError, EntityError
from clew.graph.case_reader import CaseReader
from clew.graph.format.events import Judged, Step
from clew.graph.format.undo import inactive_steps
from clew.graph.projection.tables import Node
from clew.graph.projection.verdict import ANALYST
from clew.graph.replay.latest_answers import LatestAnswers
from clew.views.notebook.result_browser_model import Result, Results, worst_first


def latest_results(case: CaseReader) -> Results:
    """The results of a case as it is now, each with the verdict of its node.

    Raises:
        CaseError: the case cannot be read.
    """
    steps = tuple(case.history)
    nodes = {node.key: node for node in case.node_list()}
    name = _naming(case)
    findings: dict[Key, list[Finding]] = {key: [judgement] for key, judgement in _judgements(steps, nodes.get, name)}
    for answers in LatestAnswers.of(steps).answers.values():
        for _, part in answers.values():
            findings.setdefault(name(part.subject.key), []).append(part)
    results = (_result(nodes.get(key), parts) for key, parts in findings.items())
    return Results.from_results(results, f"as of step {len(steps):,}")


def _result(node: Node | None, parts: Sequence[Finding]) -> Result:
    if node is None:
        return Result.of(parts[0].subject, parts)
    return Result(node.entity, worst_first(parts), node.verdict, node.severity)


def _judgements(
    steps: Sequence[Step], node: Callable[[Key], Node | None], name: Callable[[Key], Key]
) -> Iterator[tuple[Key, Finding]]:
    """The last word of the analyst about each node that has one."""
    undone = inactive_steps(steps)
    last = {
        name(step.event.about): (step.event, step.at)
        for step in steps
        if isinstance(step.event, Judged) and step.number not in undone
    }
    for key, (event, at) in last.items():
        about = node(key)
        if about is not None and event.verdict is not Verdict.UNKNOWN:
            yield key, Finding(about.entity, "judge", ANALYST, verdict=event.verdict, reason=event.why, asked_at=at)


def _naming(case: CaseReader) -> Callable[[Key], Key]:
    """What the case calls a key by now: nodes may have become one."""
    names: dict[Key, Key] = {}

    def name(key: Key) -> Key:
        if key not in names:
            try:
                names[key] = case.tables.node_key(from_key(key))
            except (CaseError, EntityError):
                names[key] = key
        return names[key]

    return name
