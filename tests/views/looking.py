"""A page in a real browser, from a file, with no network; and what it did that it should not."""

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class View:
    """A page that is open, and what it did that it should not."""

    page: Any
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.complaints.append(dialog.message), dialog.dismiss()))

    def spot(self, node: int) -> tuple[float, float]:
        box = self.page.locator("#graph").bounding_box()
        place = self.page.evaluate("id => clew.place(id)", node)
        return box["x"] + place["x"], box["y"] + place["y"]

    def click(self, node: int) -> None:
        self.page.mouse.click(*self.spot(node))

    @property
    def panel(self) -> str:
        return self.page.inner_text("#panel")

    @property
    def shown(self) -> str:
        return self.page.inner_text("#shown")


@contextmanager
def opened(browser, file, **context):
    with browser.new_context(viewport={"width": 1400, "height": 900}, offline=True, **context) as around:
        view = View(around.new_page())
        view.watch()
        view.page.goto(file.as_uri())
        yield view
        # Whatever was done: nothing was asked for but the file, and nothing went wrong.
        assert view.requests == [file.as_uri()]
        assert view.complaints == []
        assert view.page.evaluate("window.__pwned") is None


@contextmanager
def looked_at(browser, case, folder, **context):
    with opened(browser, case.to_html(folder / "page.html"), reduced_motion="reduce", **context) as view:
        view.page.wait_for_selector("html[data-painted]")
        yield view
