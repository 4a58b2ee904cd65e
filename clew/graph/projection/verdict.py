"""Which answer counts, and which verdict follows from it: one rule, as SQL for tables and as Python for values.

The latest word of a person counts before all; else the worst of the latest word of each source: that it found
something, or that it found nothing any more. An answer that is none does not hide the one before it. `unknown` is what
remains where nobody said anything. A source counts no worse than the look-up that it is part of, whose rule may have
asked for more than its word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

from clew.entities import Outcome, Severity, Verdict
from clew.entities.finding import CONCLUSIVE_OUTCOMES, LOWERED_SEVERITY, SEVERITY_ORDER, VERDICT_ORDER

#: Who says what a person says.
ANALYST = "analyst"

QuestionT = TypeVar("QuestionT")
AnswerT = TypeVar("AnswerT")


class CountedVerdict(NamedTuple):
    """With what an answer counts, or a node is marked."""

    verdict: Verdict
    severity: Severity


class SourceAnswer(NamedTuple):
    """What one source said of a node. `lookup_verdict` is that of the look-up it is part of; its own, if of none."""

    provider: str
    pivot: str
    outcome: Outcome
    verdict: Verdict
    severity: Severity
    lookup_verdict: Verdict

    @property
    def counted_verdict(self) -> CountedVerdict:
        """With what it counts: no worse than the look-up."""
        if VERDICT_ORDER.index(self.lookup_verdict) <= VERDICT_ORDER.index(self.verdict):
            return CountedVerdict(self.verdict, self.severity)
        return CountedVerdict(self.lookup_verdict, max(self.severity, LOWERED_SEVERITY, key=SEVERITY_ORDER.index))


def latest_answers(
    answers: Iterable[tuple[QuestionT, AnswerT]], outcome: Callable[[AnswerT], Outcome]
) -> dict[QuestionT, AnswerT]:
    """The latest answer to each question. One that is none does not hide the one before it.

    Args:
        answers: each with its question, in the order in which they were given.
    """
    latest: dict[QuestionT, AnswerT] = {}
    for question, answer in answers:
        if (
            outcome(answer) in CONCLUSIVE_OUTCOMES
            or question not in latest
            or outcome(latest[question]) not in CONCLUSIVE_OUTCOMES
        ):
            latest[question] = answer
    return latest


def node_verdict(answers: Iterable[SourceAnswer]) -> CountedVerdict | None:
    """The verdict of a node; None where nobody said anything.

    Args:
        answers: all about the node, in the order in which they were given.
    """
    by_source = (((answer.provider, answer.pivot), answer) for answer in answers)
    latest = latest_answers(by_source, lambda answer: answer.outcome).values()
    conclusive = [answer for answer in latest if answer.outcome in CONCLUSIVE_OUTCOMES]
    if not conclusive:
        return None
    strongest = min(conclusive, key=_rank)
    verdict, severity = strongest.counted_verdict
    return CountedVerdict(verdict if strongest.outcome is Outcome.FOUND else Verdict.UNKNOWN, severity)


def _rank(answer: SourceAnswer) -> tuple[bool, bool, int, int]:
    verdict, severity = answer.counted_verdict
    is_judgement = answer.provider == ANALYST and verdict is not Verdict.UNKNOWN
    is_found = answer.outcome is Outcome.FOUND
    return not is_judgement, not is_found, VERDICT_ORDER.index(verdict), SEVERITY_ORDER.index(severity)


# -- the same as SQL ---------------------------------------------------------------------------------------------


def _rank_sql(column: str, order: Sequence[Verdict] | Sequence[Severity]) -> str:
    """The place of a column's word in an order. What is no word of it stands last."""
    cases = " ".join(f"WHEN '{word}' THEN {rank}" for rank, word in enumerate(order[:-1]))
    return f"CASE {column} {cases} ELSE {len(order) - 1} END"


def conclusive_sql(column: str) -> str:
    """Whether the outcome in a column says something about the subject."""
    words = ", ".join(f"'{outcome}'" for outcome in CONCLUSIVE_OUTCOMES)
    return f"{column} IN ({words})"


def reply_outcome_sql(outcome: Outcome) -> str:
    """Whether the source of an exchange, a row `e` of `exchanges`, made that of its replies."""
    return (
        "EXISTS (SELECT 1 FROM findings f WHERE f.step = e.step AND f.answer = e.answer AND f.part > 0 "  # noqa: S608 - constants of ours
        f"AND f.provider = e.provider AND f.outcome = '{outcome}')"
    )


#: The answer of a source, a row `f` of `findings`, with that of the look-up that it is part of, `w`.
ANSWERS_OF_SOURCES = "findings f JOIN main.findings w ON w.step = f.step AND w.answer = f.answer AND w.part = 0"
_IS_LOWERED = f"{_rank_sql('w.verdict', VERDICT_ORDER)} > {_rank_sql('f.verdict', VERDICT_ORDER)}"
_IS_HIGHER = f"{_rank_sql('f.severity', SEVERITY_ORDER)} < {SEVERITY_ORDER.index(LOWERED_SEVERITY)}"
#: With what such an answer counts.
COUNTED_VERDICT = f"CASE WHEN {_IS_LOWERED} THEN w.verdict ELSE f.verdict END"
COUNTED_SEVERITY = f"CASE WHEN {_IS_LOWERED} AND {_IS_HIGHER} THEN '{LOWERED_SEVERITY}' ELSE f.severity END"

#: The verdict and severity of the node of that number; no row where nobody said anything.
NODE_VERDICT = f"""
SELECT CASE outcome WHEN '{Outcome.FOUND}' THEN verdict ELSE '{Verdict.UNKNOWN}' END, severity FROM (
  SELECT f.provider, f.outcome, {COUNTED_VERDICT} AS verdict, {COUNTED_SEVERITY} AS severity,
    row_number() OVER (PARTITION BY f.provider, f.pivot ORDER BY f.step DESC, f.answer DESC, f.part DESC) AS latest
  FROM main.{ANSWERS_OF_SOURCES}
  WHERE f.subject = ? AND {conclusive_sql("f.outcome")} AND f.part > 0)
WHERE latest = 1 ORDER BY
  CASE WHEN provider = '{ANALYST}' AND verdict <> '{Verdict.UNKNOWN}' THEN 0 ELSE 1 END,
  CASE outcome WHEN '{Outcome.FOUND}' THEN 0 ELSE 1 END,
  {_rank_sql("verdict", VERDICT_ORDER)}, {_rank_sql("severity", SEVERITY_ORDER)} LIMIT 1"""  # noqa: S608 - constants of ours
