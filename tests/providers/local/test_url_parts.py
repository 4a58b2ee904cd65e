"""The parts of a URL, one at a time and many at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Domain, Finding, IpAddress, Url
from clew.providers.base import Steps
from clew.providers.local.url_parts import UrlParts
from tests.support import ENTITIES


def finding(steps: Steps | Finding) -> Finding:
    assert isinstance(steps, Finding)
    return steps


@pytest.mark.parametrize(
    ("url", "facts", "named"),
    [
        (
            "hxxps://evil[.]example:8443/a/b?c=d#e",
            {"scheme": "https", "host": "evil.example", "port": 8443, "path": "/a/b", "query": "c=d", "fragment": "e"},
            Domain("evil.example"),
        ),
        ("http://0x7f.1/", {"scheme": "http", "host": "127.0.0.1", "path": "/"}, IpAddress("127.0.0.1")),
        ("http://[2001:db8::1]/", {"scheme": "http", "host": "[2001:db8::1]", "path": "/"}, IpAddress("2001:db8::1")),
        ("http://localhost/", {"scheme": "http", "host": "localhost", "path": "/"}, None),
        (
            "https://good.example@evil.example/",
            {"scheme": "https", "host": "evil.example", "path": "/", "username": "good.example"},
            Domain("evil.example"),
        ),
    ],
)
def test_a_url_is_taken_apart_as_a_browser_would(url, facts, named):
    """The parts of a URL are facts, and its host is an entity."""
    found = finding(UrlParts.parts.steps(Url(url)))
    assert {fact.name: fact.value for fact in found.facts} == facts
    assert found.entities == ((named,) if named else ())


@given(st.lists(ENTITIES["url"], max_size=8))
def test_the_columns_say_what_the_parts_say(urls):
    """Taken apart all at once, each URL has the reason and the parts that it has alone."""
    columns = UrlParts.parts.columns({}, urls)
    for place, url in enumerate(urls):
        cells = {name: values[place] for name, values in columns.items() if values[place] is not None}
        alone = finding(UrlParts.parts.steps(url))
        assert cells == {"reason": alone.reason, **{fact.name: fact.value for fact in alone.facts}}


def test_a_password_is_not_repeated():
    """The password in a URL is no fact."""
    found = finding(UrlParts.parts.steps(Url("https://user:hunter22@evil.example/")))
    assert "hunter22" not in {fact.value for fact in found.facts}
    assert "hunter22" not in str(UrlParts.parts.columns({}, [Url("https://user:hunter22@evil.example/")]))


@given(ENTITIES["url"])
def test_every_url_has_parts(url):
    """Every URL that is one has a scheme, a host and a path of text."""
    found = finding(UrlParts.parts.steps(url))
    assert found.fact("scheme")
    assert str(found.fact("host")) in url.value
