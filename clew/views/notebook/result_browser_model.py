"""The results browser without its widgets: which subjects there are, the worst first, and which of them are wanted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from clew.entities import Entity, Finding, Key, Outcome, Severity, Verdict
from clew.entities.checked_text import refang
from clew.entities.display import plural, visible
from clew.entities.finding import CONCLUSIVE_OUTCOMES, SEVERITY_ORDER, VERDICT_ORDER
from clew.errors import QueryError
from clew.graph.projection.verdict import ANALYST
from clew.views.explorer.palette import mark
from clew.views.explorer.scene import location_text

#: How many subjects are listed; filters and words bring up the others.
SUBJECTS_SHOWN = 200
#: The longest name of a subject and of a source, in characters.
NAME_SHOWN, SOURCE_SHOWN = 80, 40
_IN_TEXT = 10
_NO_VERDICT, _NO_ANSWER = "\u00b7", "\u00d7"


def verdict_of(part: Finding) -> Verdict:
    """What a source thinks; one that found nothing, or did not answer, thinks nothing."""
    return part.verdict if part.outcome is Outcome.FOUND else Verdict.UNKNOWN


def severity_of(part: Finding) -> Severity:
    """How much it matters by a source that found something."""
    return part.severity if part.outcome is Outcome.FOUND else Severity.INFORMATIONAL


def is_answer(part: Finding) -> bool:
    """Whether a source said anything about the subject at all."""
    return part.outcome in CONCLUSIVE_OUTCOMES


def sign_of(part: Finding) -> str:
    """The sign of what a source thinks; another for one that did not answer."""
    return _sign(verdict_of(part), is_answered=is_answer(part))


def source_of(part: Finding) -> str:
    """Who was asked; where nobody is named, what."""
    return visible(part.provider or part.pivot or "-", SOURCE_SHOWN)


@dataclass(frozen=True)
class Result:
    """All that is known about one subject.

    Attributes:
        parts: what each source said, the worst first; who did not answer comes before who found nothing.
    """

    subject: Entity
    parts: tuple[Finding, ...]
    verdict: Verdict
    severity: Severity

    @classmethod
    def of(cls, subject: Entity, findings: Iterable[Finding]) -> Result:
        """The worst that anybody says who found something."""
        unique_findings = tuple(dict.fromkeys(findings))
        all_findings = [*unique_findings, *(part for finding in unique_findings for part in finding.parts)]
        verdict = min(map(verdict_of, all_findings), key=VERDICT_ORDER.index, default=Verdict.UNKNOWN)
        severity = min(map(severity_of, all_findings), key=SEVERITY_ORDER.index, default=Severity.INFORMATIONAL)
        return cls(
            subject, worst_first(part for finding in unique_findings for part in _sources(finding)), verdict, severity
        )

    @property
    def answer_count(self) -> int:
        """How many sources said something."""
        return sum(map(is_answer, self.parts))

    @cached_property
    def silence(self) -> str:
        """Who did not answer, by outcome; empty if everybody did."""
        counts = Counter(part.outcome.value for part in self.parts if not is_answer(part))
        return ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(counts.items()))

    @property
    def headline(self) -> str:
        """What came out, in a few words. Nobody's answer is never taken for a good one."""
        if self.verdict is not Verdict.UNKNOWN:
            return f"{self.verdict} ({self.severity})"
        if not self.answer_count:
            return f"no answer ({self.silence})"
        return "found, no verdict" if any(self.parts) else "nothing found"

    @property
    def sign(self) -> str:
        """The sign of the verdict; another for a subject that nobody answered about."""
        return _sign(self.verdict, is_answered=self.answer_count > 0)

    @cached_property
    def name(self) -> str:
        """The class of the subject, what it is called, and what tells it from others of that name."""
        location = location_text(self.subject.key, self.subject.label)
        label = visible(self.subject.label, NAME_SHOWN)
        return f"{type(self.subject).__name__} {label}{f' ({location})' if location else ''}"

    @property
    def label(self) -> str:
        """One line. The verdict stands first, where no name can pretend to be one."""
        partly = (
            f", {self.answer_count:,} of {len(self.parts):,} answered" if self.silence and self.answer_count else ""
        )
        return f"{self.sign} {self.headline}{partly}: {self.name}"

    @cached_property
    def text(self) -> str:
        """What words are looked for in."""
        return "\n".join(self._texts()).casefold()

    def _texts(self) -> Iterator[str]:
        yield self.label
        yield str(self.subject.key)
        yield self.subject.label
        for part in self.parts:
            yield from (part.provider, part.pivot, part.outcome.value, part.reason, part.reference)
            yield from (f"{fact.name} {fact.value}" for fact in part.facts)
            yield from (str(entity.key) for entity in part.entities)

    @property
    def rank(self) -> tuple[int, int, bool, bool]:
        """The worst is least. Who was not answered about comes before who is unknown to everybody.

        Returns:
            The places of verdict and severity in their orders, whether a source answered, and whether all did.
        """
        place_in_order = VERDICT_ORDER.index(self.verdict), SEVERITY_ORDER.index(self.severity)
        return (*place_in_order, self.answer_count > 0, not self.silence)


@dataclass(frozen=True)
class ResultFilter:
    """What is chosen and typed. Of each list that has nothing chosen, everything is wanted.

    Attributes:
        outcomes: a subject is wanted if any of its sources has one of them.
    """

    verdicts: frozenset[Verdict] = frozenset()
    severities: frozenset[Severity] = frozenset()
    outcomes: frozenset[Outcome] = frozenset()
    words: str = ""

    def matches(self, result: Result) -> bool:
        """Whether a result is wanted. A verdict or severity hides nobody who has none for want of an answer."""
        if self.outcomes and not any(part.outcome in self.outcomes for part in result.parts):
            return False
        if result.answer_count and self.verdicts and result.verdict not in self.verdicts:
            return False
        if result.answer_count and self.severities and result.severity not in self.severities:
            return False
        return all(word in result.text or plain in result.text for word, plain in self._terms)

    @cached_property
    def _terms(self) -> list[tuple[str, str]]:
        """Each word as it is typed, and refanged."""
        return [(word.casefold(), refang(word).casefold()) for word in self.words.split()]


@dataclass(frozen=True, slots=True)
class Listing:
    """The results that are listed, and what is to know about those that are not."""

    results: tuple[Result, ...]
    note: str = ""


@dataclass(frozen=True)
class Results:
    """All results, the worst first.

    Attributes:
        origin: where they come from, if that is to be said.
    """

    results: tuple[Result, ...]
    origin: str = ""

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> Results:
        """One result for each subject of the findings.

        Raises:
            QueryError: there is something among them that is no finding.
        """
        by_subject: dict[Key, list[Finding]] = {}
        for finding in findings:
            if not isinstance(finding, Finding):  # pyright: ignore[reportUnnecessaryIsInstance] - a frame has columns
                raise QueryError(
                    f"results are findings, not {type(finding).__name__}",
                    next_step="ask within a case, and give the case: it has every finding",
                )
            by_subject.setdefault(finding.subject.key, []).append(finding)
        return cls.from_results(
            Result.of(subject_findings[0].subject, subject_findings) for subject_findings in by_subject.values()
        )

    @classmethod
    def from_results(cls, results: Iterable[Result], origin: str = "") -> Results:
        """Results in the order in which they are listed."""
        return cls(tuple(sorted(results, key=lambda result: result.rank)), origin)

    def matching(self, result_filter: ResultFilter) -> Listing:
        """The worst of what is wanted."""
        matches = [result for result in self.results if result_filter.matches(result)]
        notes = [f"{len(matches):,} of {plural(len(self.results), 'subject')}"] if self.results else []
        if len(matches) > SUBJECTS_SHOWN:
            notes.append(f"the {SUBJECTS_SHOWN:,} worst are listed: filter or search for the others")
        silent_count = sum(bool(result.silence) for result in self.results) - sum(
            bool(result.silence) for result in matches
        )
        if silent_count:
            notes.append(f"{silent_count:,} that some source gave no answer about are filtered out")
        return Listing(tuple(matches[:SUBJECTS_SHOWN]), "; ".join(notes))

    @cached_property
    def summary(self) -> str:
        """How many there are of each verdict, and how many lack answers."""
        if not self.results:
            return "there are no findings to show"
        counts = Counter(result.verdict.value for result in self.results)
        phrases = [f"{counts[verdict]:,} {verdict}" for verdict in VERDICT_ORDER if counts[verdict]]
        mute = sum(not result.answer_count for result in self.results)
        partly = sum(bool(result.silence and result.answer_count) for result in self.results)
        phrases += [f"{mute:,} without any answer"] * bool(mute) + [f"{partly:,} without all answers"] * bool(partly)
        asof = f" ({self.origin})" if self.origin else ""
        return f"{plural(len(self.results), 'subject')}: {', '.join(phrases)}{asof}"

    def __str__(self) -> str:
        lines = [self.summary, *(f"  {result.label}" for result in self.results[:_IN_TEXT])]
        remainder = len(self.results) - _IN_TEXT
        return "\n".join([*lines, *([f"  and {remainder:,} more"] if remainder > 0 else [])])


def _sign(verdict: Verdict, *, is_answered: bool) -> str:
    return mark(verdict).sign or (_NO_VERDICT if is_answered else _NO_ANSWER)


def _sources(finding: Finding) -> Iterator[Finding]:
    if finding.parts:
        yield from (source for part in finding.parts for source in _sources(part))
    else:
        yield finding


def worst_first(parts: Iterable[Finding]) -> tuple[Finding, ...]:
    """What sources said, each once: the analyst first, then the worst, and no answer before nothing."""
    return tuple(sorted(dict.fromkeys(parts), key=_part_rank))


def _part_rank(part: Finding) -> tuple[bool, int, int, bool, bool]:
    verdict, severity = VERDICT_ORDER.index(verdict_of(part)), SEVERITY_ORDER.index(severity_of(part))
    return part.provider != ANALYST, verdict, severity, is_answer(part), not part
