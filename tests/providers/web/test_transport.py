"""One exchange, against a server on loopback that behaves well, badly and worse."""

from __future__ import annotations

import gzip
import os
import socket
from functools import partial

import httpx
import pytest

from clew.errors import AskError, AskFailed, AskRefused
from clew.providers.web import HttpRequest
from clew.providers.web.api_keys import Secret
from clew.providers.web.clock import Clock, Deadline
from clew.providers.web.http_transport import HttpTransport
from clew.providers.web.raw_response import RawResponse
from clew.providers.web.sockets import GuardedBackend, is_public
from tests.providers.web.doubles import HEADER, KEY, ask
from tests.providers.web.faults import (
    DRIPS,
    Behaviour,
    drip,
    flood,
    hang,
    packed,
    raw,
    reply,
    reset,
    serving,
)

SECRET = Secret(KEY)
ENOUGH, SHORT = 20.0, 0.2


def fetch(request: HttpRequest, seconds: float = ENOUGH, transport: HttpTransport | None = None) -> RawResponse:
    return (transport or HttpTransport()).fetch(request, SECRET, Deadline.after(seconds, Clock()), source="Vendor")


def trouble(behave: Behaviour, seconds: float = ENOUGH) -> AskError:
    """The error that an exchange with such a server ends in."""
    with serving(behave) as server, pytest.raises(AskError) as error:
        fetch(ask(server.url), seconds)
    assert KEY not in str(error.value)
    return error.value


def test_an_answer_is_what_came():
    """A proper answer is its body, its headers and its status; the request carried the parameters and the key."""
    with serving(reply(b'{"a": 1}')) as server:
        got = fetch(ask(server.url))
    assert (got.body, got.headers["content-type"], got.status) == (b'{"a": 1}', "application/json", 200)
    (seen,) = server.seen
    assert (seen.path, seen.headers["Key"]) == ("/check?q=a+b%26c&verbose=", KEY)
    assert (seen.headers["User-Agent"], "Cookie" in seen.headers) == ("clew", False)


def test_a_connection_is_used_again():
    """The second request goes over the connection of the first, and carries no cookie of its answer."""
    transport = HttpTransport()
    with serving(reply(headers={"Set-Cookie": "a=b"})) as server:
        for _ in range(3):
            fetch(ask(server.url), transport=transport)
    assert len({seen.port for seen in server.seen}) == 1
    assert not any("Cookie" in seen.headers for seen in server.seen)


def test_a_forked_process_has_connections_of_its_own():
    """After a fork, neither process reads what was meant for the other."""
    transport = HttpTransport()
    with serving(reply()) as server:
        fetch(ask(server.url), transport=transport)
        if (child := os.fork()) == 0:
            os._exit(0 if fetch(ask(server.url), transport=transport).status == 200 else 1)
        assert os.waitpid(child, 0)[1] == 0
        fetch(ask(server.url), transport=transport)
    ports = [seen.port for seen in server.seen]
    assert (ports[0] == ports[2], ports[0] == ports[1]) == (True, False)


# --- time ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", DRIPS.values(), ids=DRIPS)
def test_a_dripping_server_cannot_stretch_the_deadline(start):
    """One deadline for the whole call: a byte now and then, in the head or in the body, does not move it."""
    error = trouble(drip(start), SHORT)
    assert (error.kind, error.message) == ("timeout", "Vendor did not answer within 0.2 s")


def test_a_silent_server_is_given_up():
    """No answer before the deadline is a failed ask."""
    assert trouble(hang(), SHORT).kind == "timeout"


def test_a_name_that_nobody_resolves_is_given_up():
    """Resolving a name is part of the call, and falls under its deadline."""
    with serving(reply()) as server:
        never = partial(GuardedBackend, lookup=lambda *_: server.stopped.wait(5) or [])
        with pytest.raises(AskFailed, match="did not answer"):
            fetch(ask("https://vendor.example/"), SHORT, HttpTransport(backend=never))


# --- what is no answer -----------------------------------------------------------------------------------------------

BROKEN = {
    "nothing": b"",
    "half a body": b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{}",
    "no number": b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 7\r\n\r\n{}",
    "a bad chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}",
    "half a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{}",
    "endless header": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
    "a mail server": b"220 mail.example ESMTP\r\n",
    "TLS": b"\x16\x03\x01\x00\xff",
}
DAMAGED = {
    "no gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    "half a gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"{}" * 50)[:20],
    "another packing": b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\n{}",
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_what_is_no_answer_is_a_failed_ask(data):
    """A connection that breaks off, or speaks something else, is a failed ask that says how."""
    error = trouble(raw(data))
    assert (type(error), error.kind) == (AskFailed, "connect")
    assert "Vendor could not be asked" in error.message


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
def test_what_cannot_be_unpacked_is_a_failed_ask(data):
    """A body that is not packed as it says is damaged, and no part of it is an answer."""
    error = trouble(raw(data))
    assert (type(error), error.kind) == (AskFailed, "reply")


def test_a_connection_that_is_reset_is_a_failed_ask():
    """A reset in the middle is a failed ask."""
    assert trouble(reset()).kind == "connect"


def test_nobody_there_is_a_failed_ask():
    """A refused connection is a failed ask."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(AskFailed, match="could not be asked: ConnectError"):
        fetch(ask(f"http://127.0.0.1:{port}/check"))


# --- size ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("behave", [flood(17 * 2**20), packed(b" " * (17 * 2**20))], ids=["plain", "packed"])
def test_a_body_has_at_most_16_mib(behave):
    """More is not kept, neither of what comes nor of what it unpacks to."""
    assert "more than 16 MiB" in trouble(behave).message


def test_a_body_of_16_mib_is_an_answer():
    """The limit itself is within the limit, packed too."""
    with serving(packed(b" " * (16 * 2**20))) as server:
        assert len(fetch(ask(server.url)).body) == 16 * 2**20


def test_headers_have_at_most_64_kib():
    """Many headers are as bad as a long one."""
    many = {f"X-{number}": "a" * 1000 for number in range(70)}
    error = trouble(reply(headers=many))
    assert (error.kind, "64 KiB" in error.message) == ("reply", True)


# --- where it goes ---------------------------------------------------------------------------------------------------


def test_a_redirect_to_the_same_place_is_followed():
    """Five of them; the key goes along, because it is the place that it is for."""
    with serving(*[reply(status=302, headers={"Location": "/next"})] * 5, reply(b"[1]")) as server:
        assert fetch(ask(server.url)).body == b"[1]"
    assert [seen.headers["Key"] for seen in server.seen] == [KEY] * 6
    assert server.seen[-1].path == "/next"


def test_redirects_come_to_an_end():
    """The sixth is not followed."""
    with serving(reply(status=307, headers={"Location": "/check"})) as server:
        with pytest.raises(AskFailed, match="more than 5 times"):
            fetch(ask(server.url))
        assert len(server.seen) == 6


def test_a_redirect_elsewhere_is_not_followed():
    """To another server, though on the same machine: nothing is sent there, least of all the key."""
    with serving(reply()) as other:
        error = trouble(reply(status=302, headers={"Location": other.url}))
    assert (error.kind, other.seen) == ("redirect", [])


@pytest.mark.parametrize(
    "target",
    [
        "http://localhost/",
        "https://vendor.example/",
        "http://169.254.169.254/",
        "file:///etc/passwd",
        "//evil.example/",
        "https://",
        "http://[",
        "javascript:alert(1)",
        "gopher://127.0.0.1/",
    ],
)
def test_a_redirect_to_nowhere_good_is_not_followed(target):
    """Another host, another scheme or no URL at all."""
    assert trouble(reply(status=301, headers={"Location": target})).kind == "redirect"


def test_a_redirect_down_to_plain_http_is_not_followed():
    """From https to http on the same host: nothing is sent there."""
    asked: list[httpx.URL] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return httpx.Response(302, headers={"Location": "http://vendor.example/check"})

    with pytest.raises(AskFailed, match="points elsewhere"):
        fetch(ask(), transport=HttpTransport(lambda: httpx.MockTransport(answer)))
    assert [url.scheme for url in asked] == ["https"]


def test_what_may_not_be_repeated_is_not_redirected():
    """A POST that is sent to another path would be sent twice."""
    with serving(reply(status=307, headers={"Location": "/next"})) as server:
        with pytest.raises(AskFailed, match="points elsewhere"):
            fetch(HttpRequest("POST", server.url, json={}, secret=HEADER))
        assert len(server.seen) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://vendor.example/",
        "http://192.0.2.1/",
        "http://127.0.0.1.vendor.example/",
        "ftp://vendor.example/",
        "http://localhost.vendor.example/",
        "http://127.0.0.1@a.example/",
        "https://",
        "http:///x",
        "//vendor.example/",
        "http://[::1",
    ],
)
def test_only_tls_leaves(url):
    """Plain http is refused off loopback, and so is what is no URL; the refusal comes before a connection."""
    with pytest.raises(AskRefused) as refused:
        fetch(ask(url))
    assert (refused.value.kind in ("tls", "url"), refused.value.sent) == (True, False)


# --- URLs out of data ------------------------------------------------------------------------------------------------

INSIDE = (
    "127.0.0.1",
    "::1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "100.100.100.200",
    "192.0.0.192",
    "168.63.129.16",
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "255.255.255.255",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "fec0::1",
    "192.0.2.1",
    "2001:db8::1",
)


@pytest.mark.parametrize("address", INSIDE)
def test_a_url_out_of_data_never_leads_inside(address):
    """Loopback, private, link-local, metadata and reserved addresses, however wrapped, are not dialled."""
    assert not is_public(address)
    dialled = partial(GuardedBackend, lookup=lambda *_: ["9.9.9.9", address])
    with pytest.raises(AskRefused, match="leads inside") as refused:
        fetch(ask("https://evil.example/", follows=True), transport=HttpTransport(backend=dialled))
    assert (refused.value.kind, refused.value.sent) == ("address", False)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "https://[::1]/", "https://localhost/"])
def test_an_inside_address_in_a_url_is_not_dialled(url):
    """Written as an address, too."""
    with pytest.raises(AskRefused):
        fetch(ask(url, follows=True))


def test_a_name_that_changes_is_looked_at_each_time_that_it_is_dialled():
    """A name that led outside first and leads inside after a redirect is not dialled again."""
    meant = iter(["127.0.0.1", "169.254.169.254"])
    turning = partial(GuardedBackend, lookup=lambda *_: [next(meant)], allowed_addresses=frozenset({"127.0.0.1"}))
    away = reply(status=302, headers={"Location": "/latest/meta-data", "Connection": "close"})
    with serving(away) as server:
        with pytest.raises(AskRefused, match=r"leads inside, to 169\.254\.169\.254"):
            fetch(
                ask(server.url.replace("127.0.0.1", "localhost"), follows=True),
                transport=HttpTransport(backend=turning),
            )
        assert len(server.seen) == 1


def test_a_connection_that_nobody_looked_at_is_not_used_for_it():
    """A vendor's open connection to loopback does not serve a URL out of data."""
    transport = HttpTransport()
    with serving(reply()) as server:
        fetch(ask(server.url), transport=transport)
        with pytest.raises(AskRefused):
            fetch(ask(server.url, follows=True), transport=transport)
        assert len(server.seen) == 1
