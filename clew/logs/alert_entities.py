"""The entities of an alert: those of Sentinel (API, `SecurityAlert` rows), Microsoft Graph security and Defender.

An entity is an object with its type and properties, which may point at another one (`$ref`). The types are those of
https://learn.microsoft.com/azure/sentinel/entities-reference and of `alertEvidence` of Microsoft Graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC
from types import MappingProxyType
from typing import Any, NamedTuple, cast

from clew.entities.account import Account
from clew.entities.domain import Domain
from clew.entities.entity import Entity
from clew.entities.file import File
from clew.entities.host import Host
from clew.entities.ip_address import IpAddress
from clew.entities.process import Process
from clew.entities.url import Url
from clew.errors import EntityError
from clew.logs.cell_times import read_time

Node = Mapping[str, Any]
#: How deep entities point at others, and how many of them one alert may have.
_MAX_DEPTH = 6
_MAX_NODES = 10_000
_TYPE_KEYS = ("type", "kind", "entitytype", "@odata.type")
#: Other words for the same type, as the APIs have them.
_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "user": "account",
        "machine": "host",
        "device": "host",
        "ipaddress": "ip",
        "dnsresolution": "dns",
        "domain": "dns",
        "hostlogonsession": "host-logon-session",
        "mailmessage": "mail-message",
        "analyzedmessage": "mail-message",
        "registrykey": "registry-key",
        "registryvalue": "registry-value",
    }
)


class RoleEntity(NamedTuple):
    """What an alert names.

    Attributes:
        role: what it does in the alert: the roles that the source gives it, else the property of another entity
            under which it stands (`ImageFile`, `ParentProcess`); empty where nothing says.
        kind: the type, as the source spells it.
        entity: None where no entity can be made of it; `error` says why.
    """

    role: str
    kind: str
    entity: Entity | None
    error: str = ""


def role_entities(entities: Any) -> Iterator[RoleEntity]:
    """What a list of entities names, those within others too; one thing of one role comes once.

    Args:
        entities: a list of objects, or an object of them by their ids.
    """
    content: Any = cast("dict[str, Any]", entities).values() if isinstance(entities, dict) else entities
    items = [_lower_keys(cast("dict[str, Any]", item)) for item in content if isinstance(item, dict)]
    nodes_by_id: dict[str, Node] = {}
    for item in items:
        _index(item, nodes_by_id, 0)
    identities: set[tuple[str, str, str]] = set()
    for item in items:
        for result in _walk(item, "", nodes_by_id, 0):
            identity = (result.role, result.kind, str(result.entity.key) if result.entity else result.error)
            if identity not in identities and len(identities) < _MAX_NODES:
                identities.add(identity)
                yield result


def _lower_keys(node: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of an entity by their names in lower case; those of the Sentinel API stand below `properties`."""
    properties: Any = node.get("properties")
    inner = cast("dict[str, Any]", properties) if isinstance(properties, dict) else {}
    return {name.lower(): value for name, value in {**node, **inner}.items()}


def _index(node: Node, nodes_by_id: dict[str, Node], depth: int) -> None:
    if "$id" in node:
        nodes_by_id.setdefault(str(node["$id"]), node)
    if depth < _MAX_DEPTH:
        for _, child in _children(node):
            _index(child, nodes_by_id, depth + 1)


def _children(node: Node) -> Iterator[tuple[str, Node]]:
    """The objects below an entity, each with the property that it stands under."""
    for name, value in node.items():
        items: list[Any] = cast("Any", value) if isinstance(value, list) else [value]
        for item in items:
            if isinstance(item, dict) and name not in ("properties", "additionaldata"):
                yield name, _lower_keys(cast("dict[str, Any]", item))


def _walk(node: Node, role: str, nodes_by_id: Mapping[str, Node], depth: int) -> Iterator[RoleEntity]:
    kind = _kind(node)
    roles: Any = node.get("detailedroles") or node.get("roles")
    if kind:
        own_role = ", ".join(map(str, cast("Any", roles))) if isinstance(roles, list) else role
        yield _make(kind, _with_targets(node, nodes_by_id), own_role)
    if depth < _MAX_DEPTH:
        for name, child in _children(node):
            inner_node = _image(node, child, nodes_by_id) if name == "imagefile" else child
            if "$ref" not in inner_node:
                yield from _walk(inner_node, name, nodes_by_id, depth + 1)


def _image(node: Node, image: Node, nodes_by_id: Mapping[str, Node]) -> Node:
    """The file of a process: it is where the process ran."""
    host = _with_targets(node, nodes_by_id).get("host")
    return {"host": host, **_target(image, nodes_by_id)} if host else image


def _kind(node: Node) -> str:
    text = next((str(node[key]) for key in _TYPE_KEYS if node.get(key)), "")
    word = text.rpartition(".")[2].lower().removesuffix("evidence")
    return _TYPES.get(word, word)


def _with_targets(node: Node, nodes_by_id: Mapping[str, Node]) -> Node:
    """The entity with what it points at in place."""
    references = {name: _target(child, nodes_by_id) for name, child in _children(node) if "$ref" in child}
    return {**node, **references}


def _target(node: Node, nodes_by_id: Mapping[str, Node]) -> Node:
    """What a reference points at; anything else as it is."""
    return nodes_by_id.get(str(node.get("$ref")), node) if "$ref" in node else node


def _make(kind: str, node: Node, role: str) -> RoleEntity:
    maker = _MAKERS.get(kind)
    if maker is None:
        return RoleEntity(role, kind, None, "no entity of clew")
    try:
        entity = maker(node)
    except EntityError as error:
        return RoleEntity(role, kind, None, error.message)
    return RoleEntity(role, kind, entity, "" if entity else "nothing that identifies it")


def _text(node: Node, *names: str) -> str:
    """The first of some properties that says something."""
    return next((str(node[name]).strip() for name in names if node.get(name) not in (None, "")), "")


def _child(node: Node, *names: str) -> Node:
    value: Any = next((node[name] for name in names if isinstance(node.get(name), dict)), None) or {}
    return _lower_keys(cast("dict[str, Any]", value))


def _host_name(node: Node) -> str:
    name = _text(node, "devicednsname", "hostname", "netbiosname", "fqdn", "dnshostname")
    suffix = _text(node, "dnsdomain")
    return f"{name}.{suffix}" if name and suffix and "." not in name else name


def _host(node: Node) -> Entity | None:
    name = _host_name(node)
    return Host(name) if name else None


def _account(node: Node) -> Entity | None:
    node = {**node, **_child(node, "useraccount")}
    name = _text(node, "name", "accountname")
    suffix, domain = _text(node, "upnsuffix"), _text(node, "ntdomain", "domainname", "logondomain")
    upn = _text(node, "userprincipalname", "upn", "mailboxprimaryaddress", "primaryaddress", "aaduserid@upn")
    upn = upn or (f"{name}@{suffix}" if name and suffix else name if "@" in name else "")
    host = _host_name(_child(node, "host")) or None
    full_name = f"{domain}\\{name}" if domain and name and "@" not in name else None
    sid = _text(node, "sid", "usersid")
    if not (sid or upn or full_name) and not (name and host):
        return None
    local_name = None if sid or upn or full_name else name
    return Account(sid or "", upn=upn or None, name=full_name or local_name, host=host)


def _address(node: Node) -> Entity | None:
    address = _text(node, "address", "ipaddress")
    return IpAddress(address) if address else None


def _domain(node: Node) -> Entity | None:
    name = _text(node, "domainname", "domain")
    return Domain(name) if name else None


def _url(node: Node) -> Entity | None:
    url = _text(node, "url")
    return Url(url) if url else None


def _file(node: Node) -> Entity | None:
    node = {**node, **_child(node, "filedetails")}
    hashes: dict[str, str] = {name: _text(node, name) for name in ("sha256", "sha1", "md5")}
    file_hashes: Any = node.get("filehashes")
    hash_items: list[Any] = cast("Any", file_hashes) if isinstance(file_hashes, list) else []
    for item in hash_items:
        if isinstance(item, dict):
            digest = _lower_keys(cast("dict[str, Any]", item))
            hashes.setdefault(_text(digest, "algorithm").lower(), "")
            hashes[_text(digest, "algorithm").lower()] = _text(digest, "value", "hashvalue")
    sha256, sha1, md5 = (hashes.get(name) or None for name in ("sha256", "sha1", "md5"))
    directory, name = _text(node, "directory", "filepath"), _text(node, "name", "filename")
    separator = "\\" if "\\" in directory or ":" in directory else "/"
    path = f"{directory.rstrip(separator)}{separator}{name}" if directory and name else None
    host = _host_name(_child(node, "host")) or None
    if sha256 or sha1 or md5:
        return File(sha256=sha256, sha1=sha1, md5=md5, path=path, host=host)
    return File(path=path, host=host) if path and host else None


def _file_hash(node: Node) -> Entity | None:
    value = _text(node, "value", "hashvalue")
    return File(value) if value else None


def _process(node: Node) -> Entity | None:
    host = _host_name(_child(node, "host"))
    pid = _text(node, "processid")
    start_time = read_time(_text(node, "creationtimeutc", "processcreationdatetime"))
    if not (host and pid and start_time):
        return None
    image = _child(node, "imagefile")
    directory, name = _text(image, "directory", "filepath"), _text(image, "name", "filename")
    try:
        number = int(pid, 0)
    except ValueError:
        raise EntityError(f"{pid!r} is no process id") from None
    return Process(
        host=host,
        pid=number,
        started=start_time.replace(tzinfo=UTC),
        image=f"{directory}\\{name}" if directory and name else name or None,
        command_line=_text(node, "commandline", "processcommandline") or None,
    )


_MAKERS: Mapping[str, Callable[[Node], Entity | None]] = MappingProxyType(
    {
        "account": _account,
        "mailbox": _account,
        "host": _host,
        "ip": _address,
        "dns": _domain,
        "url": _url,
        "file": _file,
        "filehash": _file_hash,
        "process": _process,
    }
)
