"""Which nodes become one by themselves, which stay apart, and what a person can do about it."""

from datetime import timedelta
from itertools import permutations

import pytest

from clew.entities import Account, Entity, File, Host, IpAddress, Process, Relation, Verdict
from tests.graph.cases import (
    FULL,
    GUID,
    NOON,
    SHORT,
    active,
    case_in_memory,
    full_of,
    host_of_many,
    keys,
    link,
    merged,
    tell,
)

SID, OTHER_SID = "S-1-5-21-1-2-3-1104", "S-1-5-21-1-2-3-1105"
NAME = "corp\\alice"
MD5, SHA1, SHA256, OTHER_SHA256 = "a" * 32, "b" * 40, "c" * 64, "d" * 64


# --- machines --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("names", [(SHORT, FULL), (FULL, SHORT)])
def test_a_short_name_is_the_only_full_name_of_it(names: tuple[str, str]) -> None:
    """A machine known by its short and by its full name is one node, in either order, with the reason on record."""
    case = merged(*map(Host, names))
    assert keys(case) == {f"host:{FULL}"}
    (row,) = case.tables.merges().to_dict("records")
    assert (row["keep"], row["gone"]) == (f"host:{FULL}", f"host:{SHORT}")
    assert SHORT in row["reason"]
    assert case.entity(Host(SHORT)).key == Host(FULL).key


@pytest.mark.parametrize("names", list(permutations([SHORT, FULL, "ws01.lab.example"])))
def test_a_short_name_that_two_machines_share_joins_no_two_of_them(names: tuple[str, ...]) -> None:
    """Two machines with the same first label stay two, whatever is known of the short name, in any order."""
    case = merged(*map(Host, names))
    assert {f"host:{FULL}", "host:ws01.lab.example"} <= keys(case)
    assert len(active(case)) <= 1


def test_a_short_name_among_several_full_ones_stays() -> None:
    """A short name that could be either of two machines is neither."""
    assert len(keys(merged(Host(FULL), Host("ws01.lab.example"), Host(SHORT)))) == 3


def test_a_name_is_no_beginning_of_another_label() -> None:
    """A short name is the whole first label: ws01 is not ws011, nor ws01x.corp.example."""
    assert len(keys(merged(Host("ws01"), Host("ws011.corp.example"), Host("ws01-x.corp.example")))) == 3


def test_a_netbios_name_is_an_alias() -> None:
    """A short name that a source gives with the full one means the same machine, also where it is known already."""
    case = merged(Host("filer"), Host("fs01.corp.example", netbios="FILER"))
    assert keys(case) == {"host:fs01.corp.example"}


def test_what_was_seen_under_a_name_belongs_to_whoever_has_it() -> None:
    """What was seen on a machine before it was known by which full name goes with it when a source gives both names."""
    case = merged(*host_of_many(), *map(full_of, host_of_many()), Host(FULL, netbios=SHORT))
    assert keys(case) == {f"host:{FULL}", *(str(full_of(entity).key) for entity in host_of_many())}
    for entity in host_of_many():
        assert case.entity(entity).key == full_of(entity).key


def test_an_answer_may_tell_whose_name_it_is() -> None:
    """An answer about something on a machine, which only then gives the full name of the machine, belongs to that."""
    case, (process, *_) = case_in_memory(), host_of_many()
    tell(case, process, link(process, Host(FULL, netbios=SHORT), Relation.RAN_ON), verdict=Verdict.MALICIOUS)
    assert keys(case) == {f"host:{FULL}", f"process@{FULL}:{GUID}"}
    assert case.tables.findings()["subject"].to_list() == [f"process@{FULL}:{GUID}"]
    assert case.tables.edges()[["source", "target"]].to_numpy().tolist() == [[f"process@{FULL}:{GUID}", f"host:{FULL}"]]
    assert case.verdict(process) == "malicious"


@pytest.mark.parametrize("order", list(permutations(["short", "full", "things"])))
def test_what_is_on_a_machine_goes_with_its_name(order: tuple[str, ...]) -> None:
    """What exists on a machine alone and was seen under its short name belongs to the full one, whenever that comes."""
    groups: dict[str, tuple[Entity, ...]] = {"short": (Host(SHORT),), "full": (Host(FULL),), "things": host_of_many()}
    case = merged(*(entity for name in order for entity in groups[name]))
    assert keys(case) == {
        f"host:{FULL}",
        f"process@{FULL}:{GUID}",
        f"file@{FULL}:path:c:\\a.exe",
        f"account@{FULL}:S-1-5-18",
    }
    for entity in host_of_many():
        assert case.entity(entity).key.scope == FULL
        assert {**case.entity(entity).filled_fields(), "host": SHORT} == entity.filled_fields()


@pytest.mark.parametrize("order", list(permutations(["short things", "full things", "names"])))
def test_what_was_known_by_both_names_is_one(order: tuple[str, ...]) -> None:
    """What was seen under both names of a machine is one node each, and all claims about it are its own."""
    case = case_in_memory()
    for group in order:
        if group == "names":
            case.add(Host(SHORT), Host(FULL))
        for entity in host_of_many() if group != "names" else ():
            mine = entity if group == "short things" else full_of(entity)
            tell(case, mine, link(mine, IpAddress(f"198.51.100.{len(group)}")), evidence=(group,))
    assert len(keys(case)) == 6
    for entity in host_of_many():
        (one,) = [node for node in case.graph if node == full_of(entity).key]
        assert case.graph.out_degree(one) == 2
        assert case.verdict(entity) == case.verdict(full_of(entity))


@pytest.mark.parametrize("guid_first", [False, True])
@pytest.mark.parametrize("guid_host", [SHORT, FULL])
def test_a_process_is_one_by_its_guid_and_by_its_id(*, guid_first: bool, guid_host: str) -> None:
    """A process known by GUID under one name of its machine and by id and time under the other becomes one node."""
    by_guid = Process(GUID, host=guid_host, pid=5, started=NOON)
    by_id = Process(host=FULL if guid_host == SHORT else SHORT, pid=5, started=NOON)
    first, second = (by_guid, by_id) if guid_first else (by_id, by_guid)
    case = merged(first, second, Host(SHORT), Host(FULL))
    assert keys(case) == {f"host:{FULL}", f"process@{FULL}:{GUID}"}
    for entity in (by_guid, by_id):
        assert case.entity(entity).key.value == GUID


def test_a_later_process_with_the_same_id_is_another() -> None:
    """Process ids are used again: two GUIDs with one id, and one id with two times, are different processes."""
    other = GUID.replace("b34b", "c34b")
    assert len(keys(merged(Process(GUID, host=FULL, pid=5), Process(other, host=FULL, pid=5)))) == 2
    case = merged(Process(GUID, host=FULL, pid=5, started=NOON), Process(other, host=FULL, pid=5, started=NOON))
    assert len(keys(case)) == 2
    case = merged(*(Process(host=FULL, pid=5, started=NOON + timedelta(seconds=s)) for s in (0, 1)))
    assert len(keys(case)) == 2


# --- accounts and files ----------------------------------------------------------------------------------------------


def test_a_sid_with_a_name_takes_in_the_name() -> None:
    """An account known by name alone is the one whose SID a source later gives together with that name."""
    case = merged(Account(NAME), Account(SID, name=NAME))
    assert keys(case) == {f"account:{SID}"}
    (row,) = case.tables.merges().to_dict("records")
    assert row["reason"] == f"one source gives {SID} and {NAME} for the same account"


def test_a_name_after_its_sid_is_the_same_account() -> None:
    """A name that is known to belong to a SID needs no merge."""
    case = merged(Account(SID, name=NAME), Account(NAME))
    assert (keys(case), active(case)) == ({f"account:{SID}"}, [])


@pytest.mark.parametrize("first", [Account(NAME), Account(SID, name=NAME)])
def test_two_sids_with_one_name_stay_apart(first: Account) -> None:
    """An account that was deleted and made again under its name has another SID, and is another node."""
    case = merged(first, Account(SID, name=NAME), Account(OTHER_SID, name=NAME))
    assert keys(case) == {f"account:{SID}", f"account:{OTHER_SID}"}


def test_two_contents_with_one_weak_hash_stay_apart() -> None:
    """An MD5 collision does not join two files with different SHA-256."""
    case = merged(File(sha256=SHA256, md5=MD5), File(sha256=OTHER_SHA256, md5=MD5))
    assert keys(case) == {f"file:sha256:{SHA256}", f"file:sha256:{OTHER_SHA256}"}


@pytest.mark.parametrize(
    "order", list(permutations([File(md5=MD5), File(sha1=SHA1), File(sha256=SHA256, sha1=SHA1, md5=MD5)]))
)
def test_hashes_of_one_file_become_one(order: tuple[File, ...]) -> None:
    """A file named by different hashes is one node as soon as one source gives them together."""
    case = merged(*order)
    assert keys(case) == {f"file:sha256:{SHA256}"}
    assert case.entity(File(md5=MD5)).filled_fields()["sha1"] == SHA1


def test_one_pair_is_merged_once() -> None:
    """Two nodes that share several identifiers are merged by one step, so that taking it back takes it back."""
    case = merged(File(sha1=SHA1, md5=MD5), File(sha256=SHA256, sha1=SHA1, md5=MD5))
    (step,) = case.tables.merges()["step"]
    case.unmerge(step, reason="no")
    assert len(keys(case)) == 2


def test_a_later_mention_may_say_more() -> None:
    """An answer that names one account twice, once with its SID and name together, merges what it says is the same."""
    case = merged(Account(NAME))
    host = Host(FULL)
    tell(case, host, link(Account(SID), host), link(Account(SID, name=NAME), host, Relation.LOGGED_ON_TO))
    assert keys(case) == {f"host:{FULL}", f"account:{SID}"}


def test_a_mention_of_the_subject_may_say_more() -> None:
    """An answer that gives more hashes of the file it was asked about merges what these hashes meant."""
    case = merged(File(md5=MD5))
    tell(case, File(sha256=SHA256), link(File(sha256=SHA256, md5=MD5), Host(FULL)))
    assert keys(case) == {f"host:{FULL}", f"file:sha256:{SHA256}"}


def test_a_place_never_becomes_a_content() -> None:
    """A path on a machine stays a place, also when a file of that path and machine has a hash."""
    case = merged(File(path=r"C:\a.exe", host=FULL), File(sha256=SHA256, path=r"C:\a.exe", host=FULL))
    assert len(keys(case)) == 2


def test_a_merge_carries_the_evidence_of_its_answer() -> None:
    """A merge that follows from an answer names the raw replies of that answer."""
    case = merged(Account(NAME))
    tell(case, Host(FULL), link(Account(SID, name=NAME), Host(FULL)), evidence=("f" * 64,))
    (event,) = [step.event for step in case.history if step.event.kind == "merged"]
    assert event.evidence == ("f" * 64,)


# --- what a source knows the subject as ------------------------------------------------------------------------------


def test_a_source_that_knows_more_hashes_makes_them_one_file() -> None:
    """Asked about an MD5, a source that names the SHA-256 has told of one file: both are one node, with the verdict."""
    case = case_in_memory()
    asked = File(MD5)
    tell(case, asked, verdict=Verdict.MALICIOUS, same=(File(sha256=SHA256, md5=MD5, sha1=SHA1, size=5),))
    assert len(keys(case)) == 1
    assert case.verdict(asked) == case.verdict(File(SHA256)) == case.verdict(File(SHA1)) == "malicious"
    assert (case.entity(asked).sha256, case.entity(asked).size) == (SHA256, 5)
    assert case.verify()


def test_a_source_that_contradicts_the_subject_merges_nothing() -> None:
    """A file of another SHA-256 stays another file, whatever a source says."""
    case = case_in_memory()
    tell(case, File(sha256=SHA256, md5=MD5), same=(File(sha256=OTHER_SHA256, md5=MD5),))
    assert len(keys(case)) == 2
