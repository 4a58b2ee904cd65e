"""A case for an outsider: nothing that is inside is in it, it is the same graph, and its owner finds the way back."""

from __future__ import annotations

import base64
import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import quote

import httpx
import pandas as pd
import pytest
import zstandard
from ahocorasick_rs import BytesAhoCorasick
from hypothesis import assume, example, given
from hypothesis import strategies as st

from clew.demo.scenario import Scenario
from clew.entities import Account, Domain, Host, IpAddress, Process, Relation, Url, Verdict
from clew.errors import CaseDamaged, CaseExists, KeyUnusable, MissingExtra, NotRedacted
from clew.graph.case import Case
from clew.graph.expansion.plan import Budget
from clew.graph.format.connection_event import Connected
from clew.graph.format.events import Noted, Opened, Redacted, Signed
from clew.graph.redaction import OwnerKey, Redaction, Rules, new_key
from clew.graph.redaction.redact import redact_case
from clew.graph.redaction.restore import restore
from clew.graph.signing.verification import verify
from clew.graph.store import Store
from clew.logs.engines.protocol import SourceDescription
from clew.pivots.workspace import Workspace
from clew.providers.base import Reply
from clew.providers.gate import Gate
from clew.providers.ti.abuseipdb import AbuseIpDb
from clew.settings import Settings
from tests.graph.cases import NOON, bare_workspace, case_in_memory, keys, sha256, steps_of
from tests.graph.deeds import OUTSIDE, answers
from tests.support import FEWER

pytest.importorskip("cryptography")

KEY, OTHER_KEY = b"an owner's key of 32 bytes......", b"another owner's key of 32 bytes."
SID = "S-1-5-21-2893417706-1473029581-3360187442"
RAW = "text/plain"


# --- looking for what should not be there ----------------------------------------------------------------------------


def contents(path: Path) -> list[bytes]:
    """The bytes of a case file, and every body in it unpacked."""
    with closing(sqlite3.connect(path)) as connection:
        packed = [row[0] for table in ("steps", "evidence") for row in connection.execute(f"SELECT body FROM {table}")]
        unpacked = [zstandard.ZstdDecompressor().decompress(body) for body in packed]
    return [path.read_bytes(), *unpacked]


def spellings(value: str) -> set[bytes]:
    """A value as it may hide: in any case, in JSON, in a URL, in UTF-16, in base64 at any place, in hexadecimal."""
    found: set[bytes] = set()
    for text in {value, value.lower(), value.upper()}:
        found |= {text.encode(), json.dumps(text)[1:-1].encode(), quote(text, safe="").encode()}
        for plain in (text.encode(), text.encode("utf-16-le")):
            found |= {plain, plain.hex().encode(), plain.hex().upper().encode()}
            for before in range(3):
                # What does not depend on the characters around it.
                encoded = base64.b64encode(b"\0" * before + plain)
                found.add(encoded[(before * 8 + 5) // 6 : len(b"\0" * before + plain) * 8 // 6])
    return found


def leaks(values: Iterable[str], bodies: list[bytes]) -> dict[str, set[bytes]]:
    """The spellings of values that are in one of the bodies; of a short one, as a whole word of text."""
    found: dict[str, set[bytes]] = {}
    values_by_spelling: dict[bytes, set[str]] = {}  # those that differ in case share some
    short_values = {value.lower().encode(): value for value in values if len(value) < 6}
    for value in {*values} - {*short_values.values()}:
        for spelling in spellings(value):
            values_by_spelling.setdefault(spelling, set()).add(value)
    patterns = [*values_by_spelling]
    scan = BytesAhoCorasick(patterns)
    for body in bodies:
        for pattern in {match[0] for match in scan.find_matches_as_indexes(body, overlapping=True)}:
            for value in values_by_spelling[patterns[pattern]]:
                found.setdefault(value, set()).add(patterns[pattern])
    texts = [body.lower() for body in bodies[1:] if short_values and is_text(body)]
    for plain, value in short_values.items():
        word = re.compile(rb"(?<![a-z0-9])" + re.escape(plain) + rb"(?![a-z0-9])")
        if any(word.search(text) for text in texts):
            found.setdefault(value, set()).add(plain)
    return found


def is_text(body: bytes) -> bool:
    return body.isascii() and b"\0" not in body


@dataclass(frozen=True)
class Given:
    """A case, and what was made of it for an outsider."""

    original: Path
    outside: Path
    redaction: Redaction


def give(original: Path, rules: Rules | None = None, *, name: str = "outside.clew", key: bytes = KEY) -> Given:
    outside = original.with_name(name)
    with Case.open(original, workspace=bare_workspace(original.parent)) as case:
        return Given(original, outside, case.sharing.redact(outside, rules, key=key))


def opened(path: Path) -> Case:
    return Case.open(path, workspace=bare_workspace(path.parent, analyst="outsider"))


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory, scenario: Scenario, share_logs: Callable[[Path], Path]) -> Given:
    """A case of the made-up incident with something of everything that people do, and its redaction."""
    folder = tmp_path_factory.mktemp("rich")
    settings = Settings(
        feeds=(scenario.feed,), geoip=(scenario.geo,), cache=share_logs(folder / "cache"), analyst="jane.doe"
    )
    path = folder / "incident.clew"
    with Case.open(path, title="Contoso, März", workspace=Workspace(settings), replies=scenario.replies) as case:
        case.connect(scenario.logs)
        case.expand(IpAddress(scenario.seed), depth=3, budget=Budget(calls=50))
        people(case)
        for private in (IpAddress("10.20.30.40"), IpAddress("fe80::5d91:ea18:e2b5:9755")):
            private.net.kind()
            private.ti.lookup()
    return give(path, Rules(words=("Contoso",)))


def people(case: Case) -> None:
    """What people do, about WS01."""
    ws01 = Host("ws01.corp.example")
    script = base64.b64encode("copy \\\\fs01\\share C:\\Users\\alice".encode("utf-16-le")).decode()
    process = Process(pid=1, started=NOON, host="ws01", command_line=f"powershell -enc {script}")
    case.add(ws01, process, Domain("ws01.evil.example"), Url("https://evil.example/?from=WS01&by=corp%5Calice"))
    process.transform.decode()
    case.note("Alice (CORP\\alice) saw it on Ws01[.]corp[.]example, 10[.]20[.]30[.]40", about=ws01)
    case.tag(ws01, "patient-zero-ws01")
    case.link(ws01, Relation.RELATED_TO, Account("corp\\alice"), reason="jane.doe says so")
    case.judge(ws01, Verdict.SUSPICIOUS, reason="alice denies it")
    case.note("never mind")
    case.undo()
    case.layout.move(ws01, 1.5, 2.25)
    nodes = pd.DataFrame({"entity": [ws01, "ip:10.20.30.41"]})
    edges = pd.DataFrame({"source": ["host:ws01"], "relation": ["related-to"], "target": ["ip:10.20.30.41"]})
    case.load(nodes, edges, source="inventory of corp.example")


# --- nothing gets out ------------------------------------------------------------------------------------------------


def test_no_value_that_was_replaced_is_anywhere_in_the_file(rich: Given) -> None:
    """Neither the file nor anything packed in it holds a value in any spelling that it may hide in."""
    bodies = contents(rich.outside)
    values = {each.value for each in rich.redaction.replacements}
    assert {"ws01", "alice", "corp", "contoso", "10.20.30.40", "corp.example", "jane.doe", f"{SID}-1104"} <= values
    assert leaks(values, bodies) == {}


@pytest.mark.long
def test_a_real_case_tells_nothing_either(shared_data: Callable[[str], Path], tmp_path: Path) -> None:
    """A recorded intrusion is redacted without a trace, replays, and comes back hash for hash."""
    (logs,) = (
        path for path in (shared_data("incident-pandalab") / "campaign_01").glob("*.zip") if "zeek" not in path.name
    )
    with Case.open(tmp_path / "real.clew", workspace=bare_workspace(tmp_path)) as case:
        case.connect(logs)
        case.expand(IpAddress("10.0.5.13"), depth=2, budget=Budget(calls=40))
    made = give(tmp_path / "real.clew")
    bodies = contents(made.outside)
    values = {each.value for each in made.redaction.replacements}
    assert {"mkt01.pandalab.com", "pandalab", "stevie.marie", "192.168.1.41"} <= values
    assert leaks(values, bodies) == {}
    assert Case.replay(made.outside).identical
    assert restored(made) == steps_of(made.original)


def test_no_hash_tells_what_was_replaced(rich: Given) -> None:
    """Hashes of the steps, the logs and the asks of the original are not in the file: who guesses could check them."""
    whole = b"".join(contents(rich.outside))
    with Store(rich.original) as store:
        told = [step.hash for step in store.steps()]
        rows = store.connection.execute("SELECT fingerprint FROM exchanges WHERE ask LIKE '%ws01%'").fetchall()
        (digest,) = {step.event.source.identity for step in store.steps() if step.event.kind == "connected"}
    assert [known for known in [*told, digest, *(row[0] for row in rows)] if str(known).encode() in whole] == []


def test_where_logs_are_is_not_told(tmp_path: Path) -> None:
    """The place of a remote source and an identity that is a name are replaced, and come back for the owner."""
    with Case.open(tmp_path / "x.clew", workspace=bare_workspace(tmp_path)) as case:
        source = SourceDescription("made-up", "table", "made-up://soc.vault/Berlin-7", "Workspace-of-Berlin-7", {})
        case._store.append(Connected(source), at=NOON, by="jane")
    made = give(tmp_path / "x.clew")
    assert leaks(("Berlin-7", "soc.vault"), contents(made.outside)) == {}
    assert restored(made) == steps_of(made.original)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_where_logs_were_is_not_told_by_older_cases(tmp_path: Path, number: int) -> None:
    """The path and the digest of logs in a step of an older format are replaced, and come back for the owner."""
    shutil.copy(Path(__file__).parents[1] / "samples" / f"format-{number}.clew", tmp_path / "x.clew")
    made = give(tmp_path / "x.clew")
    with Case.open(made.outside, workspace=bare_workspace(tmp_path)) as case:
        (event,) = [step.event for step in case.history if isinstance(step.event, Connected)]
    assert event.source.location.startswith("/redacted/")
    assert event.source.counts == {"files": 5, "rows": 20004, "damaged": 0}
    assert leaks(("/nowhere/logs", "d2a2fee536ef5aff"), contents(made.outside)) == {}
    assert restored(made) == steps_of(made.original)


def test_without_the_key_a_guess_cannot_be_checked(rich: Given) -> None:
    """Another key gives every value another pseudonym."""
    other = give(rich.original, Rules(words=("Contoso",)), name="other.clew", key=OTHER_KEY)
    pairs = [{each.value: each.pseudonym for each in made.redaction.replacements} for made in (rich, other)]
    same = {value for value in pairs[0] if pairs[0][value] == pairs[1][value]}
    assert pairs[0].keys() == pairs[1].keys()
    assert same == set()


names = st.from_regex(r"[a-z][a-z0-9]{3,9}(?:[.-][a-z][a-z0-9]{3,5})?", fullmatch=True)
labels = st.from_regex(r"[a-z][a-z0-9]{4,8}", fullmatch=True)
inside_addresses = st.one_of(
    st.ip_addresses(network="10.0.0.0/8"),
    st.ip_addresses(network="192.168.0.0/16"),
    st.ip_addresses(network="fd00::/8"),
).map(str)


def wrapped(text: str) -> list[str]:
    """Texts in which another one hides."""
    wide = base64.b64encode(f'$x = "{text}"'.encode("utf-16-le")).decode()
    return [
        f"see {text}, and ({text.upper()})",
        json.dumps({"a": json.dumps({"b": f"x\n{text}\n"})}),
        f"powershell -enc {wide}",
        *(f"data:{base64.b64encode((' ' * before + text + ' and more').encode()).decode()}" for before in range(3)),
        "https://evil.example/?q=" + quote(f"a\\{text}", safe=""),
        "0x" + f"<{text}>".encode().hex() + " " + f"<{text}>".encode("utf-16-le").hex().upper(),
    ]


@FEWER
@given(names, labels, labels, inside_addresses)
@example("m\u00fcller", "srv-1", "corp", "10.0.0.5")
@example("o'neil", "ws01", "example", "192.168.0.255")
@example("ace", "dad", "cafe", "fd00::ace")
def test_whatever_it_is_called_it_does_not_get_out(name: str, machine: str, domain: str, address: str) -> None:
    """Any name and address, in any wrapping, is replaced in steps and raw replies; the graph and the way back hold."""
    assume(len({name, machine, domain, *name.split(".")}) > 3 or "." not in name)
    full = f"{machine}.{domain}.example"
    case = case_in_memory()
    with case:
        case.add(Account(f"{domain}\\{name}"), Host(full), Host(machine), IpAddress(address))
        for number, text in enumerate([line for value in (name, machine, full, address) for line in wrapped(value)]):
            case.note(text)
            reply = Reply(text.encode(), RAW, NOON)
            case._store.append(Noted(f"{number}"), at=NOON, by=f"{name}", replies={reply.fingerprint: reply})
            process = Process(pid=number, started=NOON, host=machine, command_line=text)
            case.add(process)
            process.transform.decode()
        IpAddress(address).net.kind()
        made = redact_case(case._store, Rules(), OwnerKey(KEY), Gate(), at=NOON, by="me")
        stays = {plain for _, plain in made.redaction.plain}
        bodies = [b"", *bodies_of(made.store)]
        assert leaks({name, machine, full, address} - stays, bodies) == {}
        assert verify(made.store)
        with restore(made.store, OwnerKey(KEY)) as back:
            assert back.head() == case._store.head()
            assert verify(back)


def bodies_of(store: Store) -> list[bytes]:
    """Everything that is packed in a store, unpacked."""
    bodies = [store.verified_reply(fingerprint).body for fingerprint in store.evidence()]
    rows = store.connection.execute("SELECT body FROM steps").fetchall()
    return [*bodies, *(zstandard.ZstdDecompressor().decompress(row[0]) for row in rows)]


# --- it is the same graph --------------------------------------------------------------------------------------------


def test_the_redacted_case_is_sound_and_replays(rich: Given) -> None:
    """It verifies, and its own raw replies give its own graph; the original replays as before."""
    with opened(rich.outside) as case:
        assert case.verify()
    assert Case.replay(rich.outside).identical
    assert Case.replay(rich.original).identical


def test_it_has_as_many_nodes_and_claims_at_the_same_times(rich: Given) -> None:
    """Nothing falls together and nothing falls apart: as much of everything, step by step, at the same times."""
    with opened(rich.original) as before, opened(rich.outside) as after:
        for table in ("nodes", "edges", "claims", "findings", "timeline", "merges", "remarks"):
            assert len(getattr(after.tables, table)()) == len(getattr(before.tables, table)()), table
        assert [step.at for step in after.history][:-1] == [step.at for step in before.history]
        assert [step.event.kind for step in after.history][:-1] == [step.event.kind for step in before.history]
        assert sorted(after.tables.nodes()["verdict"]) == sorted(before.tables.nodes()["verdict"])


def test_the_last_step_says_what_was_done(rich: Given) -> None:
    """How many of each kind, and nothing of what they were; of which case is told only to who has the key."""
    with opened(rich.outside) as case:
        (*_, last) = case.history
    assert isinstance(last.event, Redacted)
    assert last.event.replaced == rich.redaction.counts
    assert last.event.left_out == last.event.unread == ()
    assert last.event.origin not in b"".join(contents(rich.original)).decode("latin-1")


def test_the_original_stays_as_it_is(tmp_path: Path, sample: Path) -> None:
    """Redacting, looking and restoring do not write the case; a file that is there is not replaced."""
    path = Path(shutil.copy(sample, tmp_path / "case.clew"))
    before = sha256(path)
    made = give(path)
    with opened(path) as case:
        case.sharing.redaction(key=KEY)
        with pytest.raises(CaseExists):
            case.sharing.redact(made.outside, key=KEY)
    assert sha256(path) == before


def test_who_looks_first_sees_what_will_be(tmp_path: Path, sample: Path) -> None:
    """The preview is what redacting does then, and writes nothing."""
    path = Path(shutil.copy(sample, tmp_path / "case.clew"))
    with opened(path) as case:
        seen = case.sharing.redaction(key=KEY)
    assert sorted(each.name for each in tmp_path.glob("*.clew")) == ["case.clew"]
    made = give(path).redaction
    assert (seen.replacements, seen.counts) == (made.replacements, made.counts)
    assert list(seen.to_frame().columns) == ["kind", "value", "pseudonym", "times"]


# --- pseudonyms ------------------------------------------------------------------------------------------------------


def pseudonyms(rules: Rules | None = None, *entities: object, notes: tuple[str, ...] = ()) -> dict[str, str]:
    """What stands for what in a case with these entities and notes."""
    case = case_in_memory()
    with case:
        for entity in entities:
            case.add(entity)  # type: ignore[arg-type]
        for text in notes:
            case.note(text)
        made = redact_case(case._store, rules or Rules(), OwnerKey(KEY), Gate(), at=NOON, by="me")
    made.store.close()
    return {each.value: each.pseudonym for each in made.redaction.replacements}


def texts(*notes: str, rules: Rules | None = None, entities: tuple[object, ...] = ()) -> list[str]:
    """What notes say when they are redacted."""
    case = case_in_memory()
    with case:
        for entity in entities:
            case.add(entity)  # type: ignore[arg-type]
        for text in notes:
            case.note(text)
        with redact_case(case._store, rules or Rules(), OwnerKey(KEY), Gate(), at=NOON, by="me").store as store:
            return [step.event.text for step in store.steps() if isinstance(step.event, Noted)]


def test_a_key_names_the_same_alike_in_every_case() -> None:
    """Two cases of one owner have the same pseudonyms for what they share, whatever else is in them."""
    one = pseudonyms(None, Host("ws01.corp.example"), IpAddress("10.0.0.5"), Account("corp\\bob"))
    two = pseudonyms(
        None, Account("corp\\bob"), Host("ws02.corp.example"), Host("ws01.corp.example"), IpAddress("10.0.0.5")
    )
    assert {value: two[value] for value in one} == one


def test_short_and_full_names_stay_together() -> None:
    """The short name of a machine, of a domain and of both in an account is the first label of the full one."""
    found = pseudonyms(
        None, Host("ws01.corp.example"), Host("ws01"), Account("corp\\bob"), Account("corp.example\\eve")
    )
    assert found["ws01.corp.example"].split(".")[:1] == [found["ws01"]]
    assert found["ws01.corp.example"].endswith(f".{found['corp.example']}")
    assert found["corp.example"].startswith(f"{found['corp']}.")
    assert found["corp.example"].endswith(".invalid")
    assert found["ws01"].startswith("host-")
    assert found["bob"].startswith("user-")


def test_what_an_outsider_adds_is_merged_as_the_owner_would(tmp_path: Path) -> None:
    """Somebody who has the redacted case and meets a short name there gets the merge that the original would get."""
    with opened(tmp_path / "case.clew") as case:
        case.add(Host("ws01.corp.example"))
    made = give(tmp_path / "case.clew")
    (full,) = (each.pseudonym for each in made.redaction.replacements if each.value == "ws01.corp.example")
    with opened(made.outside) as case:
        case.add(Host(full.partition(".")[0]))
        assert keys(case) == {f"host:{full}"}


@given(st.lists(st.ip_addresses(network="10.0.0.0/16"), min_size=2, max_size=20, unique=True))
def test_addresses_keep_their_neighbours(given_addresses: list[object]) -> None:
    """Addresses become addresses that nobody has, different ones different; those of one /24 stay in one."""
    found = pseudonyms(None, *(IpAddress(str(address)) for address in given_addresses))
    assert len(set(found.values())) == len(given_addresses)
    assert all(ip_address(made).is_reserved and made not in found for made in found.values())
    for one in found:
        for other in found:
            together = ip_network(f"{one}/24", strict=False) == ip_network(f"{other}/24", strict=False)
            assert together == (found[one].rpartition(".")[0] == found[other].rpartition(".")[0])


def test_addresses_of_the_sixth_version_keep_theirs() -> None:
    """So do those of one /64; the family stays, and a range that the case has itself is not used."""
    found = pseudonyms(None, *map(IpAddress, ("fd00:1::1", "fd00:1::2", "fd00:2::1")))
    nets = [ip_network(f"{found[address]}/64", strict=False) for address in ("fd00:1::1", "fd00:1::2", "fd00:2::1")]
    assert nets[0] == nets[1] != nets[2]
    assert all(ip_network("2001:db8::/32").supernet_of(net) for net in nets)  # type: ignore[arg-type]


def test_sids_keep_their_shape() -> None:
    """Machine or domain and account are other numbers; what every domain has (500, 513) stays."""
    found = pseudonyms(None, Account(f"{SID}-1104"), Account(f"{SID}-500"), Account("S-1-5-32-544", host="ws01"))
    shape = re.compile(r"S-1-5-21-\d+-\d+-\d+-\d+")
    assert all(shape.fullmatch(found[f"{SID}-{rid}"]) for rid in (1104, 500))
    assert found[f"{SID}-500"].endswith("-500")
    assert not found[f"{SID}-1104"].endswith("-1104")
    assert found[f"{SID}-500"].rpartition("-")[0] == found[f"{SID}-1104"].rpartition("-")[0] != SID
    assert not any(value.startswith("S-1-5-32") for value in found)


def test_a_name_is_a_whole_word() -> None:
    """`ann` is no part of `channel`; it is one of a path, of a URL and of an address of mail."""
    (text,) = texts("channel Ann's C:\\Users\\ann\\a%5cANN", entities=(Account("corp\\ann"),))
    assert text.startswith("channel ")
    assert "ann" not in text.lower().removeprefix("channel")


def test_spellings_differ_where_they_did() -> None:
    """Lower case stays lower and upper case upper; three spellings of one name stay three, and mean the same."""
    (text,) = texts("ws01 WS01 Ws01", entities=(Host("ws01"),))
    lower, upper, mixed = text.split()
    assert lower.islower()
    assert upper == lower.upper()
    assert mixed.lower() == lower
    assert len({lower, upper, mixed}) == 3


def test_reversed_and_defanged_addresses_are_addresses() -> None:
    """An address that is looked up backwards, or was made unclickable, is replaced as any other."""
    found = pseudonyms(None, IpAddress("10.0.0.5"))["10.0.0.5"]
    backwards = ".".join(reversed(found.split(".")))
    assert texts("5.0.0.10.in-addr.arpa 10[.]0[.]0[.]5", entities=(IpAddress("10.0.0.5"),)) == [
        f"{backwards}.in-addr.arpa {found.replace('.', '[.]')}"
    ]


def test_versions_and_times_are_no_addresses() -> None:
    """What only looks like an address stays: versions, times, hardware addresses."""
    said = "10.0.17763.1 at 12:34:56 from 00:50:56:ab:cd:ef on 127.0.0.1 and 8.8.8.8"
    assert texts(said, entities=(IpAddress("10.0.0.5"),)) == [said]


# --- rules -----------------------------------------------------------------------------------------------------------


def test_indicators_stay() -> None:
    """What is outside is why a case is given away: its addresses, names, paths and accounts are as they were."""
    said = "https://evil.example/home/login.php from 198.51.100.7 by mallory@evil.example, see /etc/home and 1.2.3.4"
    entities = (
        Host("ws01.corp.example"),
        Account("corp\\alice"),
        Account("mallory@evil.example"),
        Url(said.split(maxsplit=1)[0]),
    )
    assert texts(said, entities=entities) == [said]


def test_own_networks_and_domains_are_inside() -> None:
    """A public network and a domain of ours are replaced with all that is in them, where the rules name them."""
    rules = Rules(internal=("203.0.113.0/24", "contoso.com"))
    (text,) = texts("203.0.113.7 vpn.contoso.com 198.51.100.7 evil.example", rules=rules)
    assert "203.0.113.7" not in text
    assert "contoso" not in text
    assert text.endswith("198.51.100.7 evil.example")


def test_what_is_kept_stays() -> None:
    """A name, an address and a network that the rules keep are as they were."""
    rules = Rules(keep=("kali", "10.9.0.0/16", "bob"))
    said = "kali 10.9.1.1 bob 10.8.1.1"
    (text,) = texts(said, rules=rules, entities=(Host("kali"), Account("corp\\bob"), IpAddress("10.9.1.1")))
    assert text.startswith("kali 10.9.1.1 bob ")
    assert "10.8.1.1" not in text


def test_machines_and_accounts_can_stay() -> None:
    """Who turns a rule off gets what it is about as it was."""
    said = "ws01 bob 10.0.0.1"
    rules = Rules(machines=False, accounts=False, private=False)
    assert texts(said, rules=rules, entities=(Host("ws01"), Account("corp\\bob"))) == [said]


def test_what_every_machine_has_stays() -> None:
    """SYSTEM, Administrator and Public tell nobody anything."""
    said = "NT AUTHORITY\\SYSTEM Administrator C:\\Users\\Public\\a"
    accounts = (Account("nt authority\\system", host="ws01"), Account("ws01\\administrator"))
    assert texts(said, entities=accounts) == [said]


WRITTEN = (b"Utopia", b"holiday", b"vault", b"chief", b"gossip", b"Ottokar", b"branch", b"Borduria")


def test_what_people_wrote_can_stay_inside(tmp_path: Path) -> None:
    """Without notes, title, note, tag and reasons are replaced as a whole; the owner has them back."""
    seed = Host("ws01")
    with Case.open(tmp_path / "case.clew", title="the bank of Utopia", workspace=bare_workspace(tmp_path)) as case:
        case.add(seed)
        case.note("their chief was on holiday", about=seed)
        case.tag(seed, "vault")
        case.judge(seed, Verdict.MALICIOUS, reason="the chief says so")
        case.link(seed, Relation.RELATED_TO, Host("ws02"), reason="their gossip")
        case.set_gate(active=True, reason="agreed with Ottokar")
        case.mark_common(seed, reason="every branch has one")
        case.unmark_common(seed, reason="only Borduria has")
    made = give(tmp_path / "case.clew", Rules(notes=False))
    whole = b"".join(contents(made.outside))
    assert [word for word in WRITTEN if word in whole] == []
    assert restored(made) == steps_of(made.original)


def test_who_did_it_is_not_told(tmp_path: Path) -> None:
    """The analysts of the original have pseudonyms, one each."""
    for analyst in ("jane.doe", "J. Roe", "jane.doe"):
        with Case.open(tmp_path / "case.clew", workspace=bare_workspace(tmp_path, analyst=analyst)) as case:
            case.note(f"by {analyst}")
    made = give(tmp_path / "case.clew")
    with opened(made.outside) as case:
        by = [step.by for step in case.history]
    assert len(set(by[:4])) == 2
    assert all(name.startswith("analyst-") for name in by[:4])
    assert [
        word for word in ("jane", "roe") for body in contents(made.outside)[1:] if word.encode() in body.lower()
    ] == []


def test_names_that_are_too_plain_are_told() -> None:
    """A name of two letters, of digits alone, or of a word that the file is made of stays, and is said to."""
    case = case_in_memory()
    with case:
        case.add(Account("corp\\4711"), Host("dc"), Account("corp\\entity"))
        made = redact_case(case._store, Rules(), OwnerKey(KEY), Gate(), at=NOON, by="me")
    made.store.close()
    assert set(made.redaction.plain) == {("account", "4711"), ("host", "dc"), ("account", "entity")}
    assert "not replaced, too short or too common to be told from other text: dc (host)" in str(made.redaction)


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        (lambda: Rules(internal=("10.0.0.0/99", "no domain")), "neither a network nor a domain"),
        (lambda: Rules(words=("...",)), "no word"),
        (lambda: Rules(words=("kind",)), "case files are made of"),
        (lambda: Rules(words=("4711",)), "a number"),
    ],
)
def test_rules_that_cannot_hold_are_refused(rules: Callable[[], Rules], why: str) -> None:
    """A rule that means nothing, or would make the file unreadable, is an error that says which."""
    with pytest.raises(NotRedacted, match=why):
        texts("a note", rules=rules())


# --- raw replies -----------------------------------------------------------------------------------------------------


def with_replies(path: Path, *bodies: bytes) -> None:
    with opened(path) as case:
        case.add(Host("ws01.corp.example"), Account("corp\\alice"))
        for number, body in enumerate(bodies):
            reply = Reply(body, RAW, NOON)
            case._store.append(Noted(str(number)), at=NOON, by="me", replies={reply.fingerprint: reply})


def test_what_is_no_text_is_left_out_and_told(tmp_path: Path) -> None:
    """A binary reply does not go along: something says that it was left out, in the case and to who redacts."""
    secret = b"\x89PNG\0\0 alice on ws01 \xff\xfe\xfd"
    with_replies(tmp_path / "case.clew", secret, b"alice on ws01")
    made = give(tmp_path / "case.clew")
    ((kept, size),) = [(each.stand_in, each.size) for each in made.redaction.left_out]
    assert size == len(secret)
    assert "left out, since they are no text: 1 of the raw replies" in str(made.redaction)
    bodies = contents(made.outside)
    assert leaks(["alice"], bodies) == {}
    assert any(body.startswith(b"left out: it is no text") for body in bodies)
    with opened(made.outside) as case:
        (*_, last) = case.history
        assert isinstance(last.event, Redacted)
        assert last.event.left_out == (kept,)
        case.sharing.restore(tmp_path / "back.clew", key=KEY)
    assert secret in contents(tmp_path / "back.clew")


@pytest.mark.parametrize(
    "body",
    [
        "alice on WS01".encode("utf-16"),
        "alice on WS01".encode("utf-16-le"),
        b'{"a": "alice" ,\n "b": [1e3, "\\u0061lice", "\\/ws01"]}',
        b'{"user":"alice"}\n{"user":"ALICE"}\n',
        b"user=alice&host=ws01\r\n",
        "grüße von alice".encode(),
    ],
)
def test_raw_replies_are_rewritten_in_their_own_form(tmp_path: Path, body: bytes) -> None:
    """Encoding, spacing and numbers of a reply stay; names in it do not; the owner has it back to the byte."""
    with_replies(tmp_path / "case.clew", body)
    made = give(tmp_path / "case.clew")
    for value in ("alice", "ws01"):
        assert not any(spelling in each for spelling in spellings(value) for each in contents(made.outside)[1:])
    with opened(made.outside) as case:
        case.sharing.restore(tmp_path / "back.clew", key=KEY)
    assert body in contents(tmp_path / "back.clew")


def test_a_packed_script_is_unpacked_for_it(tmp_path: Path) -> None:
    """A name in a script that is compressed and then base64 is replaced too, and the script is still one."""
    import gzip

    script = base64.b64encode(gzip.compress(b"net use \\\\ws01\\c$ /user:corp\\alice; " * 9)).decode()
    process = Process(pid=1, started=NOON, host="ws01", command_line=f"powershell -enc {script}")
    with opened(tmp_path / "case.clew") as case:
        case.add(Account("corp\\alice"), process)
        found = process.transform.decode()
    assert "alice" in str(found.reason)
    made = give(tmp_path / "case.clew")
    with opened(made.outside) as case:
        (reason,) = set(case.tables.findings()["reason"])
    assert reason.startswith("encoded command: net use \\\\host-")
    assert "user-" in reason
    assert Case.replay(made.outside).identical


def test_a_reply_that_cannot_be_read_any_more_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an account is called as a field of a service, the step stays as recorded, and a replay differs in it."""
    monkeypatch.setenv(AbuseIpDb.secret, "canary-0123456789abcdef")
    around = Workspace(Settings(cache=tmp_path), transport=lambda: httpx.MockTransport(answers))
    with Case.open(tmp_path / "case.clew", workspace=around) as case:
        case.add(Account("corp\\data"))
        OUTSIDE.ti.abuseipdb()
    made = give(tmp_path / "case.clew")
    assert made.redaction.unreadable_steps == (3,)
    assert "as recorded, since they cannot be read again: steps 3" in str(made.redaction)
    with opened(made.outside) as case:
        assert case.verify()
        assert case.verdict(OUTSIDE) == "malicious"
    assert "ip:9.9.9.9" in str(Case.replay(made.outside))
    assert restored(made) == steps_of(made.original)


# --- the way back ----------------------------------------------------------------------------------------------------


def restored(made: Given, key: bytes = KEY) -> list[tuple[int, str]]:
    """The steps of what the owner has back, each checked."""
    back = made.outside.with_name("back.clew")
    back.unlink(missing_ok=True)
    with opened(made.outside) as case:
        case.sharing.restore(back, key=key)
    with opened(back) as case:
        assert case.verify()
    return steps_of(back)


def test_the_owner_has_the_original_back(rich: Given) -> None:
    """The restored case has every step of the original with the same hash, the same graph, and the same raw replies."""
    assert restored(rich) == steps_of(rich.original)
    back = rich.outside.with_name("back.clew")
    with opened(rich.original) as before, opened(back) as after:
        assert after.tables.digest() == before.tables.digest()
        assert after._store.evidence() == before._store.evidence()
    assert Case.replay(back).identical


def test_nobody_else_has(rich: Given) -> None:
    """Another key is said to be the wrong one, and no file is written."""
    with opened(rich.outside) as case, pytest.raises(KeyUnusable, match="not the one that the case was redacted with"):
        case.sharing.restore(rich.outside.with_name("stolen.clew"), key=OTHER_KEY)
    assert not rich.outside.with_name("stolen.clew").exists()


def test_what_the_outsider_added_comes_back_with_it(tmp_path: Path, sample: Path) -> None:
    """Notes, tags, links and what was taken back since are in the restored case, about the real things."""
    made = give(Path(shutil.copy(sample, tmp_path / "case.clew")))
    known = {each.value: each.pseudonym for each in made.redaction.replacements}
    host = Host(known["ws01.corp.example"])
    with opened(made.outside) as case:
        case.note(f"look at {host.value} and {known['ws01'].upper()}", about=host)
        case.note("no")
        case.undo()
        case.tag(host, "seen")
        case.link(host, Relation.RELATED_TO, IpAddress("8.8.8.8"), reason="it called")
    assert restored(made)[: len(steps_of(made.original))] == steps_of(made.original)
    with opened(tmp_path / "back.clew") as case:
        said = [tuple(row) for row in case.tables.remarks()[["about", "kind", "text"]].to_numpy()]
        assert ("host:ws01.corp.example", "note", "look at ws01.corp.example and WS01") in said
        assert ("host:ws01.corp.example", "tag", "seen") in said
        assert not any(text == "no" for _, _, text in said)
        assert ("host:ws01.corp.example", "ip:8.8.8.8") in {
            (claim[0], claim[1]) for claim in case.tables.claims()[["source", "target"]].to_numpy()
        }
        assert not any(isinstance(step.event, Redacted) for step in case.history)


def test_what_the_outsider_asked_is_about_the_real_things_too(tmp_path: Path, scenario: Scenario) -> None:
    """Answers that were given about pseudonyms come back as answers about what they stand for, and replay."""
    with opened(tmp_path / "case.clew") as case:
        case.add(IpAddress("10.0.0.5"))
        IpAddress("10.0.0.5").net.kind()
    made = give(tmp_path / "case.clew")
    (address,) = (IpAddress(each.pseudonym) for each in made.redaction.replacements if each.kind == "address")
    around = bare_workspace(tmp_path, feeds=(scenario.feed,))
    with Case.open(made.outside, workspace=around) as case:
        address.ti.lookup()
        address.net.kind()
        assert set(case.tables.findings().query("pivot == 'net.kind'")["reason"]) == {"a reserved address"}
    assert len(restored(made)) == len(steps_of(made.original)) + 2
    with opened(tmp_path / "back.clew") as case:
        assert keys(case) == {"ip:10.0.0.5"}
        assert set(case.tables.findings().query("pivot == 'net.kind'")["reason"]) == {"a private address"}
        (ask,) = case._store.connection.execute("SELECT DISTINCT ask FROM exchanges WHERE provider = 'feed'").fetchone()
        assert "10.0.0.5" in ask
    assert Case.replay(tmp_path / "back.clew").identical


def test_redacted_twice_is_restored_twice(tmp_path: Path, sample: Path) -> None:
    """Who has a redacted case can redact it for the next: each owner takes back what is theirs."""
    first = give(Path(shutil.copy(sample, tmp_path / "case.clew")))
    second = give(first.outside, name="second.clew", key=OTHER_KEY)
    assert restored(second, OTHER_KEY) == steps_of(first.outside)
    assert restored(first) == steps_of(first.original)
    with opened(second.outside) as case, pytest.raises(KeyUnusable):
        case.sharing.restore(tmp_path / "never.clew", key=KEY)


def test_a_case_of_an_older_format_is_redacted_too(tmp_path: Path) -> None:
    """What clew wrote long ago comes back hash for hash."""
    (oldest, *_) = sorted((Path(__file__).parents[1] / "samples").glob("*.clew"))
    made = give(Path(shutil.copy(oldest, tmp_path / "case.clew")))
    assert restored(made) == steps_of(made.original)


def test_steps_that_were_changed_do_not_lead_back(tmp_path: Path) -> None:
    """A redacted step that somebody wrote anew, with a good chain, is found by who restores."""
    with opened(tmp_path / "case.clew") as case:
        case.add(Host("ws01"))
        case.note("it was ws01")
    made = give(tmp_path / "case.clew")
    forged = tmp_path / "forged.clew"
    with Store(made.outside) as store, Store(forged) as target:
        for step in store.steps():
            event = Noted("it was not") if step.number == 3 else step.event
            replies = {name: store.verified_reply(name) for name in store.evidence()}
            target.append(event, at=step.at, by=step.by, replies=replies, tool=step.tool)
    with opened(forged) as case, pytest.raises(CaseDamaged, match="do not lead back"):
        case.sharing.restore(tmp_path / "back.clew", key=KEY)


def test_there_is_nothing_to_restore_in_an_ordinary_case(tmp_path: Path, sample: Path) -> None:
    """A case that was not redacted says so; a damaged one is not redacted."""
    path = Path(shutil.copy(sample, tmp_path / "case.clew"))
    with opened(path) as case, pytest.raises(NotRedacted, match="was not redacted"):
        case.sharing.restore(tmp_path / "back.clew", key=KEY)
    with Store(path) as store, store.transaction() as connection:
        connection.execute("UPDATE steps SET by = 'mallory' WHERE number = 2")
    with Store(path) as store, pytest.raises(CaseDamaged, match="step 2"):
        redact_case(store, Rules(), OwnerKey(KEY), Gate(), at=NOON, by="me")


def test_a_signature_does_not_go_along(tmp_path: Path) -> None:
    """A signature of the original would let guesses be checked: it is left out, and comes back with the rest."""
    with opened(tmp_path / "case.clew") as case:
        case.add(Host("ws01"))
        number, digest = case._store.head()
        case._store.append(Signed(f"{number} {digest}", "a signature", "SHA256:abc", "jane"), at=NOON, by="jane")
    made = give(tmp_path / "case.clew")
    whole = b"".join(contents(made.outside))
    assert [word for word in (b"a signature", b"SHA256:abc", digest.encode()) if word in whole] == []
    with opened(made.outside) as case:
        assert case.verify()
        (opening, *_) = case.history
        assert isinstance(opening.event, Opened)
    back = tmp_path / "signed.clew"
    with opened(made.outside) as case:
        case.sharing.restore(back, key=KEY)
    assert steps_of(back) == steps_of(made.original)


# --- the key ---------------------------------------------------------------------------------------------------------


def test_a_new_key_is_the_owners_alone(tmp_path: Path) -> None:
    """It is 32 random bytes in a file that nobody else can read; one that is there is never replaced."""
    path = new_key(tmp_path / "owner.key")
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(base64.b64decode(path.read_text())) == 32
    assert path.read_text() != new_key(tmp_path / "other.key").read_text()
    with pytest.raises(KeyUnusable, match="such a file already"):
        new_key(path)
    with pytest.raises(KeyUnusable, match="cannot be written"):
        new_key(tmp_path / "none" / "owner.key")


def test_a_key_is_the_same_as_bytes_and_in_a_file(tmp_path: Path) -> None:
    """Hexadecimal or base64: what it is written in changes no pseudonym."""
    marks = set()
    for text in (KEY.hex(), base64.b64encode(KEY).decode(), f"{KEY.hex()}\n"):
        path = tmp_path / "owner.key"
        path.write_text(text)
        path.chmod(0o600)
        marks.add(OwnerKey.of(path).keyed_digest("a", "b"))
    assert marks == {OwnerKey.of(KEY).keyed_digest("a", "b")}


@pytest.mark.parametrize(
    ("content", "mode", "why"),
    [
        (b"", 0o600, "0 bytes"),
        (b"ab" * 15, 0o600, "needs 16"),
        (b"no key at all", 0o600, "neither hexadecimal nor base64"),
        (b"\xff\xfe\0", 0o600, "holds no key"),
        (b"ab" * 5000, 0o600, "too long"),
        (KEY.hex().encode(), 0o640, "others can read the key"),
        (None, 0, "no such key"),
    ],
)
def test_a_key_that_is_none_is_refused(tmp_path: Path, content: bytes | None, mode: int, why: str) -> None:
    """What is too short, no key, not there or not private is an error with the next step."""
    path = tmp_path / "owner.key"
    if content is not None:
        path.write_bytes(content)
        path.chmod(mode)
    with case_in_memory() as case, pytest.raises(KeyUnusable, match=why):
        case.sharing.redaction(key=path)


def test_without_the_library_the_command_to_install_it_is_told(
    tmp_path: Path, sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redacting seals, and says what it needs for that; nothing is written."""
    path = Path(shutil.copy(sample, tmp_path / "case.clew"))

    def missing(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr("clew.graph.redaction.owner_key.import_module", missing)
    with opened(path) as case, pytest.raises(MissingExtra) as raised:
        case.sharing.redact(tmp_path / "outside.clew", key=KEY)
    assert "clew[share]" in raised.value.next_step
    assert not (tmp_path / "outside.clew").exists()
