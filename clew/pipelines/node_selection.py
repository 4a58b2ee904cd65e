"""Nodes of a case as a table that pivots can be run over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clew.entities import Entity, Verdict
from clew.graph.case_reader import CaseReader

if TYPE_CHECKING:
    import pandas as pd


def selection(case: CaseReader, kind: type[Entity], *, verdict: Verdict | None = None, tag: str = "") -> pd.DataFrame:
    """One row for each node of that kind, in the order in which the case first heard of it.

    `entity` is the column to run pivots over. What the case thinks of a node is in columns of their own names
    (`case_verdict`), so that a pipeline finds the answers of its pivots under the same names whatever it runs over.

    Args:
        verdict: only nodes with that verdict.
        tag: only nodes with that tag.
    """
    import pandas as pd

    nodes = [
        node
        for node in case.node_list()
        if node.key.kind == kind.kind and verdict in (None, node.verdict) and (not tag or tag in node.tags)
    ]
    return pd.DataFrame(
        {
            "entity": pd.Series([node.entity for node in nodes], dtype=object),
            "label": pd.Series([node.label for node in nodes], dtype=object),
            "case_verdict": pd.Series([node.verdict.value for node in nodes], dtype=object),
            "case_severity": pd.Series([node.severity.value for node in nodes], dtype=object),
            "case_tags": pd.Series([", ".join(node.tags) for node in nodes], dtype=object),
            "first_step": pd.Series([node.first_step for node in nodes], dtype="int64"),
        }
    )
