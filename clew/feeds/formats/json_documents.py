"""What the readers of JSON documents share: looking at values that may be anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from clew.entities import Relation
from clew.entities.tlp import Tlp
from clew.feeds.listing import MAX_RELATED, MAX_TAGS, RelatedKey, short_text
from clew.feeds.recognition import EXACT_PREFIX

Object = Mapping[str, Any]


def as_object(value: object) -> Object:
    """The value, if it is an object; else an empty one."""
    return cast("Object", value) if isinstance(value, dict) else {}


def as_list(value: object) -> Sequence[Any]:
    """The value, if it is a list; else an empty one."""
    return cast("Sequence[Any]", value) if isinstance(value, list) else ()


def as_text(value: object) -> str:
    """The value, if it is text; else nothing."""
    return value if isinstance(value, str) else ""


def objects(value: object) -> Iterator[tuple[int, Object]]:
    """The objects in a list, if it is one.

    Yields:
        The place of the object in the list, from 0 on, and the object.
    """
    for index, item in enumerate(as_list(value)):
        if isinstance(item, dict):
            yield index, cast("Object", item)


def tags_of(texts: Iterable[object]) -> tuple[str, ...]:
    """Tags, each once, in their order."""
    tags = [short_text(text) for text in texts]
    return tuple(dict.fromkeys(tag for tag in tags if tag))[:MAX_TAGS]


def tlp_of(tag: object) -> str:
    """The marking in a tag such as `TLP:AMBER`; empty for what is none."""
    marking = Tlp.of_tag(as_text(tag))
    return marking.value if marking is not None else ""


def entity_key(keys: Sequence[str]) -> str:
    """The key of the entity that an entry is about; empty for a network or a wildcard, which are many."""
    key = keys[0] if keys else ""
    if key.startswith(EXACT_PREFIX):
        return f"domain:{key.removeprefix(EXACT_PREFIX)}"
    return key if key.startswith(("account:", "domain:", "file:", "ip:", "url:")) else ""


def merge_hashes(groups: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The keys of things that stand together, the hashes of one file joined.

    Two hashes of one kind are two files; which of the others belong to which of them nothing tells.
    """
    key_groups = [*groups]
    hashes = dict.fromkeys(key for keys in key_groups if keys[0].startswith("file:") for key in keys)
    kinds = {key.split(":")[1] for key in hashes}
    if not hashes or len(kinds) < len(hashes):
        return key_groups
    return [tuple(hashes), *(keys for keys in key_groups if not keys[0].startswith("file:"))]


def relate_groups(groups: Sequence[Sequence[str]]) -> list[tuple[RelatedKey, ...]]:
    """For each entry of those that stand together, the others."""
    main_keys = [entity_key(keys) for keys in groups]
    kinds = {key.partition(":")[0] for key in main_keys if key}
    return [
        tuple(_related_key(source, target) for target in main_keys if target and target != source)[:MAX_RELATED]
        if kinds
        else ()
        for source in main_keys
    ]


def _related_key(source: str, target: str) -> RelatedKey:
    """A name and an address that one object joins resolve; all else is named together."""
    kinds = source.partition(":")[0], target.partition(":")[0]
    if kinds == ("domain", "ip"):
        return RelatedKey(Relation.RESOLVES_TO, target)
    if kinds == ("ip", "domain"):
        return RelatedKey(Relation.RESOLVES_TO, target, is_reverse=True)
    return RelatedKey(Relation.RELATED_TO, target)
