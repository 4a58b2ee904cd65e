"""The story of a case as text: what is bad, who did what and when, where it went, and on whose word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from clew.entities import Claim, Key, Process, Relation
from clew.entities.display import visible
from clew.graph.reading import Reading
from clew.views.suspects import Suspects, find_suspects

LINE = 116
MOST_DEEDS = 6
#: What a process did, as words of the story, in the order in which they are told.
_DEEDS = {
    Relation.DECODED_TO: "hides",
    Relation.QUERIED: "looked up",
    Relation.COMMUNICATES_WITH: "talked to",
    Relation.CREATED: "wrote",
    Relation.ACCESSED: "opened the memory of",
    Relation.EXECUTES: "is",
}


def story_text(case: Reading) -> str:
    """The whole story. Everything in it was said by a source; what clew concluded is marked."""
    suspects = find_suspects(case)
    sections = (
        [f"{visible(case.title, LINE)}: {len(case.nodes())} entities, {len(case.claims())} claims"],
        _section("What is bad", _verdicts(case, suspects)),
        _section("Who did what", _processes(suspects)),
        _section("Where it went", _movements(suspects)),
        _section("On whose word", _sources(case)),
    )
    return "\n\n".join("\n".join(lines) for lines in sections if lines)


def _section(title: str, lines: Iterable[str]) -> list[str]:
    told = list(lines)
    return [title, *(f"  {line}" for line in told)] if told else []


def _verdicts(case: Reading, suspects: Suspects) -> Iterator[str]:
    found = case.findings()
    for key in suspects.bad:
        node = suspects.web.nodes[key]
        said = found[(found.subject == str(key)) & (found.outcome == "found") & (found.verdict == node.verdict.value)]
        words = "; ".join(f"{who}: {visible(why, 70)}" for who, why in zip(said.provider, said.reason, strict=True))
        yield f"{node.verdict.upper():<10} {visible(key.kind)} {visible(node.label, 60)}  ({words})"


def _processes(suspects: Suspects) -> Iterator[str]:
    """One tree for each host, by time."""
    hosts = dict.fromkeys(key.scope for key in suspects.processes)
    for host in sorted(hosts, key=lambda name: _first(suspects, name)):
        yield f"on {visible(host)}"
        for root in (key for key in suspects.roots() if key.scope == host):
            yield from _tree(suspects, root, "")


def _first(suspects: Suspects, host: str) -> tuple[str, str]:
    told = (key for key in suspects.processes if key.scope == host and key not in suspects.before)
    times = [suspects.time_of(key) for key in told]
    return min((time.isoformat() for time in times if time), default="~"), host


def _tree(suspects: Suspects, key: Key, indent: str) -> Iterator[str]:
    entity = suspects.web.nodes[key].entity
    account = next((suspects.label(claim.target) for claim in suspects.claims(key, Relation.RAN_AS)), "")
    line = entity.command_line if isinstance(entity, Process) and entity.command_line else ""
    who = f" as {visible(account, 40)}" if account else ""
    yield visible(f"{_clock(suspects.time_of(key))} {indent}{suspects.label(key)}{who}  {line}", LINE)
    for relation, word in _DEEDS.items():
        yield from _deeds(suspects, key, relation, f"{' ' * 20}{indent}   {word}")
    for child in suspects.children(key):
        yield from _tree(suspects, child, f"{indent}  ")


def _deeds(suspects: Suspects, key: Key, relation: Relation, lead: str) -> Iterator[str]:
    by_target = _by_target(claim for claim in suspects.claims(key, relation) if _worth_telling(suspects, key, claim))
    for target, said in [*by_target.items()][:MOST_DEEDS]:
        count = max(claim.count for claim in said)  # the same rows may have been asked for from both ends
        times = f", {count} times" if count > 1 else ""
        mark = f" [{suspects.web.nodes[target].verdict}]" if target in suspects.bad else ""
        sources = "+".join(dict.fromkeys(claim.provider for claim in said))
        inferred = ", concluded" if all(claim.inferred for claim in said) else ""
        yield visible(f"{lead} {suspects.label(target)}{mark}{times}  (by {sources}{inferred})", LINE)
    if len(by_target) > MOST_DEEDS:
        yield f"{lead} {len(by_target) - MOST_DEEDS} more"


def _worth_telling(suspects: Suspects, key: Key, claim: Claim) -> bool:
    """Who came before the bad is told with little: what was bad, and the files that went on into the story."""
    if claim.target.kind == "process" or (claim.relation is Relation.EXECUTES and claim.target not in suspects.bad):
        return False
    if key not in suspects.before or claim.relation is Relation.DECODED_TO:
        return True
    return claim.target in suspects.bad or suspects.named_later(claim.target)


def _by_target(claims: Iterable[Claim]) -> dict[Key, list[Claim]]:
    found: dict[Key, list[Claim]] = {}
    for claim in claims:
        found.setdefault(claim.target, []).append(claim)
    return found


def _movements(suspects: Suspects) -> Iterator[str]:
    """Logons that came from the address of one host of the story to another host."""
    for move in suspects.movements():
        times = f", {move.count} times" if move.count > 1 else ""
        who = visible(suspects.label(move.account), 40)
        way = f"from {move.source.value} to {move.target.value}"
        yield visible(f"{_clock(move.first)} {who} {way}{times}  (by {move.provider})", LINE)


def _sources(case: Reading) -> Iterator[str]:
    found = case.findings()
    for provider, answers in found.groupby("provider", sort=True):
        outcomes = answers.outcome.value_counts()
        yield f"{visible(provider)}: {', '.join(f'{count} {outcome}' for outcome, count in outcomes.items())}"
    merges = case.merges()
    for step, gone, keep, undone in zip(merges.step, merges.gone, merges.keep, merges.undone_by.notna(), strict=True):
        yield visible(f"step {step}: {gone} is {keep}{' (taken back)' if undone else ''}", LINE)


def _clock(time: datetime | None) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S}" if time else " " * 19
