"""The services of abuse.ch: what they have in common, whichever is asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Domain, File, IpAddress, Outcome, Url, Verdict
from clew.providers.ti.abusech_api import endpoint
from clew.providers.ti.malwarebazaar import MalwareBazaar
from clew.providers.ti.threatfox import ThreatFox
from clew.providers.ti.urlhaus import UrlHaus
from clew.providers.web import HttpRequest, SecretLocation
from tests.providers.ti.recorded import answered
from tests.support import FEWER, HOSTILE, hiding

DIGEST = "5f" * 32
ASKED = [
    (MalwareBazaar.file, File(DIGEST)),
    (UrlHaus.ip, IpAddress("198.51.100.7")),
    (UrlHaus.domain, Domain("evil.example")),
    (UrlHaus.url, Url("http://evil.example/a")),
    (UrlHaus.file, File(DIGEST)),
    (ThreatFox.ip, IpAddress("198.51.100.7")),
    (ThreatFox.domain, Domain("evil.example")),
    (ThreatFox.url, Url("http://evil.example/a")),
    (ThreatFox.file, File(DIGEST)),
]
each_operation = pytest.mark.parametrize(
    ("operation", "subject"), ASKED, ids=[f"{op.provider.name}-{op.name}" for op, _ in ASKED]
)


@each_operation
def test_the_key_stands_in_its_header_and_asking_twice_does_no_harm(operation, subject):
    """Each is one POST by TLS to abuse.ch, with the key in Auth-Key, that may be repeated."""
    _, asked = answered(operation, subject, {"query_status": "no_results"})
    for ask in asked:
        assert isinstance(ask, HttpRequest)
        assert (ask.method, ask.secret, ask.repeatable) == ("POST", SecretLocation("header", "Auth-Key"), True)
        assert ask.url.startswith("https://")
        assert ask.url.partition("://")[2].partition("/")[0].endswith("-api.abuse.ch")
    assert operation.provider.secret == "CLEW_ABUSECH_KEY"


@each_operation
@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("no_result", Outcome.NOTHING),
        ("no_results", Outcome.NOTHING),
        ("hash_not_found", Outcome.NOTHING),
        ("unknown_auth_key", Outcome.REFUSED),
        ("user_blacklisted", Outcome.REFUSED),
        ("illegal_hash", Outcome.FAILED),
        ("illegal_search_term", Outcome.FAILED),
        ("invalid_host", Outcome.FAILED),
        ("http_post_expected", Outcome.FAILED),
        ("something_new", Outcome.FAILED),
        ("ok", Outcome.FAILED),
        (None, Outcome.FAILED),
        (["ok"], Outcome.FAILED),
    ],
)
def test_what_became_of_the_query(operation, subject, status, outcome):
    """Not known is nothing; a key that is not taken is a refusal; all else without an answer is a failure."""
    found, _ = answered(operation, subject, {"query_status": status})
    assert (found.outcome, found.verdict) == (outcome, Verdict.UNKNOWN)
    assert found.reason


@each_operation
@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_status_is_text(operation, subject, value):
    """Whatever stands where the status should, the answer is a failure that can be shown."""
    found, _ = answered(operation, subject, {"query_status": value})
    assert found.outcome is Outcome.FAILED
    assert hiding(str(found)) == set()


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just(DIGEST)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)
FIELDS = (
    "sha256_hash",
    "md5_hash",
    "signature",
    "tags",
    "vendor_intel",
    "file_information",
    "code_sign",
    "ioc",
    "confidence_level",
    "first_seen",
    "malware_samples",
    "url",
    "date_added",
    "url_status",
)
entries = st.dictionaries(st.sampled_from(FIELDS), json_values)
documents = st.fixed_dictionaries(
    {"query_status": st.just("ok")},
    optional={
        "data": st.one_of(json_values, st.lists(entries, max_size=3)),
        "urls": st.one_of(json_values, st.lists(entries, max_size=3)),
        "payloads": st.one_of(json_values, st.lists(entries, max_size=3)),
        **dict.fromkeys(
            ("url_count", "host", "blacklists", "signature", "sha256_hash", "urlhaus_reference"), json_values
        ),
    },
)


@each_operation
@FEWER
@given(body=st.one_of(st.binary(max_size=30), json_values, documents))
def test_no_reply_breaks_it(operation, subject, body):
    """Any bytes and any JSON end in a finding of one of three outcomes."""
    found, _ = answered(operation, subject, body)
    assert found.outcome in (Outcome.FOUND, Outcome.NOTHING, Outcome.FAILED)
    assert str(found)


@given(st.ip_addresses().map(str), st.integers(1, 65_535))
def test_an_address_and_its_port_are_parted(host, port):
    """What was put together is taken apart again, IPv6 in brackets too."""
    written = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    assert endpoint(written) == (host, port)
    assert endpoint(host) == (host, None)


@given(st.text(max_size=20))
def test_no_text_breaks_an_endpoint(text):
    """Of any text there is a host, and a port from 1 to 65535 or none."""
    _, port = endpoint(text)
    assert port is None or 1 <= port <= 65_535


def test_a_file_without_a_hash_that_it_is_asked_by_is_skipped():
    """URLhaus takes no SHA-1: nothing is asked, and the reason says which hashes it takes."""
    found, asked = answered(UrlHaus.file, File("6a" * 20), {})
    assert (found.outcome, asked) == (Outcome.SKIPPED, [])
    assert "sha256, md5" in found.reason
