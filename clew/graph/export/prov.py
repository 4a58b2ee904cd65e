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
from clew.entities.checked_text import stamp
from clew.graph.export.exporter import Exporter, ExportSource
from clew.graph.export.legal_names import encodable_text, local_name
from clew.graph.export.step_log import ExportLog
from clew.graph.projection.nodes import NodeTable
from clew.graph.projection.verdict import ANALYST
from clew.graph.store import Store

#: What is said of one thing.
ProvAttributes = Mapping[str, Any]
_TERMS, _EVIDENCE, _CASE = "urn:clew:terms:", "urn:clew:evidence:", "urn:clew:case:"


def write_prov(store: Store, path: Path) -> None:
    """Write a case as PROV-JSON, over what is in the file.

    Args:
        store: nobody may write it meanwhile: what is said first would not fit what is said last.

    Raises:
        CaseDamaged: a step is not what was written.
    """
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        file.writelines(ProvDocument(store).lines())


class ProvDocument:
    """The PROV-JSON of a case, a line for each thing."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._log = ExportLog.of(store.steps())
        self._ids = count(1)

    def lines(self) -> Iterator[str]:
        """The document, line by line."""
        prefixes = {"clew": _TERMS, "evidence": _EVIDENCE, "case": f"{_CASE}{self._log.start_hash}:"}
        yield f'{{"prefix": {json.dumps(prefixes)}'
        for name, items in self._sections():
            yield f',\n"{name}": {{'
            separator = "\n"
            for identifier, attributes in items:
                yield f"{separator}{json.dumps(identifier)}: {json.dumps(attributes)}"
                separator = ",\n"
            yield "}"
        yield "}\n"

    def _sections(self) -> Iterator[tuple[str, Iterable[tuple[str, ProvAttributes]]]]:
        yield "entity", self._entities()
        yield "activity", self._activities()
        yield "agent", self._agents()
        yield "wasGeneratedBy", self._with_ids(self._generations())
        yield "used", self._with_ids(self._usages())
        yield "wasAssociatedWith", self._with_ids(self._associations())
        yield "wasDerivedFrom", self._with_ids(self._derivations())
        yield "wasAttributedTo", self._with_ids(self._attributions())
        yield "specializationOf", self._with_ids(self._specializations())
        yield "wasInfluencedBy", self._with_ids(self._influences())
        yield "wasInvalidatedBy", self._with_ids(self._invalidations())

    def _with_ids(self, relations: Iterable[ProvAttributes]) -> Iterator[tuple[str, ProvAttributes]]:
        for relation in relations:
            yield f"_:r{next(self._ids)}", relation

    def _rows(self, sql: str) -> Iterator[tuple[Any, ...]]:
        with self._store.reading() as connection, closing(connection.execute(sql)) as rows:
            yield from rows

    # -- things --------------------------------------------------------------------------------------------------

    def _entities(self) -> Iterator[tuple[str, ProvAttributes]]:
        last = self._log.entries[-1].hash if self._log.entries else ""
        yield "case:case", _attributes("case", self._log.title, steps=len(self._log.entries), hash=last)
        for entry in self._log.entries:
            yield _record(entry.number), _attributes("record", f"step {entry.number}: {entry.kind}", hash=entry.hash)
        live: set[str] = set()
        for key, kind, label, verdict, severity in self._rows(
            "SELECT key, kind, label, verdict, severity FROM nodes ORDER BY first_step, key"
        ):
            live.add(key)
            attributes = _attributes("node", label, key=key, verdict=verdict, severity=severity)
            yield (
                _node(key),
                {
                    **attributes,
                    "prov:type": [_qualified_name("clew:node"), _qualified_name(f"clew:{local_name('kind', kind)}")],
                },
            )
        for key in dict.fromkeys(lost_key for _, _, lost_key in self._merges() if lost_key not in live):
            yield _node(key), _attributes("merged-node", key, key=key)
        for evidence, media_type, size in self._rows("SELECT fingerprint, media_type, size FROM evidence"):
            yield _evidence(evidence), _attributes("evidence", "", sha256=evidence, mediaType=media_type, bytes=size)
        yield from self._answer_entities()

    def _answer_entities(self) -> Iterator[tuple[str, ProvAttributes]]:
        for step, answer, position, provider, at, status in self._rows(
            "SELECT step, answer, position, provider, at, status FROM exchanges WHERE sent AND evidence <> ''"
        ):
            yield _reply(step, answer, position), _attributes("reply", provider, status=status, receivedAt=_time(at))
        for step, answer, part, pivot, provider, outcome, verdict, reason in self._rows(
            "SELECT step, answer, part, pivot, provider, outcome, verdict, reason FROM answers WHERE part > 0"
        ):
            attributes = _attributes("finding", f"{provider}: {outcome}", pivot=pivot, verdict=verdict, reason=reason)
            yield _finding(step, answer, part), attributes
        for number, source, relation, target, first, last in self._rows(
            "SELECT id, source, relation, target, observed_first, observed_last FROM said"
        ):
            times = {"observedFirst": _time(first), "observedLast": _time(last)}
            ends = {"source": _qualified_name(_node(source)), "target": _qualified_name(_node(target))}
            attributes = _attributes("claim", f"{source} {relation} {target}", relation=relation, **ends)
            yield _claim(number), {**attributes, **{f"clew:{name}": time for name, time in times.items() if time["$"]}}

    def _activities(self) -> Iterator[tuple[str, ProvAttributes]]:
        for entry in self._log.entries:
            attributes = _attributes(entry.kind, f"step {entry.number}: {entry.pivot or entry.kind}", tool=entry.tool)
            times = {"prov:startTime": stamp(entry.start), "prov:endTime": stamp(entry.end)}
            status = {"clew:takenBack": True} if entry.number in self._log.taken_back else {}
            yield _step(entry.number), {**times, **attributes, **status}

    def _agents(self) -> Iterator[tuple[str, ProvAttributes]]:
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

    def _generations(self) -> Iterator[ProvAttributes]:
        for entry in self._log.entries:
            yield _entity_activity(_record(entry.number), entry.number)
            if entry.import_evidence:
                yield _entity_activity(_evidence(entry.import_evidence), entry.number)
        for key, step in self._rows("SELECT key, first_step FROM nodes ORDER BY first_step, key"):
            yield _entity_activity(_node(key), step)
        for position in self._rows("SELECT step, answer, position FROM exchanges WHERE sent AND evidence <> ''"):
            yield _entity_activity(_reply(*position), position[0])
        for position in self._rows("SELECT step, answer, part FROM answers WHERE part > 0"):
            yield _entity_activity(_finding(*position), position[0])
        for number, step in self._rows("SELECT id, step FROM said"):
            yield _entity_activity(_claim(number), step)

    def _usages(self) -> Iterator[ProvAttributes]:
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

    def _associations(self) -> Iterator[ProvAttributes]:
        for entry in self._log.entries:
            yield {"prov:activity": _step(entry.number), "prov:agent": _analyst(entry.by)}
            yield {"prov:activity": _step(entry.number), "prov:agent": _tool(entry.tool)}
        for step, provider in self._rows("SELECT DISTINCT step, provider FROM exchanges"):
            yield {"prov:activity": _step(step), "prov:agent": _provider(provider)}

    def _derivations(self) -> Iterator[ProvAttributes]:
        for entry in self._log.entries[1:]:
            # The hash of each covers the one before it.
            yield _derivation(_record(entry.number), _record(entry.number - 1))
        for *position, evidence in self._rows("SELECT step, answer, part, evidence FROM answers WHERE part > 0"):
            yield from (
                _derivation(_finding(*position), _evidence(fingerprint))
                for fingerprint in evidence.split(",")
                if fingerprint
            )
        for number, evidence in self._rows("SELECT id, evidence FROM said"):
            yield from (
                _derivation(_claim(number), _evidence(fingerprint))
                for fingerprint in evidence.split(",")
                if fingerprint
            )

    def _attributions(self) -> Iterator[ProvAttributes]:
        if self._log.entries:
            yield {"prov:entity": "case:case", "prov:agent": _analyst(self._log.entries[0].by)}
        for *position, provider in self._rows(
            "SELECT step, answer, position, provider FROM exchanges WHERE sent AND evidence <> ''"
        ):
            yield {"prov:entity": _reply(*position), "prov:agent": _provider(provider)}
        for *position, provider in self._rows("SELECT step, answer, part, provider FROM answers WHERE part > 0"):
            yield {"prov:entity": _finding(*position), "prov:agent": self._speaker(position[0], provider)}
        for number, step, provider in self._rows("SELECT id, step, provider FROM said"):
            yield {"prov:entity": _claim(number), "prov:agent": self._speaker(step, provider)}

    def _speaker(self, step: int, provider: str) -> str:
        """Who says something: a source, or the person whose step it is."""
        return _analyst(self._log.entries[step - 1].by) if provider == ANALYST else _provider(provider)

    def _specializations(self) -> Iterator[ProvAttributes]:
        for *position, evidence in self._rows(
            "SELECT step, answer, position, evidence FROM exchanges WHERE sent AND evidence <> ''"
        ):
            yield {"prov:specificEntity": _reply(*position), "prov:generalEntity": _evidence(evidence)}

    def _influences(self) -> Iterator[ProvAttributes]:
        for _, kept_key, lost_key in self._merges():
            with self._store.reading() as connection:
                node_key = NodeTable(connection).resolve(Key.parse(kept_key))
            if node_key is not None and node_key != lost_key:
                yield {"prov:influencee": _node(node_key), "prov:influencer": _node(lost_key)}

    def _invalidations(self) -> Iterator[ProvAttributes]:
        for number, by in sorted(self._log.taken_back.items()):
            yield _entity_activity(_record(number), by)
        for step, _, lost_key in self._merges():
            yield _entity_activity(_node(lost_key), step)

    def _merges(self) -> Iterator[tuple[int, str, str]]:
        """Those in force."""
        for step, kept_key, lost_key in self._rows("SELECT step, keep, gone FROM merges ORDER BY step"):
            if step not in self._log.taken_back:
                yield step, kept_key, lost_key


def _attributes(type_name: str, label: object, **attributes: object) -> dict[str, Any]:
    result: dict[str, Any] = {"prov:type": _qualified_name(f"clew:{type_name}")}
    if label:
        result["prov:label"] = encodable_text(label)
    for name, value in attributes.items():
        result[f"clew:{name}"] = value if isinstance(value, int | dict) else encodable_text(value)
    return result


def _agent(name: str, *type_names: str) -> ProvAttributes:
    return {"prov:type": [_qualified_name(type_name) for type_name in type_names], "prov:label": encodable_text(name)}


def _qualified_name(name: str) -> dict[str, str]:
    return {"$": name, "type": "xsd:QName"}


def _time(text: str) -> dict[str, str]:
    return {"$": text, "type": "xsd:dateTime"}


def _entity_activity(entity: str, step: int) -> ProvAttributes:
    return {"prov:entity": entity, "prov:activity": _step(step)}


def _derivation(generated_entity: str, source: str) -> ProvAttributes:
    return {"prov:generatedEntity": generated_entity, "prov:usedEntity": source}


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


def _write(source: ExportSource, path: Path) -> None:
    write_prov(source.store, path)


PROV = Exporter(
    "prov",
    "W3C PROV-JSON",
    ".prov.json",
    _write,
    (
        "raw replies and rows of logs: of each there is the hash, and where in it a claim stands is not said",
        "the fields of entities beyond key, kind and label, and the tables and facts of answers",
        "the words of notes, tags and reasons of merges",
        "signatures, and what was hidden, folded or placed by hand",
    ),
)
