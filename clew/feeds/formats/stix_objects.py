"""The objects of STIX that a list can name: in the comparisons of a pattern, and as observables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from clew.entities import Relation
from clew.entities.file import HASHES
from clew.errors import EntityError
from clew.feeds.formats.json_documents import Object, as_list, as_object, as_text, merge_hashes
from clew.feeds.formats.stix_patterns import Comparison, Group
from clew.feeds.listing import MAX_RELATED, RelatedKey
from clew.feeds.recognition import WILDCARD_PREFIX, keys_of

# Which kind of value stands at the end of which path of which object.
_VALUE_PATHS: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("domain-name", "value"): "domain",
        ("domain-name", "resolves_to_refs[*].value"): "ip",
        ("email-addr", "value"): "account",
        ("email-message", "from_ref.value"): "account",
        ("email-message", "sender_ref.value"): "account",
        ("ipv4-addr", "value"): "ip",
        ("ipv6-addr", "value"): "ip",
        ("network-traffic", "dst_ref.value"): "ip",
        ("network-traffic", "src_ref.value"): "ip",
        ("url", "value"): "url",
    }
)
_HASH_OBJECTS = frozenset({"file", "artifact", "process"})
_HASH_PATH = re.compile(r"(?:binary_ref\.|image_ref\.|content_ref\.|parent_directory_ref\.)?hashes\.([A-Za-z0-9-]+)")
_VALUE_OBJECTS = frozenset({"domain-name", "email-addr", "ipv4-addr", "ipv6-addr", "url"})


class GroupKeys(NamedTuple):
    """The keys of what a group lists, those of one file together; and, without any, why it lists nothing."""

    keys: list[tuple[str, ...]]
    reason: str


def keys_of_group(group: Group) -> GroupKeys:
    """What a group of comparisons lists."""
    key_groups: list[tuple[str, ...]] = []
    reason = ""
    for comparison in group:
        try:
            key_groups += _comparison_keys(comparison)
        except EntityError as error:
            reason = error.message
    # What else has to hold for the thing that is listed (its name, its size) is no loss.
    return GroupKeys(merge_hashes(key_groups), "" if key_groups else reason)


def _comparison_keys(comparison: Comparison) -> list[tuple[str, ...]]:
    kind = _kind(comparison)
    match comparison.operator:
        case "=" | "==" | "IN":
            return [keys_of(value, kind) for value in comparison.values]
        case "ISSUBSET" if kind == "ip":
            return [keys_of(value, kind) for value in comparison.values]
        case "LIKE":
            return [_like_keys(value, kind) for value in comparison.values]
        case _:
            raise EntityError(f"a pattern with {comparison.operator} is not looked up")


def _kind(comparison: Comparison) -> str:
    hash_path = _HASH_PATH.fullmatch(comparison.path)
    if comparison.object in _HASH_OBJECTS and hash_path:
        if _algorithm(hash_path[1]) not in HASHES:
            raise EntityError(f"{hash_path[1]} is not looked up")
        return "file"
    kind = _VALUE_PATHS.get((comparison.object, comparison.path))
    if kind is None:
        raise EntityError(
            f"{comparison.object or 'what is not'} by its {comparison.path or 'absence'} is not looked up"
        )
    return kind


def _like_keys(value: str, kind: str) -> tuple[str, ...]:
    """`%.evil.example` and `https://evil.example/%`: the two wildcards that lists can be asked for."""
    if "_" not in value and kind == "domain" and value.startswith("%.") and "%" not in value[1:]:
        return (f"{WILDCARD_PREFIX}{keys_of(value[2:], kind)[0].partition(':')[2]}",)
    if kind == "url" and value.endswith(("/%", "?%")) and "%" not in value[:-1]:
        return keys_of(value[:-1].rstrip("?"), kind)
    if "%" not in value and "_" not in value:
        return keys_of(value, kind)
    raise EntityError("a wildcard in the middle is not looked up")


def _algorithm(name: str) -> str:
    return name.lower().replace("-", "")


def keys_of_observable(observable: Object) -> tuple[str, ...]:
    """The keys of an observable; none for what is not looked up."""
    kind = as_text(observable.get("type"))
    try:
        if kind in _VALUE_OBJECTS:
            return keys_of(as_text(observable.get("value")), _VALUE_PATHS[kind, "value"])
        if kind in ("file", "artifact"):
            digests = as_object(observable.get("hashes")).items()
            return tuple(key for name, text in digests if _algorithm(name) in HASHES for key in keys_of(as_text(text)))
    except EntityError:
        pass
    return ()


def observable_links(observable: Object, known_keys: Mapping[str, str]) -> tuple[RelatedKey, ...]:
    """What an observable refers to, out of those that are named."""
    refs: Sequence[object] = (
        as_list(observable.get("resolves_to_refs")) if observable.get("type") == "domain-name" else ()
    )
    keys = dict.fromkeys(known_keys.get(ref, "") for ref in refs if isinstance(ref, str))
    return tuple(RelatedKey(Relation.RESOLVES_TO, key) for key in keys if key)[:MAX_RELATED]
