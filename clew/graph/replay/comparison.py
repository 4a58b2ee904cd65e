"""Two graphs held against each other. A source that did not answer the second time denies nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from clew.entities import Claim, Entity, Finding, Key, Outcome, Relation, Verdict
from clew.entities.finding import CONCLUSIVE_OUTCOMES, VERDICT_ORDER, Scalar
from clew.errors import CaseNotFound
from clew.graph.case_reader import CaseReader
from clew.graph.projection.tables import Node
from clew.graph.projection.verdict import latest_answers
from clew.graph.replay.changes import (
    AnswerChange,
    AnswerSummary,
    Change,
    EdgeChange,
    FactChange,
    NodeChange,
    NodeName,
    Support,
    VerdictChange,
)
from clew.graph.replay.difference import Difference
from clew.graph.replay.graph_state import AnswerKey, GraphState, common_names
from clew.graph.store import Store

Edge = tuple[Key, Relation, Key]
#: Who said something, and by which pivot.
Source = tuple[str, str]


def compare_readings(reading: CaseReader, other: CaseReader | str | Path) -> Difference:
    """What differs in another case, which may be a file. Raises CaseError."""
    if isinstance(other, CaseReader):
        return compare(
            GraphState.of(reading), GraphState.of(other), f"{_reading_label(reading)} and {_reading_label(other)}"
        )
    if not Path(other).exists():
        raise CaseNotFound("there is no such case", location=str(other))
    with Store.open_readonly(Path(other)) as store:
        return compare_readings(reading, CaseReader(store))


def _reading_label(reading: CaseReader) -> str:
    return f"{reading.path.name if reading.path else reading.title or 'memory'} at step {len(reading.history)}"


def compare(before: GraphState, after: GraphState, about: str = "") -> Difference:
    """What differs between two graphs."""
    return _Comparison.of(before, after).difference(about)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Two states, and what is the same in both under another name.

    Attributes:
        names: nodes that have another name here than in one of the graphs.
        answers_before, answers_after: the latest answers before and after.
        literal_answers_before, literal_answers_after: the same, by what was asked about in the words of the question.
        lost_answers: questions that had an answer before, and got none after: the answer, and what came instead.
        doubtful_edges: edges that such answers speak of, with who spoke and why there was no answer.
        doubtful_nodes: nodes that they speak of.
    """

    before: GraphState
    after: GraphState
    names: Mapping[Key, Key]
    answers_before: Mapping[AnswerKey, Finding]
    answers_after: Mapping[AnswerKey, Finding]
    literal_answers_before: Mapping[AnswerKey, Finding]
    literal_answers_after: Mapping[AnswerKey, Finding]
    lost_answers: dict[AnswerKey, tuple[Finding, Finding]] = field(
        default_factory=dict[AnswerKey, tuple[Finding, Finding]]
    )
    doubtful_edges: dict[Edge, dict[Source, str]] = field(default_factory=dict[Edge, dict[Source, str]])
    doubtful_nodes: dict[Key, str] = field(default_factory=dict[Key, str])

    @classmethod
    def of(cls, before: GraphState, after: GraphState) -> _Comparison:
        names = common_names(before, after)
        comparison = cls(
            before,
            after,
            names,
            _latest_answers(before, names),
            _latest_answers(after, names),
            _literal_answers(before),
            _literal_answers(after),
        )
        comparison._collect_doubts()
        return comparison

    def difference(self, about: str) -> Difference:
        return Difference(
            tuple(sorted(self._node_changes(), key=lambda change: (change.node, change.change))),
            tuple(
                sorted(
                    self._edge_changes(),
                    key=lambda change: (change.source, change.relation, change.target, change.change),
                )
            ),
            tuple(sorted(self._verdict_changes(), key=lambda change: (change.node, change.change))),
            tuple(self._answer_changes()),
            about,
        )

    # -- what was not answered -----------------------------------------------------------------------------------

    def _collect_doubts(self) -> None:
        for question, old_finding in self.answers_before.items():
            new_finding = self._answer_after(question, old_finding)
            if (
                new_finding is not None
                and old_finding.outcome in CONCLUSIVE_OUTCOMES
                and new_finding.outcome not in CONCLUSIVE_OUTCOMES
            ):
                self.lost_answers[question] = old_finding, new_finding
        # Everything that was said, not only the latest: all of it is in the graph.
        for literal_question, old_finding in self.before.answers:
            new_finding = self._answer_after(_renamed_question(literal_question, self.names), old_finding)
            if new_finding is not None and new_finding.outcome not in CONCLUSIVE_OUTCOMES:
                for link in old_finding.links:
                    self._mark_edge_doubtful(old_finding, new_finding, (link.source, link.relation, link.target))
                for entity in old_finding.same:
                    self._mark_node_doubtful(self._common_name(self.before.key(entity) or entity.key), new_finding)

    def _answer_after(self, question: AnswerKey, old_finding: Finding) -> Finding | None:
        """What was answered after to what had that answer before.

        A short name may mean another machine now, only because of what nobody said: then the question counts that was
        asked in the same words.
        """
        return self.answers_after.get(question) or self.literal_answers_after.get(
            question._replace(subject=old_finding.subject.key)
        )

    def _mark_edge_doubtful(
        self, old_finding: Finding, new_finding: Finding, link: tuple[Entity, Relation, Entity]
    ) -> None:
        source, target = (self._common_name(self.before.key(end) or end.key) for end in (link[0], link[2]))
        self.doubtful_edges.setdefault((source, link[1], target), {})[old_finding.provider, old_finding.pivot] = (
            _silence_reason(new_finding)
        )
        for end in (source, target):
            self._mark_node_doubtful(end, new_finding)

    def _mark_node_doubtful(self, key: Key, new_finding: Finding) -> None:
        self.doubtful_nodes.setdefault(key, _silence_reason(new_finding))

    def _common_name(self, key: Key) -> Key:
        return self.names.get(key, key)

    def _doubt_reason(self, key: Key) -> str:
        """Why it is not known whether a node is still so; empty where it is. What is on a machine goes with it."""
        host_reason = self.doubtful_nodes.get(self._common_name(key.host), "") if key.host else ""
        return self.doubtful_nodes.get(self._common_name(key), "") or host_reason

    # -- nodes ---------------------------------------------------------------------------------------------------

    def _node_changes(self) -> Iterator[NodeChange]:
        groups: dict[Key, tuple[list[Node], list[Node]]] = {}
        for side, state in enumerate((self.before, self.after)):
            for key, node in state.nodes.items():
                groups.setdefault(self._common_name(key), ([], []))[side].append(node)
        for old_nodes, new_nodes in groups.values():
            yield from self._group_changes(old_nodes, new_nodes)

    def _group_changes(self, old_nodes: list[Node], new_nodes: list[Node]) -> Iterator[NodeChange]:
        """What became of the nodes that are one thing: most often one and the same."""
        node = (new_nodes or old_nodes)[0]
        reason = next(filter(None, (self._doubt_reason(member.key) for member in (*new_nodes, *old_nodes))), "")
        if not old_nodes:
            yield NodeChange(Change.NEW, _node_name(node), after=_verdict_text(node))
        elif not new_nodes:
            change = Change.UNCONFIRMED if reason else Change.GONE
            yield NodeChange(change, _node_name(node), before=_verdict_text(node), reason=reason)
        elif {member.key for member in old_nodes} != {member.key for member in new_nodes}:
            before, after = (", ".join(str(member.key) for member in side) for side in (old_nodes, new_nodes))
            yield NodeChange(Change.UNCONFIRMED if reason else Change.CHANGED, _node_name(node), before, after, reason)
        else:
            yield from self._field_changes(old_nodes[0], new_nodes[0], reason)

    def _field_changes(self, old_node: Node, new_node: Node, reason: str) -> Iterator[NodeChange]:
        old_fields, new_fields = old_node.entity.filled_fields(), new_node.entity.filled_fields()
        # A field that a silent source gave is missing for that alone.
        names = [
            name
            for name in old_fields | new_fields
            if old_fields.get(name) != new_fields.get(name) and not (reason and name not in new_fields)
        ]
        if names:
            before, after = (
                ", ".join(f"{name} {side[name]}" for name in names if name in side) for side in (old_fields, new_fields)
            )
            yield NodeChange(
                Change.UNCONFIRMED if reason else Change.CHANGED, _node_name(new_node), before, after, reason
            )

    # -- edges ---------------------------------------------------------------------------------------------------

    def _edge_changes(self) -> Iterator[EdgeChange]:
        old_claims, new_claims = self._claims_by_edge(self.before), self._claims_by_edge(self.after)
        for edge in old_claims | new_claims:
            yield from self._changes_of_edge(edge, old_claims.get(edge, []), new_claims.get(edge, []))

    def _claims_by_edge(self, state: GraphState) -> dict[Edge, list[Claim]]:
        claims: dict[Edge, list[Claim]] = {}
        for claim in state.claims:
            claims.setdefault(
                (self._common_name(claim.source), claim.relation, self._common_name(claim.target)), []
            ).append(claim)
        return claims

    def _changes_of_edge(self, edge: Edge, old_claims: list[Claim], new_claims: list[Claim]) -> Iterator[EdgeChange]:
        doubt_reasons = self.doubtful_edges.get(edge, {})
        new_sources = {(claim.provider, claim.pivot) for claim in new_claims}
        unconfirmed_claims = [
            claim for claim in old_claims if (claim.provider, claim.pivot) in doubt_reasons.keys() - new_sources
        ]
        ends = self._ends((new_claims or old_claims)[0], self.after if new_claims else self.before)
        before, after = support(old_claims), support(new_claims)
        if unconfirmed_claims:
            reason = "; ".join(
                dict.fromkeys(doubt_reasons[claim.provider, claim.pivot] for claim in unconfirmed_claims)
            )
            yield EdgeChange(Change.UNCONFIRMED, *ends, support(unconfirmed_claims), None, reason)
        if before is None or after is None:
            if not unconfirmed_claims:
                yield EdgeChange(Change.GONE if before else Change.NEW, *ends, before, after)
        elif before != after and not (doubt_reasons and _is_contained(after, before)):
            yield EdgeChange(Change.CHANGED, *ends, before, after)

    def _ends(self, claim: Claim, state: GraphState) -> tuple[NodeName, Relation, NodeName]:
        source, target = (_node_name(state.nodes[key]) for key in (claim.source, claim.target))
        return source, claim.relation, target

    # -- verdicts and answers ------------------------------------------------------------------------------------

    def _verdict_changes(self) -> Iterator[VerdictChange]:
        worst_nodes: dict[Key, dict[bool, Node]] = {}
        for is_after, state in ((False, self.before), (True, self.after)):
            for key, node in state.nodes.items():
                sides = worst_nodes.setdefault(self._common_name(key), {})
                if is_after not in sides or _rank(node.verdict) < _rank(sides[is_after].verdict):
                    sides[is_after] = node
        for key, sides in worst_nodes.items():
            if len(sides) == 2 and sides[False].verdict != sides[True].verdict:
                yield self._verdict_change(key, sides[False].verdict, sides[True])

    def _verdict_change(self, name: Key, before: Verdict, node: Node) -> VerdictChange:
        lost_findings = [
            new_finding
            for question, (old_finding, new_finding) in self.lost_answers.items()
            if question.subject == name and old_finding.outcome is Outcome.FOUND and old_finding.verdict is before
        ]
        change = Change.UNCONFIRMED if lost_findings else Change.CHANGED
        findings = lost_findings or [
            finding
            for question, finding in self.answers_after.items()
            if question.subject == name and finding.outcome in CONCLUSIVE_OUTCOMES
        ]
        deciding_findings = [finding for finding in findings if finding.verdict is node.verdict] or findings
        reason = "; ".join(
            dict.fromkeys(f"{finding.provider}: {finding.reason or finding.outcome}" for finding in deciding_findings)
        )
        return VerdictChange(change, _node_name(node), before, node.verdict, reason)

    def _answer_changes(self) -> Iterator[AnswerChange]:
        for question in sorted({*self.answers_before, *self.answers_after}):
            before, after = self.answers_before.get(question), self.answers_after.get(question)
            if before is not None:
                after = self._answer_after(question, before)
            elif after is not None and question._replace(subject=after.subject.key) in self.literal_answers_before:
                continue  # told where it was asked before, under another name
            facts = _fact_changes(before, after)
            sides = _answer_summary(before), _answer_summary(after)
            reason = "" if after is None else after.reason
            if question in self.lost_answers:
                yield self._answer_change(Change.UNCONFIRMED, question, *sides, (), reason)
            elif before is None or after is None:
                yield self._answer_change(Change.NEW if before is None else Change.GONE, question, *sides, (), reason)
            elif (sides[0] != sides[1] or facts) and {before.outcome, after.outcome} & {*CONCLUSIVE_OUTCOMES}:
                yield self._answer_change(Change.CHANGED, question, *sides, facts, reason)

    def _answer_change(
        self,
        change: Change,
        question: AnswerKey,
        before: AnswerSummary | None,
        after: AnswerSummary | None,
        facts: tuple[FactChange, ...],
        reason: str,
    ) -> AnswerChange:
        node = self.after.nodes.get(question.subject) or self.before.nodes.get(question.subject)
        subject = _node_name(node) if node else NodeName(question.subject, question.subject.value)
        _, pivot, provider, arguments = question
        return AnswerChange(change, subject, pivot, provider, arguments, before, after, facts, reason)


def _latest_answers(state: GraphState, names: Mapping[Key, Key]) -> dict[AnswerKey, Finding]:
    """The latest answers, where what has two names is asked about once."""
    answers = ((_renamed_question(question, names), finding) for question, finding in state.answers)
    return latest_answers(answers, lambda finding: finding.outcome)


def _literal_answers(state: GraphState) -> dict[AnswerKey, Finding]:
    """The latest answers, by what was asked about in the words of the question."""
    answers = ((question._replace(subject=finding.subject.key), finding) for question, finding in state.answers)
    return latest_answers(answers, lambda finding: finding.outcome)


def _renamed_question(question: AnswerKey, names: Mapping[Key, Key]) -> AnswerKey:
    return question._replace(subject=names.get(question.subject, question.subject))


def support(claims: Sequence[Claim]) -> Support | None:
    """What an edge rests on; None where there are no claims."""
    if not claims:
        return None
    return Support(
        tuple(sorted({claim.provider for claim in claims})),
        sum(claim.count for claim in claims),
        min((claim.observed_first for claim in claims if claim.observed_first), default=None),
        max((claim.observed_last for claim in claims if claim.observed_last), default=None),
    )


def _is_contained(smaller: Support, larger: Support) -> bool:
    """Whether all that the one says was said by the other: what is missing may be what was not answered."""
    starts_earlier = smaller.first is not None and (larger.first is None or smaller.first < larger.first)
    ends_later = smaller.last is not None and (larger.last is None or smaller.last > larger.last)
    return (
        {*smaller.sources} <= {*larger.sources}
        and smaller.count <= larger.count
        and not starts_earlier
        and not ends_later
    )


def _fact_changes(before: Finding | None, after: Finding | None) -> tuple[FactChange, ...]:
    old_values, new_values = _fact_values(before), _fact_values(after)
    return tuple(
        FactChange(name, old_values.get(name, ()), new_values.get(name, ()))
        for name in old_values | new_values
        if old_values.get(name, ()) != new_values.get(name, ())
    )


def _fact_values(finding: Finding | None) -> dict[str, tuple[Scalar, ...]]:
    values: dict[str, tuple[Scalar, ...]] = {}
    for fact in () if finding is None else finding.facts:
        values[fact.name] = (*values.get(fact.name, ()), fact.value)
    return values


def _answer_summary(finding: Finding | None) -> AnswerSummary | None:
    return None if finding is None else AnswerSummary(finding.outcome, finding.verdict, finding.returned)


def _node_name(node: Node) -> NodeName:
    return NodeName(node.key, node.label)


def _verdict_text(node: Node) -> str:
    return "" if node.verdict is Verdict.UNKNOWN else node.verdict.value


def _rank(verdict: Verdict) -> int:
    return VERDICT_ORDER.index(verdict)


def _silence_reason(finding: Finding) -> str:
    """Who said nothing this time, and why."""
    return f"{finding.provider}: {finding.reason or finding.outcome}"
