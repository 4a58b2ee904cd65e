"""Indicators in prose: what is one is found, defanged or not; what only looks like one is not."""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Domain, File, IpAddress, Url
from clew.errors import EntityError
from clew.transforms.indicators import FOUND_IN_TEXT, Mention, extract
from tests.support import HOSTILE

MD5, SHA1, SHA256, SHA512 = ("5f" * half for half in (16, 20, 32, 64))


def keys(text: str) -> list[str]:
    return [str(mention.entity.key) for mention in extract(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("198.51.100.7", ["ip:198.51.100.7"]),
        ("from 198[.]51[.]100[.]7:8080,", ["ip:198.51.100.7"]),
        ("198.51.100.7/gate.php", ["ip:198.51.100.7"]),
        ("(198(.)51(.)100(.)7)", ["ip:198.51.100.7"]),
        ("[2001:DB8::1]:443", ["ip:2001:db8::1"]),
        ("tcp://[2001:db8::1]:443/x", ["url:tcp://[2001:db8::1]:443/x", "ip:2001:db8::1"]),
        ("hxxps[://]c2[.]evil[.]example/a?b=1.", ["url:https://c2.evil.example/a?b=1", "domain:c2.evil.example"]),
        ("hxxp:\\\\evil.example\\x", ["url:http://evil.example/", "domain:evil.example"]),
        ("h**p://evil.example", ["url:http://evil.example/", "domain:evil.example"]),
        ("fxp://198.51.100.7/a", ["url:ftp://198.51.100.7/a", "ip:198.51.100.7"]),
        ("meow://evil.example/a", ["domain:evil.example"]),
        ('{"u":"http://evil.example/a\\nb"}', ["url:http://evil.example/a", "domain:evil.example"]),
        ("[GreyMail](https://evil.example/a)", ["url:https://evil.example/a", "domain:evil.example"]),
        ("https://evil.example/a[GreyMail]", ["url:https://evil.example/a", "domain:evil.example"]),
        ("url=http://evil.example", ["url:http://evil.example/", "domain:evil.example"]),
        ("http://evil.example/" + "a" * 70_000, ["domain:evil.example"]),
        ("evil[.]bazar", ["domain:evil.bazar"]),
        ("evil[.com evil.]org", ["domain:evil.com", "domain:evil.org"]),
        ("EVIL.COM evil(dot)net evil\\.org", ["domain:evil.com", "domain:evil.net", "domain:evil.org"]),
        ("c2:evil.example:443/a.exe", ["domain:evil.example"]),
        ("b\u00fccher.example", ["domain:xn--bcher-kva.example"]),
        ("mailto:Alice[at]corp[.]example", ["account:alice@corp.example"]),
        ("From:<alice@corp.example>;", ["account:alice@corp.example"]),
        ("root@198.51.100.7", ["ip:198.51.100.7"]),
        (f"{MD5} {SHA1.upper()}", [f"file:md5:{MD5}", f"file:sha1:{SHA1}"]),
        (f"sha256={SHA256}|{SHA512}.bin", [f"file:sha256:{SHA256}", f"file:sha512:{SHA512}"]),
        (f"C:\\Temp\\{MD5}.exe", [f"file:md5:{MD5}"]),
        ("\\\\files.evil.example\\share\\a.exe", ["domain:files.evil.example"]),
    ],
)
def test_what_a_report_names_is_found(text, found):
    """Addresses, URLs with their hosts, domains, mail addresses and hashes are found in the spellings of reports."""
    assert keys(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "report.docx, cmd.exe, setup.py; README.md archive.v2.zip invoice[.]exe",
        "System.Net.Sockets and Win32/Agent.SE, Net.WebClient or Agent.IO",
        "window.open(x) os.path.name(x)",
        "10:30:45 00:11:22:33:44:55 aa:bb:cc:dd:ee:ff std::vector ab::cd 00:11:22:33:44:55:66:77",
        "198.51.100.0/24, 198.51.100.256, 1.2.3, 10.0.19041.1466, 198.051.100.007",
        "C:\\Windows\\command.com D:\\backup.evil.com\\x",
        "co.uk com .com evil. @alice a@b alice@localhost",
        "http:// https:// ://",
        "/usr/share/evil.com and/or",
        f"{'g' * 64} {'5f' * 21} {SHA256}0",
        "5f70bf18-a086-4f1c-8a5e-0123456789ab",
        "\ue0d0 evil\ue0d0bazar",
        "",
    ],
)
def test_what_only_looks_like_an_indicator_is_left(text):
    """File names, types of programs, paths, versions, networks, times and parts of hashes are none."""
    assert keys(text) == []


def test_each_is_named_once_with_its_count():
    """Spellings of one thing are one mention; mentions stand in the order of the text."""
    text = "evil[.]example hxxp://evil.example/ 198.51.100.7 EVIL.EXAMPLE 198[.]51[.]100[.]7"
    assert extract(text) == (
        Mention(Domain("evil.example"), 3),
        Mention(Url("http://evil.example/"), 1),
        Mention(IpAddress("198.51.100.7"), 2),
    )


@given(
    st.text(max_size=300) | st.text("ahtp:/.[]()@\\ 1f-*_\u00e9\u200b\ue0d0", max_size=80) | st.sampled_from(HOSTILE)
)
def test_any_text_is_read(text):
    """No text breaks the search, and what comes out is an entity of a kind that is looked for."""
    for mention in extract(text):
        assert type(mention.entity) in FOUND_IN_TEXT
        assert mention.count > 0


@given(st.lists(st.tuples(st.integers(0, 255), st.text("abcdefghij", min_size=1, max_size=9)), max_size=8))
def test_a_defanged_list_is_found_whole(rows):
    """Every address and every domain of a defanged list comes back, and nothing else."""
    text = "\n".join(f"* 198[.]51[.]100[.]{octet} = hxxps://{name}[.]example/" for octet, name in rows)
    wanted = {f"ip:198.51.100.{octet}" for octet, _ in rows}
    wanted |= {
        f"{start}{name}.example{end}" for _, name in rows for start, end in (("domain:", ""), ("url:https://", "/"))
    }
    assert set(keys(text)) == wanted


@pytest.mark.parametrize(
    "part",
    [
        "http://",
        "a.",
        "[.]",
        "(dot)",
        "[ ",
        "@",
        "a@",
        "::",
        "1.",
        "http://a.b/\\\\",
        "ldap://a.b/\\.",
        "-",
        "_",
        "%41",
        "\u00e9.",
        "a.com ",
        "[",
        "http[:",
        "ab.com/",
        "h**p://x ",
        "5f",
        "http://[::",
        "\\\\",
        "a=b:",
    ],
)
def test_time_grows_with_the_text(part):
    """Twenty times the text takes about twenty times as long: nothing is looked at again and again."""

    def seconds(size: int) -> float:
        begun = time.process_time()
        extract(part * size)
        return time.process_time() - begun

    assert seconds(100_000) < 2 + 100 * seconds(5_000)


def reports(folder: Path, pattern: str) -> list[tuple[Path, str]]:
    found = [(path, path.read_text("utf-8", "replace")) for path in sorted(folder.glob(pattern)) if path.is_file()]
    assert found
    return found


def test_hashes_of_real_reports_are_found(shared_data):
    """Of the sha1 hashes that a vendor lists beside its reports, each that stands in the report is found."""
    missed, found = set(), 0
    for path, text in reports(shared_data("ioc-reports"), "eset/**/README.adoc"):
        listed = path.with_name("samples.sha1")
        if listed.exists():
            wanted = {digest for digest in listed.read_text().lower().split() if digest in text.lower()}
            missed |= {f"file:sha1:{digest}" for digest in wanted} - set(keys(text))
            found += len(wanted)
    assert found > 1000
    assert missed == set()


def test_domains_of_real_lists_are_found(shared_data):
    """Lists of domains give those domains: no other, and all but one, which has a top level that does not exist."""
    missed, more = set(), set()
    for _, text in reports(shared_data("ioc-reports"), "amnesty/*/*domains.txt"):
        wanted = {f"domain:{Domain(line).value}" for line in text.split() if not is_address(line)}
        found = {key for key in keys(text) if key.startswith("domain:")}
        missed |= wanted - found
        more |= found - wanted
    assert more == set()
    assert len(missed) <= 1


def is_address(text: str) -> bool:
    try:
        IpAddress(text)
    except EntityError:
        return False
    return True


def test_typed_indicators_of_real_reports_are_of_their_type(shared_data):
    """What a vendor calls a host name, an address or a hash is found as one in at least 99 of 100 rows."""
    kinds = {"hostname": Domain, "ipaddress": IpAddress, "md5": File, "sha1": File, "sha256": File}
    right = []
    for path, _ in reports(shared_data("ioc-reports"), "volexity/**/*.csv"):
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
            for row in csv.DictReader(lines):
                kind = kinds.get((row.get("type") or row.get("entity_type") or "").strip().lower())
                value = (row.get("value") or row.get("entity") or "").strip()
                if kind and value:
                    right.append(kind in {type(mention.entity) for mention in extract(value)})
    assert len(right) > 300
    assert sum(right) >= 0.99 * len(right)


def test_other_tools_agree(shared_data):
    """URLs and hashes that other extractors find in their own examples are found, but for those glued to a word."""
    calls = json.loads((shared_data("ioc-vectors") / "ioc-finder.vectors.json").read_text("utf-8"))
    wanted, missed = 0, []
    for call in calls:
        if isinstance(call["output"], dict):
            found = set(keys(call["text"]))
            for name, kind in (("urls", Url), ("md5s", File), ("sha256s", File)):
                # A URL without a scheme is no URL here: its host is found instead.
                told = [each for each in call["output"].get(name, []) if kind is File or "://" in each]
                wanted += len(told)
                missed += [value for value in told if str(kind(value).key) not in found]
    assert wanted > 40
    assert len(missed) <= 0.02 * wanted
