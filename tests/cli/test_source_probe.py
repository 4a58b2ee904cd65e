"""`clew doctor --ask`: one cheap call to a source that is named, and what came of it."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from clew import IpAddress
from clew.cli.diagnosis import STATE_FAILED, STATE_MISSING, STATE_OK
from clew.cli.source_probe import PROBES, probe
from clew.errors import QueryError
from clew.pivots import session
from clew.pivots.source_catalog import group_sources, limits, sources
from clew.pivots.workspace import Workspace
from clew.providers.base import Quota
from clew.settings import Settings

KEY = "canary-probe-0123456789"


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch):
    """A network in which every request gets one answer, and the requests that were made."""
    sent: list[httpx.Request] = []

    def serve(response: httpx.Response, **settings: object) -> list[httpx.Request]:
        def answer(request: httpx.Request) -> httpx.Response:
            sent.append(request)
            return httpx.Response(response.status_code, content=response.content)

        around = Workspace(Settings(**settings), transport=lambda: httpx.MockTransport(answer))
        monkeypatch.setattr(session, "_default_workspace", lambda: around)
        return sent

    monkeypatch.setenv("CLEW_ABUSEIPDB_KEY", KEY)
    return serve


GOOD = httpx.Response(200, json={"data": {"abuseConfidenceScore": 0, "totalReports": 0}})


def test_a_source_that_answers_is_ok(vendor):
    """One request is made, with the key, about an address that is nobody's secret."""
    sent = vendor(GOOD)
    (check,) = probe(["abuseipdb"])
    assert (check.name, check.state) == ("abuseipdb", STATE_OK)
    assert "ti.abuseipdb of 8.8.8.8: nothing" in check.message
    assert [request.headers["Key"] for request in sent] == [KEY]


@pytest.mark.parametrize(
    ("response", "why"),
    [
        (httpx.Response(401), "refused the key"),
        (httpx.Response(500), "status 500"),
        (httpx.Response(200, content=b"<html>"), "not usable JSON"),
    ],
)
def test_a_source_that_does_not_answer_is_a_failure(vendor, response, why):
    """What went wrong is said, and where the source is documented."""
    vendor(response)
    (check,) = probe(["abuseipdb"])
    assert (check.state, why in check.message) == (STATE_FAILED, True)
    assert check.next_step.startswith("https://")
    assert KEY not in repr(check)


def test_a_source_without_its_key_is_missing(vendor, monkeypatch):
    """Nobody is asked, and the variable is named."""
    monkeypatch.delenv("CLEW_ABUSEIPDB_KEY")
    sent = vendor(GOOD)
    (check,) = probe(["abuseipdb"])
    assert (check.state, "CLEW_ABUSEIPDB_KEY" in check.message, sent) == (STATE_MISSING, True, [])


def test_the_gate_stands_before_it(vendor):
    """Offline nobody is asked, and a source that touches others is refused as long as it is not allowed."""
    sent = vendor(GOOD, offline=True)
    (check,) = probe(["abuseipdb"])
    assert (check.state, "offline" in check.message) == (STATE_FAILED, True)
    vendor(GOOD)
    (check,) = probe(["dns"])
    assert (check.state, "own infrastructure" in check.message, sent) == (STATE_FAILED, True, [])


def test_without_names_those_are_asked_that_look_ups_ask(vendor):
    """A key that is set is enough; a source that needs none has to be named in the settings."""
    sent = vendor(GOOD)
    assert [check.name for check in probe()] == ["abuseipdb"]
    vendor(httpx.Response(404), providers=("internetdb",))
    assert {check.name for check in probe()} == {"abuseipdb", "internetdb"}
    assert len(sent) == 3


def test_a_name_that_is_none_is_an_error_before_anybody_is_asked(vendor):
    """The names that there are are told."""
    sent = vendor(GOOD)
    with pytest.raises(QueryError, match="no source 'magic'") as refused:
        [*probe(["abuseipdb", "magic"])]
    assert "abuseipdb" in refused.value.next_step
    assert sent == []


def test_every_source_outside_can_be_asked():
    """For each of them there is something to ask about that is nobody's secret."""
    outside = [group for group in group_sources().values() if group.provider.leaves]
    assert len(outside) > 20
    assert all(any(entity in PROBES for entity, _ in group.rows) for group in outside)


# --- sources ---------------------------------------------------------------------------------------------------------


def test_sources_say_what_is_set(vendor, monkeypatch):
    """Each is once in the list, with its key, whether look-ups ask it, and all that it can be asked."""
    vendor(GOOD, disabled_providers=("feed", "circl_hashlookup"), providers=("tor",))
    found = {source.name: source for source in sources()}
    assert len(found) == len(sources())
    abuse, shodan, feed, tor = (found[name] for name in ("abuseipdb", "shodan", "feed", "tor"))
    assert (abuse.key, abuse.lookup_state, abuse.contact) == ("set", "yes", "passive")
    assert (shodan.key, shodan.lookup_state) == ("missing", "no")
    assert (feed.lookup_state, found["circl-hashlookup"].lookup_state) == ("disabled", "disabled")
    assert (tor.key, tor.lookup_state) == ("none", "yes")
    assert "IpAddress.ti.abuseipdb" in abuse.pivots
    assert abuse.limits == "1,000 a day"
    assert KEY not in repr(sources())
    assert "abuseipdb" in sources()._repr_html_()


def test_sources_say_what_an_account_allows(vendor):
    """What is said of an account in the settings is shown instead of what everybody is allowed."""
    vendor(GOOD, quotas={"abuseipdb": ((5000, timedelta(days=1)), (60, timedelta(minutes=1))), "otx": ()})
    found = {source.name: source.limits for source in sources()}
    assert (found["abuseipdb"], found["otx"]) == ("5,000 a day, 60 a minute", "")
    assert found["virustotal"] == found["virustotal-v2"] == "4 a minute, 500 a day"
    assert (
        limits((Quota(1, timedelta(seconds=2)), Quota(3, timedelta(minutes=10)))) == "1 in 2 seconds, 3 in 10 minutes"
    )


def test_a_disabled_source_is_not_asked(vendor):
    """Not in a look-up, and not by name either: it says how to allow it."""
    sent = vendor(GOOD, disabled_providers=("abuseipdb",))
    assert [part.provider for part in IpAddress("9.9.9.9").ti.lookup().parts] == ["feed"]
    refused = IpAddress("9.9.9.9").ti.abuseipdb()
    assert (refused.outcome.value, "CLEW_DISABLED_PROVIDERS" in refused.reason) == ("refused", True)
    assert sent == []
