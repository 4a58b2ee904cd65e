"""The results browser of a notebook: widgets around `result_browser_model`, which decides what they show."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from clew.entities import Finding, Outcome, Severity, Verdict
from clew.entities.display import escape_html
from clew.errors import CaseError, MissingExtra
from clew.graph.case import current_case
from clew.graph.case_reader import CaseReader
from clew.views.notebook.case_results import latest_results
from clew.views.notebook.raw_replies import Replies
from clew.views.notebook.result_browser_model import Result, ResultFilter, Results
from clew.views.notebook.result_panels import entities_code, source_html, summary_html, tab_titles

_TEXT_SHOWN = 400
# As wide as what it is in: with 100 %, the margins of a field stick out.
_FULL_WIDTH = {"width": "auto"}
#: Tabs as wide as their titles, in as many lines as it takes: notebooks make each narrower, until none can be read.
MANY_TABS = """<style>
.jupyter-widgets.jupyter-widget-tab.clew-results > .lm-TabBar > .lm-TabBar-content { flex-wrap: wrap; }
.jupyter-widgets.jupyter-widget-tab.clew-results > .lm-TabBar .lm-TabBar-tab { flex: 0 0 auto; max-width: none; }
</style>"""


class ResultBrowser:
    """Subjects, the worst first, and what each source said about the chosen one. It asks nobody anything.

    Attributes:
        results: everything that there is to choose from.
    """

    def __init__(self, results: Results, case: CaseReader | None = None) -> None:
        self._kit = _ipywidgets()
        self.results = results
        self._replies = Replies(case)
        self._shown_results: tuple[Result, ...] = ()
        self.verdicts = self._choices("verdict", Verdict)
        self.severities = self._choices("severity", Severity)
        self.outcomes = self._choices("outcome", Outcome)
        hint = "words of a name, a source, a reason, a fact or a linked entity"
        self.words = self._kit.Text(description="search", placeholder=hint, layout=_FULL_WIDTH)
        self.note = self._kit.HTML()
        self.subjects = self._kit.Select(description="subject", rows=12, layout=_FULL_WIDTH)
        self.tabs = self._kit.Tab()
        self.tabs.add_class("clew-results")
        filters = self._kit.HBox([self.verdicts, self.severities, self.outcomes])
        head = self._kit.HTML(_paragraph(results.summary))
        style = self._kit.HTML(MANY_TABS, layout={"display": "none"})
        self.panel = self._kit.VBox([head, filters, self.words, self.subjects, self.note, self.tabs, style])
        self._listen()
        self._list()

    @property
    def selection(self) -> Result | None:
        """The result that is looked at."""
        index: int | None = self.subjects.index
        return None if index is None else self._shown_results[index]

    @property
    def finding(self) -> Finding | None:
        """What the source of the open tab said; None on the summary."""
        index: int = self.tabs.selected_index or 0
        return self.selection.parts[index - 1] if self.selection is not None and index else None

    @property
    def raw(self) -> list[str]:
        """The whole raw replies behind the open tab; of logs, each row.

        Raises:
            CaseError: it is not kept: says why, and how to have it.
        """
        if self.finding is None:
            raise CaseError("no source is chosen", next_step="open the tab of one")
        return self._replies.texts(self.finding)

    def __repr__(self) -> str:
        return f"{self.results}\nin a notebook this is a browser; .results has all of it"

    def _repr_mimebundle_(self, **options: object) -> Any:
        return {**self.panel._repr_mimebundle_(**options), "text/plain": repr(self)}

    def _choices(self, name: str, kinds: Iterable[str]) -> Any:
        # Rows for all of them, so that nothing that can be chosen is out of sight.
        options = [str(kind) for kind in kinds]
        return self._kit.SelectMultiple(options=options, description=name, rows=len(options), layout={"width": "33%"})

    def _listen(self) -> None:
        for widget in (self.verdicts, self.severities, self.outcomes, self.words):
            widget.observe(self._list, "value")
        self.subjects.observe(self._choose, "index")
        self.tabs.observe(self._open, "selected_index")

    def _list(self, _: object = None) -> None:
        """Other filters or words: the subjects are listed anew, and the chosen one stays if it is among them."""
        result_filter = ResultFilter(
            frozenset(map(Verdict, self.verdicts.value)),
            frozenset(map(Severity, self.severities.value)),
            frozenset(map(Outcome, self.outcomes.value)),
            self.words.value,
        )
        listing = self.results.matching(result_filter)
        self.note.value = _paragraph(listing.note)
        if listing.results == self._shown_results:
            return
        before = self.selection
        self.subjects.index = None
        self._shown_results = listing.results
        self.subjects.options = [(result.label, index) for index, result in enumerate(self._shown_results)]
        stays = self._shown_results.index(before) if before in self._shown_results else 0
        self.subjects.index = stays if self._shown_results else None

    def _choose(self, _: object = None) -> None:
        """Another subject: its summary, and a tab for each source, which is filled when it is opened."""
        old_tabs, result = self.tabs.children, self.selection
        self.tabs.selected_index = None
        titles = tab_titles(result) if result is not None else []
        self.tabs.children = [self._kit.VBox() for _ in titles]
        self.tabs.titles = titles
        for widget in old_tabs:
            _close(widget)
        self.tabs.selected_index = 0 if titles else None

    def _open(self, _: object = None) -> None:
        """Another tab: what is in it is made once."""
        index: int | None = self.tabs.selected_index
        if index is None or self.selection is None or self.tabs.children[index].children:
            return
        box, finding = self.tabs.children[index], self.finding
        box.children = [self._kit.HTML(summary_html(self.selection))] if finding is None else self._source(finding)

    def _source(self, finding: Finding) -> list[Any]:
        widgets = [self._kit.HTML(source_html(finding))]
        code = entities_code(finding.entities)
        if code:
            rows = min(10, code.count("\n") + 1)
            widgets += [
                self._kit.HTML("<p>entities, as code:</p>"),
                self._kit.Textarea(code, rows=rows, layout=_FULL_WIDTH),
            ]
        button = self._kit.Button(description="Show the raw reply", icon="file", layout={"width": "max-content"})
        reply = self._kit.VBox()

        def show(_: object) -> None:
            button.disabled = True
            reply.children = self._raw(finding)

        button.on_click(show)
        return [*widgets, button, reply]

    def _raw(self, finding: Finding) -> list[Any]:
        try:
            preview = self._replies.preview(finding)
        except CaseError as error:
            message = f"{error.message}; {error.next_step}" if error.next_step else error.message
            return [self._kit.HTML(_paragraph(message))]
        text = self._kit.Textarea(preview.text, rows=16, layout=_FULL_WIDTH)
        return [text, self._kit.HTML(_paragraph(preview.note))]


def browse_results(
    findings: Finding | Iterable[Finding] | CaseReader | None = None, *, case: CaseReader | None = None
) -> ResultBrowser:
    """Look through answers in a notebook: the worst subjects first, and what each source said. Nobody is asked.

    Args:
        findings: one, several, or a case, for what each of its sources said last; the open case, if not given.
        case: where findings were recorded, for their raw replies; the open case, if not given.

    Raises:
        MissingExtra: ipywidgets is not installed.
        CaseError: neither findings nor a case are given, and none is open; or the case cannot be read.
        QueryError: what is given are no findings.
    """
    open_case = case or current_case()
    if findings is None:
        findings = open_case
    if findings is None:
        raise CaseError("no case is open", next_step="give findings or a case: clew.browse_results(case)")
    if isinstance(findings, CaseReader):
        return ResultBrowser(latest_results(findings), findings)
    return ResultBrowser(Results.of([findings] if isinstance(findings, Finding) else findings), open_case)


def _ipywidgets() -> Any:
    try:
        return import_module("ipywidgets")
    except ImportError:
        raise MissingExtra("ipywidgets", extra="notebook", purpose="the results browser") from None


def _close(widget: Any) -> None:
    """Close a widget with all that is in it: the notebook would keep it otherwise."""
    for child in getattr(widget, "children", ()):
        _close(child)
    widget.close()


def _paragraph(text: str) -> str:
    return f"<p>{escape_html(text, _TEXT_SHOWN)}</p>" if text else ""
