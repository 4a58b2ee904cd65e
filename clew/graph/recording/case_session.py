"""Where pivots run while a case is open: each is asked through the recordings of the case, and recorded in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from clew.entities import Entity, Finding
from clew.entities.times import TimeWindow
from clew.graph.case_history import CaseHistory
from clew.graph.format.events import Noted
from clew.graph.recording.case_logs import CaseLogs
from clew.graph.recording.case_recorder import CaseRecorder
from clew.graph.recording.case_recordings import CaseRecordings, ReplyFile
from clew.pivots.execution import aexecute, execute, execute_all
from clew.pivots.invocation import Invocation, Pivot, resolve_arguments
from clew.providers.base import Provider
from clew.providers.exchange import Answer
from clew.providers.runner import Runner

#: How many answers of a bulk pivot are one step.
ANSWERS_PER_STEP = 500


class CaseSession:
    """Runs pivots and records them: what `clew.pivots` talks to inside the `with` block of a case.

    Args:
        replies: recorded replies of web services, asked before anybody is.

    Attributes:
        recorder: writes the case.
        logs: those that are connected to the case.
    """

    def __init__(self, recorder: CaseRecorder, replies: ReplyFile | None = None) -> None:
        self.recorder = recorder
        self.logs = CaseLogs(recorder)
        self.replies = replies

    def perform(self, invocation: Invocation, pivot: Pivot) -> Finding:
        """Run a pivot and record it, whatever comes of it."""
        at = self.recorder.clock()
        resolved_invocation = self._resolve_invocation(invocation, pivot, at)
        answer = execute(self._runner(pivot, at), resolved_invocation, pivot)
        return self.recorder.steps.record_pivot(resolved_invocation, answer, at)

    async def aperform(self, invocation: Invocation, pivot: Pivot) -> Finding:
        """The asynchronous twin."""
        at = self.recorder.clock()
        resolved_invocation = self._resolve_invocation(invocation, pivot, at)
        answer = await aexecute(self._runner(pivot, at), resolved_invocation, pivot)
        return self.recorder.steps.record_pivot(resolved_invocation, answer, at)

    def perform_all(
        self, pivot: Pivot, subjects: Sequence[Entity], arguments: Mapping[str, Any], tell: Callable[[int], None]
    ) -> list[Finding]:
        """Run a pivot for each subject, and record the answers as one step; interrupted, those that arrived.

        Many subjects become several steps of `ANSWERS_PER_STEP` answers, so that little is lost with the machine.
        """
        resolved_arguments = self._resolve_arguments(pivot, arguments, self.recorder.clock())
        findings: list[Finding] = []
        for first in range(0, len(subjects), ANSWERS_PER_STEP):
            findings += self._perform_batch(pivot, subjects[first : first + ANSWERS_PER_STEP], resolved_arguments, tell)
        return findings

    def _perform_batch(
        self, pivot: Pivot, subjects: Sequence[Entity], arguments: Mapping[str, Any], tell: Callable[[int], None]
    ) -> list[Finding]:
        at = self.recorder.clock()
        runner = self._runner(pivot, at)
        answers: dict[int, Answer] = {}

        def keep_answer(index: int, answer: Answer) -> None:
            answers[index] = answer
            tell(1)

        try:
            execute_all(runner, pivot, subjects, arguments, keep_answer)
        finally:
            # In the order of the subjects, whichever answer came first.
            ordered_answers = [answer for _, answer in sorted(answers.items())]
            self.recorder.steps.record_bulk(pivot.name, arguments, ordered_answers, at)
        return [answer.finding for answer in ordered_answers]

    def columns(self, pivot: Pivot, subjects: Sequence[Entity], arguments: Mapping[str, Any]) -> None:
        """Every answer is kept, and so has to be a finding."""

    def note(self, text: str) -> None:
        """Write something down in the case."""
        self.recorder.record(Noted(text, None))

    @property
    def query_window(self) -> TimeWindow:
        """The time that queries are asked about which say none themselves: that of the case, else of the workspace."""
        return CaseHistory(self.recorder.store).window or self.recorder.workspace.window

    def _resolve_arguments(self, pivot: Pivot, arguments: Mapping[str, Any], at: datetime) -> dict[str, Any]:
        return resolve_arguments(pivot, arguments, self.query_window, at, self.recorder.workspace.lookup_policy)

    def _resolve_invocation(self, invocation: Invocation, pivot: Pivot, at: datetime) -> Invocation:
        return dataclasses.replace(invocation, arguments=self._resolve_arguments(pivot, invocation.arguments, at))

    def _runner(self, pivot: Pivot, at: datetime) -> Runner:
        # One time for the whole step, so that replaying it gives the same times.
        providers: dict[str, type[Provider]] = {provider.name: provider for provider in pivot.providers}
        recordings = CaseRecordings(self.recorder.store, providers, self.replies)
        gate = self.recorder.gate
        return self.recorder.workspace.runner(
            recordings=recordings, clock=lambda: at, extra_logs=self.logs.sources, gate=gate
        )
