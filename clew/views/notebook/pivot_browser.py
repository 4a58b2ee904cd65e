"""The pivot browser of a notebook: widgets around `pivot_browser_model`, which decides what they show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

from clew.entities import entity_type
from clew.entities.display import escape_html
from clew.errors import ClewError, MissingExtra
from clew.graph.case import Case, current_case
from clew.pivots.catalog import Catalog
from clew.pivots.registry import find_pivot
from clew.views.notebook.pivot_browser_model import CallDraft, ParameterField, PivotSelection, SubjectList

_TEXT_SHOWN = 400


class PivotBrowser:
    """Entities, their pivots and the documentation of the chosen one, with fields for what it takes.

    It asks nobody anything: what it makes is a line of code, and running that is the analyst's.
    """

    def __init__(self, subjects: SubjectList) -> None:
        self._kit = _ipywidgets()
        self._entries = subjects.entries
        self._catalog = Catalog()
        self._draft: CallDraft | None = None
        self.entities = self._select("about", [entry.label for entry in subjects.entries])
        self.entities.index = 0
        self.subject_text = self._text("which one", "198.51.100[.]7, CORP\\alice, host:ws01, a URL, a hash")
        self.words = self._text("search", "a word of any pivot: its name, source, parameter or column")
        self.pivots = self._select("pivot", [])
        self.about = self._kit.HTML()
        self.fields = self._kit.VBox()
        self.problem = self._kit.HTML()
        self.line = self._kit.Textarea(description="code", rows=2, layout={"width": "auto"})
        self.insert = self._kit.Button(description="Insert as code", icon="plus")
        lists = self._kit.HBox([self.entities, self.pivots])
        parts = [lists, self._kit.HTML(_paragraph(subjects.note)), self.subject_text, self.words]
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
        return self._kit.Select(options=_numbered_options(labels), description=name, rows=9, layout=layout)

    def _text(self, name: str, hint: str) -> Any:
        return self._kit.Text(description=name, placeholder=hint, layout={"width": "auto"})

    def _listen(self) -> None:
        self.entities.observe(self._enter, "index")
        self.subject_text.observe(self._list, "value")
        self.words.observe(self._list, "value")
        self.pivots.observe(self._choose, "index")
        self.insert.on_click(self._insert)

    @property
    def _selection(self) -> PivotSelection:
        index: int = self.entities.index
        return PivotSelection(self._entries[index], self.subject_text.value, self.words.value)

    def _enter(self, _: object) -> None:
        """Another entry: what is typed stays if it is one of that class."""
        if self.subject_text.value and not self._selection.is_of_class:
            self.subject_text.value = ""
        else:
            self._list()

    def _list(self, _: object = None) -> None:
        """Another entity, or other words: the pivots are listed anew, unless they are the same."""
        catalog = self._selection.catalog
        if catalog == self._catalog:
            self._write()
            return
        self.pivots.index = None
        self._catalog = catalog
        self.pivots.options = _numbered_options(_names(catalog, with_entity=bool(self._selection.words.strip())))
        self.pivots.index = 0 if catalog else None

    def _choose(self, _: object = None) -> None:
        """Another pivot: its documentation and its fields."""
        index: int | None = self.pivots.index
        old_fields = self.fields.children
        self._draft, self.about.value, self.fields.children = None, "", ()
        for field in old_fields:
            field.close()
        if index is not None:
            description = self._catalog[index]
            entity = entity_type(description.entity)
            self._draft = CallDraft(entity, find_pivot(entity, description.name))
            self.about.value = description._repr_html_()  # pyright: ignore[reportPrivateUsage] - as a notebook calls it
            self.fields.children = [self._field(parameter) for parameter in self._draft.fields]
        self._write()

    def _field(self, field: ParameterField) -> Any:
        settings: dict[str, Any] = {
            "description": field.name,
            "value": field.text,
            "style": {"description_width": "9em"},
        }
        widget = (
            self._kit.Dropdown(options=field.choices, **settings)
            if field.choices
            else self._kit.Text(placeholder=field.type, **settings)
        )
        widget.observe(self._write, "value")
        return widget

    def _write(self, _: object = None) -> None:
        """The line of code; or why there is none."""
        self.line.value = self.problem.value = ""
        if self._draft is not None:
            texts = {widget.description: widget.value for widget in self.fields.children}
            draft = self._draft
            try:
                self.line.value = CallDraft(draft.entity, draft.pivot, self._selection.subject, texts).code
            except ClewError as error:
                self.problem.value = _paragraph(
                    f"{error.message}; {error.next_step}" if error.next_step else error.message
                )
        self.insert.disabled = not self.line.value

    def _insert(self, _: object) -> None:
        shell = import_module("IPython").get_ipython()
        if shell is None:
            self.problem.value = _paragraph("there is no IPython around this: copy the line")
            return
        shell.set_next_input(self.code)
        self.problem.value = _paragraph("the line stands in a new cell when a cell is run next; or copy it")


def browse(case: Case | None = None) -> PivotBrowser:
    """Look through entities and pivots in a notebook, and get the chosen call as a line of code. Nothing is asked.

    Args:
        case: whose entities are listed too; the open case, if not given.

    Raises:
        MissingExtra: ipywidgets is not installed.
    """
    return PivotBrowser(SubjectList.of(current_case() if case is None else case))


def _ipywidgets() -> Any:
    try:
        return import_module("ipywidgets")
    except ImportError:
        raise MissingExtra("ipywidgets", extra="notebook", purpose="the pivot browser") from None


def _numbered_options(labels: Iterable[str]) -> list[tuple[str, int]]:
    # Two entities may be called the same: a number tells them apart.
    return [(label, number) for number, label in enumerate(labels)]


def _names(catalog: Catalog, *, with_entity: bool) -> Iterator[str]:
    return (f"{description.entity}.{description.name}" if with_entity else description.name for description in catalog)


def _paragraph(text: str) -> str:
    return f"<p>{escape_html(text, _TEXT_SHOWN)}</p>" if text else ""
