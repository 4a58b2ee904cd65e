"""A case as it was known at a step has the same faces as the case."""

import pytest

from clew.entities import Domain, Relation, Verdict
from clew.errors import CaseError
from clew.views.renderings import Snapshot
from tests.views.hand import SERVER, link, process, tell
from tests.views.reading import Page

CLIENT, LATER = process(1), Domain("later.example")


@pytest.fixture
def past(case):
    """The case before the address was called malicious and the name was heard of."""
    case.add(SERVER)
    tell(case, SERVER, [link(CLIENT, Relation.COMMUNICATES_WITH, SERVER)], ["the raw row"])
    step = len(case.history)
    tell(case, SERVER, [link(LATER, Relation.RESOLVES_TO, SERVER)])
    tell(case, SERVER, provider="feed", pivot="ti.feed", verdict=Verdict.MALICIOUS)
    return case.at(step)


def test_a_snapshot_says_that_it_is_one(past):
    assert isinstance(past, Snapshot)
    assert past.title == "made by hand (as known at step 3)"


def test_the_page_of_a_snapshot_has_what_was_known_then_with_its_evidence(past, tmp_path):
    page = Page(past.to_html(tmp_path / "then.html").read_text("utf-8"))
    assert "made by hand (as known at step 3)" in page.text
    assert [each["name"] for each in page.case["about"]] == [SERVER.label, CLIENT.label]
    assert not any("verdict" in each for each in page.case["about"])
    assert page.case["raw"] == ["the raw row"]
    assert page.case["steps"] == 3


def test_the_story_the_log_the_timeline_and_the_notebook_say_what_was_known_then(past):
    assert past.story().startswith("made by hand (as known at step 3): 2 entities, 1 claims")
    assert len(past.log()) == 3
    assert past.timeline_plot().title.text.text == "made by hand (as known at step 3): 1 claim by time"
    bundle = past._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", "image/svg+xml"}
    assert all("as known at step 3" in text for text in bundle.values())
    assert not any(LATER.label in text for text in bundle.values())


def test_a_snapshot_cannot_be_changed_and_leads_further_back(case, past):
    assert not hasattr(past, "add")
    assert past.at(2).title == "made by hand (as known at step 2)"
    assert case.title == "made by hand"
    with pytest.raises(CaseError, match="no step 9"):
        past.at(9)
