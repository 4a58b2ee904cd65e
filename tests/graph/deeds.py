"""What an analyst may do in an open case, each so that something else comes of it; and a service to do it with."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx

from clew.entities import Account, Host, IpAddress, Process, Url
from clew.graph.case import Case
from tests.graph.cases import ENCODED, FULL, GUID, SHORT

SEED, OUTSIDE = IpAddress("198.51.100.7"), IpAddress("9.9.9.9")
URL = Url("https://evil.example/a?b=c")
ALICE, SID = "corp\\alice", "S-1-5-21-1-2-3-4"


def answers(request: httpx.Request) -> httpx.Response:
    """A reputation service with an answer of each kind, by the last number of the address."""
    number = request.url.params["ipAddress"].rpartition(".")[2]
    bodies = {"9": {"abuseConfidenceScore": 80, "totalReports": 2}, "10": {"abuseConfidenceScore": 0}}
    if number in bodies:
        return httpx.Response(200, json={"data": bodies[number]})
    return httpx.Response({"11": 404, "12": 500, "13": 401, "14": 429}.get(number, 200), text="no JSON")


def reputation(*numbers: int, **arguments: Any) -> Callable[[Case], object]:
    return lambda _: [IpAddress(f"9.9.9.{number}").ti.abuseipdb(**arguments) for number in numbers]


def over(*numbers: int) -> list[str | None]:
    return [*(f"9.9.9.{number}" for number in numbers), "10.0.0.1", "no address", None]


def take_back(case: Case) -> None:
    case.add(Account(ALICE), Account(SID, name=ALICE))
    case.unmerge(int(case.tables.merges()["step"].iloc[-1]), reason="x")
    case.add(Account(SID, name=ALICE))


DEEDS: dict[str, Callable[[Case], object]] = {
    "found": reputation(9),
    "nothing": reputation(10),
    "failed": reputation(11, 12, 15),
    "refused by the service": reputation(13, 14),
    "refused by the gate": lambda _: IpAddress("10.0.0.1").ti.abuseipdb(),
    "skipped": lambda _: Host(FULL).query.logons(),
    "asked twice": reputation(9, 9, 9),
    "another argument": reputation(9, max_age_days=7),
    "a look-up": lambda _: OUTSIDE.ti.lookup(),
    "a part of a look-up": lambda _: OUTSIDE.ti.lookup(providers=["feed"]),
    "a look-up with trouble": lambda _: IpAddress("9.9.9.12").ti.lookup(),
    "a place": lambda _: [SEED.geo.locate(), IpAddress("127.0.0.1").geo.locate()],
    "nobody asked": lambda _: [
        URL.transform.parts(),
        Process(GUID, host=SHORT, command_line=ENCODED).transform.decode(),
    ],
    "awaited": lambda _: asyncio.run(OUTSIDE.ti.lookup.aio()),
    "over a column": lambda _: IpAddress.ti.lookup.over(over(9, 10, 12)),
    "over a column with trouble": lambda _: IpAddress.ti.abuseipdb.over(over(*range(9, 16))),
    "notes and tags": lambda case: [case.note("x", about=SEED), case.tag(SEED, "y"), case.note("z")],
    "merged names": lambda case: case.add(Process(GUID, host=SHORT), Host(SHORT), Host(FULL)),
    "merged by hand": lambda case: [case.add(SEED, OUTSIDE), case.merge(SEED, OUTSIDE, reason="x")],
    "taken back": take_back,
    "planned": lambda case: case.expand(OUTSIDE, depth=2),
}
