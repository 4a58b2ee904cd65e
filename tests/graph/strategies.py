"""Random entities, answers and events. Values are few, so that identities meet."""

from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from clew.entities import (
    Account,
    AutonomousSystem,
    Certificate,
    Domain,
    Entity,
    Fact,
    File,
    Finding,
    Host,
    IpAddress,
    Link,
    Outcome,
    Process,
    Relation,
    Severity,
    Url,
    Verdict,
)
from clew.entities.tlp import Tlp
from clew.graph.format.connection_event import Connected
from clew.graph.format.events import (
    Added,
    Branched,
    BulkAnswer,
    BulkPivoted,
    Collapsed,
    Common,
    Event,
    Gated,
    Hidden,
    Imported,
    Judged,
    Linked,
    Merged,
    Moved,
    Noted,
    Opened,
    Pivoted,
    Planned,
    PlannedCall,
    Redacted,
    Redone,
    Signed,
    Tagged,
    Undone,
    Unmerged,
    Windowed,
)
from clew.logs.engines.protocol import SourceDescription
from clew.pivots.invocation import Invocation
from clew.pivots.lookup_verdict import combine_findings
from clew.providers.exchange import ErrorRecord, Exchange
from tests.graph.cases import NOON

HOSTS = ("ws01", "ws01.corp.example", "ws01.lab.example", "fs01", "fs01.corp.example")
GUIDS = ("b34bc01c-7fae-5f63-1000-000000000400", "b34bc01c-7fae-5f63-1000-000000000500")
SIDS = ("S-1-5-21-1-2-3-1104", "S-1-5-21-1-2-3-1105")
NAMES = ("corp\\alice", "corp\\bob", "corp.example\\alice")
PATHS = ("C:\\a.exe", "C:\\Users\\ä\\b<i>.exe")


def maybe(values: tuple[str, ...]) -> SearchStrategy[str | None]:
    return st.none() | st.sampled_from(values)


def digest(character: str, length: int) -> str:
    return character * length


moments: SearchStrategy[datetime] = st.integers(0, 5).map(lambda n: NOON + timedelta(seconds=n, microseconds=n))
hosts = st.builds(Host, st.sampled_from(HOSTS), netbios=maybe(("ws01", "fs01")), os=maybe(("Windows",)))
accounts = st.one_of(
    st.builds(Account, st.sampled_from(SIDS), name=maybe(NAMES), upn=maybe(("alice@corp.example",))),
    st.builds(Account, st.sampled_from(NAMES)),
    st.builds(Account, st.just("S-1-5-18"), host=st.sampled_from(HOSTS), name=maybe(("nt authority\\system",))),
    st.builds(Account, st.just("nt authority\\system"), host=st.sampled_from(HOSTS)),
)
contents = st.builds(
    lambda hashes, path: File(**hashes, path=path),
    st.fixed_dictionaries(
        {},
        optional={
            "sha256": st.sampled_from([digest(c, 64) for c in "ab"]),
            "sha1": st.sampled_from([digest(c, 40) for c in "ab"]),
            "md5": st.sampled_from([digest(c, 32) for c in "ab"]),
        },
    ).filter(bool),
    maybe(PATHS),
)
places = st.builds(File, path=st.sampled_from(PATHS), host=st.sampled_from(HOSTS))
pids = st.integers(4, 5)
processes = st.one_of(
    st.builds(
        Process,
        st.sampled_from(GUIDS),
        host=st.sampled_from(HOSTS),
        pid=st.none() | pids,
        started=st.none() | st.just(NOON),
        image=maybe(PATHS),
    ),
    st.builds(Process, host=st.sampled_from(HOSTS), pid=pids, started=st.just(NOON)),
)
addresses = st.sampled_from(["198.51.100.7", "2001:db8::7"]).map(IpAddress)
certificates = st.builds(
    Certificate,
    sha256=st.sampled_from([digest(c, 64) for c in "ab"]),
    sha1=st.none() | st.sampled_from([digest(c, 40) for c in "ab"]),
    not_after=st.none() | moments,
)
others = st.sampled_from(
    [
        AutonomousSystem("AS64500"),
        Domain("evil.example"),
        Url("https://evil.example/a"),
        Url("hxxp://evil[.]example/<b>"),
    ]
)
entities: SearchStrategy[Entity] = st.one_of(
    hosts, accounts, contents, places, processes, addresses, certificates, others
)

texts = st.text(st.characters(codec="utf-8"), max_size=20)
scalars = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | texts
)
links = st.builds(
    Link,
    entities,
    st.sampled_from(list(Relation)),
    entities,
    st.lists(st.integers(0, 9).map("/rows/{}".format), max_size=3).map(tuple),
    st.none() | moments,
    st.none() | moments,
    st.booleans(),
)
fingerprints = st.sampled_from("0123456789abcdef").map(lambda c: c * 64)


def findings(
    subjects: SearchStrategy[Entity], *, sources: tuple[str, ...] = ("logs", "feed")
) -> SearchStrategy[Finding]:
    return st.builds(
        Finding,
        subjects,
        pivot=st.sampled_from(["query.connections", "ti.feed"]),
        provider=st.sampled_from(sources),
        outcome=st.sampled_from(list(Outcome)),
        verdict=st.sampled_from(list(Verdict)),
        severity=st.sampled_from(list(Severity)),
        reason=texts,
        reference=texts,
        facts=st.lists(st.builds(Fact, texts, scalars), max_size=3).map(tuple),
        links=st.lists(links, max_size=4).map(tuple),
        returned=st.integers(0, 5),
        available=st.none() | st.integers(0, 9),
        truncated_by=texts,
        observed_first=st.none() | moments,
        observed_last=st.none() | moments,
        asked_at=moments,
        evidence=st.lists(fingerprints, max_size=2, unique=True).map(tuple),
        same=st.lists(entities, max_size=1).map(tuple),
    )


def combined(subjects: SearchStrategy[Entity]) -> SearchStrategy[Finding]:
    return subjects.flatmap(
        lambda subject: st.lists(findings(st.just(subject)), min_size=1, max_size=3).map(
            lambda parts: combine_findings(subject, "ti.lookup", tuple(parts))
        )
    )


json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=5
)
troubles = st.builds(
    ErrorRecord, st.sampled_from([Outcome.FAILED, Outcome.REFUSED, Outcome.SKIPPED]), texts, texts, texts
)
exchanges = st.builds(
    Exchange,
    st.dictionaries(texts, json_values, max_size=3),
    fingerprints,
    texts,
    moments,
    st.booleans(),
    fingerprints | st.just(""),
    texts,
    st.integers(0, 599),
    st.none() | troubles,
)
keys = entities.map(lambda entity: entity.key)
counts = st.integers(0, 2**40)
planned_calls = st.builds(
    PlannedCall,
    keys,
    texts,
    st.lists(texts, max_size=2).map(tuple),
    counts,
    st.lists(texts, max_size=2).map(tuple),
    texts,
    st.floats(0, 20),
    st.booleans(),
)
EVENTS: dict[str, SearchStrategy[Event]] = {
    "opened": st.builds(Opened, texts),
    "connected": st.builds(
        Connected,
        st.builds(SourceDescription, texts, texts, texts, fingerprints, st.dictionaries(texts, counts, max_size=3)),
    ),
    "added": st.builds(Added, entities),
    "pivoted": st.builds(
        Pivoted,
        st.builds(Invocation, texts, entities, st.dictionaries(texts, json_values, max_size=3)),
        findings(entities) | combined(entities),
        st.lists(exchanges, max_size=2).map(tuple),
    ),
    "bulk-pivoted": st.builds(
        BulkPivoted,
        texts,
        st.dictionaries(texts, json_values, max_size=3),
        st.lists(
            st.builds(BulkAnswer, entities, findings(entities), st.lists(exchanges, max_size=2).map(tuple)), max_size=3
        ).map(tuple),
    ),
    "planned": st.builds(
        Planned,
        st.integers(1, 9),
        st.lists(planned_calls, max_size=2).map(tuple),
        st.lists(st.tuples(keys, texts), max_size=2).map(tuple),
        counts,
    ),
    "noted": st.builds(Noted, texts, st.none() | keys),
    "tagged": st.builds(Tagged, keys, texts),
    "windowed": st.tuples(st.none() | moments, st.none() | st.just(NOON + timedelta(days=1)), texts).map(
        lambda given: Windowed(*given)
    ),
    "merged": st.builds(Merged, keys, keys, texts, st.lists(fingerprints, max_size=2).map(tuple)),
    "unmerged": st.builds(Unmerged, counts, texts),
    "linked": st.builds(Linked, entities, st.sampled_from(list(Relation)), entities, texts),
    "judged": st.builds(Judged, keys, st.sampled_from(list(Verdict)), texts),
    "hidden": st.builds(Hidden, st.lists(keys, max_size=3).map(tuple), st.booleans()),
    "gated": st.builds(
        Gated, st.none() | st.booleans(), st.none() | st.booleans(), st.none() | st.sampled_from(list(Tlp)), texts
    ),
    "common": st.builds(Common, st.lists(keys, max_size=3).map(tuple), texts, st.booleans()),
    "collapsed": st.builds(Collapsed, st.lists(keys, max_size=3).map(tuple), st.booleans()),
    "moved": st.builds(Moved, keys, st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.booleans()),
    "imported": st.builds(Imported, texts, fingerprints, counts, counts),
    "undone": st.builds(Undone, st.lists(counts, max_size=3).map(tuple)),
    "redone": st.builds(Redone, st.lists(counts, max_size=3).map(tuple)),
    "branched": st.builds(Branched, texts, texts, counts, fingerprints),
    "redacted": st.builds(
        Redacted,
        fingerprints,
        st.dictionaries(texts, counts, max_size=3),
        st.lists(fingerprints, max_size=2).map(tuple),
        st.lists(counts, max_size=3).map(tuple),
        fingerprints,
    ),
    "signed": st.builds(Signed, texts, texts, texts, texts),
}
