"""What is to know about a pivot before it is called."""

from __future__ import annotations

import pydoc
import re
from html import unescape

import pytest

import clew
from clew import Host, IpAddress, configure
from clew.entities import ENTITY_TYPES, Entity
from clew.pivots import reference
from clew.pivots.catalog import catalog_of, search
from clew.pivots.description import EXAMPLES, describe_pivot
from clew.pivots.registry import find_pivot, pivots_for
from tests.support import active

CARDS = {f"{cls.__name__}.{card.name}": (cls, card) for cls in ENTITY_TYPES.values() for card in catalog_of(cls)}
each_card = pytest.mark.parametrize(("cls", "card"), CARDS.values(), ids=CARDS)


def test_an_entity_and_its_class_show_their_pivots():
    """`ip.pivots()` and `IpAddress.pivots()` are the same list, in the order of the menus."""
    assert IpAddress("198.51.100.7").pivots() == IpAddress.pivots()
    assert [card.name for card in IpAddress.pivots()] == [*pivots_for(IpAddress)]
    assert "IpAddress.ti.abuseipdb" in repr(IpAddress.pivots())
    assert Entity.pivots() == ()
    assert repr(Entity.pivots()) == "no pivots"


def test_pivots_are_found_by_any_word_about_them():
    """Names, descriptions, sources, parameters and columns are searched, in any case, and all words have to fit."""
    for words, expected in {
        "abuse": "IpAddress.ti.abuseipdb",
        "AbuseIPDB MAX_AGE_DAYS": "IpAddress.ti.abuseipdb",
        "geo country": "IpAddress.geo.locate",
        "dns_question_name": "Domain.query.resolutions",
        "command line": "Process.transform.decode",
    }.items():
        assert expected in [f"{card.entity}.{card.name}" for card in search(words)], words
    assert search("abuse command") == ()
    assert len(search()) == len(CARDS)
    assert clew.pivots.search is search


def test_what_has_the_word_in_its_name_comes_first():
    """A search for `logons` begins with the pivots that are called so."""
    names = [card.name for card in search("logons")]
    assert names[0] == "query.logons"
    assert names == sorted(names, key=lambda name: "logons" not in name)


@each_card
def test_a_card_shows_everything(cls, card):
    """What, whom, what leaves, cost, parameters, columns and an example, in text and in HTML."""
    text = str(card)
    html = card._repr_html_()
    shown = unescape(re.sub(r"<[^>]*>", " ", html))
    assert active(html) == []
    for part in (card.about, card.example, card.leaves, card.cost, *(str(source) for source in card.sources)):
        assert part in text
        assert part in shown
    for each in (*card.parameters, *card.columns):
        assert f"{each.name}: {each.type}" in text
        assert each.about in text
        assert each.about
        assert each.name in shown


@each_card
def test_help_shows_the_card(cls, card):
    """`help(ip.ti.lookup)` is the card."""
    entity = eval(EXAMPLES[cls], {name: getattr(clew, name) for name in clew.__all__})
    menu, _, name = card.name.partition(".")
    shown = pydoc.plain(pydoc.render_doc(getattr(getattr(entity, menu), name)))
    assert str(card) in "\n".join(line.removeprefix("    ") for line in shown.splitlines())


@each_card
def test_an_example_is_code_that_works(cls, card, workspace):
    """The example of a card can be typed as it stands."""
    configure(offline=True)
    found = eval(card.example, {name: getattr(clew, name) for name in clew.__all__})
    assert found.pivot == card.name
    assert type(found.subject) is cls


def test_contact_is_the_most_that_any_source_does():
    """A look-up that asks one source outside is passive; what leaves names the source."""
    card = describe_pivot(IpAddress, find_pivot(IpAddress, "ti.lookup"))
    outside = len([each for each in card.sources if each.contact == "passive"])
    assert card.contact == "passive"
    assert card.leaves == f"the IpAddress, to those of the {outside} sources outside that are configured"
    assert card.cost == f"at most {outside + 1} asks"
    single = describe_pivot(IpAddress, find_pivot(IpAddress, "ti.abuseipdb"))
    assert (single.contact, single.leaves, single.cost) == ("passive", "the IpAddress, to AbuseIPDB", "1 ask")
    local = describe_pivot(Host, find_pivot(Host, "query.logons"))
    assert (local.contact, local.leaves, local.cost) == ("local", "nothing", "1 ask")
    assert describe_pivot(IpAddress, find_pivot(IpAddress, "net.kind")).cost == "computed here"


def test_the_reference_says_when_it_is_stale(tmp_path, capsys):
    """`--check` is content with what was just written, and names each page that differs, lacks or is too much."""
    folder = tmp_path / "pivots"
    assert reference.main([str(folder)]) == 0
    assert reference.main([str(folder), "--check"]) == 0
    (folder / "ip.md").write_text("edited")
    (folder / "host.md").unlink()
    (folder / "robot.md").write_text("?")
    assert reference.main([str(folder), "--check"]) == 1
    assert "host.md, ip.md, robot.md" in capsys.readouterr().err


def test_the_reference_has_every_pivot():
    """Each pivot has a section on the page of its entity, and a line in the index that leads to it."""
    pages = reference.pages()
    for cls, card in CARDS.values():
        anchor = card.name.replace(".", "-")
        assert f"## {card.name} {{#{anchor}}}" in pages[f"{cls.kind}.md"]
        assert f"[`{card.name}`]({cls.kind}.md#{anchor})" in pages["index.md"]
