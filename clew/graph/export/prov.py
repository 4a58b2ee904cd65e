"""A case as W3C PROV-JSON: what there is, which step it came from, who asked whom, and what was taken back.

Entities are nodes, evidence, replies, findings, claims and the records of the steps; activities are the steps; agents
are analysts, sources and the version of clew. Nothing is held in memory but the list of the steps.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

from clew.entities import Key
from clew.entities.text import stamp
from clew.graph.export.log import Log
from clew.graph.export.names import clean, local_name
from clew.graph.fold import ANALYST, Fold
from clew.graph.store import Store
from clew.graph.writing import write_lines

#: What is said of one thing.
Said = Mapping[str, Any]
_TERMS, _EVIDENCE, _CASE = "urn:clew:terms:", "urn:clew:evidence:", "urn:clew:case:"


def write_prov(store: Store, path: Path) -> Path:
    """Write a case as PROV-JSON; a file that was there is replaced in one step, or stays as it was.

    Args:
        store: nobody may write it meanwhile: what is said first would not fit what is said last.

    Raises:
        CaseReadOnly: it cannot be written.
        CaseDamaged: a step is not what was written.
    """
    return write_lines(Document(store).lines(), path, "the provenance")


class Document:
    """The PROV-JSON of a case, a line for each thing."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._log = Log.of(store.steps())
        self._places = count(1)

    def lines(self) -> Iterator[str]:
        """The document, line by line."""
        prefixes = {"clew": _TERMS, "evidence": _EVIDENCE, "case": f"{_CASE}{self._log.begun}:"}
        yield f'{{"prefix": {json.dumps(prefixes)}'
        for name, things in self._sections():
            yield f',\n"{name}": {{'
            between = "\n"
            for identifier, said in things:
                yield f"{between}{json.dumps(identifier)}: {json.dumps(said)}"
                between = ",\n"
            yield "}"
        yield "}\n"

    def _sections(self) -> Iterator[tuple[str, Iterable[tuple[str, Said]]]]:
        yield "entity", self._entities()
        yield "activity", self._activities()
        yield "agent", self._agents()
        yield "wasGeneratedBy", self._numbered(self._generated())
        yield "used", self._numbered(self._used())
        yield "wasAssociatedWith", self._numbered(self._associated())
        yield "wasDerivedFrom", self._numbered(self._derived())
        yield "wasAttributedTo", self._numbered(self._attributed())
        yield "specializationOf", self._numbered(self._special())
        yield "wasInfluencedBy", self._numbered(self._influenced())
        yield "wasInvalidatedBy", self._numbered(self._invalidated())

    def _numbered(self, relations: Iterable[Said]) -> Iterator[tuple[str, Said]]:
        for relation in relations:
            yield f"_:r{next(self._places)}", relation

    def _rows(self, sql: str) -> Iterator[tuple[Any, ...]]:
        with self._store.reading() as connection, closing(connection.execute(sql)) as rows:
            yield from rows

    # -- things --------------------------------------------------------------------------------------------------

    def _entities(self) -> Iterator[tuple[str, Said]]:
        last = self._log.entries[-1].hash if self._log.entries else ""
        yield "case:case", _said("case", self._log.title, steps=len(self._log.entries), hash=last)
        for entry in self._log.entries:
            yield _record(entry.number), _said("record", f"step {entry.number}: {entry.kind}", hash=entry.hash)
        live: set[str] = set()
        for key, kind, label, verdict, severity in self._rows(
            "SELECT key, kind, label, verdict, severity FROM nodes ORDER BY first_step, key"
        ):
            live.add(key)
            said = _said("node", label, key=key, verdict=verdict, severity=severity)
            yield _node(key), {**said, "prov:type": [_name("clew:node"), _name(f"clew:{local_name('kind', kind)}")]}
        for key in dict.fromkeys(gone for _, _, gone in self._merges() if gone not in live):
            yield _node(key), _said("merged-node", key, key=key)
        for evidence, media_type, size in self._rows("SELECT fingerprint, media_type, size FROM evidence"):
            yield _evidence(evidence), _said("evidence", "", sha256=evidence, mediaType=media_type, bytes=size)
        yield from self._answers()

    def _answers(self) -> Iterator[tuple[str, Said]]:
        for step, answer, position, provider, at, status in self._rows(
            "SELECT step, answer, position, provider, at, status FROM exchanges WHERE sent AND evidence <> ''"
        ):
            yield _reply(step, answer, position), _said("reply", provider, status=status, receivedAt=_time(at))
        for step, answer, part, pivot, provider, outcome, verdict, reason in self._rows(
            "SELECT step, answer, part, pivot, provider, outcome, verdict, reason FROM answers WHERE part > 0"
        ):
            said = _said("finding", f"{provider}: {outcome}", pivot=pivot, verdict=verdict, reason=reason)
            yield _finding(step, answer, part), said
        for number, source, relation, target, first, last in self._rows(
            "SELECT id, source, relation, target, observed_first, observed_last FROM said"
        ):
            times = {"observedFirst": _time(first), "observedLast": _time(last)}
            ends = {"source": _name(_node(source)), "target": _name(_node(target))}
            said = _said("claim", f"{source} {relation} {target}", relation=relation, **ends)
            yield _claim(number), {**said, **{f"clew:{name}": time for name, time in times.items() if time["$"]}}

    def _activities(self) -> Iterator[tuple[str, Said]]:
        for entry in self._log.entries:
            said = _said(entry.kind, f"step {entry.number}: {entry.pivot or entry.kind}", tool=entry.tool)
            times = {"prov:startTime": stamp(entry.start), "prov:endTime": stamp(entry.end)}
            counts = {"clew:takenBack": True} if entry.number in self._log.taken_back else {}
            yield _step(entry.number), {**times, **said, **counts}

    def _agents(self) -> Iterator[tuple[str, Said]]:
        for name in dict.fromkeys(entry.by for entry in self._log.entries):
            yield _analyst(name), _agent(name, "prov:Person", "clew:analyst")
        for name in dict.fromkeys(entry.tool for entry in self._log.entries):
            yield _tool(name), _agent(name, "prov:SoftwareAgent", "clew:tool")
        for (name,) in self._rows(
            "SELECT provider FROM exchanges UNION SELECT provider FROM answers WHERE part > 0 "
            "UNION SELECT provider FROM origins"
        ):
            if name != ANALYST:
                yield _provider(name), _agent(name, "prov:SoftwareAgent", "clew:source")

    # -- relations -----------------------------------------------------------------------------------------------

    def _generated(self) -> Iterator[Said]:
        for entry in self._log.entries:
            yield _by(_record(entry.number), entry.number)
            if entry.imported:
                yield _by(_evidence(entry.imported), entry.number)
        for key, step in self._rows("SELECT key, first_step FROM nodes ORDER BY first_step, key"):
            yield _by(_node(key), step)
        for place in self._rows("SELECT step, answer, position FROM exchanges WHERE sent AND evidence <> ''"):
            yield _by(_reply(*place), place[0])
        for place in self._rows("SELECT step, answer, part FROM answers WHERE part > 0"):
            yield _by(_finding(*place), place[0])
        for number, step in self._rows("SELECT id, step FROM said"):
            yield _by(_claim(number), step)

    def _used(self) -> Iterator[Said]:
        # What a step brought in itself is not what it began with.
        for step, key in self._rows(
            "SELECT DISTINCT a.step, a.subject FROM answers a JOIN nodes n ON n.key = a.subject "
            "WHERE a.part = 0 AND n.first_step < a.step UNION "
            "SELECT r.step, r.about FROM remarks r JOIN nodes n ON n.key = r.about WHERE n.first_step < r.step"
        ):
            yield {"prov:activity": _step(step), "prov:entity": _node(key)}
        for step, evidence in self._rows(
            "SELECT DISTINCT step, evidence FROM exchanges WHERE NOT sent AND evidence <> ''"
        ):
            yield {"prov:activity": _step(step), "prov:entity": _evidence(evidence)}

    def _associated(self) -> Iterator[Said]:
        for entry in self._log.entries:
            yield {"prov:activity": _step(entry.number), "prov:agent": _analyst(entry.by)}
            yield {"prov:activity": _step(entry.number), "prov:agent": _tool(entry.tool)}
        for step, provider in self._rows("SELECT DISTINCT step, provider FROM exchanges"):
            yield {"prov:activity": _step(step), "prov:agent": _provider(provider)}

    def _derived(self) -> Iterator[Said]:
        for entry in self._log.entries[1:]:
            # The hash of each covers the one before it.
            yield _from(_record(entry.number), _record(entry.number - 1))
        for *place, evidence in self._rows("SELECT step, answer, part, evidence FROM answers WHERE part > 0"):
            yield from (_from(_finding(*place), _evidence(each)) for each in evidence.split(",") if each)
        for number, evidence in self._rows("SELECT id, evidence FROM said"):
            yield from (_from(_claim(number), _evidence(each)) for each in evidence.split(",") if each)

    def _attributed(self) -> Iterator[Said]:
        if self._log.entries:
            yield {"prov:entity": "case:case", "prov:agent": _analyst(self._log.entries[0].by)}
        for *place, provider in self._rows(
            "SELECT step, answer, position, provider FROM exchanges WHERE sent AND evidence <> ''"
        ):
            yield {"prov:entity": _reply(*place), "prov:agent": _provider(provider)}
        for *place, provider in self._rows("SELECT step, answer, part, provider FROM answers WHERE part > 0"):
            yield {"prov:entity": _finding(*place), "prov:agent": self._speaker(place[0], provider)}
        for number, step, provider in self._rows("SELECT id, step, provider FROM said"):
            yield {"prov:entity": _claim(number), "prov:agent": self._speaker(step, provider)}

    def _speaker(self, step: int, provider: str) -> str:
        """Who says something: a source, or the person whose step it is."""
        return _analyst(self._log.entries[step - 1].by) if provider == ANALYST else _provider(provider)

    def _special(self) -> Iterator[Said]:
        for *place, evidence in self._rows(
            "SELECT step, answer, position, evidence FROM exchanges WHERE sent AND evidence <> ''"
        ):
            yield {"prov:specificEntity": _reply(*place), "prov:generalEntity": _evidence(evidence)}

    def _influenced(self) -> Iterator[Said]:
        for _, keep, gone in self._merges():
            with self._store.reading() as connection:
                kept = Fold(connection).resolve(Key.parse(keep))
            if kept is not None and kept != gone:
                yield {"prov:influencee": _node(kept), "prov:influencer": _node(gone)}

    def _invalidated(self) -> Iterator[Said]:
        for number, by in sorted(self._log.taken_back.items()):
            yield _by(_record(number), by)
        for step, _, gone in self._merges():
            yield _by(_node(gone), step)

    def _merges(self) -> Iterator[tuple[int, str, str]]:
        """Those in force."""
        for step, keep, gone in self._rows("SELECT step, keep, gone FROM merges ORDER BY step"):
            if step not in self._log.taken_back:
                yield step, keep, gone


def _said(sort: str, label: object, **attributes: object) -> dict[str, Any]:
    said: dict[str, Any] = {"prov:type": _name(f"clew:{sort}")}
    if label:
        said["prov:label"] = clean(label)
    for name, value in attributes.items():
        said[f"clew:{name}"] = value if isinstance(value, int | dict) else clean(value)
    return said


def _agent(name: str, *sorts: str) -> Said:
    return {"prov:type": [_name(sort) for sort in sorts], "prov:label": clean(name)}


def _name(qualified: str) -> dict[str, str]:
    return {"$": qualified, "type": "xsd:QName"}


def _time(text: str) -> dict[str, str]:
    return {"$": text, "type": "xsd:dateTime"}


def _by(entity: str, step: int) -> Said:
    return {"prov:entity": entity, "prov:activity": _step(step)}


def _from(made: str, source: str) -> Said:
    return {"prov:generatedEntity": made, "prov:usedEntity": source}


def _step(number: int) -> str:
    return f"case:step-{number}"


def _record(number: int) -> str:
    return f"case:record-{number}"


def _node(key: str) -> str:
    return f"case:{local_name('node', key)}"


def _evidence(fingerprint: str) -> str:
    return f"evidence:{local_name('sha256', fingerprint)}"


def _reply(step: int, answer: int, position: int) -> str:
    return f"case:reply-{step}-{answer}-{position}"


def _finding(step: int, answer: int, part: int) -> str:
    return f"case:finding-{step}-{answer}-{part}"


def _claim(number: int) -> str:
    return f"case:claim-{number}"


def _analyst(name: str) -> str:
    return f"case:{local_name('analyst', name)}"


def _tool(name: str) -> str:
    return f"clew:{local_name('tool', name)}"


def _provider(name: str) -> str:
    return f"clew:{local_name('source', name)}"
