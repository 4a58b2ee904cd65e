"""Pages that lead through the source name folders and modules that are there."""

import re
from pathlib import Path

import pytest

import clew

PACKAGE = Path(clew.__file__).parent  # installed from the wheel it is not below the root
ROOT = Path(__file__).parents[2]
PAGES = ("CONTRIBUTING.md", "README.md", *(path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/**/*.md")))
#: A path of the package or of the repository, in backticks: `graph/store.py`, `clew/logs/queries/`.
_PATH = re.compile(r"`((?:[a-z_]+/)+(?:[a-z_]+\.py|[\w*]+\.yaml)?)`")
#: Modules that the worked example of a page adds.
EXAMPLES = frozenset({"clew/providers/ti/docshield.py"})


def source_paths(page: str) -> list[str]:
    """The paths that a page names, but for those of its examples."""
    file = ROOT / page
    if not file.exists():
        pytest.skip(f"{page} is not beside the tests here")
    return [path for path in _PATH.findall(file.read_text("utf-8")) if path not in EXAMPLES]


@pytest.mark.parametrize("page", PAGES)
def test_paths_of_the_source_lead_somewhere(page: str) -> None:
    """Each is a path of the repository or of the package; a star stands for any file."""
    roots = (ROOT, PACKAGE.parent, PACKAGE)
    missing = [path for path in source_paths(page) if not any(any(root.glob(path)) for root in roots)]
    assert missing == []


def test_the_page_of_the_architecture_names_its_modules() -> None:
    """The law above looks at something."""
    assert len(source_paths("docs/explanation/architecture.md")) > 30
