"""What happened in a step, in one line for people. Every kind of event has its words here and nowhere else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import assert_never

from clew.entities import Entity, Finding, Key, Verdict
from clew.entities.display import visible
from clew.graph.events import (
    Added,
    Branched,
    BulkPivoted,
    Collapsed,
    Common,
    Connected,
    Event,
    Gated,
    Hidden,
    Imported,
    Judged,
    Linked,
    Merged,
    Moved,
    Noted,
    Opened,
    Pivoted,
    Planned,
    Redacted,
    Redone,
    Signed,
    Tagged,
    Undone,
    Unmerged,
    Windowed,
)
from clew.providers.exchange import Exchange
from clew.views.scene import plural

#: The longest line, in characters; one that was cut ends in "…".
LINE = 160
_NAME, _TEXT, _NAMED = 60, 80, 3
#: What a case calls the node of a key.
Naming = Callable[[Key], str]


def words(event: Event, name: Naming = str) -> str:
    """What happened, with nothing in it that hides or commands."""
    return visible(_told(event, name), LINE)


def _told(event: Event, name: Naming) -> str:
    match event:
        case Opened() | Branched() | Connected() | Imported() | Added():
            return _brought(event)
        case Planned() | Pivoted() | BulkPivoted():
            return _asked(event)
        case Noted() | Tagged() | Windowed() | Gated() | Linked() | Judged():
            return _said(event, name)
        case Hidden() | Collapsed() | Moved():
            return _arranged(event, name)
        case Merged() | Unmerged() | Undone() | Redone() | Common():
            return _changed(event)
        case Signed() | Redacted():
            return _given_away(event)
        case _:
            assert_never(event)


def _brought(event: Opened | Branched | Connected | Imported | Added) -> str:
    match event:
        case Opened(title):
            return f"began the case {_cut(title)}"
        case Branched(name, origin, step):
            return f"branched off as {_cut(name)} from {_cut(origin)} at step {step}"
        case Connected():
            damaged = f", {event.damaged:,} damaged rows left out" if event.damaged else ""
            rows = f"{plural(event.files, 'file')}, {plural(event.rows, 'row')}"
            return f"connected logs ({_cut(event.name)}): {rows}{damaged}"
        case Imported():
            what = f"{plural(event.nodes, 'node')} and {plural(event.links, 'link')}"
            return f"brought in {what} from {_cut(event.source)}"
        case Added(entity):
            return f"added {_called(entity)}"


def _asked(event: Planned | Pivoted | BulkPivoted) -> str:
    match event:
        case Planned():
            left_out = f", {len(event.left_out):,} left out" if event.left_out else ""
            refused = sum(bool(call.refused) for call in event.calls)
            barred = f", {refused:,} of them refused" if refused else ""
            budget = f"with a budget of {plural(event.budget, 'call')}"
            return f"planned wave {event.wave}: {plural(len(event.calls), 'pivot')}{barred}{left_out}, {budget}"
        case Pivoted():
            asked = event.invocation
            told = f"asked {_cut(asked.pivot)} about {_called(asked.subject)}: {_answered(event.finding)}"
            return told + _unkept(event.exchanges)
        case BulkPivoted():
            counts = Counter(answer.finding.outcome.value for answer in event.answers)
            told = ", ".join(f"{count:,} {outcome}" for outcome, count in counts.most_common())
            exchanges = [exchange for answer in event.answers for exchange in answer.exchanges]
            return (
                f"asked {_cut(event.pivot)} about {plural(len(event.answers), 'subject')}: {told}{_unkept(exchanges)}"
            )


def _unkept(exchanges: Sequence[Exchange]) -> str:
    unkept = sum(bool(exchange.unkept) for exchange in exchanges)
    return f"; {unkept:,} of its raw replies not kept, for want of room" if unkept else ""


def _answered(finding: Finding) -> str:
    verdict = "" if finding.verdict is Verdict.UNKNOWN else f", {finding.verdict} ({finding.severity})"
    links = sum(len(part.links) for part in finding.parts or (finding,))
    told = f", {plural(links, 'link')}" if links else ""
    return f"{finding.outcome}{verdict}{told}{_why(finding.reason)}"


def _gated(event: Gated) -> str:
    told = {
        "active providers may be asked": event.active is True,
        "no active providers may be asked": event.active is False,
        "nothing may leave": event.offline is True,
        "asking outside is as the settings say": event.offline is False,
        f"everything is marked {event.tlp}": event.tlp is not None,
    }
    changed = ", ".join(what for what, true in told.items() if true)
    return f"from here on {changed or 'nothing changes'}{_why(event.why)}"


def _said(event: Noted | Tagged | Windowed | Gated | Linked | Judged, name: Naming) -> str:
    match event:
        case Noted(text, about):
            return f"noted{f' about {_cut(name(about), _NAME)}' if about else ''}: {_cut(text, LINE)}"
        case Tagged(about, tag):
            return f"tagged {_cut(name(about), _NAME)} as {_cut(tag)}"
        case Gated():
            return _gated(event)
        case Windowed():
            return f"from here on queries ask for what was {event}"
        case Linked(source, relation, target, why):
            relation_told = relation.value.replace("-", " ")
            return f"linked: {_called(source)} {relation_told} {_called(target)}{_why(why)}"
        case Judged(about, verdict, why):
            told = "took back the verdict on" if verdict is Verdict.UNKNOWN else f"called {verdict}:"
            return f"{told} {_cut(name(about), _NAME)}{_why(why)}"


def _arranged(event: Hidden | Collapsed | Moved, name: Naming) -> str:
    match event:
        case Hidden(about, hidden):
            return f"{'hid' if hidden else 'showed again'} {_names(about, name)}"
        case Collapsed(about, collapsed):
            return f"{'folded what hangs on' if collapsed else 'unfolded what hangs on'} {_names(about, name)}"
        case Moved(about, x, y, pinned):
            return f"{'pinned' if pinned else 'moved'} {_cut(name(about), _NAME)} at {x:,.0f}, {y:,.0f}"


def _changed(event: Merged | Unmerged | Undone | Redone | Common) -> str:
    match event:
        case Common(about, why, common):
            told = "nothing becomes one through" if common else "things may become one again through"
            return f"{told} {_names(about, _key)}{_why(why)}"
        case Merged():
            follows = f" (follows from step {event.follows})" if event.follows else ""
            return f"merged: {_key(event.gone)} is {_key(event.keep)}{follows}{_why(event.reason)}"
        case Unmerged(step, reason):
            return f"took back the merge of step {step}{_why(reason)}"
        case Undone(steps):
            return f"took back {_steps(steps)}"
        case Redone(steps):
            return f"did again {_steps(steps)}"


def _given_away(event: Signed | Redacted) -> str:
    match event:
        case Signed():
            return f"signed all steps before, as {_cut(event.signer)}; clew verify says whether that holds"
        case Redacted():
            counts = ", ".join(f"{count:,} of {_cut(kind, _NAME)}" for kind, count in event.replaced.items())
            left_out = f"; {plural(len(event.left_out), 'raw text')} left out" if event.left_out else ""
            return f"redacted another case, of which the steps before are; replaced: {counts or 'nothing'}{left_out}"


def _cut(text: str, limit: int = _TEXT) -> str:
    return visible(text, limit)


def _called(entity: Entity) -> str:
    return f"{entity.kind} {_cut(entity.label, _NAME)}"


def _key(key: Key) -> str:
    return _cut(str(key), _NAME)


def _names(keys: Sequence[Key], name: Naming) -> str:
    more = f" and {len(keys) - _NAMED:,} more" if len(keys) > _NAMED else ""
    return f"{', '.join(_cut(name(key), _NAME) for key in keys[:_NAMED])}{more}"


def _steps(numbers: Sequence[int]) -> str:
    told = ", ".join(map(str, sorted(numbers)))
    return f"{'step' if len(numbers) == 1 else 'steps'} {told}"


def _why(reason: str) -> str:
    return f": {_cut(reason)}" if reason else ""
