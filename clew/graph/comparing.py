"""Two graphs held against each other. A source that did not answer the second time denies nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from clew.entities import Claim, Entity, Finding, Key, Outcome, Relation, Verdict
from clew.entities.finding import ANSWERED, VERDICT_ORDER, Scalar
from clew.errors import CaseNotFound
from clew.graph.difference import (
    AnswerChange,
    Change,
    Difference,
    EdgeChange,
    FactChange,
    Named,
    NodeChange,
    Said,
    Support,
    VerdictChange,
)
from clew.graph.frames import Node
from clew.graph.reading import Reading
from clew.graph.states import Question, State, common_names, latest
from clew.graph.store import Store

Edge = tuple[Key, Relation, Key]
#: Who said something, and by which pivot.
Source = tuple[str, str]


def compare_readings(one: Reading, other: Reading | str | Path) -> Difference:
    """What differs in another case, which may be a file. Raises CaseError."""
    if isinstance(other, Reading):
        return compare(State.of(one), State.of(other), f"{_place(one)} and {_place(other)}")
    if not Path(other).exists():
        raise CaseNotFound("there is no such case", where=str(other))
    with Store.look(Path(other)) as store:
        return compare_readings(one, Reading(store))


def _place(reading: Reading) -> str:
    return f"{reading.path.name if reading.path else reading.title or 'memory'} at step {reading.steps}"


def compare(before: State, after: State, about: str = "") -> Difference:
    """What differs between two graphs."""
    return _Comparison.of(before, after).difference(about)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Two states, and what is the same in both under another name.

    Attributes:
        names: nodes that have another name here than in one of the graphs.
        had, has: the latest answers before and after.
        said_before, said_after: the same, by what was asked about in the words of the question.
        silent: questions that had an answer before, and got none after: the answer, and what came instead.
        doubted: edges that such answers speak of, with who spoke and why there was no answer.
        shaken: nodes that they speak of.
    """

    before: State
    after: State
    names: Mapping[Key, Key]
    had: Mapping[Question, Finding]
    has: Mapping[Question, Finding]
    said_before: Mapping[Question, Finding]
    said_after: Mapping[Question, Finding]
    silent: dict[Question, tuple[Finding, Finding]] = field(default_factory=dict[Question, tuple[Finding, Finding]])
    doubted: dict[Edge, dict[Source, str]] = field(default_factory=dict[Edge, dict[Source, str]])
    shaken: dict[Key, str] = field(default_factory=dict[Key, str])

    @classmethod
    def of(cls, before: State, after: State) -> _Comparison:
        names = common_names(before, after)
        comparison = cls(
            before, after, names, _answers(before, names), _answers(after, names), _literally(before), _literally(after)
        )
        comparison._listen()
        return comparison

    def difference(self, about: str) -> Difference:
        return Difference(
            tuple(sorted(self._nodes(), key=lambda each: (each.node, each.change))),
            tuple(sorted(self._edges(), key=lambda each: (each.source, each.relation, each.target, each.change))),
            tuple(sorted(self._verdicts(), key=lambda each: (each.node, each.change))),
            tuple(self._answers()),
            about,
        )

    # -- what was not answered -----------------------------------------------------------------------------------

    def _listen(self) -> None:
        for question, had in self.had.items():
            has = self._heard(question, had)
            if has is not None and had.outcome in ANSWERED and has.outcome not in ANSWERED:
                self.silent[question] = had, has
        # Everything that was said, not only the latest: all of it is in the graph.
        for asked, had in self.before.given:
            has = self._heard(_called(asked, self.names), had)
            if has is not None and has.outcome not in ANSWERED:
                for link in had.links:
                    self._doubt(had, has, (link.source, link.relation, link.target))
                for entity in had.same:
                    self._shake(self._name(self.before.key(entity) or entity.key), has)

    def _heard(self, question: Question, had: Finding) -> Finding | None:
        """What was answered after to what had that answer before.

        A short name may mean another machine now, only because of what nobody said: then the question counts that was
        asked in the same words.
        """
        return self.has.get(question) or self.said_after.get(question._replace(subject=had.subject.key))

    def _doubt(self, had: Finding, has: Finding, link: tuple[Entity, Relation, Entity]) -> None:
        source, target = (self._name(self.before.key(end) or end.key) for end in (link[0], link[2]))
        self.doubted.setdefault((source, link[1], target), {})[had.provider, had.pivot] = _silence(has)
        for end in (source, target):
            self._shake(end, has)

    def _shake(self, key: Key, has: Finding) -> None:
        self.shaken.setdefault(key, _silence(has))

    def _name(self, key: Key) -> Key:
        return self.names.get(key, key)

    def _why_not(self, key: Key) -> str:
        """Why it is not known whether a node is still so; empty where it is. What is on a machine goes with it."""
        on = self.shaken.get(self._name(key.host), "") if key.host else ""
        return self.shaken.get(self._name(key), "") or on

    # -- nodes ---------------------------------------------------------------------------------------------------

    def _nodes(self) -> Iterator[NodeChange]:
        groups: dict[Key, tuple[list[Node], list[Node]]] = {}
        for side, state in enumerate((self.before, self.after)):
            for key, node in state.nodes.items():
                groups.setdefault(self._name(key), ([], []))[side].append(node)
        for had, has in groups.values():
            yield from self._gathered(had, has)

    def _gathered(self, had: list[Node], has: list[Node]) -> Iterator[NodeChange]:
        """What became of the nodes that are one thing: most often one and the same."""
        node = (has or had)[0]
        why = next(filter(None, (self._why_not(each.key) for each in (*has, *had))), "")
        if not had:
            yield NodeChange(Change.NEW, _named(node), after=_judged(node))
        elif not has:
            change = Change.UNCONFIRMED if why else Change.GONE
            yield NodeChange(change, _named(node), before=_judged(node), reason=why)
        elif {each.key for each in had} != {each.key for each in has}:
            before, after = (", ".join(str(each.key) for each in side) for side in (had, has))
            yield NodeChange(Change.UNCONFIRMED if why else Change.CHANGED, _named(node), before, after, why)
        else:
            yield from self._described(had[0], has[0], why)

    def _described(self, had: Node, has: Node, why: str) -> Iterator[NodeChange]:
        one, other = had.entity.described(), has.entity.described()
        # A field that a silent source gave is missing for that alone.
        names = [name for name in one | other if one.get(name) != other.get(name) and not (why and name not in other)]
        if names:
            before, after = (
                ", ".join(f"{name} {side[name]}" for name in names if name in side) for side in (one, other)
            )
            yield NodeChange(Change.UNCONFIRMED if why else Change.CHANGED, _named(has), before, after, why)

    # -- edges ---------------------------------------------------------------------------------------------------

    def _edges(self) -> Iterator[EdgeChange]:
        had, has = self._by_edge(self.before), self._by_edge(self.after)
        for edge in had | has:
            yield from self._edge(edge, had.get(edge, []), has.get(edge, []))

    def _by_edge(self, state: State) -> dict[Edge, list[Claim]]:
        found: dict[Edge, list[Claim]] = {}
        for claim in state.claims:
            found.setdefault((self._name(claim.source), claim.relation, self._name(claim.target)), []).append(claim)
        return found

    def _edge(self, edge: Edge, had: list[Claim], has: list[Claim]) -> Iterator[EdgeChange]:
        doubted = self.doubted.get(edge, {})
        heard = {(claim.provider, claim.pivot) for claim in has}
        unheard = [claim for claim in had if (claim.provider, claim.pivot) in doubted.keys() - heard]
        ends = self._ends((has or had)[0], self.after if has else self.before)
        before, after = support(had), support(has)
        if unheard:
            why = "; ".join(dict.fromkeys(doubted[claim.provider, claim.pivot] for claim in unheard))
            yield EdgeChange(Change.UNCONFIRMED, *ends, support(unheard), None, why)
        if before is None or after is None:
            if not unheard:
                yield EdgeChange(Change.GONE if before else Change.NEW, *ends, before, after)
        elif before != after and not (doubted and _within(after, before)):
            yield EdgeChange(Change.CHANGED, *ends, before, after)

    def _ends(self, claim: Claim, state: State) -> tuple[Named, Relation, Named]:
        source, target = (_named(state.nodes[key]) for key in (claim.source, claim.target))
        return source, claim.relation, target

    # -- verdicts and answers ------------------------------------------------------------------------------------

    def _verdicts(self) -> Iterator[VerdictChange]:
        worst: dict[Key, dict[bool, Node]] = {}
        for later, state in ((False, self.before), (True, self.after)):
            for key, node in state.nodes.items():
                sides = worst.setdefault(self._name(key), {})
                if later not in sides or _rank(node.verdict) < _rank(sides[later].verdict):
                    sides[later] = node
        for key, sides in worst.items():
            if len(sides) == 2 and sides[False].verdict != sides[True].verdict:
                yield self._flipped(key, sides[False].verdict, sides[True])

    def _flipped(self, name: Key, before: Verdict, node: Node) -> VerdictChange:
        unheard = [
            has
            for question, (had, has) in self.silent.items()
            if question.subject == name and had.outcome is Outcome.FOUND and had.verdict is before
        ]
        change = Change.UNCONFIRMED if unheard else Change.CHANGED
        spoke = unheard or [
            said for question, said in self.has.items() if question.subject == name and said.outcome in ANSWERED
        ]
        telling = [said for said in spoke if said.verdict is node.verdict] or spoke
        why = "; ".join(dict.fromkeys(f"{said.provider}: {said.reason or said.outcome}" for said in telling))
        return VerdictChange(change, _named(node), before, node.verdict, why)

    def _answers(self) -> Iterator[AnswerChange]:
        for question in sorted({*self.had, *self.has}):
            before, after = self.had.get(question), self.has.get(question)
            if before is not None:
                after = self._heard(question, before)
            elif after is not None and question._replace(subject=after.subject.key) in self.said_before:
                continue  # told where it was asked before, under another name
            facts = _facts(before, after)
            sides = _said(before), _said(after)
            reason = "" if after is None else after.reason
            if question in self.silent:
                yield self._answer(Change.UNCONFIRMED, question, *sides, (), reason)
            elif before is None or after is None:
                yield self._answer(Change.NEW if before is None else Change.GONE, question, *sides, (), reason)
            elif (sides[0] != sides[1] or facts) and {before.outcome, after.outcome} & {*ANSWERED}:
                yield self._answer(Change.CHANGED, question, *sides, facts, reason)

    def _answer(
        self,
        change: Change,
        question: Question,
        before: Said | None,
        after: Said | None,
        facts: tuple[FactChange, ...],
        reason: str,
    ) -> AnswerChange:
        node = self.after.nodes.get(question.subject) or self.before.nodes.get(question.subject)
        subject = _named(node) if node else Named(question.subject, question.subject.value)
        _, pivot, provider, arguments = question
        return AnswerChange(change, subject, pivot, provider, arguments, before, after, facts, reason)


def _answers(state: State, names: Mapping[Key, Key]) -> dict[Question, Finding]:
    """The latest answers, where what has two names is asked about once."""
    return latest((_called(question, names), said) for question, said in state.given)


def _literally(state: State) -> dict[Question, Finding]:
    """The latest answers, by what was asked about in the words of the question."""
    return latest((question._replace(subject=said.subject.key), said) for question, said in state.given)


def _called(question: Question, names: Mapping[Key, Key]) -> Question:
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


def _within(less: Support, more: Support) -> bool:
    """Whether all that the one says was said by the other: what is missing may be what was not answered."""
    earlier = less.first is not None and (more.first is None or less.first < more.first)
    later = less.last is not None and (more.last is None or less.last > more.last)
    return {*less.sources} <= {*more.sources} and less.count <= more.count and not earlier and not later


def _facts(before: Finding | None, after: Finding | None) -> tuple[FactChange, ...]:
    had, has = _values(before), _values(after)
    return tuple(
        FactChange(name, had.get(name, ()), has.get(name, ()))
        for name in had | has
        if had.get(name, ()) != has.get(name, ())
    )


def _values(finding: Finding | None) -> dict[str, tuple[Scalar, ...]]:
    found: dict[str, tuple[Scalar, ...]] = {}
    for fact in () if finding is None else finding.facts:
        found[fact.name] = (*found.get(fact.name, ()), fact.value)
    return found


def _said(finding: Finding | None) -> Said | None:
    return None if finding is None else Said(finding.outcome, finding.verdict, finding.returned)


def _named(node: Node) -> Named:
    return Named(node.key, node.label)


def _judged(node: Node) -> str:
    return "" if node.verdict is Verdict.UNKNOWN else node.verdict.value


def _rank(verdict: Verdict) -> int:
    return VERDICT_ORDER.index(verdict)


def _silence(has: Finding) -> str:
    """Who said nothing this time, and why."""
    return f"{has.provider}: {has.reason or has.outcome}"
