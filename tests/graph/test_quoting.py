"""What a claim points at is quoted from the raw reply, to the part."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from clew import Investigation, IpAddress
from clew.entities import Claim, Relation
from clew.errors import CaseClosed, CaseError
from clew.graph.projection.evidence_excerpts import evidence_excerpts, reply_excerpts
from clew.providers.base import Reply
from tests.graph.cases import NOON, bare_workspace

DOCUMENT = {"data": {"resolutions": [{"ip": "198.51.100.7"}, {"ip": "198.51.100.8"}], "a/b~c": 1}}


def reply(body: object, media_type: str = "application/json") -> Reply:
    return Reply(body if isinstance(body, bytes) else json.dumps(body).encode(), media_type, NOON)


@pytest.mark.parametrize(
    ("pointer", "part"),
    [
        ("/data/resolutions/1", {"ip": "198.51.100.8"}),
        ("/data/resolutions/1/ip", "198.51.100.8"),
        ("/data/a~1b~0c", 1),
        ("", DOCUMENT),
    ],
)
def test_a_pointer_quotes_its_part(pointer: str, part: object) -> None:
    """A JSON pointer gives the part of the document that it means, escapes included."""
    assert [json.loads(text) for text in reply_excerpts(reply(DOCUMENT), [pointer])] == [part]


@pytest.mark.parametrize("pointer", ["/nothing", "/data/resolutions/7", "/data/resolutions/x", "/data/a~1b~0c/more"])
def test_where_there_is_no_such_part_the_whole_is_quoted(pointer: str) -> None:
    """A pointer that leads nowhere hides nothing: the reader gets the whole reply."""
    assert [json.loads(text) for text in reply_excerpts(reply(DOCUMENT), [pointer])] == [DOCUMENT]


def test_a_line_is_quoted_where_each_is_a_document() -> None:
    """Of a reply with a document in each line, the line that is meant; the whole where there is no such line."""
    lines = reply(b'{"a": 1}\n{"b": 2}\n', "application/x-ndjson")
    assert reply_excerpts(lines, ["/lines/1"]) == ['{"b": 2}']
    assert reply_excerpts(lines, ["/lines/7"]) == reply_excerpts(lines, ["/data"]) == ['{"a": 1}\n{"b": 2}\n']


def test_of_several_replies_that_is_quoted_which_has_the_place() -> None:
    """An answer that took two questions points into one of the replies; where none has the place, all are shown."""
    first, second = reply({"services": []}), reply(DOCUMENT)
    assert [json.loads(text) for text in evidence_excerpts([first, second], ["/data/resolutions/1/ip"])] == [
        "198.51.100.8"
    ]
    assert [json.loads(text) for text in evidence_excerpts([first, second], ["/nowhere"])] == [
        {"services": []},
        DOCUMENT,
    ]
    assert evidence_excerpts([], ["/data"]) == []


def test_what_is_no_document_is_quoted_whole() -> None:
    """Bytes that are no text are shown as escapes, with pointers or without."""
    assert (
        reply_excerpts(reply(b"a\xffb", "text/plain"), ["/rows/0"])
        == reply_excerpts(reply(b"a\xffb"), [])
        == ["a\\xffb"]
    )


def test_a_claim_of_an_import_quotes_its_row(tmp_path: Path) -> None:
    """Behind a claim that was loaded stands the row that says it; a closed case has nothing to show."""
    edges = pd.DataFrame(
        {"source": ["host:ws01", "host:ws01"], "relation": ["queried", "queried"], "target": ["a.example", "b.example"]}
    )
    with Investigation.open(tmp_path / "x.clew", workspace=bare_workspace(tmp_path)) as case:
        case.load(None, edges, source="inventory")
        claims = case.claim_list()
        assert [json.loads(text)[:3] for claim in claims for text in claim.evidence()] == [
            ["host:ws01", "queried", "domain:a.example"],
            ["host:ws01", "queried", "domain:b.example"],
        ]
    with pytest.raises(CaseClosed):
        claims[0].evidence()


def test_a_claim_of_no_case_says_so() -> None:
    """A claim that somebody made up has nobody to ask for its evidence."""
    key = IpAddress("198.51.100.7").key
    with pytest.raises(CaseError, match="of no case"):
        Claim(key, Relation.RELATED_TO, key, "x", "x", 1, NOON, ()).evidence()
