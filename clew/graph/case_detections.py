"""Sigma rules over the logs of a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from clew.errors import QueryError
from clew.graph.recording.case_session import CaseSession

if TYPE_CHECKING:
    from clew.logs.sigma.detections import Detection
    from clew.logs.sigma.rule_files import RuleLocations


def detect_in_case(
    session: CaseSession, rules: RuleLocations, placeholders: Mapping[str, Sequence[str]] | None, limit: int
) -> Detection:
    """Run rules over the logs that a case can ask, and record what each one matched.

    The claims are those of the rows that the events become in views, in the name of the rule: the machine, the
    process, the account, the file. An event of no view puts its machine into the graph, and no claim.

    Args:
        placeholders: for the names of placeholders (`%admins%` is `admins`), the values that they stand for.
        limit: how many matches of each rule are recorded; all are counted.

    Raises:
        QueryError: no logs are connected, or there are no rules there.
        CaseError: the case would be larger than `case_limit` allows.
        MissingExtra: a library is not installed.
    """
    # Loaded here: most cases run no rules.
    from clew.graph.recording.detection_import import record_detection
    from clew.logs.engines.registry import source_key
    from clew.logs.sigma.detector import detect

    connected_sources = (*session.recorder.workspace.logs, *session.logs.sources)
    sources = tuple({source_key(source): source for source in connected_sources}.values())
    if not sources:
        raise QueryError("no logs are connected", next_step="case.connect(path)")
    detection = detect(sources, rules, placeholders=placeholders, limit=limit)
    record_detection(session.recorder, detection, sources)
    return detection
