"""What a source may send instead of what it documents, for properties."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import strategies as st

from tests.support import HOSTILE

_PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.sampled_from(HOSTILE[:28])
)
json_values = st.recursive(
    _PLAIN,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)


def objects(names: Iterable[str], **known: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    """Objects with some of those fields, with anything in them.

    Args:
        known: fields that are always there, and what is in them.
    """
    return st.fixed_dictionaries(dict(known), optional={name: json_values for name in names if name not in known})


def replies(names: Iterable[str], **known: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """Any bytes, any JSON, and objects with those fields."""
    return st.one_of(st.binary(max_size=30), json_values, objects(names, **known))
