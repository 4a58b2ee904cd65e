"""One cheap call to each source, to see whether it answers: asked for by name, never by itself."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

from clew.cli.diagnosis import STATE_FAILED, STATE_MISSING, STATE_OK, Check
from clew.entities import AutonomousSystem, Certificate, Domain, Entity, File, IpAddress, Outcome, Url
from clew.entities.finding import CONCLUSIVE_OUTCOMES
from clew.entities.times import ANY_TIME
from clew.errors import QueryError
from clew.pivots.bound_call import defaults_of
from clew.pivots.execution import execute
from clew.pivots.invocation import Invocation, Pivot, resolve_arguments
from clew.pivots.lookup_policy import source_name
from clew.pivots.registry import pivots_for
from clew.pivots.session import workspace
from clew.pivots.source_catalog import SourcePivots, group_sources
from clew.providers.web.clock import now

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
    groups = group_sources(pivots_for)
    asks = workspace().lookup_policy.includes
    source_names = [*map(source_name, names)] or [
        name for name, group in groups.items() if group.provider.leaves and asks(group.provider)
    ]
    # All names are looked at before anybody is asked.
    calls = [(name, _cheapest_call(name, groups)) for name in source_names]
    for name, (subject, pivot) in calls:
        yield _probe_source(name, groups[name], subject, pivot)


def _cheapest_call(name: str, groups: Mapping[str, SourcePivots]) -> tuple[Entity, Pivot]:
    if name not in groups:
        raise QueryError(f"there is no source {name!r}", next_step=f"choose one of {', '.join(sorted(groups))}")
    rows = [(PROBES[entity], row) for entity, row in groups[name].rows if entity in PROBES and row.calls]
    if not rows:
        raise QueryError(f"{name} is asked only about what is yours", next_step="ask it a question of your own")
    return min(rows, key=lambda row: row[1].calls)


def _probe_source(name: str, group: SourcePivots, subject: Entity, pivot: Pivot) -> Check:
    start_time = time.monotonic()
    recent_window = {"start": "-1d", "end": "now"} if "start" in pivot.signature.parameters else {}
    arguments = resolve_arguments(pivot, {**defaults_of(pivot.signature), **recent_window}, ANY_TIME, now())
    invocation = Invocation(pivot.name, subject, arguments)
    finding = execute(workspace().runner(fresh=True), invocation, pivot).finding
    seconds = time.monotonic() - start_time
    summary = f"{group.provider.title}, {pivot.name} of {subject.label}: {finding.outcome}"
    if finding.outcome in CONCLUSIVE_OUTCOMES:
        return Check(name, STATE_OK, f"{summary}, in {seconds:.1f} s")
    state = STATE_MISSING if finding.outcome is Outcome.SKIPPED else STATE_FAILED
    return Check(name, state, f"{summary}: {finding.reason}", group.provider.docs)
