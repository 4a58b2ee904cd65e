"""The rooms of the house and who imports whom, drawn as an SVG file from the imports themselves.

Rooms stand on the diagonal in the order of the import rule. The number in the row of a room and the column of another
says in how many pairs of modules the first imports the second. Since every room imports only from its left, all numbers
stand below the diagonal. The one file that shows menus to type checkers looks upward and is left out, as by the rule.

`--check` compares with the file as it is: rooms and arrows have to be the same, counts may differ by a tenth, so that
not every line of code is a new picture.
"""

import re
import sys
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from check_imports import FLOORS, LOOKS_UPWARD, RANK
from import_graph import ImportEdge, Moment, import_edges, module_name
from source_files import source_files

COLUMN, ROW, BOX_WIDTH, BOX_HEIGHT, MARGIN, LABEL_WIDTH = 44, 34, 92, 26, 12, 150
INK, PALE, RAIL, PAPER, ACCENT = "#1f2933", "#f1f4f8", "#b8c4d0", "#ffffff", "#2b5c8a"
STYLE = f"""
text {{ font: 12px system-ui, sans-serif; fill: {INK}; }}
.box {{ fill: {ACCENT}; }} .name {{ fill: {PAPER}; font-weight: 600; text-anchor: middle; }}
.count {{ text-anchor: middle; }} .spot {{ fill: {PAPER}; stroke: {RAIL}; }}
.rail {{ stroke: {RAIL}; fill: none; }} .head {{ fill: {RAIL}; }} .floor {{ fill: {PALE}; }} .size {{ fill: #52606d; }}
"""
FRONT_DOOR = "import clew"
NUMBER = re.compile(r"(\d[\d,]*)")


@dataclass(frozen=True)
class Room:
    """A room of the house: its name in the import rule, and how much stands in it."""

    name: str
    file_count: int
    line_count: int

    @property
    def label(self) -> str:
        """What stands in its box."""
        return FRONT_DOOR if self.name == "__init__" else self.name

    @property
    def size(self) -> str:
        """How much stands in it, in words."""
        lines = f"{self.line_count:,} lines"
        return lines if self.file_count == 1 else f"{self.file_count} files, {lines}"


def rooms(package: Path, arrows: Collection[tuple[str, str]]) -> list[Room]:
    """The rooms of a package in the order of the rule; of those on one floor, who is imported stands first.

    `arrows` are pairs of rooms of which the first imports the second.
    """
    files, lines = Counter[str](), Counter[str]()
    for file in source_files(package):
        name = file.path.relative_to(package).parts[0].removesuffix(".py")
        files[name] += 1
        lines[name] += file.line_count
    importers = {
        name: len({first for first, second in arrows if second == name and RANK[first] == RANK[name]}) for name in files
    }
    order = [
        name for floor in FLOORS for name in sorted(floor, key=lambda name: -importers.get(name, 0)) if files[name]
    ]
    return [Room(name, files[name], lines[name]) for name in order]


def room_imports(package: Path) -> Counter[tuple[str, str]]:
    """In how many pairs of modules the first room imports the second."""
    upward = module_name(package / LOOKS_UPWARD, package)
    return Counter(
        pair
        for edge in import_edges(package)
        if (edge.importer, edge.moment) != (upward, Moment.FOR_CHECKERS)
        for pair in [_room_pair(edge)]
        if pair[0] != pair[1]
    )


def _room_pair(edge: ImportEdge) -> tuple[str, str]:
    """The rooms of the importer and of its target."""
    importer, target = (f"{name}.__init__".split(".")[1] for name in (edge.importer, edge.target))
    return importer, target


def drawing(package: Path) -> str:
    """The picture as the text of an SVG file."""
    arrows = room_imports(package)
    boxes = rooms(package, arrows)
    width = 2 * MARGIN + COLUMN * (len(boxes) - 1) + BOX_WIDTH + LABEL_WIDTH
    height = 2 * MARGIN + ROW * len(boxes)
    svg = ET.Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {width} {height}", role="img")
    _add(svg, "title", "The rooms of clew, and in how many pairs of modules one imports another")
    _add(svg, "style", STYLE)
    _add(svg, "rect", width=width, height=height, fill=PAPER)
    marker = _add(_add(svg, "defs"), "marker", id="arrow", viewBox="0 0 8 8", refX=8, refY=4, orient="auto")
    marker.attrib |= {"markerWidth": "7", "markerHeight": "7"}
    _add(marker, "path", class_="head", d="M0 0 L8 4 L0 8 z")
    places = {room.name: index for index, room in enumerate(boxes)}
    _draw_floors(svg, boxes, width)
    for importer, target in sorted(arrows, key=lambda pair: (places[pair[0]], places[pair[1]])):
        _draw_rail(svg, places[importer], places[target])
    for (importer, target), count in sorted(arrows.items()):
        _draw_count(svg, places[importer], places[target], f"{importer} imports {target}", count)
    for room in boxes:
        _draw_box(svg, places[room.name], room)
    ET.indent(svg)
    return ET.tostring(svg, encoding="unicode") + "\n"


def _add(parent: ET.Element, tag: str, text: str = "", **attributes: object) -> ET.Element:
    spelling = {"class_": "class", "marker_end": "marker-end"}
    element = ET.SubElement(parent, tag, {spelling.get(name, name): str(value) for name, value in attributes.items()})
    element.text = text or None
    return element


def _draw_floors(svg: ET.Element, boxes: list[Room], width: int) -> None:
    """A pale band behind every second floor, so that rooms of one floor are seen together."""
    for index, room in enumerate(boxes):
        if RANK[room.name] % 2 == 0:
            _add(svg, "rect", class_="floor", y=MARGIN + index * ROW, width=width, height=ROW)


def _column(index: int) -> int:
    return MARGIN + index * COLUMN + COLUMN // 2


def _middle(index: int) -> int:
    return MARGIN + index * ROW + ROW // 2


def _draw_rail(svg: ET.Element, importer: int, target: int) -> None:
    """A line from the box of the importer along its row, and up the column of the target to its box."""
    start = MARGIN + importer * COLUMN
    path = f"M{start} {_middle(importer)} H{_column(target)} V{_middle(target) + BOX_HEIGHT // 2}"
    _add(svg, "path", class_="rail", d=path, marker_end="url(#arrow)")


def _draw_count(svg: ET.Element, importer: int, target: int, title: str, count: int) -> None:
    group = _add(svg, "g")
    _add(group, "title", f"{title}: {count}")
    _add(group, "rect", class_="spot", x=_column(target) - 15, y=_middle(importer) - 9, width=30, height=18, rx=9)
    _add(group, "text", str(count), class_="count", x=_column(target), y=_middle(importer) + 4)


def _draw_box(svg: ET.Element, index: int, room: Room) -> None:
    start, top = MARGIN + index * COLUMN, _middle(index) - BOX_HEIGHT // 2
    _add(svg, "rect", class_="box", x=start, y=top, width=BOX_WIDTH, height=BOX_HEIGHT, rx=4)
    _add(svg, "text", room.label, class_="name", x=start + BOX_WIDTH // 2, y=_middle(index) + 4)
    _add(svg, "text", room.size, class_="size", x=start + BOX_WIDTH + 8, y=_middle(index) + 4)


def is_fresh(picture: str, current: str) -> bool:
    """Whether two drawings show the same, apart from counts that differ by a tenth, or by two.

    >>> is_fresh("graph: 68 files", "graph: 70 files"), is_fresh("graph: 40 files", "graph: 68 files")
    (True, False)
    >>> is_fresh("graph: 68 files", "views: 68 files")
    False
    """
    before, after = NUMBER.split(picture), NUMBER.split(current)
    if before[::2] != after[::2]:
        return False
    pairs = [[int(text.replace(",", "")) for text in pair] for pair in zip(before[1::2], after[1::2], strict=True)]
    return all(abs(new - old) <= max(2, new // 10) for old, new in pairs)


def main() -> int:
    """Write the picture of `clew` to the file that is named, or say with `--check` whether it is fresh."""
    target, current = Path(sys.argv[1]), drawing(Path("clew"))
    if "--check" not in sys.argv:
        target.write_text(current, "utf-8")
        return 0
    if target.is_file() and is_fresh(target.read_text("utf-8"), current):
        return 0
    print(f"{target} does not show the imports as they are: run `make generate`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
