"""The page that says to a person what is in a crate, and how to check it. Nothing in it is active or loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clew.entities.display import escape_html
from clew.graph.export.folder_manifest import MANIFEST

# Evidence can be thousands of files: the page names so many, and says how many there are.
_MAX_FILES = 100
_STYLE = "body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto}td{padding:0 1em 0 0}code{font-size:80%}"


def preview(title: str, export_text: str, files: Sequence[Mapping[str, Any]]) -> str:
    """The page.

    Args:
        title: of the case.
        export_text: when, by whom and with what the crate was made.
        files: what the metadata says of each file.
    """
    rows = "".join(
        f"<tr><td>{escape_html(file['@id'])}</td><td>{escape_html(file['description'])}</td>"
        f"<td>{escape_html(file['contentSize'])}</td><td><code>{escape_html(file['sha256'])}</code></td></tr>"
        for file in files[:_MAX_FILES]
    )
    remaining_count = len(files) - _MAX_FILES
    remainder = f"<p>{remaining_count:,} more files are listed in {MANIFEST}.</p>" if remaining_count > 0 else ""
    return (
        "<!DOCTYPE html><html lang=en><head><meta charset=utf-8>"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape_html(title, 200)}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape_html(title, 200)}</h1><p>{escape_html(export_text)}</p>"
        "<p>Indicators and evidence in these files come from an attacker: nothing here should be opened, run or "
        "fetched without care.</p>"
        f"<p>To check that nothing was changed: <code>clew verify FOLDER</code>, or <code>sha256sum --check {MANIFEST}"
        "</code> inside the folder.</p>"
        "<table><tr><th>file<th>what it is<th>bytes<th>sha256</tr>"
        f"{rows}</table>{remainder}</body></html>\n"
    )
