"""Made-up pipelines, of every step."""

from __future__ import annotations

from hypothesis import strategies as st

from clew.errors import PipelineError
from clew.pipelines import (
    BranchStep,
    Condition,
    DisplayStep,
    FilterStep,
    NoteStep,
    Pipeline,
    PivotStep,
    SelectStep,
    Step,
    TeeStep,
)

#: Words that YAML, Python or a spreadsheet could take for something else.
WORDS = st.sampled_from(
    ["no", "on", "null", "12:30", "5", "0x1F", "- a", "a: b", "#c", "=1+1", "{a}", "\u00e9", " x ", "a\nb"]
)
NAMES = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_ .-]{0,12}", fullmatch=True)
COLUMNS = st.text(min_size=1, max_size=8) | WORDS
TEXTS = st.text("abc {}é\n'\":#-", min_size=1, max_size=20).filter(lambda text: text.strip() and "{" not in text)
NUMBERS = st.integers(-(10**17), 10**17) | st.integers(-(10**6), 10**6).map(lambda number: number / 64)
SCALARS = st.booleans() | NUMBERS | st.text(max_size=8) | WORDS

conditions = st.one_of(
    st.builds(Condition, COLUMNS, st.sampled_from(["eq", "ne"]), SCALARS),
    st.builds(Condition, COLUMNS, st.sampled_from(["gt", "ge", "lt", "le"]), NUMBERS | st.text(max_size=8)),
    st.builds(
        Condition, COLUMNS, st.sampled_from(["in", "not_in"]), st.lists(SCALARS, min_size=1, max_size=3).map(tuple)
    ),
    st.builds(Condition, COLUMNS, st.just("contains"), st.text(min_size=1, max_size=8)),
    st.builds(Condition, COLUMNS, st.sampled_from(["is_empty", "is_filled"])),
)
pivots = st.sampled_from(
    [
        ("IpAddress", "net.kind", {}),
        ("ip", "ti.abuseipdb", {"max_age_days": 7}),
        ("ip", "ti.lookup", {}),
        ("Domain", "ti.lookup", {"providers": ("feed",)}),
        ("Host", "query.processes", {"limit": 5, "image": "no"}),
    ]
).flatmap(
    lambda row: st.builds(
        PivotStep,
        st.just(row[0]),
        st.just(row[1]),
        st.text(max_size=6),
        st.just(row[2]),
        st.sampled_from(["left", None]),
        st.text(max_size=4),
    )
)
selects = st.lists(COLUMNS, min_size=1, max_size=4, unique=True).flatmap(
    lambda names: st.builds(SelectStep, st.just(tuple(names)), st.just({names[0]: f"{''.join(names)}x"}) | st.just({}))
)
files = st.just("") | st.builds(
    "{}.{}".format, st.from_regex(r"t[0-9]{6}", fullmatch=True), st.sampled_from(["csv", "jsonl"])
)
simple = st.one_of(
    pivots,
    st.builds(FilterStep, st.lists(conditions, min_size=1, max_size=3).map(tuple), st.sampled_from(["all", "any"])),
    selects,
    st.builds(DisplayStep, TEXTS, st.integers(1, 10_000)),
    st.builds(TeeStep, NAMES, files),
    st.builds(NoteStep, TEXTS | st.just("{rows} of {all} by {name} {version}")),
)


def _branches(inner: st.SearchStrategy[Step]) -> st.SearchStrategy[Step]:
    lists = st.lists(inner, min_size=1, max_size=2).map(tuple)
    return st.builds(BranchStep, st.dictionaries(NAMES, lists, min_size=1, max_size=2))


def _deep(step: Step) -> bool:
    try:
        Pipeline("any", (step,))
    except PipelineError:  # two tables of one name
        return False
    return True


steps = st.recursive(simple, _branches, max_leaves=5).filter(_deep)


def _pipeline(name: str, given: list[Step], version: int, about: str) -> Pipeline | None:
    try:
        return Pipeline(name, tuple(given), version, about)
    except PipelineError:  # two tables of one name
        return None


pipelines = st.builds(
    _pipeline, NAMES, st.lists(steps, min_size=1, max_size=4), st.integers(1, 99), st.text(max_size=20) | TEXTS
).filter(lambda pipeline: pipeline is not None)
