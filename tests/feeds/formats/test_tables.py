"""Tables as text: whatever parts the cells, and whatever the columns are called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.feeds.formats.csv_table import read_table
from clew.feeds.listing import FeedEntry, IndicatorDetails
from tests.feeds.asked import read
from tests.support import HOSTILE


@pytest.mark.parametrize(
    "text",
    [
        "indicator,family\n198.51.100.7,Emotet\n",
        "ioc_value;malware_printable\n198.51.100.7;Emotet\n",
        "ip\tname\n198.51.100.7\tEmotet\n",
        "IP Address|Malware\n198.51.100.7|Emotet\n",
        '"Indicator type","Indicator","Threat"\n"IPv4","198.51.100.7","Emotet"\n',
        '# generated\n#\n# "first_seen","dst_ip","malware"\n"2026-01-02","198.51.100.7","Emotet"\n',
        "C2 Server,SHA-256,signature\n198[.]51[.]100[.]7,,Emotet\n",
    ],
)
def test_columns_are_known_by_their_names(text):
    """Delimiter, order, case and spelling of the header do not matter; the name of the threat is kept."""
    form, (entry,), refused = read(text)
    assert (form, entry.keys, entry.details.name, refused) == ("CSV", ("ip:198.51.100.7",), "Emotet", [])


def test_columns_without_names_are_known_by_what_stands_in_them():
    """Without a header, the columns that mostly list something do, and the first other text describes it."""
    text = "1,198.51.100.7,scanner\n2,198.51.100.8,proxy\n3,198.51.100.9,\n"
    _, entries, _ = read(text)
    assert [(entry.keys[0], entry.details.description) for entry in entries] == [
        ("ip:198.51.100.7", "scanner"),
        ("ip:198.51.100.8", "proxy"),
        ("ip:198.51.100.9", ""),
    ]


def test_several_hashes_of_a_row_are_one_file():
    """Hashes in columns of their own, or in one cell, name one file; a server beside them is related to it."""
    digests = {"md5": "a" * 32, "sha256": "b" * 64}
    keys = tuple(f"file:{name}:{digest}" for name, digest in digests.items())
    columns = read(f"md5,sha256,c2\n{','.join(digests.values())},evil.example\n")[1]
    cell = read(f'value,entity_type\n"{",".join(digests.values())}",file\n')[1]
    assert [entry.keys for entry in columns] == [keys, ("domain:evil.example",)]
    assert [each.key for each in columns[0].related_keys] == ["domain:evil.example"]
    assert [entry.keys for entry in cell] == [keys]


def test_everything_that_a_row_says_is_kept():
    """Verdict, severity, confidence, times, tags, marking and reference of a row are those of the listing."""
    header = "indicator,verdict,severity,confidence,first_seen,last_seen,valid_until,tags,tlp,reference,notes"
    row = '198.51.100.7,Malicious,critical,80%,2026-01-02,1773738900,2027-01-01,"c2, rat",TLP:WHITE,https://a.example,x'
    (entry,) = read(f"{header}\n{row}\n")[1]
    assert entry.details == IndicatorDetails(
        description="x",
        tags=("c2", "rat"),
        verdict="malicious",
        severity="high",
        confidence=80,
        first="2026-01-02T00:00:00.000000Z",
        last="2026-03-17T09:15:00.000000Z",
        until="2027-01-01T00:00:00.000000Z",
        reference="https://a.example",
        tlp="clear",
    )
    assert (entry.location, entry.raw) == ("2", row)


@pytest.mark.parametrize("bad", ['"never closed,x', 'a"b,x', '"a\nb",x', '"""', ",,,", "\x00,x", "x" * 100_000 + ",x"])
def test_one_bad_row_costs_one_row(bad):
    """What is wrong in one row is told with its line, and the rows around it are listed."""
    _, entries, refused = read(f'indicator,notes\n198.51.100.7,"a, b"\n{bad}\n198.51.100.8,"c ""d"""\n')
    assert [entry.keys[0] for entry in entries] == ["ip:198.51.100.7", "ip:198.51.100.8"]
    assert [entry.details.description for entry in entries] == ["a, b", 'c "d"']
    assert all(row.location == "3" for row in refused)


def test_a_cell_may_go_over_lines():
    """A quoted cell with line breaks is one cell, and the row after it has its own line number."""
    _, entries, _ = read('indicator,notes\n198.51.100.7,"one\ntwo"\n198.51.100.8,x\n')
    assert [(entry.location, entry.details.description) for entry in entries] == [("2", "one two"), ("4", "x")]


@given(
    st.lists(
        st.one_of(st.text(max_size=40), st.sampled_from(HOSTILE), st.sampled_from(['"', '""', "198.51.100.7,x"])),
        max_size=8,
    ),
    st.sampled_from(",;\t|"),
)
def test_no_text_breaks_a_table(lines, delimiter):
    """Whatever the rows are, each is listed or left out with a reason."""
    for row in read_table(iter([f"{line}\n" for line in lines]), IndicatorDetails(), delimiter):
        assert row.keys if isinstance(row, FeedEntry) else row.reason


_between = st.characters(codec="utf-8", exclude_characters='"\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029')


@given(st.lists(st.text(_between, max_size=10), max_size=6))
def test_good_rows_survive_what_stands_between_them(between):
    """A good row is listed whatever the row before it is."""
    lines = ["indicator,notes\n"]
    for number, text in enumerate(between):
        lines += [f"{text}\n", f"198.51.100.{number},x\n"]
    listed = {
        key
        for row in read_table(iter(lines), IndicatorDetails(), ",")
        if isinstance(row, FeedEntry)
        for key in row.keys
    }
    assert {f"ip:198.51.100.{number}" for number in range(len(between))} <= listed
