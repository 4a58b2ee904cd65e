"""The page that says to a person what is in a crate, and how to check it. Nothing in it is active or loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clew.entities.display import escaped
from clew.graph.export.manifest import MANIFEST

# Evidence can be thousands of files: the page names so many, and says how many there are.
_SHOWN = 100
_STYLE = "body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto}td{padding:0 1em 0 0}code{font-size:80%}"


def preview(title: str, made: str, files: Sequence[Mapping[str, Any]]) -> str:
    """The page.

    Args:
        title: of the case.
        made: when, by whom and with what the crate was made.
        files: what the metadata says of each file.
    """
    rows = "".join(
        f"<tr><td>{escaped(each['@id'])}</td><td>{escaped(each['description'])}</td>"
        f"<td>{escaped(each['contentSize'])}</td><td><code>{escaped(each['sha256'])}</code></td></tr>"
        for each in files[:_SHOWN]
    )
    more = len(files) - _SHOWN
    rest = f"<p>{more:,} more files are listed in {MANIFEST}.</p>" if more > 0 else ""
    return (
        "<!DOCTYPE html><html lang=en><head><meta charset=utf-8>"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escaped(title, 200)}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escaped(title, 200)}</h1><p>{escaped(made)}</p>"
        "<p>Indicators and evidence in these files come from an attacker: nothing here should be opened, run or "
        "fetched without care.</p>"
        f"<p>To check that nothing was changed: <code>clew verify FOLDER</code>, or <code>sha256sum --check {MANIFEST}"
        "</code> inside the folder.</p>"
        "<table><tr><th>file<th>what it is<th>bytes<th>sha256</tr>"
        f"{rows}</table>{rest}</body></html>\n"
    )
