"""Pasted text becomes the entity it names, or an EntityError that says how to write it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Account, Domain, Entity, File, Host, IpAddress, Process, Url, parse
from clew.entities.checked_text import refang
from clew.entities.codec import from_key
from clew.errors import EntityError
from tests.support import HOSTILE, addresses, domains, entities, hiding, urls


def outcome(text: str) -> Entity | EntityError:
    """What `parse` says; any exception but EntityError ends the test."""
    try:
        return parse(text)
    except EntityError as error:
        return error


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("198.51.100.7", IpAddress("198.51.100.7")),
        (" <198[.]51[.]100[.]7> ", IpAddress("198.51.100.7")),
        ("198(dot)51{.}100 . 7".replace(" ", ""), IpAddress("198.51.100.7")),
        ("198\\.51\\.100\\.7", IpAddress("198.51.100.7")),
        ("[2001:DB8::1]", IpAddress("2001:db8::1")),
        ("evil[.]example", Domain("evil.example")),
        ("evil[dot]example", Domain("evil.example")),
        ("'EVIL.example'", Domain("evil.example")),
        ("hxxp://evil.example", Url("http://evil.example/")),
        ("hXXps[:]//evil[.]example[:]8443/a", Url("https://evil.example:8443/a")),
        ("hxxp[://]evil.example", Url("http://evil.example/")),
        ("h**p://evil.example", Url("http://evil.example/")),
        ("fxp://evil[.]example/a", Url("ftp://evil.example/a")),
        ("http[:]\\\\evil.example", Url("http://evil.example/")),
        ("alice@corp[.]example", Account("alice@corp.example")),
        ("alice(at)corp[.]example", Account("alice@corp.example")),
        ("CORP\\alice", Account("corp\\alice")),
        ("s-1-5-21-1-2-3-500", Account("S-1-5-21-1-2-3-500")),
        ("A" * 64, File("a" * 64)),
        ("host:ws01", Host("ws01")),
        ("ip:198[.]51.100.7", IpAddress("198.51.100.7")),
        ("domain:evil.example", Domain("evil.example")),
        ("account@ws01:bob", Account("bob", host="ws01")),
        ("file@ws01:path:C:\\a.exe", File(path="c:\\a.exe", host="ws01")),
        (
            "process@ws01:b34bc01c-7fae-5f63-1000-000000000400",
            Process("b34bc01c-7fae-5f63-1000-000000000400", host="ws01"),
        ),
        ("process@ws01:4@2026-03-17T09:15:00Z", Process("4@2026-03-17T09:15:00Z", host="ws01")),
    ],
)
def test_text_names_an_entity(text, entity):
    """Values are recognised as people paste them, defanged or not, with or without their kind."""
    assert parse(text) == entity


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("ws01", "host:ws01"),
        ("evil.example/a", "write https://evil.example/a"),
        ("b34bc01c-7fae-5f63-1000-000000000400", "process@HOST:GUID"),
        ("C:\\Windows\\a.exe", "file@HOST:path:"),
        ("\\\\server\\share\\a.exe", "file@HOST:path:"),
        ("/etc/passwd", "file@HOST:path:"),
        ("198.51.100.7:443", "use IpAddress"),
        ("1.2.3", "198.51.100.7 or 2001:db8::1"),
        ("a@b", "name@domain.example"),
    ],
)
def test_what_could_be_several_things_says_how_to_write_it(text, step):
    """Text that names nothing alone is refused with the way to write it."""
    with pytest.raises(EntityError) as refused:
        parse(text)
    assert step in refused.value.next_step


@given(entities)
def test_the_text_of_a_key_names_its_entity(entity):
    """A key as it is printed can be pasted back."""
    assert parse(str(entity.key)).key == entity.key == from_key(entity.key).key


@given(
    st.one_of(domains, addresses, urls),
    st.sampled_from(("[.]", "(.)", "{.}", "[dot]", "(DOT)", "\\.", "[ . ]", r"\[.\]")),
)
def test_defanging_changes_nothing(text, dot):
    """A value with its dots defanged is the value."""
    defanged = outcome(text.replace(".", dot))
    plain = outcome(text)
    assert isinstance(defanged, EntityError) == isinstance(plain, EntityError)
    if isinstance(plain, Entity):
        assert defanged == plain


@given(st.text("hxtpsfHX*:/[](){}.\\@ atdo<>'\"`e1", max_size=40))
def test_refanging_never_makes_text_longer(text):
    """Refanging only takes away, so that what is hidden deep is found at last and no text grows without end."""
    assert len(refang(text)) <= len(text)


def check_hostile(text: str) -> None:
    """An entity that can be shown, dumped and found again, or an error that can be shown."""
    got = outcome(text)
    assert hiding(str(got) if isinstance(got, EntityError) else repr(got)) == set()
    if isinstance(got, Entity):
        assert from_key(got.key).key == got.key


@given(st.one_of(st.text(max_size=60), st.binary(max_size=40).map(lambda data: data.decode("latin-1"))))
def test_any_text_is_an_entity_or_an_error_in_words(text):
    """Whatever is pasted, `parse` gives an entity or an EntityError whose text is safe in a terminal."""
    check_hostile(text)


@pytest.mark.parametrize("prefix", ["", "host:", "url:", "https://", "https://evil.example/", "CORP\\", "file@a:path:"])
@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_an_entity_or_an_error_in_words(value, prefix):
    """The same holds for what attackers write, in every place of a value."""
    check_hostile(prefix + value)


def test_naughty_strings_are_entities_or_errors_in_words(shared_data):
    """The same holds for public lists of strings that break things."""
    folder = shared_data("hostile-strings")
    strings = json.loads((folder / "blns.json").read_text("utf-8"))
    for file in folder.joinpath("PayloadsAllTheThings").rglob("*.txt"):
        strings += file.read_text("utf-8", "surrogateescape").splitlines()[:200]
    assert len(strings) > 1000
    for text in strings:
        check_hostile(text)
        check_hostile(f"CORP\\{text}")


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        ("ipv4s", IpAddress),
        ("ipv6s", IpAddress),
        ("domains", Domain),
        ("md5s", File),
        ("sha1s", File),
        ("sha256s", File),
    ],
)
def test_what_another_tool_extracts_is_recognised(shared_data, found, kind):
    """Every address, domain and hash that another project's tests expect is the same kind of entity here."""
    calls = json.loads((shared_data("ioc-vectors") / "ioc-finder.vectors.json").read_text("utf-8"))
    values = {value for call in calls if isinstance(call["output"], dict) for value in call["output"].get(found, ())}
    assert values
    assert {value for value in values if type(parse(value)) is not kind} == set()


def test_most_links_and_addresses_of_another_tool_are_recognised(shared_data):
    """Of its URLs and mail addresses all are, but for URLs without a scheme and addresses at an IP address."""
    calls = json.loads((shared_data("ioc-vectors") / "ioc-finder.vectors.json").read_text("utf-8"))
    outputs = [call["output"] for call in calls if isinstance(call["output"], dict)]
    links = {value for output in outputs for value in output.get("urls", ()) if "://" in value}
    people = {value for output in outputs for value in output.get("email_addresses", ()) if "[" not in value}
    assert len(links) > 20
    assert {value for value in links if not isinstance(outcome(value), Url)} == set()
    assert {value for value in people if not isinstance(outcome(value), Account)} == set()
