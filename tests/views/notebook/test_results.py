"""What the results browser shows, without its widgets."""

from __future__ import annotations

from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import (
    Domain,
    Fact,
    Finding,
    Host,
    IpAddress,
    Link,
    Outcome,
    Process,
    Relation,
    Severity,
    Verdict,
)
from clew.entities.finding import Table
from clew.errors import QueryError
from clew.pivots.lookup_verdict import combine_findings
from clew.views.notebook import result_panels as panels
from clew.views.notebook.result_browser_model import SUBJECTS_SHOWN, ResultFilter, Results
from clew.views.notebook.result_panels import entities_code, reference_html, source_html, summary_html, tab_titles
from tests.support import FEWER, HOSTILE, active, entities, hiding, moments, texts
from tests.views.hand import NOON, SERVER, link, process

ADDRESSES = [IpAddress(f"203.0.113.{number}") for number in range(250)]
OPENS = {"target": "_blank", "rel": "noopener noreferrer"}


def said(
    provider,
    outcome=Outcome.FOUND,
    verdict=Verdict.UNKNOWN,
    severity=Severity.INFORMATIONAL,
    *,
    subject=SERVER,
    **fields,
):
    given = {"pivot": f"ti.{provider}", "provider": provider, "outcome": outcome, "verdict": verdict} | fields
    return Finding(subject, severity=severity, **given)


def looked_up(*parts, subject=SERVER):
    return combine_findings(subject, "ti.lookup", parts)


def only(findings):
    (result,) = Results.of(findings).results
    return result


def labels(results, wanted=None):
    return [result.label for result in results.matching(wanted or ResultFilter()).results]


class _Anchors(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found += [dict(attrs)] if tag == "a" else []


def anchors(html):
    """The attributes of each link."""
    reader = _Anchors()
    reader.feed(html)
    reader.close()
    return reader.found


def assert_inert(html):
    """Nothing but text, tables and links that a person has to click; every character is to be seen."""
    links = anchors(html)
    for attributes in links:
        assert attributes.keys() == {"href", *OPENS}
        assert attributes.items() >= OPENS.items()
        assert attributes["href"].startswith("https://")
    expected = [each for one in links for each in ("<a>", *(f"{name}={value}" for name, value in one.items()))]
    assert active(html) == expected
    assert hiding(html) == set()


# --- which subjects, in which order --------------------------------------------------------------------------------


def test_the_worst_subject_comes_first_and_silence_before_nothing():
    """Malicious, suspicious, benign, then who nobody answered about, who some did not answer about, unknown."""
    told = [
        said("feed", verdict=Verdict.BENIGN, severity=Severity.LOW, subject=ADDRESSES[0]),
        said("feed", Outcome.NOTHING, subject=ADDRESSES[1]),
        looked_up(said("feed", Outcome.NOTHING), said("vt", Outcome.FAILED), subject=ADDRESSES[2]),
        looked_up(said("feed", Outcome.REFUSED), said("vt", Outcome.SKIPPED), subject=ADDRESSES[3]),
        said("feed", verdict=Verdict.MALICIOUS, severity=Severity.LOW, subject=ADDRESSES[4]),
        said("feed", verdict=Verdict.SUSPICIOUS, severity=Severity.HIGH, subject=ADDRESSES[5]),
        said("feed", verdict=Verdict.MALICIOUS, severity=Severity.HIGH, subject=ADDRESSES[6]),
        said("feed", subject=ADDRESSES[7]),
    ]
    assert labels(Results.of(told)) == [
        "! malicious (high): IpAddress 203.0.113.6",
        "! malicious (low): IpAddress 203.0.113.4",
        "? suspicious (high): IpAddress 203.0.113.5",
        "+ benign (low): IpAddress 203.0.113.0",
        "\u00d7 no answer (1 refused, 1 skipped): IpAddress 203.0.113.3",
        "\u00b7 nothing found, 1 of 2 answered: IpAddress 203.0.113.2",
        "\u00b7 nothing found: IpAddress 203.0.113.1",
        "\u00b7 found, no verdict: IpAddress 203.0.113.7",
    ]


def test_findings_about_one_subject_are_one_result():
    """What several pivots say of a subject stands together, each source once, and the worst counts."""
    feed, vt = said("feed", Outcome.NOTHING), said("vt", verdict=Verdict.MALICIOUS, severity=Severity.HIGH)
    result = only([looked_up(feed, vt), vt, said("maxmind", pivot="geo.maxmind")])
    assert [part.provider for part in result.parts] == ["vt", "maxmind", "feed"]
    assert (result.verdict, result.severity, result.answer_count) == (Verdict.MALICIOUS, Severity.HIGH, 3)


def test_a_source_that_found_nothing_or_failed_has_no_verdict():
    """A verdict counts only where its source found something, whatever else a finding claims."""
    result = only([said("a", Outcome.FAILED, Verdict.BENIGN), said("b", Outcome.NOTHING, Verdict.BENIGN)])
    assert (result.verdict, result.headline) == (Verdict.UNKNOWN, "nothing found")
    assert "benign" not in summary_html(result) + "".join(map(source_html, result.parts))


def test_subjects_are_chosen_by_verdict_severity_and_outcome():
    """Each filter keeps what has one of its values; outcomes are those of any source."""
    bad = said("feed", verdict=Verdict.MALICIOUS, severity=Severity.HIGH, subject=ADDRESSES[0])
    good = said("feed", verdict=Verdict.BENIGN, severity=Severity.LOW, subject=ADDRESSES[1])
    partly = looked_up(said("feed"), said("vt", Outcome.FAILED), subject=ADDRESSES[2])
    results = Results.of([bad, good, partly])

    def kept(**wanted):
        return {result.subject for result in results.matching(ResultFilter(**wanted)).results}

    assert kept(verdicts=frozenset({Verdict.MALICIOUS, Verdict.UNKNOWN})) == {ADDRESSES[0], ADDRESSES[2]}
    assert kept(severities=frozenset({Severity.LOW})) == {ADDRESSES[1]}
    assert kept(outcomes=frozenset({Outcome.FAILED})) == {ADDRESSES[2]}
    assert kept() == {*ADDRESSES[:3]}


def test_a_severity_hides_nobody_for_want_of_an_answer():
    """Whoever nobody answered about stays under every verdict and severity, and is hidden by the outcome alone."""
    mute = looked_up(said("feed", Outcome.FAILED), said("vt", Outcome.SKIPPED), subject=ADDRESSES[0])
    results = Results.of([mute, said("feed", verdict=Verdict.BENIGN, subject=ADDRESSES[1])])
    high = ResultFilter(frozenset({Verdict.MALICIOUS}), frozenset({Severity.HIGH}))
    assert labels(results, high) == ["\u00d7 no answer (1 failed, 1 skipped): IpAddress 203.0.113.0"]
    found = ResultFilter(outcomes=frozenset({Outcome.FOUND}))
    assert labels(results, found) == ["+ benign (informational): IpAddress 203.0.113.1"]


def test_who_was_filtered_out_without_all_answers_is_counted():
    """A filter that hides a subject says how many of the hidden some source gave no answer about."""
    partly = looked_up(said("feed", Outcome.NOTHING), said("vt", Outcome.FAILED), subject=ADDRESSES[0])
    results = Results.of([partly, said("feed", Outcome.NOTHING, subject=ADDRESSES[1])])
    listing = results.matching(ResultFilter(severities=frozenset({Severity.HIGH})))
    assert listing.results == ()
    assert listing.note == "0 of 2 subjects; 1 that some source gave no answer about are filtered out"


@pytest.mark.parametrize(
    "words",
    [
        "203.0.113[.]9",
        "FEED 203.0.113.9",
        "hxxps://evil[.]example/gate",
        "botnet",
        "c2.example",
        "score 90",
        "malicious",
    ],
)
def test_words_are_looked_for_in_all_that_was_said(words):
    """Names (defanged or not), sources, verdicts, reasons, facts, references and linked entities are found."""
    found = said(
        "feed",
        verdict=Verdict.MALICIOUS,
        subject=ADDRESSES[9],
        reason="part of a Botnet",
        facts=(Fact("score", 90),),
        reference="https://evil.example/gate",
        links=(Link(ADDRESSES[9], Relation.RELATED_TO, Domain("c2.example")),),
    )
    results = Results.of([found, said("vt", Outcome.NOTHING, subject=ADDRESSES[8])])
    assert [result.subject for result in results.matching(ResultFilter(words=words)).results] == [ADDRESSES[9]]
    assert results.matching(ResultFilter(words=f"{words} elsewhere")).results == ()


def test_a_long_list_is_cut_and_says_so():
    """Of thousands the worst are listed, the rest is counted, and a word finds any."""
    many = [
        said("feed", Outcome.NOTHING, subject=IpAddress(f"198.18.{number // 250}.{number % 250}"))
        for number in range(5_000)
    ]
    results = Results.of([*many, said("feed", verdict=Verdict.MALICIOUS)])
    listing = results.matching(ResultFilter())
    assert len(listing.results) == SUBJECTS_SHOWN
    assert listing.results[0].subject == SERVER
    assert listing.note == "5,001 of 5,001 subjects; the 200 worst are listed: filter or search for the others"
    assert labels(results, ResultFilter(words="198.18.19.249")) == ["\u00b7 nothing found: IpAddress 198.18.19.249"]


def test_the_text_of_results_is_worth_reading_in_a_terminal():
    """Counts of every verdict and of what was not answered, the worst subjects, and how many more there are."""
    told = [said("feed", Outcome.NOTHING, subject=one) for one in ADDRESSES[:12]]
    told += [looked_up(said("feed", Outcome.FAILED), subject=ADDRESSES[12]), said("feed", verdict=Verdict.MALICIOUS)]
    lines = str(Results.of(told)).splitlines()
    assert lines[0] == "14 subjects: 1 malicious, 13 unknown, 1 without any answer"
    assert lines[1] == "  ! malicious (informational): IpAddress 198.51.100.7"
    assert lines[2] == "  \u00d7 no answer (1 failed): IpAddress 203.0.113.12"
    assert lines[-1] == "  and 4 more"
    assert str(Results.of([])) == "there are no findings to show"


def test_what_is_no_finding_is_refused():
    """A frame, or anything else that has no findings in it, is an error that says what to give."""
    with pytest.raises(QueryError, match=r"results are findings, not str"):
        Results.of(["198.51.100.7"])


# --- what is said of one --------------------------------------------------------------------------------------------


def test_the_summary_gives_the_verdict_its_reasons_and_who_was_silent():
    """All sources stand in it, each with its outcome and reason; silence is named as that."""
    listed = said("feed", verdict=Verdict.MALICIOUS, severity=Severity.HIGH, reason="listed as C2", asked_at=NOON)
    html = summary_html(only([looked_up(listed, said("vt", Outcome.REFUSED, reason="the quota is used up"))]))
    assert html.startswith("<p><b>malicious (high)</b>: IpAddress 198.51.100.7</p>")
    assert "not everybody answered: 1 refused; silence is never innocence" in html
    assert (
        "<td>! feed</td><td>ti.feed</td><td>found</td><td>malicious</td><td>high</td><td>listed as C2</td>"
        "<td>2026-03-17 12:00:00</td>"
    ) in html
    assert "<td>\u00d7 vt</td><td>ti.vt</td><td>refused</td><td></td><td></td><td>the quota is used up</td>" in html


def test_a_tab_has_the_sign_and_the_name_of_its_source():
    """Tabs follow the order of the sources; the answers of one that gave several say to what."""
    log = [said("logs", pivot="query.logons"), *(said("logs", pivot="query.files", returned=n) for n in (1, 2))]
    otx = [said("otx", Outcome.NOTHING, pivot=pivot) for pivot in ("ti.otx", "pdns.otx")]
    result = only([said("feed", verdict=Verdict.MALICIOUS), said("vt", Outcome.FAILED), *log, *otx])
    assert tab_titles(result) == [
        "summary",
        "! feed",
        "\u00d7 vt",
        "\u00b7 logons",
        "\u00b7 files",
        "\u00b7 files (2)",
        "\u00b7 ti.otx",
        "\u00b7 pdns.otx",
    ]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_tab_shows_every_character_of_a_name(text):
    """Sources and pivots may be called anything; a tab has one line, of a length that can be read."""
    twice = [said("logs", pivot=pivot) for pivot in (text, f"{text}2", f"{text}.logs")]
    for title in tab_titles(only([*twice, said(text)])):
        assert hiding(title) == set()
        assert "\n" not in title
        assert len(title) < 60


def test_a_finding_without_parts_is_its_own_source():
    """A single answer has a summary and one tab."""
    assert tab_titles(only([said("feed")])) == ["summary", "\u00b7 feed"]
    assert tab_titles(only([Finding(SERVER)])) == ["summary", "\u00b7 -"]


def test_a_source_shows_facts_rows_links_times_and_what_was_cut():
    """Everything that an answer holds is in its panel."""
    table = Table(("host", "count"), (("ws01", 3), ("ws02", None)))
    html = source_html(
        said(
            "logs",
            reason="seen before",
            facts=(Fact("country_code", "NL"), Fact("is_tor", False)),
            links=(link(process(1), Relation.COMMUNICATES_WITH, SERVER),),
            table=table,
            returned=2,
            available=9,
            truncated_by="limit",
            observed_first=NOON,
            asked_at=NOON,
        )
    )
    assert "<b>logs</b> (ti.logs), asked 2026-03-17 12:00:00 UTC: found" in html
    assert "2 of 9 returned, cut by limit" in html
    assert "seen from 2026-03-17 12:00:00 to an unknown time UTC" in html
    for row in ("country_code</td><td>NL", "is_tor</td><td>False", "ws01</td><td>3", "ws02</td><td></td>"):
        assert row in html
    assert "<td>Process tool1.exe (1)</td><td>communicates with</td><td>IpAddress 198.51.100.7</td>" in html


def test_what_has_no_room_is_counted():
    """Facts, rows, columns, links, sources, long values and entities beyond the bounds are told, each by its number."""
    wide = Table(tuple(f"c{n}" for n in range(40)), (tuple(range(40)),) * 25)
    far = tuple(Link(SERVER, Relation.RELATED_TO, Domain(f"d{n}.example")) for n in range(60))
    finding = said("feed", facts=tuple(Fact(f"f{n}", "x" * 5_000) for n in range(103)), links=far, table=wide)
    html = source_html(finding)
    for note in ("3 more facts", "5 more rows", "10 more columns", "10 more links", "(cut: 1,200 of 5,000 characters)"):
        assert note in html
    assert "f102" not in html
    code = entities_code(finding.entities)
    assert "# and 10 more, or too long" in code
    assert eval(code, {"Domain": Domain}) == [*finding.entities[:50]]
    many = only([said(f"p{n}") for n in range(22)])
    assert "2 more sources in .selection.parts" in summary_html(many)
    assert len(tab_titles(many)) == 1 + panels.SOURCES


def test_entities_are_code_that_makes_them_again():
    """The list runs, with the names of clew alone; none gives no code."""
    found = (Domain("c2.example"), process(4, command_line="\u202e'''\n#"), Host("ws01"))
    code = entities_code(found)
    made = eval(code, {"Domain": Domain, "Process": Process, "Host": Host})
    assert [each.filled_fields() for each in made] == [each.filled_fields() for each in found]
    assert hiding(code) == set()
    assert entities_code(()) == ""


@pytest.mark.parametrize(
    "url", ["https://feeds.example/report?id=7&x=%22#a", "https://a.example", "https://203.0.113.9:8443/x"]
)
def test_an_https_reference_is_a_link_shown_in_full(url):
    """A link opens elsewhere, tells nothing of where it was, and shows where it leads."""
    html = reference_html(url)
    assert anchors(html) == [{"href": url, **OPENS}]
    assert unescape(html).count(url) == 2
    assert_inert(html)


@pytest.mark.parametrize(
    "text",
    [
        "http://feeds.example/",
        "javascript:alert(1)",
        "https://feeds.example@evil.example/",
        "https:feeds.example",
        "https://evil.example/\u202egnp",
        "https://\u0430\u0440\u0440\u04cfe.example/",
        "https://a.example/ b",
        "data:text/html,x",
        "https://a.example/'onclick=alert(1)",
        'https://a.example/"x',
        "//evil.example",
        "https://a.example\\@evil.example/",
        "https://a.example/\n",
        " https://a.example/",
        "HTTPS://a.example/",
        f"https://a.example/{'x' * 1_200}",
        *HOSTILE,
    ],
    ids=lambda text: ascii(text[:40]),
)
def test_any_other_reference_is_only_text(text):
    """What is not plainly an https address, of a host that can be read, cannot be clicked."""
    html = reference_html(text)
    assert anchors(html) == []
    assert_inert(html)


# --- hostile text ---------------------------------------------------------------------------------------------------

_scalars = texts | st.integers() | st.floats() | st.booleans() | st.none()
_tables = st.integers(1, 3).flatmap(
    lambda width: st.builds(
        Table,
        st.tuples(*[texts] * width),
        st.lists(st.tuples(*[_scalars] * width), max_size=3).map(tuple),
    )
)
_links = st.builds(Link, entities, st.sampled_from(Relation), entities, observed_first=st.none() | moments)
_parts = st.builds(
    Finding,
    entities,
    pivot=texts,
    provider=texts,
    outcome=st.sampled_from(Outcome),
    verdict=st.sampled_from(Verdict),
    severity=st.sampled_from(Severity),
    reason=texts,
    reference=texts | texts.map("https://a.example/{}".format),
    facts=st.lists(st.builds(Fact, texts, _scalars), max_size=3).map(tuple),
    links=st.lists(_links, max_size=2).map(tuple),
    table=st.none() | _tables,
    returned=st.integers(0, 9),
    available=st.none() | st.integers(0, 9),
    truncated_by=texts,
    observed_last=st.none() | moments,
    asked_at=st.none() | moments,
)
findings = st.lists(_parts | st.builds(looked_up, _parts, _parts, subject=entities), max_size=4)


@FEWER
@given(findings)
def test_whatever_the_findings_no_panel_is_more_than_text(told):
    """Whatever anybody wrote anywhere: nothing active, nothing hidden, no character that commands."""
    results = Results.of(told)
    assert hiding(str(results)) == set()
    for result in results.results:
        assert hiding("".join([result.label, *tab_titles(result), entities_code(result.parts[0].entities)])) == set()
        assert "\n" not in "".join([result.label, *tab_titles(result)])
        assert_inert(summary_html(result))
        for part in result.parts:
            assert_inert(source_html(part))


@FEWER
@given(findings)
def test_every_finding_is_listed_once_whatever_it_is(told):
    """No answer is lost on the way: each source of each finding is a part of the result of its subject, once."""
    results = Results.of(told)
    expected = {(finding.subject, part) for finding in told for part in finding.parts or (finding,)}
    assert {(result.subject, part) for result in results.results for part in result.parts} == expected
    assert len(results.results) == len({finding.subject for finding in told})
