"""Lists of one value a line, as people and services write them."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Key
from clew.entities.codec import from_key
from clew.errors import EntityError
from clew.feeds.formats.plain_list import read_lines
from clew.feeds.listing import FeedEntry, IndicatorDetails
from clew.feeds.recognition import EXACT_PREFIX, NETWORK_PREFIX, WILDCARD_PREFIX, keys_of
from tests.feeds.asked import keys, read
from tests.support import ENTITIES, HOSTILE


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("198.51.100.7", "ip:198.51.100.7"),
        ("198[.]51[.]100[.]7", "ip:198.51.100.7"),
        ("198.51.100.7:443", "ip:198.51.100.7"),
        ("[2001:db8::1]:443", "ip:2001:db8::1"),
        ("2001:0DB8::0001", "ip:2001:db8::1"),
        ("::ffff:198.51.100.7", "ip:198.51.100.7"),
        ("198.51.100.7/32", "ip:198.51.100.7"),
        ("198.51.100.7/24", "net:198.51.100.0/24"),
        ("198.51.100.0 - 198.51.100.255", "net:198.51.100.0/24"),
        ("EVIL[.]example.", "domain:evil.example"),
        ("bücher.example", "domain:xn--bcher-kva.example"),
        ("*.evil.example", "under:evil.example"),
        ("||evil.example^", "domain:evil.example"),
        ("hxxps://evil[.]example:443/a", "url:https://evil.example/a"),
        ("http://evil.example", "url:http://evil.example/"),
        ("A" * 32, "file:md5:" + "a" * 32),
        ("sha256:" + "B" * 64, "file:sha256:" + "b" * 64),
        ("alice@evil.example", "account:alice@evil.example"),
        ("ip:198.51.100.7", "ip:198.51.100.7"),
        ("198.51.100.7 # scanner", "ip:198.51.100.7"),
        ("198.51.100.7;", "ip:198.51.100.7"),
        ("198.51.100.7,", "ip:198.51.100.7"),
        ("evil.example // c2", "domain:evil.example"),
    ],
)
def test_a_value_is_recognised_however_it_is_written(line, key):
    """Each spelling of a value is listed as clew's own identity of it."""
    assert keys(f"{line}\n") == {key}


def test_a_value_without_its_scheme_is_listed_with_both():
    """A URL that somebody wrote without its scheme is meant whichever it is."""
    assert keys("evil.example/gate.php\n") == {"url:http://evil.example/gate.php", "url:https://evil.example/gate.php"}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("0.0.0.0/0", "wider than /8"),
        ("::/0", "wider than /16"),
        ("/gate.php?id=", "is a path"),
        ("setup.exe", "more likely a file"),
        ("localhost", "one label"),
        ("256.1.1.1", "not an IP address"),
        ("198.51.100.9-198.51.100.1", "no range"),
        ("evil..example", "bad label"),
        ("x" * 9_000, "longer than"),
    ],
)
def test_a_line_that_lists_nothing_says_why(line, why):
    """What is left out is told with its line and the reason, and costs nothing else."""
    _, entries, refused = read(f"evil.example\n{line}\n198.51.100.7\n")
    assert [entry.location for entry in entries] == ["1", "3"]
    assert [(row.location, why in row.reason) for row in refused] == [("2", True)]


def test_comments_and_counts_are_understood():
    """Comments name references and aliases; a number behind a value says on how many lists it is."""
    text = """# Copyright
; another comment
# Aliases: evilkit, badkit
# Reference: https://intel.example/report
198.51.100.7\t10
evil.example
"""
    (first, second), refused = read(text)[1:]
    assert (first.details.reports, second.details.reports) == (10, None)
    assert second.details.tags == ("evilkit", "badkit")
    assert second.details.reference == "https://intel.example/report"
    assert not refused


def test_a_hosts_file_lists_names_and_never_nowhere():
    """Addresses that mean nowhere and the names of the machine itself are no indicators."""
    names = "0.0.0.0 evil.example www.evil.example # ads"
    text = f"127.0.0.1 localhost\n::1 localhost\n{names}\n255.255.255.255 broadcasthost\n"
    assert keys(text) == {"only:evil.example", "only:www.evil.example"}


def test_a_text_for_people_lists_what_it_defangs():
    """A report lists hashes and what its writer made unclickable; links to read on are no indicators."""
    text = f"""= A report about something that happened

The group is described at https://blog.vendor.example/posts/group and in the news of example.com.
It used the domains evil[.]example and hxxps://bad[.]example/gate as well as 198[.]51[.]100[.]7 for control.

The dropper with the hash {"ab" * 20} was first seen in May, see https://www.virus.example/file.
"""
    form, entries, _ = read(text)
    listed = {key for entry in entries for key in entry.keys}
    assert form == "report"
    assert listed == {
        "domain:evil.example",
        "url:https://bad.example/gate",
        "ip:198.51.100.7",
        "file:sha1:" + "ab" * 20,
    }


def test_an_item_of_a_report_that_is_but_one_value_is_listed():
    """In a report, an item or a cell that is an address or a name is one; file names, links and words are none."""
    text = (
        """:toc:

= Indicators of Compromise

== Network indicators

* `c2.evil-site.com`
- `++198.51.100.7++`
|203.0.113.9
* https://blog.vendor.com/read/on
* `libkeyutils.so`
* `cmd.exe`
* `Ssh-2.0-b479ec72`
* `rules.yara`
* Win32/Agent.NBH trojan
* see news.com for more

|SHA-1 |Name
|`"""
        + "0A5A7DD4" * 5
        + """`|Loader
"""
    )
    form, entries, refused = read(text)
    listed = {key for entry in entries for key in entry.keys}
    assert (form, refused) == ("report", [])
    assert listed == {"domain:c2.evil-site.com", "ip:198.51.100.7", "ip:203.0.113.9", "file:sha1:" + "0a5a7dd4" * 5}


@pytest.mark.parametrize("path", [r"%localappdata%\Java", r"Environment.Startup\AdobeUpdater.lnk", r"Temp\a.exe"])
def test_a_path_is_no_account(path):
    """What could be an account by its backslash, and is a path by its ends, is left out."""
    _, entries, refused = read(f"evil.example\n{path}\n")
    assert ([entry.keys for entry in entries], "path" in refused[0].reason) == ([("domain:evil.example",)], True)


@given(st.one_of(*(ENTITIES[kind] for kind in ("domain", "ip", "url"))))
def test_every_entity_is_listed_as_itself(entity):
    """What an entity is called is listed as exactly that entity."""
    assert keys_of(entity.key.value, "domain" if entity.kind == "domain" else "") == (str(entity.key),)


@given(st.lists(st.one_of(st.text(max_size=40), st.sampled_from(HOSTILE)), max_size=8))
def test_no_line_breaks_a_list(lines):
    """Whatever the lines are, each one lists something whose key is canonical, or says why it does not."""
    for row in read_lines(iter(lines), IndicatorDetails()):
        if isinstance(row, FeedEntry):
            assert all(_is_canonical(key) for key in row.keys)
        else:
            assert row.reason


def _is_canonical(key: str) -> bool:
    if key.startswith((NETWORK_PREFIX, EXACT_PREFIX, WILDCARD_PREFIX)):
        return key == key.strip()
    return str(from_key(Key.parse(key)).key) == key


@given(st.text(max_size=60), st.sampled_from(["", "hostname", "domain", "url"]))
def test_no_text_breaks_the_recogniser(text, kind):
    """A text is recognised or refused with a reason; nothing else happens."""
    with suppress(EntityError):
        assert all(_is_canonical(key) for key in keys_of(text, kind))
