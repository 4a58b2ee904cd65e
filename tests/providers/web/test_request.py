"""A request as a value: what is said of it, and what is not."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import httpx
import pytest

from clew.providers.web import HttpRequest, SecretLocation
from tests.providers.web.doubles import KEY, Free, Vendor, ask, channel

OK = httpx.Response(200, json={})


def test_a_request_that_was_recorded_once_stays_what_it_is():
    """The fingerprint of a plain request is that of its method, URL and parameters, as in the oldest cases."""
    plain = HttpRequest("GET", "https://vendor.example/check", (("q", "x"),), SecretLocation("header", "Key"))
    assert plain.description() == {"method": "GET", "url": "https://vendor.example/check", "params": {"q": "x"}}
    assert plain.fingerprint == "f3b380b2adf0d6ad9db1cbed47991ec4efde6d6a992ba424e9e64e9243f7850b"


@pytest.mark.parametrize(
    "other",
    [
        {"params": (("q", "y"),)},
        {"params": (("q", "x"), ("q", "x"))},
        {"headers": (("Accept", "text/csv"),)},
        {"json": {"q": "x"}},
        {"json": []},
        {"form": (("q", "x"),)},
        {"method": "POST"},
    ],
)
def test_what_changes_the_answer_changes_the_fingerprint(other):
    """Parameters, headers and bodies are part of what is asked."""
    common = {"method": "GET", "url": "https://vendor.example/", "params": (("q", "x"),)}
    assert HttpRequest(**{**common, **other}).fingerprint != HttpRequest(**common).fingerprint


def test_the_key_is_nowhere_in_what_is_kept():
    """Neither the description of an ask nor its fingerprint nor its repr knows the secret."""
    kept = f"{ask().description()} {ask().fingerprint} {ask()!r}"
    for form in (KEY, quote(KEY, safe=""), base64.b64encode(KEY.encode()).decode(), KEY.encode().hex(), KEY[::-1]):
        assert form not in kept


@pytest.mark.parametrize(
    ("place", "header", "value"),
    [
        (SecretLocation("header", "Key"), "Key", KEY),
        (SecretLocation("header", "Authorization", "Bearer "), "Authorization", f"Bearer {KEY}"),
        (SecretLocation("basic"), "Authorization", "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()),
    ],
)
def test_the_key_goes_where_the_vendor_wants_it(place, header, value):
    """In a header, with a prefix, or as a user."""
    way, (*_, asked) = channel_of(place)
    assert asked.headers[header] == value
    assert KEY not in str(asked.url)
    assert way


def test_the_key_can_be_a_parameter():
    """As a parameter it stands beside the others."""
    _, (asked,) = channel_of(SecretLocation("query", "apikey"))
    assert dict(asked.url.params) == {"q": "a b&c", "verbose": "", "apikey": KEY}


def channel_of(place: SecretLocation):
    way, asked = channel(OK)
    way.send(ask(secret=place), Vendor)
    return way, asked


def test_bodies_say_what_they_are():
    """JSON goes as JSON and a form as a form; headers of the operation's own stand beside those of clew."""
    way, asked = channel(OK)
    way.send(HttpRequest("POST", Vendor.url, json={"a": [1]}, headers=(("Accept", "text/csv"),)), Free)
    way.send(HttpRequest("POST", Vendor.url, form=(("a", "b c"),)), Free)
    first, second = asked
    assert (json.loads(first.content), first.headers["content-type"]) == ({"a": [1]}, "application/json")
    assert first.headers.get_list("accept") == ["text/csv"]
    assert (second.content, second.headers["content-type"]) == (b"a=b+c", "application/x-www-form-urlencoded")
    assert (second.headers["user-agent"], "cookie" in second.headers) == ("clew", False)
