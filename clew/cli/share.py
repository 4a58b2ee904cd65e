"""Commands that hand a case to somebody else: signed, in the formats of others, as a folder of files."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from clew.cli.case import CasePath, open_existing
from clew.cli.terminal import console
from clew.entities.display import visible
from clew.errors import ExportError, KeyUnusable

#: Where the passphrase of a key is looked for where nobody can be asked.
PASSPHRASE = "CLEW_KEY_PASSPHRASE"  # noqa: S105 - the name of a variable


def sign(
    case: CasePath,
    key: Annotated[Path, typer.Option("--key", help="a private key of OpenSSH, such as ~/.ssh/id_ed25519")],
    detached_path: Annotated[
        Path | None,
        typer.Option("--detached", help="write a statement and its signature here, and nothing into the case"),
    ] = None,
) -> None:
    """Sign all that a case holds, with a key that ssh-keygen can check."""
    with open_existing(case) as investigation:
        if detached_path is None:
            signature = investigation.sharing.sign(key, passphrase=_passphrase)
            console.print(str(signature))
        else:
            signature = investigation.sharing.sign_beside(key, detached_path, passphrase=_passphrase)
            console.print(f"signed steps 1 to {signature.covers} with {signature.key}")
            console.print(f"wrote {visible(detached_path)} and {visible(detached_path)}.sig")


def export(
    case: CasePath,
    to: Annotated[Path, typer.Argument(help="the new file, whose ending says the format; or the new folder")],
    format_: Annotated[
        str | None, typer.Option("--format", help="prov, html, ro-crate, csv, jsonl, parquet, or a plug-in's")
    ] = None,
) -> None:
    """Write a case in a format of others, and say what of it that format cannot hold."""
    with open_existing(case) as investigation:
        try:
            console.print(str(investigation.sharing.export(to, format=format_)))
        except ExportError as error:
            raise typer.BadParameter(f"{error.message}: {error.next_step}") from None


def crate(
    *,
    case: CasePath,
    folder: Annotated[Path, typer.Argument(help="a new or empty folder")],
    evidence: Annotated[bool, typer.Option("--evidence", help="raw replies as files too, named by their hash")] = False,
    page: Annotated[bool, typer.Option(help="with the graph as an HTML page")] = True,
) -> None:
    """Write a folder (RO-Crate) with the case, its tables and its provenance; `clew verify FOLDER` checks it."""
    with open_existing(case) as investigation:
        crate = investigation.sharing.to_crate(folder, evidence=evidence, page=investigation.to_html if page else None)
        console.print(f"wrote {visible(crate)}")


def _passphrase() -> str:
    passphrase = os.environ.get(PASSPHRASE)
    if passphrase is not None:
        return passphrase
    if not sys.stdin.isatty():
        raise KeyUnusable(
            "the key has a passphrase, and nobody can be asked for it",
            location=PASSPHRASE,
            next_step=f"set {PASSPHRASE}, or run this in a terminal",
        )
    return str(typer.prompt("passphrase of the key", hide_input=True, err=True))
