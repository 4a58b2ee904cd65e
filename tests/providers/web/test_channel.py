"""The layers together: what a status means, what a key may do, and what is said of both."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.errors import AskError, AskFailed, AskRefused, AskSkipped
from clew.providers.web import HttpRequest
from clew.providers.web.api_keys import Secret
from clew.providers.web.key_redaction import redact_secret
from tests.providers.web.doubles import KEY, VARIABLE, Free, Vendor, ask, channel

OK = httpx.Response(200, json={})


def trouble(*said: httpx.Response | Exception) -> AskError:
    """The error that an ask of such a source ends in."""
    way, _ = channel(*said)
    with pytest.raises(AskError) as error:
        way.send(ask(), Vendor)
    assert KEY not in str(error.value)
    return error.value


def test_an_answer_is_kept_as_it_came():
    """A proper answer is its body, its media type and its status, at the time at which it came."""
    way, _ = channel(
        httpx.Response(200, content=b'{"a": 1}', headers={"Content-Type": "application/json; charset=utf-8"})
    )
    got = way.send(ask(), Vendor)
    assert (got.body, got.media_type, got.status, got.sent) == (b'{"a": 1}', "application/json", 200, True)


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (401, AskRefused, "key"),
        (403, AskRefused, "key"),
        (404, AskFailed, "not-found"),
        (429, AskRefused, "quota"),
        (500, AskFailed, "status"),
        (502, AskFailed, "status"),
        (503, AskFailed, "status"),
        (422, AskFailed, "status"),
        (301, AskFailed, "status"),
        (302, AskFailed, "status"),
        (307, AskFailed, "status"),
        (304, AskFailed, "status"),
    ],
)
def test_a_status_is_told_apart(status, error, kind):
    """A refused key, a used-up quota, an unknown value and a server's trouble are different errors."""
    got = trouble(httpx.Response(status, content=b'{"abuseConfidenceScore": 100}'))
    assert (type(got), got.kind, got.sent) == (error, kind, True)
    assert "Vendor" in got.message
    assert kind != "key" or VARIABLE in got.next_step


@pytest.mark.parametrize("status", [404, 422, 302, 500])
def test_a_status_that_the_operation_reads_is_an_answer(status):
    """What an operation says that it reads comes to it as a reply."""
    way, _ = channel(httpx.Response(status, json={"known": False}))
    got = way.send(ask(answers=frozenset({status})), Vendor)
    assert (got.status, got.json()) == (status, {"known": False})


def test_a_vendor_without_a_key_is_asked_without_one():
    """No key, no header."""
    way, asked = channel(OK)
    way.send(ask(), Free)
    assert "Key" not in asked[0].headers


# --- keys ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", [None, "", "  ", "short", "two words", "line\nbreak-break", "caf\u00e9-caf\u00e9", "\udcff" * 9]
)
def test_no_usable_key_is_a_skip_that_names_the_variable(monkeypatch, value):
    """Without a key, or with what cannot be one, nothing is sent, and the analyst is told which variable to set."""
    monkeypatch.delenv(VARIABLE)
    if value is not None:
        monkeypatch.setenv(VARIABLE, value)
    way, asked = channel(OK)
    with pytest.raises(AskSkipped) as skipped:
        way.send(ask(), Vendor)
    assert (skipped.value.kind, VARIABLE in skipped.value.next_step, skipped.value.sent) == ("no-key", True, False)
    assert asked == []


def questions(count: int) -> list[HttpRequest]:
    return [HttpRequest("GET", Vendor.url, (("n", str(number)),), ask().secret) for number in range(count)]


def test_a_key_that_was_replaced_in_mid_batch_is_read_again(monkeypatch):
    """When the source refuses the key it is looked up once more, and the batch goes on with the new one."""
    way, asked = channel(OK, httpx.Response(401), OK)
    first, second, third = questions(3)
    way.send(first, Vendor)
    monkeypatch.setenv(VARIABLE, "canary-new-0123456789")
    assert [way.send(each, Vendor).status for each in (second, third)] == [200, 200]
    assert [request.headers["Key"] for request in asked] == [KEY, KEY, *["canary-new-0123456789"] * 2]


@pytest.mark.parametrize("replaced", [False, True])
def test_a_refused_key_stops_its_source_for_the_batch(monkeypatch, replaced):
    """All that follow have the same message and are not sent; another source goes on, and so does another batch."""
    way, asked = channel(httpx.Response(401))
    heard = []
    for number, request in enumerate(questions(20)):
        if replaced and number == 0:
            way._key_cache.secret(Vendor)
            monkeypatch.setenv(VARIABLE, "canary-new-0123456789")
        with pytest.raises(AskRefused) as refused:
            way.send(request, Vendor)
        heard.append(refused.value)
    assert len(asked) == 1 + replaced
    assert {(each.message, each.kind, each.next_step) for each in heard} == {
        ("Vendor refused the key (status 401)", "key", f"check the key {VARIABLE}")
    }
    assert [each.sent for each in heard] == [True] + [False] * 19
    with pytest.raises(AskError):
        way.send(ask(), Free)
    assert len(asked) == 2 + replaced


def test_a_forbidden_answer_stops_nothing():
    """A 403 may be about this question alone."""
    way, _ = channel(httpx.Response(403), OK)
    first, second = questions(2)
    with pytest.raises(AskRefused):
        way.send(first, Vendor)
    assert way.send(second, Vendor).status == 200


# --- redaction -------------------------------------------------------------------------------------------------------

SPELLINGS = {
    "plain": KEY,
    "json": json.dumps(KEY)[1:-1],
    "json with slashes": KEY.replace("/", "\\/"),
    "json in numbers": "".join(f"\\u{ord(letter):04x}" for letter in KEY),
    "url": quote(KEY),
    "strict url": quote(KEY, safe=""),
    "small url": quote(KEY, safe="").replace("%2F", "%2f").replace("%2B", "%2b").replace("%3D", "%3d"),
    "form": quote_plus(KEY),
    "all of it in a url": "".join(f"%{ord(letter):02X}" for letter in KEY),
    "html": html.escape(KEY),
    "hex": KEY.encode().hex(),
    "HEX": KEY.encode().hex().upper(),
    "base64": base64.b64encode(KEY.encode()).decode(),
    "url base64": base64.urlsafe_b64encode(KEY.encode()).decode(),
    "basic user": base64.b64encode(f"{KEY}:".encode()).decode(),
    "basic password": base64.b64encode(f"a:{KEY}".encode()).decode(),
    "reversed": KEY[::-1],
    "reversed base64": base64.b64encode(KEY[::-1].encode()).decode(),
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_an_echoed_key_is_redacted(spelling):
    """A reply that holds the key in any of its spellings is kept without it, and is still what it was."""
    way, _ = channel(httpx.Response(200, content=f'{{"said": "{spelling}", "n": 1}}'.encode()))
    got = way.send(ask(), Vendor)
    assert spelling.encode() not in got.body
    assert b"[redacted sha256:" in got.body
    assert got.json()["n"] == 1


def test_a_media_type_that_says_the_key_is_redacted():
    """Nothing that is kept of a reply holds it."""
    way, _ = channel(httpx.Response(200, content=b"{}", headers={"Content-Type": f"text/{KEY}"}))
    assert KEY not in way.send(ask(), Vendor).media_type


KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40)


@given(KEYS, st.binary(max_size=5), st.binary(max_size=5))
def test_no_base64_of_the_key_survives(key, before, after):
    """Wherever it stands in a longer text that is then encoded."""
    body = base64.b64encode(before + key.encode() + after)
    kept = redact_secret(body, Secret(key))
    assert b"[redacted sha256:" in kept
    assert len(kept) < len(body) + 40
