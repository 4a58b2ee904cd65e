"""The way to the network, against a server on loopback that behaves well, badly and worse."""

from __future__ import annotations

import base64
import json
import socket
from typing import ClassVar
from urllib.parse import quote

import httpx
import pytest

from clew.errors import AskError, AskFailed, AskRefused, AskSkipped
from clew.providers import http
from clew.providers.base import Provider, Reply
from clew.providers.http import HttpChannel, HttpRequest
from tests.providers.doubles import Behaviour, drip, flood, hang, raw, reply, reset, serving

VARIABLE = "CLEW_TEST_KEY"
KEY = "canary-0123456789/ab+cd=="


class Vendor(Provider):
    """A vendor with a key."""

    name: ClassVar[str] = "vendor"
    title: ClassVar[str] = "Vendor"
    leaves: ClassVar[bool] = True
    secret: ClassVar[str] = VARIABLE


class Free(Provider):
    """A vendor without one."""

    name: ClassVar[str] = "free"
    title: ClassVar[str] = "Free"


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv(VARIABLE, KEY)
    monkeypatch.setattr(http, "TIMEOUT_SECONDS", 5.0)


def ask(url: str, provider: type[Provider] = Vendor) -> Reply:
    request = HttpRequest("GET", url, (("q", "a b&c"), ("verbose", "")), "Key" if provider.secret else "")
    return HttpChannel().send(request, provider)


def trouble(behave: Behaviour) -> AskError:
    """The error that an ask of such a server ends in."""
    with serving(behave) as server, pytest.raises(AskError) as error:
        ask(server.url)
    assert KEY not in str(error.value)
    return error.value


def test_an_answer_is_kept_as_it_came():
    """A proper answer is its body, its media type and its status; the request carried the parameters and the key."""
    with serving(reply(b'{"a": 1}', headers={"Content-Type": "application/json; charset=utf-8"})) as server:
        got = ask(server.url)
    assert (got.body, got.media_type, got.status) == (b'{"a": 1}', "application/json", 200)
    ((path, headers),) = server.seen
    assert path == "/check?q=a+b%26c&verbose="
    assert headers["Key"] == KEY
    assert headers["User-Agent"] == "clew"
    assert "Cookie" not in headers


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (401, AskRefused, "key"), (403, AskRefused, "key"), (404, AskFailed, "not-found"), (429, AskRefused, "quota"),
        (500, AskFailed, "status"), (502, AskFailed, "status"), (503, AskFailed, "status"), (422, AskFailed, "status"),
        (301, AskFailed, "status"), (302, AskFailed, "status"), (307, AskFailed, "status"), (304, AskFailed, "status"),
    ],
)  # fmt: skip
def test_a_status_is_told_apart(status, error, kind):
    """A refused key, a used-up quota, an unknown value and a server's trouble are different errors."""
    got = trouble(reply(b"" if status == 304 else b'{"abuseConfidenceScore": 100}', status))
    assert (type(got), got.kind) == (error, kind)
    assert "Vendor" in got.what
    assert kind != "key" or VARIABLE in got.next_step


def test_a_quota_says_how_long_to_wait():
    """The wait that the vendor names is told; nonsense in its place is not."""
    assert "wait 17 s" in trouble(reply(b"", 429, {"Retry-After": "17"})).what
    for nonsense in ("soon", "-5", "1e9", "<b>", "Wed, 21 Oct 2015 07:28:00 GMT"):
        assert nonsense not in trouble(reply(b"", 429, {"Retry-After": nonsense})).what


def test_a_redirect_is_not_followed():
    """The key goes to the host that it is for, and to no other."""
    with serving(reply(b"{}")) as other:
        got = trouble(reply(b"", 302, {"Location": other.url}))
    assert "302" in got.what
    assert other.seen == []


@pytest.mark.parametrize("behave", [hang(0.6), drip(0.05, 12)], ids=["silent", "dripping"])
def test_a_slow_server_is_given_up(monkeypatch, behave):
    """One deadline for the answer, which a server that drips cannot stretch."""
    monkeypatch.setattr(http, "TIMEOUT_SECONDS", 0.25)
    assert trouble(behave).kind == "timeout"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 7\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
        b"220 mail.example ESMTP\r\n",
        b"\x16\x03\x01\x00\xff",
    ],
    ids=range(9),
)
def test_what_is_no_answer_is_a_failed_ask(data):
    """A connection that breaks off, or speaks something else, is a failed ask that says how."""
    got = trouble(raw(data))
    assert (type(got), got.kind) == (AskFailed, "connect")
    assert "Vendor could not be asked" in got.what


def test_a_connection_that_is_reset_is_a_failed_ask():
    """A reset in the middle is a failed ask."""
    assert trouble(reset()).kind == "connect"


def test_nobody_there_is_a_failed_ask():
    """A refused connection is a failed ask."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(AskFailed, match="could not be asked: ConnectError"):
        ask(f"http://127.0.0.1:{port}/check")


def test_a_huge_answer_is_cut_off():
    """More than 16 MiB are not kept, plain or packed."""
    assert "more than 16 MiB" in trouble(flood(17 * 2**20)).what


def test_a_packed_bomb_is_cut_off():
    """What unpacks to more than 16 MiB is not kept either."""
    import gzip

    packed = gzip.compress(b" " * (17 * 2**20))
    assert "more than 16 MiB" in trouble(reply(packed, headers={"Content-Encoding": "gzip"})).what


@pytest.mark.parametrize(
    "spelling",
    [KEY, json.dumps(KEY)[1:-1], KEY.replace("/", "\\/"), quote(KEY), quote(KEY, safe="")],
    ids=["plain", "json", "json-slash", "url", "url-strict"],
)
def test_an_echoed_key_is_redacted(spelling):
    """A reply that holds the key, as it is or as JSON or a URL spells it, is kept without it."""
    with serving(reply(f'{{"said": "{spelling}", "n": 1}}'.encode())) as server:
        got = ask(server.url)
    assert spelling.encode() not in got.body
    assert b"[redacted sha256:" in got.body
    assert got.json()["n"] == 1


def test_the_key_is_nowhere_in_what_is_kept():
    """Neither the description of an ask nor its fingerprint nor its repr knows the secret."""
    request = HttpRequest("GET", "https://vendor.example/check", (("q", "x"),), "Key")
    kept = f"{request.described()} {request.fingerprint} {request!r}"
    for form in (KEY, quote(KEY, safe=""), base64.b64encode(KEY.encode()).decode(), KEY.encode().hex(), KEY[::-1]):
        assert form not in kept


@pytest.mark.parametrize(
    "value", [None, "", "  ", "short", "two words", "line\nbreak-break", "caf\u00e9-caf\u00e9", "\udcff" * 9]
)
def test_no_usable_key_is_a_skip_that_names_the_variable(monkeypatch, value):
    """Without a key, or with what cannot be one, nothing is sent, and the analyst is told which variable to set."""
    if value is None:
        monkeypatch.delenv(VARIABLE)
    else:
        monkeypatch.setenv(VARIABLE, value)
    with serving(reply(b"{}")) as server, pytest.raises(AskSkipped) as skipped:
        ask(server.url)
    assert (skipped.value.kind, VARIABLE in skipped.value.next_step) == ("no-key", True)
    assert server.seen == []


def test_a_vendor_without_a_key_is_asked_without_one():
    """No key, no header."""
    with serving(reply(b"{}")) as server:
        assert ask(server.url, Free).json() == {}
    assert "Key" not in server.seen[0][1]


@pytest.mark.parametrize("url", ["http://vendor.example/", "http://192.0.2.1/", "http://127.0.0.1.vendor.example/",
                                 "ftp://vendor.example/", "http://localhost.vendor.example/"])  # fmt: skip
def test_plain_http_is_refused_off_loopback(url):
    """Only TLS leaves the machine; the refusal comes before a connection."""
    with pytest.raises(AskRefused) as refused:
        ask(url)
    assert refused.value.kind == "tls"


def test_the_network_can_be_replaced():
    """A transport answers in the place of the network."""
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json={"host": request.url.host}))
    got = HttpChannel(lambda: transport).send(HttpRequest("GET", "https://vendor.example/"), Free)
    assert got.json() == {"host": "vendor.example"}
