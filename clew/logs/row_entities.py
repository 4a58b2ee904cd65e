"""Rows to entities: which columns of a log view make which entity, and how the entities of one row are related."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from clew.entities.account import Account
from clew.entities.domain import Domain
from clew.entities.entity import Entity
from clew.entities.file import File
from clew.entities.finding import Link, Relation
from clew.entities.host import Host
from clew.entities.ip_address import IpAddress
from clew.entities.key import Key
from clew.entities.process import Process
from clew.errors import EntityError

Cells = tuple[Any, ...]
# A machine that logs under its address has no name that could be told.
_ADDRESS = re.compile(r"[0-9.]+|.*:.*")


@dataclass(frozen=True, slots=True)
class EntityRule:
    """One entity of a row: the columns it is made from, and how. A row that lacks it gives None."""

    columns: tuple[str, ...]
    make: Callable[..., Entity | None]


@dataclass(frozen=True, slots=True)
class RowSchema:
    """What a row of one view says.

    Attributes:
        entities: the entities, by the name that `links` uses.
        links: source part, relation, target part; said only where both parts are there.
    """

    entities: Mapping[str, EntityRule]
    links: tuple[tuple[str, Relation, str], ...]


def host(name: str | None) -> Host | None:
    """The machine that logged the row."""
    return Host(name) if name and not _ADDRESS.fullmatch(name) else None


def address(value: str | None) -> IpAddress | None:
    """A peer address; loopback and unspecified ones say nothing about anybody."""
    if not value:
        return None
    ip = IpAddress(value)
    number = ipaddress.ip_address(ip.value)
    return None if number.is_loopback or number.is_unspecified else ip


def account(sid: str | None, domain: str | None, name: str | None, machine: str | None) -> Account | None:
    """The account of a row, by whichever of its columns are filled."""
    upn = name if name and "@" in name else None
    full = f"{domain or '.'}\\{name}" if name and not upn else None
    if not (sid or upn or full):
        return None
    return Account(sid or "", upn=upn, name=full, host=machine or None)


def process(
    machine: str | None,
    guid: str | None,
    pid: int | None,
    start_time: datetime | None,
    image: str | None,
    line: str | None,
) -> Process | None:
    """A process, if the row holds enough to tell it from the next one with the same id."""
    if not machine or not (guid or (pid is not None and start_time is not None)):
        return None
    return Process(guid or "", host=machine, pid=pid, started=start_time, image=image, command_line=line)


def actor(machine: str | None, guid: str | None, pid: int | None, image: str | None) -> Process | None:
    """A process by its GUID alone, where the row says nothing of its start."""
    return process(machine, guid, pid, None, image, None)


def started_actor(
    machine: str | None, guid: str | None, pid: int | None, start_time: datetime | None, image: str | None
) -> Process | None:
    """A process whose row has no command line."""
    return process(machine, guid, pid, start_time, image, None)


def lone_host(machine: str | None, guid: str | None, start_time: datetime | None) -> Host | None:
    """The machine, for a connection whose process is not told."""
    return None if guid or start_time else host(machine)


def logon_account(
    outcome: str | None, sid: str | None, domain: str | None, name: str | None, machine: str | None
) -> Account | None:
    """The account of a successful logon."""
    return account(sid, domain, name, machine) if outcome == "success" else None


def failed_account(
    outcome: str | None, sid: str | None, domain: str | None, name: str | None, machine: str | None
) -> Account | None:
    """The account of a failed logon."""
    return account(sid, domain, name, machine) if outcome == "failure" else None


def image_file(
    sha256: str | None, sha1: str | None, md5: str | None, path: str | None, machine: str | None
) -> File | None:
    """A file known by its hashes."""
    return File(sha256=sha256, sha1=sha1, md5=md5, path=path, host=machine) if sha256 or sha1 or md5 else None


def file_at_path(path: str | None, machine: str | None) -> File | None:
    """A file known by where it is."""
    return File(path=path, host=machine) if path and machine else None


def domain(name: str | None) -> Domain | None:
    """A queried name, if it is one in the DNS."""
    return Domain(name) if name and "." in name.strip(".") else None


def workstation(name: str | None) -> Host | None:
    """The machine that a logon says it came from."""
    return Host(name) if name and not name.startswith("\\") else None


_HOST = EntityRule(("host_name",), host)
_ACTOR = ("host_name", "process_entity_id", "process_pid", "process_started", "process_executable")
_PROCESS = EntityRule(("host_name", "process_entity_id", "process_pid", "process_executable"), actor)

ROW_SCHEMAS: Mapping[str, RowSchema] = MappingProxyType(
    {
        "processes": RowSchema(
            {
                "host": _HOST,
                "process": EntityRule((*_ACTOR, "process_command_line"), process),
                "parent": EntityRule(
                    (
                        "host_name",
                        "parent_entity_id",
                        "parent_pid",
                        "parent_started",
                        "parent_executable",
                        "parent_command_line",
                    ),
                    process,
                ),
                "account": EntityRule(("user_id", "user_domain", "user_name", "host_name"), account),
                "image": EntityRule(
                    ("process_hash_sha256", "process_hash_sha1", "process_hash_md5", "process_executable", "host_name"),
                    image_file,
                ),
                "place": EntityRule(("process_executable", "host_name"), file_at_path),
            },
            (
                ("parent", Relation.CREATED, "process"),
                ("process", Relation.RAN_ON, "host"),
                ("process", Relation.RAN_AS, "account"),
                ("process", Relation.EXECUTES, "image"),
                ("image", Relation.LOCATED_AT, "place"),
            ),
        ),
        "logons": RowSchema(
            {
                "host": _HOST,
                "account": EntityRule(
                    ("event_outcome", "user_id", "user_domain", "user_name", "host_name"), logon_account
                ),
                "failed": EntityRule(
                    ("event_outcome", "user_id", "user_domain", "user_name", "host_name"), failed_account
                ),
                "address": EntityRule(("source_ip",), address),
                "workstation": EntityRule(("source_host",), workstation),
            },
            (
                ("account", Relation.LOGGED_ON_TO, "host"),
                ("failed", Relation.FAILED_LOGON_TO, "host"),
                ("account", Relation.AUTHENTICATED_FROM, "address"),
                ("failed", Relation.AUTHENTICATED_FROM, "address"),
                ("host", Relation.LOGGED_ON_FROM, "address"),
                ("host", Relation.LOGGED_ON_FROM, "workstation"),
            ),
        ),
        "connections": RowSchema(
            {
                "host": _HOST,
                "process": EntityRule(_ACTOR, started_actor),
                "lone_host": EntityRule(("host_name", "process_entity_id", "process_started"), lone_host),
                "peer": EntityRule(("peer_ip",), address),
                "local": EntityRule(("local_ip",), address),
            },
            (
                ("process", Relation.COMMUNICATES_WITH, "peer"),
                ("lone_host", Relation.COMMUNICATES_WITH, "peer"),
                ("process", Relation.RAN_ON, "host"),
                ("host", Relation.HAS_ADDRESS, "local"),
            ),
        ),
        "resolutions": RowSchema(
            {
                "host": _HOST,
                "process": _PROCESS,
                "domain": EntityRule(("dns_question_name",), domain),
                "address": EntityRule(("dns_resolved_ip",), address),
            },
            (
                ("process", Relation.QUERIED, "domain"),
                ("process", Relation.RAN_ON, "host"),
                ("domain", Relation.RESOLVES_TO, "address"),
            ),
        ),
        "files": RowSchema(
            {"host": _HOST, "process": _PROCESS, "place": EntityRule(("file_path", "host_name"), file_at_path)},
            (("process", Relation.CREATED, "place"), ("process", Relation.RAN_ON, "host")),
        ),
        "accesses": RowSchema(
            {
                "host": _HOST,
                "process": _PROCESS,
                "target": EntityRule(("host_name", "target_entity_id", "target_pid", "target_executable"), actor),
            },
            (("process", Relation.ACCESSED, "target"), ("process", Relation.RAN_ON, "host")),
        ),
    }
)


@dataclass(slots=True)
class _Observation:
    """The rows that say one thing."""

    source: Entity
    target: Entity
    pointers: list[str] = field(default_factory=list[str])
    times: list[datetime] = field(default_factory=list[datetime])


def map_rows(view: str, columns: Sequence[str], rows: Sequence[Cells]) -> tuple[tuple[Link, ...], int]:
    """What the rows of a view say, one link for each distinct statement, with pointers to all of its rows.

    A cell that is no entity (a damaged address, an impossible name) costs that entity in that row.

    Returns:
        The links, in the order in which they were first said, and how many cells made no entity.
    """
    schema = ROW_SCHEMAS[view]
    index = {name: position for position, name in enumerate(columns)}
    picks = {name: tuple(index[column] for column in rule.columns) for name, rule in schema.entities.items()}
    time_index = index["time"]
    entity_cache: dict[tuple[str, Cells], tuple[Key, Entity] | None] = {}
    observations: dict[tuple[Key, Relation, Key], _Observation] = {}
    failure_count = 0
    for number, row in enumerate(rows):
        entities: dict[str, tuple[Key, Entity] | None] = {}
        for name, positions in picks.items():
            cells = tuple(row[position] for position in positions)
            if (name, cells) not in entity_cache:
                entity, failures = _make(schema.entities[name], cells)
                entity_cache[name, cells] = None if entity is None else (entity.key, entity)
                failure_count += failures
            entities[name] = entity_cache[name, cells]
        for source_name, relation, target_name in schema.links:
            source, target = entities[source_name], entities[target_name]
            if source is not None and target is not None:
                key = source[0], relation, target[0]
                if key not in observations:
                    observations[key] = _Observation(source[1], target[1])
                observation = observations[key]
                observation.pointers.append(f"/rows/{number}")
                if row[time_index] is not None:
                    observation.times.append(row[time_index])
    links = tuple(
        Link(
            observation.source,
            relation,
            observation.target,
            tuple(observation.pointers),
            min(observation.times, default=None),
            max(observation.times, default=None),
        )
        for (_, relation, _), observation in observations.items()
    )
    return links, failure_count


def _make(rule: EntityRule, cells: Cells) -> tuple[Entity | None, int]:
    try:
        return rule.make(*cells), 0
    except EntityError:
        return None, 1
