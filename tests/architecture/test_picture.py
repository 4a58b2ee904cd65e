"""The picture of the rooms shows the imports as they are."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import clew
from draw_imports import FRONT_DOOR, drawing, is_fresh, room_imports, rooms

PACKAGE = Path(clew.__file__).parent
ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "explanation" / "rooms.svg"
SVG = "{http://www.w3.org/2000/svg}"


def house(folder: Path, files: dict[str, str]) -> Path:
    for name, code in files.items():
        path = folder / "clew" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code, "utf-8")
    return folder / "clew"


HOUSE = {
    "__init__.py": "from clew.graph import case\n",
    "errors.py": "X = 1\n",
    "graph/__init__.py": "",
    "graph/case.py": "from clew.errors import X\ndef late():\n    import clew.entities.key\n",
    "graph/store.py": "from clew import errors\nfrom clew.graph import case\n",
    "entities/__init__.py": "",
    "entities/key.py": "",
    "entities/static_menus.py": "if TYPE_CHECKING:\n    from clew.graph import case\n",
    "cli/__init__.py": "import clew\n",
}


def test_rooms_stand_in_the_order_of_the_rule_with_their_sizes(tmp_path):
    boxes = rooms(house(tmp_path, HOUSE), room_imports(tmp_path / "clew"))
    assert [(room.name, room.file_count, room.line_count) for room in boxes] == [
        ("errors", 1, 1),
        ("entities", 3, 2),
        ("graph", 3, 5),
        ("__init__", 1, 1),
        ("cli", 1, 1),
    ]


def test_an_arrow_counts_pairs_of_modules_and_no_import_within_a_room(tmp_path):
    assert room_imports(house(tmp_path, HOUSE)) == {
        ("graph", "errors"): 2,
        ("graph", "entities"): 1,
        ("__init__", "graph"): 1,
        ("cli", "__init__"): 1,
    }


def test_every_room_and_every_arrow_is_in_the_picture(tmp_path):
    svg = ET.fromstring(drawing(house(tmp_path, HOUSE)))
    titles = {title.text for title in svg.iter(f"{SVG}title")}
    assert {"graph imports errors: 2", "cli imports __init__: 1"} <= titles
    texts = [text.text for text in svg.iter(f"{SVG}text")]
    assert {"graph", "3 files, 5 lines", FRONT_DOOR} <= set(texts)
    assert len([*svg.iter(f"{SVG}path")]) == len(room_imports(tmp_path / "clew")) + 1


def test_arrows_lead_to_the_left_alone():
    arrows = room_imports(PACKAGE)
    places = {room.name: index for index, room in enumerate(rooms(PACKAGE, arrows))}
    assert [pair for pair in arrows if places[pair[0]] < places[pair[1]]] == []


def test_the_picture_needs_nothing_from_elsewhere():
    text = PICTURE.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not any(word in text for word in ("http", "href", "@import", "<script", "<image"))


@pytest.mark.parametrize(
    ("picture", "current", "fresh"),
    [
        ("a: 1,000 lines", "a: 1,090 lines", True),
        ("a: 1,000 lines", "a: 1,300 lines", False),
        ("a: 1", "a: 3", True),
        ("a: 1", "a: 4", False),
        ("a: 1", "b: 1", False),
        ("a: 1", "a: 1, b: 1", False),
    ],
)
def test_a_picture_is_fresh_within_a_tenth(picture, current, fresh):
    assert is_fresh(picture, current) is fresh


def test_the_check_names_a_picture_that_is_not_there(tmp_path):
    command = [sys.executable, "tools/draw_imports.py", str(tmp_path / "rooms.svg"), "--check"]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert outcome.returncode == 1
    assert "make generate" in outcome.stderr
