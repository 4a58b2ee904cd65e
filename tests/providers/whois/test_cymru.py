"""Team Cymru: one and several origins, nobody, and many addresses as one question."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.entities import IpAddress, Outcome
from clew.errors import AskFailed
from clew.providers.base import Reply
from clew.providers.concurrency import Task, run_concurrently
from clew.providers.exchange import Answer, NoRecordings
from clew.providers.gate import Gate
from clew.providers.runner import Runner
from clew.providers.web.call_steps import CallSteps
from clew.providers.web.clock import Clock
from clew.providers.web.connections import Connections
from clew.providers.web.reply_cache import ReplyCache
from clew.providers.whois.cymru import TeamCymru
from clew.providers.whois.cymru_batch import BATCH, build_question, join, split
from clew.providers.whois.cymru_origins import origin_finding
from clew.providers.whois.whois_channel import WhoisChannel
from clew.testing.recordings import AT
from tests.providers.ti.recorded import facts, links
from tests.providers.whois.asked import asked
from tests.providers.whois.servers import loopback, serving, until_end
from tests.support import HOSTILE, hiding

IP = IpAddress("198.51.100.7")
HEAD = "Bulk mode; whois.cymru.com [2026-03-17 09:15:00 +0000]\n"


def line(address: str, number: str = "64500", network: str = "198.51.100.0/24", name: str = "DOC-AS, AT") -> str:
    """One line of a reply."""
    return f"{number:<8}| {address:<17}| {network:<20}| AT | ripencc  | 2019-05-02 | {name}\n"


def test_an_origin_is_a_system_a_network_and_a_registry():
    """One line gives all facts, and the link to the autonomous system."""
    found, (ask,) = asked(TeamCymru.ip, IP, HEAD + line(IP.value))
    assert (ask.server, ask.query) == ("whois.cymru.com", "begin\nverbose\n198.51.100.7\nend")
    assert facts(found) == {
        "asn": 64500,
        "as_organization": "DOC-AS, AT",
        "network": "198.51.100.0/24",
        "country_code": "AT",
        "registry": "ripencc",
        "registered": "2019-05-02",
        "origins": 1,
    }
    assert links(found) == {("ip:198.51.100.7", "belongs-to", "asn:64500")}


def test_several_origins_are_several_links():
    """Two systems that announce one network, and one with a larger one, are three links; the smallest is said."""
    body = HEAD + line(IP.value, "64510", "198.51.0.0/16") + line(IP.value, "64501 64502")
    found, _ = asked(TeamCymru.ip, IP, body)
    assert {target for _, _, target in links(found)} == {"asn:64501", "asn:64502", "asn:64510"}
    assert (facts(found)["asn"], facts(found)["network"], facts(found)["origins"]) == (64501, "198.51.100.0/24", 3)
    assert len(found.table) == 3


def test_nobody_is_nothing():
    """An address that nobody announces is nothing found."""
    found, _ = asked(TeamCymru.ip, IP, HEAD + line(IP.value, "NA", "NA", "NA"))
    assert (found.outcome, found.reason) == (Outcome.NOTHING, "nobody announces the address")


@pytest.mark.parametrize(
    "body",
    [
        "",
        HEAD,
        HEAD + line("203.0.113.9"),
        "Error: no ASN or IP match on line 1.\n",
        HEAD + line(IP.value, network="203.0.113.0/24"),
        HEAD + line(IP.value, "AS1"),
        HEAD + line(IP.value, network="198.51.100.7/x"),
    ],
)
def test_another_answer_is_no_answer(body):
    """A reply that is silent about the address, or speaks of a network without it, is a failure."""
    found, _ = asked(TeamCymru.ip, IP, body)
    assert found.outcome is Outcome.FAILED


def test_the_recorded_answers(shared_data):
    """What ipwhois recorded of Team Cymru for five addresses comes out as it is."""
    recorded = json.loads((shared_data("whois-rdap") / "ipwhois" / "whois.json").read_text("utf-8"))
    for address, told in recorded.items():
        said = told["asn_data"]
        name = "NA" if said["asn"] == "NA" else "A NAME"
        cells = [said["asn"], address, *(said[f"asn_{each}"] for each in ("cidr", "country_code", "registry", "date"))]
        found = origin_finding(IpAddress(address), " | ".join([*cells, name]).encode())
        if said["asn"] == "NA":
            assert found.outcome is Outcome.NOTHING
            continue
        assert str(found.fact("asn")) == said["asn"]
        assert [found.fact(name) or "" for name in ("network", "country_code", "registry", "registered")] == [
            said[f"asn_{name}"] for name in ("cidr", "country_code", "registry", "date")
        ]


def test_the_recorded_systems_agree(shared_data):
    """The autonomous systems that ipwhois asked a route registry about are those that Team Cymru named."""
    folder = shared_data("whois-rdap") / "ipwhois"
    named = json.loads((folder / "whois.json").read_text("utf-8"))
    for address, told in json.loads((folder / "asn.json").read_text("utf-8")).items():
        assert told["asn"] == named[address]["asn_data"]["asn"]


# -- many at once -----------------------------------------------------------------------------------------------------

addresses = st.lists(st.ip_addresses().map(lambda ip: IpAddress(str(ip)).value), min_size=1, max_size=8)


def test_many_are_one_question():
    """The questions of several addresses are one, in which each address stands once."""
    whole = join([build_question("198.51.100.7"), build_question("203.0.113.9"), build_question("198.51.100.7")])
    assert whole.query == "begin\nverbose\n198.51.100.7\n203.0.113.9\nend"
    assert build_question("198.51.100.7").batch_policy is BATCH
    assert join([build_question("198.51.100.7")]) == build_question("198.51.100.7")


@given(addresses, st.randoms(use_true_random=False))
def test_each_gets_its_own_lines(asked_about, chance):
    """In whatever order the lines come, each question gets those of its address, and they mean what they meant."""
    networks = {address: f"{address}/{128 if ':' in address else 32}" for address in asked_about}
    lines = [line(address, str(64500 + n), networks[address]) for n, address in enumerate(dict.fromkeys(asked_about))]
    chance.shuffle(lines)
    questions = [build_question(address) for address in asked_about]
    parts = split(Reply((HEAD + "".join(lines)).encode(), "text/plain", AT), questions)
    numbers = {address: 64500 + n for n, address in enumerate(dict.fromkeys(asked_about))}
    for address, body in zip(asked_about, parts, strict=True):
        assert origin_finding(IpAddress(address), body).fact("asn") == numbers[address]


def test_who_is_not_answered_has_failed_alone():
    """An address that the one reply does not speak of is a failure of its own."""
    one, other = split(
        Reply((HEAD + line(IP.value)).encode(), "text/plain", AT),
        [build_question("203.0.113.9"), build_question(IP.value)],
    )
    assert isinstance(one, AskFailed)
    assert origin_finding(IP, other).outcome is Outcome.FOUND


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_are_text(value):
    """Whatever an autonomous system calls itself, the answer can be shown, and each line is read by itself."""
    found, _ = asked(TeamCymru.ip, IP, (HEAD + line(IP.value, name=value)).encode("utf-8", "surrogatepass"))
    assert (found.outcome, found.fact("asn")) == (Outcome.FOUND, 64500)
    assert hiding(str(found)) == set()


@given(st.binary(max_size=200))
def test_no_bytes_break_it(body):
    """Any bytes are found, nothing or failed."""
    found, _ = asked(TeamCymru.ip, IP, HEAD.encode() + body)
    assert found.outcome in (Outcome.FOUND, Outcome.NOTHING, Outcome.FAILED)


def test_a_column_is_one_question(tmp_path):
    """A column of addresses is one question, each gets its answer, and the next time nobody is asked."""
    public = [IpAddress(f"9.9.9.{number}") for number in range(1, 31)]
    said = HEAD + "".join(line(ip.value, str(64500 + n), "9.9.9.0/24") for n, ip in enumerate(public))
    with serving(until_end(said.encode())) as server:
        steps = CallSteps(Connections(), cache=ReplyCache(tmp_path, 2**20, Clock()))
        way = WhoisChannel(steps, network=loopback, port=server.port)
        runner = Runner({"whois": way}, NoRecordings(), Gate(), lambda: AT)
        found: dict[str, int] = {}

        def keep(ip: IpAddress, answer: Answer) -> None:
            found[ip.value] = int(str(answer.finding.fact("asn")))

        for _ in range(2):
            errands = (Task(ip, runner.start("whois.asn", TeamCymru, ip, TeamCymru.ip.steps(ip))) for ip in public)
            run_concurrently(errands, 4, keep)
    assert found == {ip.value: 64500 + n for n, ip in enumerate(public)}
    assert len(server.seen) == 1
