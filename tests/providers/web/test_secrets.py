"""Keys: where they are looked for, and where they never are."""

from __future__ import annotations

import base64
import io
import logging
import os
import pickle
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from IPython.core.ultratb import VerboseTB
from rich.console import Console
from rich.traceback import Traceback

from clew import Investigation, IpAddress
from clew.errors import AskError, AskSkipped
from clew.pivots.workspace import Workspace
from clew.providers.ti.abuseipdb import AbuseIpDb
from clew.providers.web import SecretLocation, http_channel
from clew.providers.web.api_keys import Keys, Secret, from_keyring
from clew.providers.web.clock import Clock, Deadline
from clew.providers.web.connections import Connections
from clew.providers.web.http_channel import HttpChannel
from clew.providers.web.key_redaction import redact_secret
from clew.providers.web.quota import Quotas
from clew.providers.web.reply_cache import ReplyCache
from clew.settings import Settings
from tests.providers.web.doubles import KEY, VARIABLE, Vendor, ask, channel
from tests.providers.web.faults import hang, raw, reply, reset, serving


def no_ring(_: str) -> str:
    return ""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of keys, and nothing in the environment."""
    monkeypatch.delenv(VARIABLE)
    path = tmp_path / "keys.toml"
    path.write_text(f'{VARIABLE} = "{KEY}"\nOTHER = 5\n')
    path.chmod(0o600)
    return path


def found(keys: Keys) -> str:
    secret = keys.secret(Vendor)
    assert secret is not None
    return secret.reveal()


def test_the_environment_counts_before_the_keyring_before_the_file(file, monkeypatch):
    """The nearest counts; what is empty is not there."""
    keys = Keys(file, lambda _: "canary-of-the-ring")
    assert found(Keys(file, no_ring)) == KEY
    assert found(keys) == "canary-of-the-ring"
    monkeypatch.setenv(VARIABLE, " ")
    assert found(keys) == "canary-of-the-ring"
    monkeypatch.setenv(VARIABLE, "canary-of-the-environment")
    assert found(keys) == "canary-of-the-environment"


def test_a_machine_without_a_keyring_has_none():
    """No library, or none that works: there is no key in it, and that is no error."""
    assert from_keyring(VARIABLE) == ""


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
@pytest.mark.parametrize("mode", [0o604, 0o640, 0o660, 0o644, 0o777])
def test_a_file_that_others_can_read_is_not_used(file, mode):
    """The error says what to do."""
    file.chmod(mode)
    with pytest.raises(AskSkipped) as skipped:
        Keys(file, no_ring).secret(Vendor)
    assert (skipped.value.kind, skipped.value.next_step) == ("no-key", f"chmod 600 {file}")
    assert "can be read by others" in skipped.value.message


@pytest.mark.parametrize("content", [b"\xff", b"= =", f"{VARIABLE} = {KEY}".encode(), None], ids=str)
def test_a_file_that_cannot_be_read_is_named(file, content):
    """Without a word of what is in it."""
    file.unlink() if content is None else file.write_bytes(content)
    with pytest.raises(AskSkipped) as skipped:
        Keys(file, no_ring).secret(Vendor)
    assert str(file) in skipped.value.message
    assert KEY not in str(skipped.value)


@pytest.mark.parametrize("content", ["", "OTHER = 5", f"{VARIABLE} = 5"])
def test_a_key_that_is_not_in_the_file_is_not_there(file, content):
    """It is a skip, as without a file."""
    file.write_text(content)
    with pytest.raises(AskSkipped, match="needs a key"):
        Keys(file, no_ring).secret(Vendor)


@pytest.mark.parametrize(
    ("key", "why"),
    [("x7q9", "too short"), ("canary of the key", "characters"), ("canary-\u00e9t\u00e9-0123", "characters")],
)
def test_what_cannot_be_a_key_is_told(monkeypatch, key, why):
    """It is not sent; what is wrong with it is said, and the key is not."""
    monkeypatch.setenv(VARIABLE, key)
    with pytest.raises(AskSkipped, match=why) as skipped:
        Keys(None, no_ring).secret(Vendor)
    assert VARIABLE in skipped.value.next_step
    assert key not in str(skipped.value)


def test_a_secret_says_nothing_of_itself():
    """Not when shown, formatted, compared or written."""
    secret = Secret(KEY)
    assert KEY not in f"{secret} {secret!r} {[secret]} {secret.fingerprint}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_a_password_is_hidden_without_its_user():
    """A source that takes a user and a password may say the password back alone; a short one is no secret to hide."""
    told = redact_secret(b'{"user": "alice", "password": "s3cret-horse"}', Secret("alice:s3cret-horse"))
    assert b"s3cret-horse" not in told
    assert b"alice" in told
    assert redact_secret(b"abc", Secret("alice:a")) == b"abc"


# --- canaries --------------------------------------------------------------------------------------------------------

# Each with a place where it goes.
CANARIES = {
    "canary-0123456789abcdef": SecretLocation("header", "Key"),
    "AKIA/canary+key==1234567": SecretLocation("header", "Authorization", "Bearer "),
    "sk_live.canary~41!x": SecretLocation("query", "apikey"),
    "c4n4ry" * 8: SecretLocation("basic"),
    "'canary\"<&>\\key'": SecretLocation("query", "key"),
}
FAULTS = {
    "reset": reset(),
    "silence": hang(),
    "half": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"),
    "refused": reply(status=401),
    "error": reply(status=500),
}


def spellings(key: str) -> set[str]:
    raw_key = key.encode()
    return {
        key,
        key[::-1],
        quote(key, safe=""),
        raw_key.hex(),
        base64.b64encode(raw_key).decode().rstrip("="),
        repr(key)[1:-1],
    }


def leaks(key: str, text: str) -> list[str]:
    return [spelling for spelling in spellings(key) if spelling in text]


def shown(error: BaseException) -> str:
    """A traceback with all variables of all frames but the test's own, as rich and IPython show it."""
    assert error.__traceback__ is not None
    where = error.__traceback__.tb_next
    console = Console(file=io.StringIO(), width=500, record=True)
    much = 10**6
    console.print(
        Traceback.from_exception(
            type(error), error, where, show_locals=True, locals_max_length=much, locals_max_string=much
        )
    )
    return console.export_text() + VerboseTB().text(type(error), error, where)


@pytest.mark.parametrize(("key", "fault"), [*zip(CANARIES, FAULTS, strict=True)], ids=FAULTS)
def test_no_traceback_shows_the_key(monkeypatch, caplog, key, fault):
    """Nor does a log, with every variable of every frame shown and every message of every library."""
    monkeypatch.setenv(VARIABLE, key)
    way = HttpChannel(Connections(clock=Clock(sleep=lambda _: None)), seconds=0.1)
    with caplog.at_level(logging.DEBUG), serving(FAULTS[fault]) as server, pytest.raises(AskError) as error:
        way.send(ask(server.url, secret=CANARIES[key]), Vendor)
    text = shown(error.value)
    assert "HttpChannel" in text
    assert leaks(key, text) == []
    assert leaks(key, caplog.text) == []
    assert leaks(key, f"{error.value!r} {vars(error.value)}") == []


@pytest.mark.parametrize("mistake", [KeyboardInterrupt(), RuntimeError("a mistake"), MemoryError()], ids=repr)
def test_no_traceback_of_a_mistake_shows_the_key(monkeypatch, mistake):
    """Ctrl-C in the middle of a request, too; where it was raised is said in words."""

    def respond(request: httpx.Request) -> httpx.Response:
        raise mistake

    way = HttpChannel(Connections(lambda: httpx.MockTransport(respond)))
    with pytest.raises(type(mistake)) as error:
        way.send(ask(secret=SecretLocation("query", "apikey")), Vendor)
    assert leaks(KEY, shown(error.value)) == []
    assert "in respond" in "".join(error.value.__notes__)


@pytest.mark.parametrize("key", CANARIES)
def test_no_key_is_in_a_case_a_cache_or_a_count(monkeypatch, tmp_path, key):
    """A vendor that echoes it in every spelling leaves it in no file of the user's."""
    monkeypatch.setenv(AbuseIpDb.secret, key)
    said = {"abuseConfidenceScore": 1, "totalReports": 1, "isp": key, "usageType": key[::-1]}
    echo = httpx.Response(200, json={"data": said, "all": [*spellings(key)]})
    way, _ = channel(echo, cache=ReplyCache(tmp_path, 2**20, Clock()), quotas=Quotas(tmp_path))
    around = Workspace(Settings(cache=tmp_path))
    monkeypatch.setattr(http_channel, "make_channel", lambda _: way)
    with Investigation.open(tmp_path / "x.clew", workspace=around) as case:
        finding = IpAddress("9.9.9.9").ti.abuseipdb()
        case.to_html(tmp_path / "x.html")
        text = f"{finding!r} {finding} {finding.to_frame().to_csv()} {case.history!r}"
        text += "".join(case._store.reply(each, at=Clock().now()).body.decode() for each in finding.evidence)
    assert finding.outcome == "found"
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"x.clew", "x.html", "replies.sqlite", "quotas.sqlite"}
    text += "".join(path.read_bytes().decode("latin-1") for path in files)
    assert leaks(key, text) == []


def test_settings_and_places_are_told_without_keys(file):
    """What names the keys does not hold them."""
    assert KEY not in f"{Settings(keys=file)!r} {Keys(file)!r} {Deadline.after(1, Clock())!r} {ask()!r}"
