"""What makes two things the same: the rules of identity, by example."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import Account, Domain, File, Host, IpAddress, Key, Process, Url
from clew.entities.account import _identifier, _recognise
from clew.entities.checked_text import given_text, refang
from clew.entities.host_names import canonical_name, host_name
from clew.errors import EntityError
from tests.support import HOSTILE, hosts, labels, logons, sids, upns

GUID = "b34bc01c-7fae-5f63-1000-000000000400"
WHEN = datetime(2026, 3, 17, 9, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cls", "text", "value"),
    [
        # RFC 5952, and an IPv4-mapped address is the IPv4 address.
        (IpAddress, "198.51.100.7", "198.51.100.7"),
        (IpAddress, "198[.]51[.]100[.]7", "198.51.100.7"),
        (IpAddress, "::ffff:198.51.100.7", "198.51.100.7"),
        (IpAddress, "::FFFF:C633:6407", "198.51.100.7"),
        (IpAddress, "2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        (IpAddress, "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        (IpAddress, "2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
        (IpAddress, "[2001:db8::1]", "2001:db8::1"),
        (IpAddress, "fe80::1%eth0", "fe80::1"),
        # Names: lower case, IDNA, no trailing dot.
        (Domain, "CDN[.]Update-Check.EXAMPLE.", "cdn.update-check.example"),
        (Domain, "B\u00fccher.Example", "xn--bcher-kva.example"),
        (Domain, "fa\u00df.example", "xn--fa-hia.example"),
        (Domain, "evil\u3002example\u3002", "evil.example"),
        (Domain, "\uff25\uff36\uff29\uff2c.example", "evil.example"),
        (Domain, "_dmarc.b\u00fccher.example", "_dmarc.xn--bcher-kva.example"),
        (Domain, "\u0440\u0430y.example", "xn--y-7sb1c.example"),
        (Host, "WS01", "ws01"),
        (Host, "WS01.Corp.Example.", "ws01.corp.example"),
        (Host, "2K19-DC01", "2k19-dc01"),
        # URLs as browsers read them.
        (Url, "hxxps://EVIL[.]example:443/a/../b", "https://evil.example/b"),
        (Url, "http://0x7f.1/", "http://127.0.0.1/"),
        (Url, "http://2130706433", "http://127.0.0.1/"),
        (Url, "http://0177.0.0.01/", "http://127.0.0.1/"),
        (Url, "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/"),
        (Url, "https:\\\\evil.example\\a\\b", "https://evil.example/a/b"),
        (Url, "https://user:pass@evil.example/", "https://user:pass@evil.example/"),
        (Url, "https://good.example\\@evil.example/", "https://good.example/@evil.example/"),
        (Url, "https://good.example@evil.example/", "https://good.example@evil.example/"),
        (Url, "http://ex\tam\nple.example/", "http://example.example/"),
        (Url, "http://B\u00dcCHER.example/\u00fc?\u00fc#\u00fc", "http://xn--bcher-kva.example/%C3%BC?%C3%BC#%C3%BC"),
        (Url, "https://e.example/%7e%2e%2E/x", "https://e.example/%7e%2e%2E/x"),
        (Url, "https://e.example/[[.]]", "https://e.example/"),
        # Hashes by their length.
        (File, "D41D8CD98F00B204E9800998ECF8427E", "md5:d41d8cd98f00b204e9800998ecf8427e"),
        (File, "A" * 40, "sha1:" + "a" * 40),
        (File, "A" * 64, "sha256:" + "a" * 64),
        (File, "A" * 128, "sha512:" + "a" * 128),
        (File, "SHA256:" + "A" * 64, "sha256:" + "a" * 64),
        # Accounts: SID, else UPN, else domain and name.
        (Account, "s-1-5-21-1-2-3-1104", "S-1-5-21-1-2-3-1104"),
        (Account, "Alice@Corp.Example", "alice@corp.example"),
        (Account, "alice[at]corp[.]example", "alice@corp.example"),
        (Account, "CORP\\Alice", "corp\\alice"),
    ],
)
def test_one_thing_has_one_spelling(cls, text, value):
    """Every way to write a value ends in the same normal form, and equal normal forms are equal entities."""
    assert cls(text).value == value
    assert cls(text) == cls(value)


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda: IpAddress("198.51.100.07"), "not an IP address"),
        (lambda: IpAddress("198.51.100.0/24"), "use the address of one machine"),
        (lambda: IpAddress("1.2.3"), "198.51.100.7 or 2001:db8::1"),
        (lambda: IpAddress("\u0661.2.3.4"), "not an IP address"),
        (lambda: Domain("ws01"), "use Host for the name of a machine"),
        (lambda: Domain("198.51.100.7"), "use IpAddress"),
        (lambda: Domain("\uff11\uff12\uff17.0.0.1"), "use IpAddress"),
        (lambda: Domain("https://evil.example/"), "more than a domain name"),
        (lambda: Domain("a..example"), "bad label ''"),
        (lambda: Domain("-a.example"), "bad label '-a'"),
        (lambda: Domain("a" * 64 + ".example"), "bad label"),
        (lambda: Domain(".".join(["a" * 60] * 5)), "longer than 253"),
        (lambda: Host("192.0.2.1"), "use IpAddress"),
        (lambda: Host("two words"), "bad label 'two words'"),
        (lambda: Url("evil.example/a"), "write the scheme"),
        (lambda: Url("mailto:a@evil.example"), "write the scheme"),
        (lambda: Url("http://"), "write the scheme"),
        (lambda: Url("http://256.1.1.1/"), "write the scheme"),
        (lambda: File("abc"), "hexadecimal lengths: sha512 128, sha256 64, sha1 40, md5 32"),
        (lambda: File(md5="z" * 32), "not a md5 hash"),
        (lambda: File(sha256="a" * 63), "64 hexadecimal digits"),
        (lambda: File("a" * 32, md5="b" * 32), "two different md5 hashes"),
        (lambda: File(path="C:\\a.exe"), "a path together with a host"),
        (File, "a file needs a hash"),
        (lambda: Account("alice"), "names an account on every machine"),
        (lambda: Account(".\\alice"), "names an account on every machine"),
        (Account, "a SID, a UPN or a name"),
        (lambda: Account("a\\b\\c"), "write DOMAIN"),
        (lambda: Account("CORP\\alice", sid="alice@corp.example"), "is no sid of an account"),
        (lambda: Account("CORP\\alice", name="CORP\\bob"), "two different names"),
        (lambda: Account("S-1-5-21-1-2-3-4", sid="S-1-5-21-1-2-3-5"), "two different sids"),
        (lambda: Process(GUID), "give host="),
        (lambda: Process(pid=4, host="ws01"), "a pid together with its start time"),
        (lambda: Process("4", host="ws01"), "give pid= and started="),
        (lambda: Process(pid=-1, started=WHEN, host="ws01"), "not a process id"),
        (lambda: Process(pid=True, started=WHEN, host="ws01"), "not a process id"),
        (lambda: Process("99999999999@2026-03-17T09:15:00Z", host="ws01"), "not a process GUID"),
        (lambda: Process("4294967296@2026-03-17T09:15:00Z", host="ws01"), "not a process id"),
        (lambda: Process("4@2026-03-17T09:15:00Z", pid=5, host="ws01"), "contradicts"),
        (lambda: Process(pid=4, started=datetime(2026, 3, 17), host="ws01"), "no time zone"),  # noqa: DTZ001
        (lambda: Process("4@2026-03-17T09:15:00", host="ws01"), "no time zone"),
        (lambda: Process("4@yesterday", host="ws01"), "not an ISO 8601 time"),
        (lambda: Process(pid=4, started="2026-03-17T09:15:00Z" * 2, host="ws01"), "not an ISO 8601 time"),
        (lambda: Process(pid=4, started=datetime.max.replace(tzinfo=timezone(-timedelta(hours=9))), host="a"), "9999"),
        (lambda: Key.parse("198.51.100.7"), "write kind:value"),
        (lambda: Key.parse("ip:"), "write kind:value"),
    ],
)
def test_what_identifies_nothing_is_refused(make, what):
    """A value that could be nothing, or several things, is an EntityError that says why or what to do instead."""
    with pytest.raises(EntityError) as refused:
        make()
    assert what in str(refused.value)


def test_a_netbios_name_is_an_alias():
    """The short name of a host is another key of it; the full name stays its identity."""
    host = Host("WS01.corp.example", netbios="WS01")
    assert host == Host("ws01.corp.example") != Host("ws01")
    assert host.aliases == (Host("ws01").key,)
    assert Host("ws01", netbios="WS01").aliases == ()


def test_a_url_keeps_what_was_written():
    """The original text of a URL is kept where it differs, and plays no part in equality."""
    url = Url("hxxp://evil[.]example")
    assert url.original == "hxxp://evil[.]example"
    assert url == Url("http://evil.example/")
    assert Url("http://evil.example/").original is None


def test_an_account_is_known_by_its_best_identifier():
    """The SID counts before the UPN, the UPN before the name; the others become aliases."""
    account = Account("CORP\\alice", sid="S-1-5-21-1-2-3-1104", upn="alice@corp.example", host="WS01")
    assert account == Account("S-1-5-21-1-2-3-1104")
    assert {key.value for key in account.aliases} == {"alice@corp.example", "corp\\alice"}
    assert Account("CORP\\alice", upn="alice@corp.example") == Account("alice@corp.example")
    assert Account("CORP\\alice", upn="") == Account("CORP\\alice")


@pytest.mark.parametrize("value", ["S-1-5-18", "S-1-5-32-544", "NT AUTHORITY\\SYSTEM", ".\\bob", "bob"])
def test_what_every_machine_has_belongs_to_one_machine(value):
    """Well-known SIDs, built-in and local accounts of two machines are two accounts; domain accounts are one."""
    here, there = Account(value, host="WS01.corp.example"), Account(value, host="WS02.corp.example")
    assert here != there
    assert here.key.scope == "ws01.corp.example"
    assert Account("CORP\\bob", host="WS01") == Account("CORP\\bob", host="WS02")


def test_a_local_name_says_nothing_of_a_domain():
    """A name on a machine and the SID of a domain are not aliases of each other, and both survive a round trip."""
    account = Account("S-1-5-21-1-2-3-1104", name=".\\alice", host="WS01")
    assert account.aliases == ()
    assert account.label == "alice"
    assert Account("WS01.corp.example\\bob", host="WS01.corp.example") == Account("bob", host="WS01.corp.example")


def test_a_process_is_one_run_on_one_machine():
    """A GUID, or a pid with its start, on a host; the same on another host is another process."""
    process = Process("{B34BC01C-7FAE-5F63-1000-000000000400}", host="WS01", pid=0x1A2C, started=WHEN)
    assert process.value == GUID
    assert process.aliases == (Process(pid=6700, started=WHEN, host="ws01").key,)
    assert process != Process(GUID, host="WS02")
    later = WHEN.astimezone(timezone(timedelta(hours=2)))
    assert Process(pid=4, started=later, host="ws01") == Process("4@2026-03-17T09:15:00Z", host="ws01")
    assert Process(pid=4, started=WHEN, host="ws01") != Process(pid=4, started=WHEN + timedelta(1), host="ws01")


def test_any_shared_hash_is_an_alias():
    """A file is its strongest hash; each other hash is one more key under which it can be found."""
    file = File(md5="A" * 32, sha256="B" * 64, path="C:\\a.exe", host="WS01")
    assert file == File("b" * 64)
    assert file.aliases == (File("a" * 32).key,)
    assert file.label == "a.exe"
    assert File(path="C:\\A.EXE", host="WS01").key == File(path="c:\\a.exe", host="ws01").key


def outcome(make):
    """What is made, or why it is not."""
    try:
        return make()
    except EntityError as error:
        return str(error)


# Texts that nearly are names and accounts.
NEARLY = st.one_of(
    hosts,
    st.sampled_from(HOSTILE),
    st.text(max_size=30),
    st.text("aZ09.-_", min_size=1, max_size=70),
    st.text("aZ19.-_\\@$S \u00fc", min_size=1, max_size=12),
)


@given(NEARLY)
def test_the_short_way_to_a_name_is_the_long_way(text):
    """Names that need no work take a short cut; it ends where the long way ends."""
    if text.strip():
        assert outcome(lambda: host_name(text, "x")) == outcome(lambda: canonical_name(refang(text.strip()), "x"))


@given(st.one_of(NEARLY, logons, upns, sids))
def test_the_short_way_to_an_account_is_the_long_way(text):
    """An identifier that stands alone takes a short cut; it ends where it ends beside others that are not known."""
    short, long = outcome(lambda: Account(text)), outcome(lambda: Account(text, sid=None, upn=None))
    assert repr(short) == repr(long)
    assert short == long


@given(st.one_of(NEARLY, logons), st.one_of(st.none(), st.sampled_from(("ws01", "corp", "a")), labels))
def test_a_plain_account_is_recognised_as_any_other(text, host):
    """A name of a domain that can only be read in one way is read at once, and as it would be step by step."""
    machine = None if host is None else host.lower()
    assert outcome(lambda: _identifier(text, machine)) == outcome(
        lambda: _recognise(given_text(text, "an account"), machine)
    )
