"""The story of a case as text: what is bad, who did what and when, where it went, and on whose word."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from clew.analysis.suspects import Suspects, find_suspects
from clew.entities import Claim, Key, Outcome, Process, Relation, Verdict
from clew.entities.display import time_text, visible
from clew.graph.case_reader import CaseReader
from clew.graph.projection.rows import AnswerRow, MergeRow

LINE = 116
ACTIONS_SHOWN = 6
#: What a process did, as words of the story, in the order in which they are told.
_ACTIONS = {
    Relation.DECODED_TO: "hides",
    Relation.QUERIED: "looked up",
    Relation.COMMUNICATES_WITH: "talked to",
    Relation.CREATED: "wrote",
    Relation.ACCESSED: "opened the memory of",
    Relation.EXECUTES: "is",
}


def story_text(case: CaseReader) -> str:
    """The whole story. Everything in it was said by a source; what clew concluded is marked."""
    suspects, answers = find_suspects(case), case.answer_list()
    graph = suspects.graph
    counts = f"{len(graph.nodes)} entities, {sum(map(len, graph.outgoing.values()))} claims"
    sections = (
        [f"{visible(case.title, LINE)}: {counts}"],
        _section("What is bad", _verdicts(answers, suspects)),
        _section("Who did what", _processes(suspects)),
        _section("Where it went", _movements(suspects)),
        _section("On whose word", _sources(answers, case.merge_list())),
    )
    return "\n\n".join("\n".join(lines) for lines in sections if lines)


def _section(title: str, lines: Iterable[str]) -> list[str]:
    body = list(lines)
    return [title, *(f"  {line}" for line in body)] if body else []


def _verdicts(answers: Sequence[AnswerRow], suspects: Suspects) -> Iterator[str]:
    by_verdict: defaultdict[tuple[str, Verdict], list[AnswerRow]] = defaultdict(list)
    for answer in answers:
        if answer.outcome is Outcome.FOUND:
            by_verdict[answer.subject, answer.verdict].append(answer)
    for key in suspects.bad:
        node = suspects.graph.nodes[key]
        words = "; ".join(
            f"{answer.provider}: {visible(answer.reason, 70)}" for answer in by_verdict[str(key), node.verdict]
        )
        yield f"{node.verdict.upper():<10} {visible(key.kind)} {visible(node.label, 60)}  ({words})"


def _processes(suspects: Suspects) -> Iterator[str]:
    """One tree for each host, by time."""
    hosts = dict.fromkeys(key.scope for key in suspects.processes)
    for host in sorted(hosts, key=lambda name: _first(suspects, name)):
        yield f"on {visible(host)}"
        for root in (key for key in suspects.roots() if key.scope == host):
            yield from _tree(suspects, root, "")


def _first(suspects: Suspects, host: str) -> tuple[str, str]:
    keys = (key for key in suspects.processes if key.scope == host and key not in suspects.ancestors)
    times = [suspects.time_of(key) for key in keys]
    return min((time.isoformat() for time in times if time), default="~"), host


def _tree(suspects: Suspects, key: Key, indent: str) -> Iterator[str]:
    entity = suspects.graph.nodes[key].entity
    account = next((suspects.label(claim.target) for claim in suspects.claims(key, Relation.RAN_AS)), "")
    line = entity.command_line if isinstance(entity, Process) and entity.command_line else ""
    account_note = f" as {visible(account, 40)}" if account else ""
    yield visible(f"{_clock(suspects.time_of(key))} {indent}{suspects.label(key)}{account_note}  {line}", LINE)
    for relation, verb in _ACTIONS.items():
        yield from _action_lines(suspects, key, relation, f"{' ' * 20}{indent}   {verb}")
    for child in suspects.children(key):
        yield from _tree(suspects, child, f"{indent}  ")


def _action_lines(suspects: Suspects, key: Key, relation: Relation, prefix: str) -> Iterator[str]:
    by_target = _by_target(claim for claim in suspects.claims(key, relation) if _is_notable(suspects, key, claim))
    for target, claims in [*by_target.items()][:ACTIONS_SHOWN]:
        count = max(claim.count for claim in claims)  # the same rows may have been asked for from both ends
        times = f", {count} times" if count > 1 else ""
        mark = f" [{suspects.graph.nodes[target].verdict}]" if target in suspects.bad else ""
        sources = "+".join(dict.fromkeys(claim.provider for claim in claims))
        inferred_note = ", concluded" if all(claim.inferred for claim in claims) else ""
        yield visible(f"{prefix} {suspects.label(target)}{mark}{times}  (by {sources}{inferred_note})", LINE)
    if len(by_target) > ACTIONS_SHOWN:
        yield f"{prefix} {len(by_target) - ACTIONS_SHOWN} more"


def _is_notable(suspects: Suspects, key: Key, claim: Claim) -> bool:
    """Who came before the bad is told with little: what was bad, and the files that went on into the story."""
    if claim.target.kind == "process" or (claim.relation is Relation.EXECUTES and claim.target not in suspects.bad):
        return False
    if key not in suspects.ancestors or claim.relation is Relation.DECODED_TO:
        return True
    return claim.target in suspects.bad or suspects.named_later(claim.target)


def _by_target(claims: Iterable[Claim]) -> dict[Key, list[Claim]]:
    groups: dict[Key, list[Claim]] = {}
    for claim in claims:
        groups.setdefault(claim.target, []).append(claim)
    return groups


def _movements(suspects: Suspects) -> Iterator[str]:
    """Logons that came from the address of one host of the story to another host."""
    for move in suspects.movements():
        times = f", {move.count} times" if move.count > 1 else ""
        account = visible(suspects.label(move.account), 40)
        route = f"from {move.source.value} to {move.target.value}"
        yield visible(f"{_clock(move.first)} {account} {route}{times}  (by {move.provider})", LINE)


def _sources(answers: Sequence[AnswerRow], merges: Sequence[MergeRow]) -> Iterator[str]:
    outcome_counts: defaultdict[str, Counter[Outcome]] = defaultdict(Counter)
    for answer in answers:
        outcome_counts[answer.provider][answer.outcome] += 1
    for provider, outcomes in sorted(outcome_counts.items()):
        yield f"{visible(provider)}: {', '.join(f'{count} {outcome}' for outcome, count in outcomes.most_common())}"
    for merge in merges:
        undone = " (taken back)" if merge.undone_by is not None else ""
        yield visible(f"step {merge.step}: {merge.gone_key} is {merge.kept_key}{undone}", LINE)


def _clock(time: datetime | None) -> str:
    return f"{time_text(time):19}"
