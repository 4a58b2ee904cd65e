"""The pivot browser of a notebook: widgets around `clew.views.browsing`, which decides what they show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

from clew.entities import entity_type
from clew.entities.display import escaped
from clew.errors import ClewError, MissingExtra
from clew.graph.case import Case
from clew.pivots.catalog import Catalog
from clew.pivots.context import session_variable
from clew.pivots.registry import find_pivot
from clew.views.browsing import Choice, Draft, Field, Shelf

_SAID = 400


class Browser:
    """Entities, their pivots and the documentation of the chosen one, with fields for what it takes.

    It asks nobody anything: what it makes is a line of code, and running that is the analyst's.
    """

    def __init__(self, shelf: Shelf) -> None:
        self._kit = _ipywidgets()
        self._entries = shelf.entries
        self._catalog = Catalog()
        self._draft: Draft | None = None
        self.entities = self._select("about", [entry.label for entry in shelf.entries])
        self.entities.index = 0
        self.typed = self._text("which one", "198.51.100[.]7, CORP\\alice, host:ws01, a URL, a hash")
        self.words = self._text("search", "a word of any pivot: its name, source, parameter or column")
        self.pivots = self._select("pivot", [])
        self.about = self._kit.HTML()
        self.fields = self._kit.VBox()
        self.problem = self._kit.HTML()
        self.line = self._kit.Textarea(description="code", rows=2, layout={"width": "auto"})
        self.insert = self._kit.Button(description="Insert as code", icon="plus")
        lists = self._kit.HBox([self.entities, self.pivots])
        parts = [lists, self._kit.HTML(_paragraph(shelf.note)), self.typed, self.words]
        parts += [self.about, self.fields, self.problem, self.line, self.insert]
        self.panel = self._kit.VBox(parts)
        self._listen()
        self._list()

    @property
    def code(self) -> str:
        """The line for the chosen call; empty while something in the fields is wrong."""
        return str(self.line.value)

    def _repr_mimebundle_(self, **options: object) -> Any:
        return self.panel._repr_mimebundle_(**options)

    def _select(self, name: str, labels: Iterable[str]) -> Any:
        layout = {"width": "50%"}
        return self._kit.Select(options=_numbered(labels), description=name, rows=9, layout=layout)

    def _text(self, name: str, hint: str) -> Any:
        return self._kit.Text(description=name, placeholder=hint, layout={"width": "auto"})

    def _listen(self) -> None:
        self.entities.observe(self._enter, "index")
        self.typed.observe(self._list, "value")
        self.words.observe(self._list, "value")
        self.pivots.observe(self._choose, "index")
        self.insert.on_click(self._insert)

    @property
    def _choice(self) -> Choice:
        chosen: int = self.entities.index
        return Choice(self._entries[chosen], self.typed.value, self.words.value)

    def _enter(self, _: object) -> None:
        """Another entry: what is typed stays if it is one of that class."""
        if self.typed.value and not self._choice.is_of_class:
            self.typed.value = ""
        else:
            self._list()

    def _list(self, _: object = None) -> None:
        """Another entity, or other words: the pivots are listed anew, unless they are the same."""
        found = self._choice.catalog
        if found == self._catalog:
            self._write()
            return
        self.pivots.index = None
        self._catalog = found
        self.pivots.options = _numbered(_names(found, whole=bool(self._choice.words.strip())))
        self.pivots.index = 0 if found else None

    def _choose(self, _: object = None) -> None:
        """Another pivot: its documentation and its fields."""
        chosen: int | None = self.pivots.index
        gone = self.fields.children
        self._draft, self.about.value, self.fields.children = None, "", ()
        for field in gone:
            field.close()
        if chosen is not None:
            card = self._catalog[chosen]
            entity = entity_type(card.entity)
            self._draft = Draft(entity, find_pivot(entity, card.name))
            self.about.value = card._repr_html_()  # pyright: ignore[reportPrivateUsage] - as a notebook calls it
            self.fields.children = [self._field(each) for each in self._draft.fields]
        self._write()

    def _field(self, field: Field) -> Any:
        shown: dict[str, Any] = {"description": field.name, "value": field.text, "style": {"description_width": "9em"}}
        made = (
            self._kit.Dropdown(options=field.choices, **shown)
            if field.choices
            else self._kit.Text(placeholder=field.type, **shown)
        )
        made.observe(self._write, "value")
        return made

    def _write(self, _: object = None) -> None:
        """The line of code; or why there is none."""
        self.line.value = self.problem.value = ""
        if self._draft is not None:
            texts = {made.description: made.value for made in self.fields.children}
            draft = self._draft
            try:
                self.line.value = Draft(draft.entity, draft.pivot, self._choice.subject, texts).code
            except ClewError as error:
                self.problem.value = _paragraph(f"{error.what}; {error.next_step}" if error.next_step else error.what)
        self.insert.disabled = not self.line.value

    def _insert(self, _: object) -> None:
        shell = import_module("IPython").get_ipython()
        if shell is None:
            self.problem.value = _paragraph("there is no IPython around this: copy the line")
            return
        shell.set_next_input(self.code)
        self.problem.value = _paragraph("the line stands in a new cell when a cell is run next; or copy it")


def browse(case: Case | None = None) -> Browser:
    """Look through entities and pivots in a notebook, and get the chosen call as a line of code. Nothing is asked.

    Args:
        case: whose entities are listed too; the open case, if not given.

    Raises:
        MissingExtra: ipywidgets is not installed.
    """
    session = session_variable().get()
    opened = session if isinstance(session, Case) else None
    return Browser(Shelf.of(opened if case is None else case))


def _ipywidgets() -> Any:
    try:
        return import_module("ipywidgets")
    except ImportError:
        raise MissingExtra("ipywidgets", extra="notebook", purpose="the pivot browser") from None


def _numbered(labels: Iterable[str]) -> list[tuple[str, int]]:
    # Two entities may be called the same: a number tells them apart.
    return [(label, number) for number, label in enumerate(labels)]


def _names(found: Catalog, *, whole: bool) -> Iterator[str]:
    return (f"{card.entity}.{card.name}" if whole else card.name for card in found)


def _paragraph(text: str) -> str:
    return f"<p>{escaped(text, _SAID)}</p>" if text else ""
