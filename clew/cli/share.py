"""Commands that hand a case to somebody else: signed, as provenance, as a folder of files."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from clew.cli.case import CasePath, open_existing
from clew.cli.terminal import console
from clew.entities.display import visible
from clew.errors import KeyUnusable

#: Where the passphrase of a key is looked for where nobody can be asked.
PASSPHRASE = "CLEW_KEY_PASSPHRASE"  # noqa: S105 - the name of a variable


def sign(
    case: CasePath,
    key: Annotated[Path, typer.Option("--key", help="a private key of OpenSSH, such as ~/.ssh/id_ed25519")],
    detached: Annotated[
        Path | None, typer.Option(help="write a statement and its signature here, and nothing into the case")
    ] = None,
) -> None:
    """Sign all that a case holds, with a key that ssh-keygen can check."""
    with open_existing(case) as investigation:
        if detached is None:
            signature = investigation.sign(key, passphrase=_passphrase)
            console.print(str(signature))
        else:
            signature = investigation.sign_beside(key, detached, passphrase=_passphrase)
            console.print(f"signed steps 1 to {signature.covers} with {signature.key}")
            console.print(f"wrote {visible(detached)} and {visible(detached)}.sig")


def export(
    case: CasePath, to: Annotated[Path, typer.Argument(help="the new file; W3C PROV-JSON: OUT.prov.json")]
) -> None:
    """Write what a case knows, and where all of it came from, in a format of others."""
    if not to.name.endswith(".json"):
        raise typer.BadParameter(f"{visible(to.name)} is no file of a known format: end it in .prov.json")
    with open_existing(case) as investigation:
        console.print(f"wrote {visible(investigation.to_prov(to))}")


def crate(
    *,
    case: CasePath,
    folder: Annotated[Path, typer.Argument(help="a new or empty folder")],
    evidence: Annotated[bool, typer.Option("--evidence", help="raw replies as files too, named by their hash")] = False,
    page: Annotated[bool, typer.Option(help="with the graph as an HTML page")] = True,
) -> None:
    """Write a folder (RO-Crate) with the case, its tables and its provenance; `clew verify FOLDER` checks it."""
    with open_existing(case) as investigation:
        crate = investigation.to_crate(folder, evidence=evidence, page=investigation.to_html if page else None)
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
