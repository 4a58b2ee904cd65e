"""Rules over the logs of a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from clew.errors import QueryError
from clew.graph.recording.case_recorder import CaseRecorder
from clew.graph.recording.case_session import CaseSession

if TYPE_CHECKING:
    from clew.logs.sigma.detections import Detection
    from clew.logs.sigma.rule_files import RuleLocations


class CaseDetections:
    """What a case does with rules: part of `Case`."""

    session: CaseSession
    _recorder: CaseRecorder

    def detect(
        self, rules: RuleLocations, *, placeholders: Mapping[str, Sequence[str]] | None = None, limit: int = 1_000
    ) -> Detection:
        """Run Sigma rules over the connected logs. What each rule matched is a step, with the raw events as evidence.

        The claims are those of the rows that the events become in views, in the name of the rule: the machine, the
        process, the account, the file. An event of no view puts its machine into the graph, and no claim.

        Args:
            rules: files, folders, zip archives, or the text of a rule.
            placeholders: for the names of placeholders (`%admins%` is `admins`), the values that they stand for.
            limit: how many matches of each rule are recorded; all are counted.

        Raises:
            QueryError: no logs are connected, or there are no rules there.
            CaseError: the case would be larger than `case_limit` allows.
            MissingExtra: a library is not installed.
        """
        from clew.graph.recording.detection_import import record_detection
        from clew.logs.engines.registry import source_key
        from clew.logs.sigma.detector import detect

        connected_sources = (*self._recorder.workspace.logs, *self.session.logs.sources)
        sources = tuple({source_key(source): source for source in connected_sources}.values())
        if not sources:
            raise QueryError("no logs are connected", next_step="case.connect(path)")
        detection = detect(sources, rules, placeholders=placeholders, limit=limit)
        record_detection(self._recorder, detection, sources)
        return detection
