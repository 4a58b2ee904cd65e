"""One cheap call to each source, to see whether it answers: asked for by name, never by itself."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

from clew.entities import AutonomousSystem, Certificate, Domain, Entity, File, IpAddress, Outcome, Url
from clew.entities.finding import ANSWERED
from clew.entities.times import ANY_TIME
from clew.errors import QueryError
from clew.pivots.calls import defaults_of
from clew.pivots.choosing import source_name
from clew.pivots.context import now, workspace
from clew.pivots.execution import execute
from clew.pivots.invocation import Invocation, Pivot, settled
from clew.pivots.registry import pivots_for
from clew.pivots.sources import Group, grouped
from clew.views.doctor import FAILED, MISSING, OK, Check

#: What sources are asked about: nobody's secret, and known to all of them. The file is the EICAR test file.
PROBES: Mapping[type[Entity], Entity] = {
    IpAddress: IpAddress("8.8.8.8"),
    Domain: Domain("example.com"),
    Url: Url("https://example.com/"),
    File: File(
        sha256="275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f",
        sha1="3395856ce81f2b7382dee72602f798b642f14140",
        md5="44d88612fea8a8f36de82e1278abb02f",
    ),
    AutonomousSystem: AutonomousSystem("AS15169"),
    Certificate: Certificate("c7" * 32),
}


def probe(names: Sequence[str] = ()) -> Iterator[Check]:
    """Ask each of the sources once, past what is kept; without names, those outside that look-ups ask.

    Raises:
        QueryError: there is no source of that name, or it knows nothing of a kind that can be asked about here.
    """
    known = grouped(pivots_for)
    asks = workspace().choice.asks
    chosen = [*map(source_name, names)] or [
        name for name, group in known.items() if group.provider.leaves and asks(group.provider)
    ]
    # All names are looked at before anybody is asked.
    calls = [(name, _cheapest(name, known)) for name in chosen]
    for name, (subject, pivot) in calls:
        yield _asked(name, known[name], subject, pivot)


def _cheapest(name: str, known: Mapping[str, Group]) -> tuple[Entity, Pivot]:
    if name not in known:
        raise QueryError(f"there is no source {name!r}", next_step=f"choose one of {', '.join(sorted(known))}")
    rows = [(PROBES[entity], row) for entity, row in known[name].rows if entity in PROBES and row.calls]
    if not rows:
        raise QueryError(f"{name} is asked only about what is yours", next_step="ask it a question of your own")
    return min(rows, key=lambda row: row[1].calls)


def _asked(name: str, group: Group, subject: Entity, pivot: Pivot) -> Check:
    begun = time.monotonic()
    lately = {"start": "-1d", "end": "now"} if "start" in pivot.signature.parameters else {}
    asked = settled(pivot, {**defaults_of(pivot.signature), **lately}, ANY_TIME, now())
    invocation = Invocation(pivot.name, subject, asked)
    found = execute(workspace().runner(fresh=True), invocation, pivot).finding
    seconds = time.monotonic() - begun
    what = f"{group.provider.title}, {pivot.name} of {subject.label}: {found.outcome}"
    if found.outcome in ANSWERED:
        return Check(name, OK, f"{what}, in {seconds:.1f} s")
    state = MISSING if found.outcome is Outcome.SKIPPED else FAILED
    return Check(name, state, f"{what}: {found.reason}", group.provider.docs)
