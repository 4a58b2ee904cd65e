"""What type checkers see of clew: every line here is right, and is of the type that it says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import assert_type

import pandas as pd

from clew import (
    Account,
    Budget,
    Domain,
    Entity,
    File,
    Finding,
    Host,
    Investigation,
    IpAddress,
    Key,
    Outcome,
    Process,
    TimeLike,
    TimeWindow,
    Url,
    Verdict,
    configure,
    parse,
)
from clew.entities import Fact, Link, Table
from clew.entities.finding import Scalar
from clew.graph.replay.difference import Difference
from clew.graph.replay.offline_replay import Replay
from clew.pivots.binding import Menu, bind
from clew.pivots.bound_call import LookupCall, PivotCall
from clew.pivots.bulk_call import Bulk
from clew.pivots.invocation import Invocation
from clew.pivots.lookup import Lookup
from clew.pivots.menus.geo import IpGeo
from clew.pivots.menus.ti import IpTi
from clew.pivots.queries.host import HostQuery
from clew.pivots.queries.ip import IpQuery
from clew.providers.local.feeds import LocalFeed
from clew.providers.ti.abuseipdb import AbuseIpDb
from clew.views.notebook.accessor import ClewFrame
from clew.views.renderings import Snapshot
from clew.views.text.case_log import Entry

ip = IpAddress("198.51.100.7")
host = Host("ws01", netbios="WS01", os="Windows 11")
account = Account("CORP\\alice", sid="S-1-5-21-1-2-3-4", host="ws01")
process = Process("b34bc01c-7fae-5f63-1000-000000000400", host="ws01", pid=4, command_line="x")
file = File(sha256="a" * 64, path="C:\\a.exe", size=5)
url, domain = Url("https://evil.example/"), Domain("evil.example")

# Entities.
assert_type(ip.value, str)
assert_type(ip.key, Key)
assert_type(ip.version, int)
assert_type(host.aliases, tuple[Key, ...])
assert_type(host.os, str | None)
assert_type(process.pid, int | None)
assert_type(process.label, str)
assert_type(file.size, int | None)
assert_type(parse("198.51.100.7"), Entity)
assert_type(host.filled_from(host), Host)

# Menus, on an entity and on its class.
assert_type(ip.ti, IpTi)
assert_type(ip.geo, IpGeo)
assert_type(ip.query, IpQuery)
assert_type(host.query, HostQuery)
assert_type(IpAddress.ti, type[IpTi])
assert_type(ip.ti.lookup, LookupCall)

# Pivots keep the parameters of the operations that they bind.
assert_type(ip.ti.abuseipdb(), Finding)
assert_type(ip.ti.abuseipdb(max_age_days=30), Finding)
assert_type(ip.ti.lookup(providers=["feed"]), Finding)
assert_type(ip.geo.locate(), Finding)
assert_type(host.query.processes(image="a.exe", limit=5), Finding)
assert_type(host.query.logons(logon_type=None), Finding)
assert_type(account.query.logons(limit=5), Finding)
assert_type(ip.query.connections(start="-2d", end="now"), Finding)
assert_type(host.query.logons(logon_type=3, start=datetime(2026, 3, 17, tzinfo=UTC), end=None), Finding)
assert_type(process.query.children(start=timedelta(days=-2)), Finding)
assert_type(process.query.children(), Finding)
assert_type(process.transform.decode(), Finding)
assert_type(file.query.writers(), Finding)
assert_type(url.transform.parts(), Finding)
assert_type(domain.ti.feed(), Finding)
assert_type(ip.ti.abuseipdb.invocation(max_age_days=30), Invocation)


async def waiting() -> None:
    """The asynchronous twin has the same parameters."""
    assert_type(await ip.ti.abuseipdb.aio(max_age_days=30), Finding)
    assert_type(await ip.ti.lookup.aio(providers=("feed",)), Finding)
    assert_type(await host.query.processes.aio(image="a.exe"), Finding)
    assert_type(await host.query.logons.aio(start="-2d@d"), Finding)


# Over many values, the same parameters are given first.
assert_type(IpAddress.ti.abuseipdb.with_arguments(max_age_days=7), Bulk[IpAddress])
assert_type(IpAddress.ti.abuseipdb.over(["198.51.100.7"]), pd.DataFrame)
assert_type(IpAddress.ti.lookup.over(pd.DataFrame({"ip": [""]}), column="ip", join="left"), pd.DataFrame)

assert_type(IpAddress.query.connections.with_arguments(start="-2d"), Bulk[IpAddress])

# Times and windows.
when: TimeLike = timedelta(hours=-1)
assert_type(ip.query.hosts(end=when), Finding)
configure(window=("-2d", None))
window = TimeWindow(None, datetime(2026, 3, 17, tzinfo=UTC))
assert_type(window.start, datetime | None)


def looking(case: Investigation) -> None:
    """The window of a case is set by anything that is a time, and is read as one thing."""
    assert_type(case.set_window("-2d", datetime(2026, 3, 17, tzinfo=UTC), zone="Europe/Berlin"), TimeWindow)
    assert_type(case.window, TimeWindow)
    assert_type(Investigation.replay("x.clew"), Replay)
    assert_type(Investigation.replay("x.clew", reparse=True), Difference)
    assert_type(Investigation.replay("x.clew", live=True, budget=Budget(calls=9), older_than="7d"), Difference)
    assert_type(case.compare("y.clew"), Difference)
    assert_type(case.at(3), Snapshot)
    assert_type(case.at("-2d").at(2).story(), str)
    assert_type(case.at(3).log()[0], Entry)


# Findings.
finding = ip.ti.lookup()
assert_type(finding.outcome, Outcome)
assert_type(finding.verdict, Verdict)
assert_type(finding.entities, tuple[Entity, ...])
assert_type(finding.facts, tuple[Fact, ...])
assert_type(finding.links, tuple[Link, ...])
assert_type(finding.table, Table | None)
assert_type(finding.fact("asn"), Scalar)
assert_type(finding.parts, tuple[Finding, ...])
assert_type(finding.to_frame(), pd.DataFrame)
assert_type(bool(finding), bool)
assert_type(len(finding), int)

# Tables.
assert_type(ClewFrame(pd.DataFrame()).pivot(IpAddress.ti.lookup, column="src"), pd.DataFrame)
assert_type(
    ClewFrame(pd.DataFrame()).pivot(IpAddress.ti.abuseipdb.with_arguments(max_age_days=7), column="src"), pd.DataFrame
)


class Mine(Menu[IpAddress]):
    """A menu of one's own."""

    menu = "mine"
    everybody = Lookup[IpAddress]()
    reports = bind(AbuseIpDb.ip)
    lists = bind(LocalFeed.ip)


assert_type(Mine(ip).subject, IpAddress)
assert_type(Mine(ip).reports(max_age_days=1), Finding)
assert_type(Mine(ip).everybody, LookupCall)
# The call as an object, for who passes pivots on.
call: PivotCall[...] = ip.geo.locate


def menus_by_class(ip: IpAddress) -> None:
    """A menu of another package is reached by its class, with all its types."""
    assert_type(ip.via(IpTi), IpTi)
    assert_type(ip.via(IpTi).abuseipdb(max_age_days=7), Finding)
    assert_type([card.name for card in ip.pivots()], list[str])
