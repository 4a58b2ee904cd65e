"""What happened in a step, in one line for people. Every kind of event has its words here and nowhere else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import assert_never

from clew.entities import Entity, Finding, Key, Verdict
from clew.entities.display import plural, visible
from clew.graph.format.connection_event import Connected
from clew.graph.format.events import (
    Added,
    Branched,
    BulkPivoted,
    Collapsed,
    Common,
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

#: The longest line, in characters; one that was cut ends in "…".
LINE = 160
_NAME, _TEXT, _NAMES_SHOWN = 60, 80, 3
#: What a case calls the node of a key.
Naming = Callable[[Key], str]


def describe_event(event: Event, name: Naming = str) -> str:
    """What happened, with nothing in it that hides or commands."""
    return visible(_describe(event, name), LINE)


def _describe(event: Event, name: Naming) -> str:
    match event:
        case Opened() | Branched() | Connected() | Imported() | Added():
            return _describe_input(event)
        case Planned() | Pivoted() | BulkPivoted():
            return _describe_pivot(event)
        case Noted() | Tagged() | Windowed() | Gated() | Linked() | Judged():
            return _describe_remark(event, name)
        case Hidden() | Collapsed() | Moved():
            return _describe_layout(event, name)
        case Merged() | Unmerged() | Undone() | Redone() | Common():
            return _describe_change(event)
        case Signed() | Redacted():
            return _describe_export(event)
        case _:
            assert_never(event)


def _describe_input(event: Opened | Branched | Connected | Imported | Added) -> str:
    match event:
        case Opened(title):
            return f"began the case {_clip(title)}"
        case Branched(name, origin, step):
            return f"branched off as {_clip(name)} from {_clip(origin)} at step {step}"
        case Connected():
            counts = f": {text}" if (text := event.source.count_text) else ""
            return f"connected logs ({_clip(event.source.name)}){counts}"
        case Imported():
            contents = f"{plural(event.nodes, 'node')} and {plural(event.links, 'link')}"
            return f"brought in {contents} from {_clip(event.source)}"
        case Added(entity):
            return f"added {_entity_text(entity)}"


def _describe_pivot(event: Planned | Pivoted | BulkPivoted) -> str:
    match event:
        case Planned():
            left_out = f", {len(event.left_out):,} left out" if event.left_out else ""
            refused_count = sum(bool(call.refused) for call in event.calls)
            refused_note = f", {refused_count:,} of them refused" if refused_count else ""
            budget = f"with a budget of {plural(event.budget, 'call')}"
            return f"planned wave {event.wave}: {plural(len(event.calls), 'pivot')}{refused_note}{left_out}, {budget}"
        case Pivoted():
            invocation = event.invocation
            finding = _describe_finding(event.finding)
            text = f"asked {_clip(invocation.pivot)} about {_entity_text(invocation.subject)}: {finding}"
            return text + _storage_note(event.exchanges)
        case BulkPivoted():
            counts = Counter(answer.finding.outcome.value for answer in event.answers)
            text = ", ".join(f"{count:,} {outcome}" for outcome, count in counts.most_common())
            exchanges = [exchange for answer in event.answers for exchange in answer.exchanges]
            subjects = plural(len(event.answers), "subject")
            return f"asked {_clip(event.pivot)} about {subjects}: {text}{_storage_note(exchanges)}"


def _storage_note(exchanges: Sequence[Exchange]) -> str:
    unkept = sum(bool(exchange.unkept) for exchange in exchanges)
    return f"; {unkept:,} of its raw replies not kept, for want of room" if unkept else ""


def _describe_finding(finding: Finding) -> str:
    verdict = "" if finding.verdict is Verdict.UNKNOWN else f", {finding.verdict} ({finding.severity})"
    links = sum(len(part.links) for part in finding.parts or (finding,))
    links_note = f", {plural(links, 'link')}" if links else ""
    return f"{finding.outcome}{verdict}{links_note}{_reason_text(finding.reason)}"


def _describe_gate(event: Gated) -> str:
    changes = {
        "active providers may be asked": event.active is True,
        "no active providers may be asked": event.active is False,
        "nothing may leave": event.offline is True,
        "asking outside is as the settings say": event.offline is False,
        f"everything is marked {event.tlp}": event.tlp is not None,
    }
    summary = ", ".join(text for text, true in changes.items() if true)
    return f"from here on {summary or 'nothing changes'}{_reason_text(event.why)}"


def _describe_remark(event: Noted | Tagged | Windowed | Gated | Linked | Judged, name: Naming) -> str:
    match event:
        case Noted(text, about):
            return f"noted{f' about {_clip(name(about), _NAME)}' if about else ''}: {_clip(text, LINE)}"
        case Tagged(about, tag):
            return f"tagged {_clip(name(about), _NAME)} as {_clip(tag)}"
        case Gated():
            return _describe_gate(event)
        case Windowed():
            return f"from here on queries ask for what was {event}"
        case Linked(source, relation, target, reason):
            relation_text = relation.value.replace("-", " ")
            return f"linked: {_entity_text(source)} {relation_text} {_entity_text(target)}{_reason_text(reason)}"
        case Judged(about, verdict, reason):
            phrase = "took back the verdict on" if verdict is Verdict.UNKNOWN else f"called {verdict}:"
            return f"{phrase} {_clip(name(about), _NAME)}{_reason_text(reason)}"


def _describe_layout(event: Hidden | Collapsed | Moved, name: Naming) -> str:
    match event:
        case Hidden(about, is_hidden):
            return f"{'hid' if is_hidden else 'showed again'} {_names(about, name)}"
        case Collapsed(about, is_collapsed):
            return f"{'folded what hangs on' if is_collapsed else 'unfolded what hangs on'} {_names(about, name)}"
        case Moved(about, x, y, is_pinned):
            return f"{'pinned' if is_pinned else 'moved'} {_clip(name(about), _NAME)} at {x:,.0f}, {y:,.0f}"


def _describe_change(event: Merged | Unmerged | Undone | Redone | Common) -> str:
    match event:
        case Common(about, rationale, is_common):
            phrase = "nothing becomes one through" if is_common else "things may become one again through"
            return f"{phrase} {_names(about, _key)}{_reason_text(rationale)}"
        case Merged():
            follows = f" (follows from step {event.follows})" if event.follows else ""
            return f"merged: {_key(event.gone)} is {_key(event.keep)}{follows}{_reason_text(event.reason)}"
        case Unmerged(step, reason):
            return f"took back the merge of step {step}{_reason_text(reason)}"
        case Undone(steps):
            return f"took back {_steps(steps)}"
        case Redone(steps):
            return f"did again {_steps(steps)}"


def _describe_export(event: Signed | Redacted) -> str:
    match event:
        case Signed():
            return f"signed all steps before, as {_clip(event.signer)}; clew verify says whether that holds"
        case Redacted():
            counts = ", ".join(f"{count:,} of {_clip(kind, _NAME)}" for kind, count in event.replaced.items())
            left_out = f"; {plural(len(event.left_out), 'raw text')} left out" if event.left_out else ""
            return f"redacted another case, of which the steps before are; replaced: {counts or 'nothing'}{left_out}"


def _clip(text: str, limit: int = _TEXT) -> str:
    return visible(text, limit)


def _entity_text(entity: Entity) -> str:
    return f"{entity.kind} {_clip(entity.label, _NAME)}"


def _key(key: Key) -> str:
    return _clip(str(key), _NAME)


def _names(keys: Sequence[Key], name: Naming) -> str:
    suffix = f" and {len(keys) - _NAMES_SHOWN:,} more" if len(keys) > _NAMES_SHOWN else ""
    return f"{', '.join(_clip(name(key), _NAME) for key in keys[:_NAMES_SHOWN])}{suffix}"


def _steps(numbers: Sequence[int]) -> str:
    text = ", ".join(map(str, sorted(numbers)))
    return f"{'step' if len(numbers) == 1 else 'steps'} {text}"


def _reason_text(reason: str) -> str:
    return f": {_clip(reason)}" if reason else ""
