"""The expansion of a case: what its waves know, ask and record."""

from __future__ import annotations

from clew.entities import Entity, Finding
from clew.graph.case_reader import CaseReader
from clew.graph.expansion.expander import Expander, arguments_for
from clew.graph.expansion.plan import Budget, Plan
from clew.graph.expansion.reusable_answers import AnswerPosition, RecordedAnswers
from clew.graph.format.events import Planned, PlannedCall
from clew.graph.recording.case_session import CaseSession
from clew.pivots.invocation import Invocation, Pivot, resolve_arguments
from clew.pivots.registry import find_pivot
from clew.providers.local.logs import log_view


def case_expander(session: CaseSession, budget: Budget, pivot_names: tuple[str, ...] | None) -> Expander:
    """An expander that asks through a case. Times and look-ups are those of now for all of its waves.

    Args:
        pivot_names: full names of the pivots to use; without it, all that are not wide.
    """
    recorder = session.recorder
    reader, answers = CaseReader(recorder.store), RecordedAnswers(recorder.store)
    window, at, lookup_policy = session.query_window, recorder.clock(), recorder.workspace.lookup_policy
    answer_positions: dict[tuple[str, str], AnswerPosition] = {}

    def is_answered(entity: Entity, pivot: Pivot) -> bool:
        arguments = resolve_arguments(pivot, arguments_for(pivot, budget), window, at, lookup_policy)
        position = answers.latest(entity.key, pivot, arguments)
        if position is not None:
            answer_positions[str(entity.key), pivot.name] = position
        return position is not None

    log_sources = (*session.logs.sources, *recorder.workspace.logs)
    log_views = frozenset(view for source in log_sources for view in source.capabilities.views)

    def can_answer(entity: Entity, pivot: Pivot) -> bool:
        # Without any logs, being asked for some is an answer too.
        view = log_view(type(entity).__name__, pivot.name) if log_sources else None
        return view is None or view in log_views

    def run_call(entity: Entity, call: PlannedCall) -> Finding:
        if call.known:
            # By what it was called when it was planned: it may have been merged since.
            return answers.finding(answer_positions[str(call.subject), call.pivot])
        pivot = find_pivot(type(entity), call.pivot)
        arguments = resolve_arguments(pivot, arguments_for(pivot, budget), window, at, lookup_policy)
        return session.perform(Invocation(call.pivot, entity, arguments), pivot)

    def record_plan(plan: Plan) -> None:
        left_out = tuple((entity.key, reason) for entity, reason in plan.left_out)
        recorder.record(Planned(plan.wave, plan.calls, left_out, plan.budget))

    return Expander(
        recorder.gate,
        budget,
        entity_of=reader.entity,
        verdict_of=reader.verdict,
        run=run_call,
        record_plan=record_plan,
        is_answered=is_answered,
        can_answer=can_answer,
        lookup_policy=lookup_policy,
        pivot_names=pivot_names,
    )
