"""Commands that look after a case file: is it sound, a copy, back and forth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clew.cli.case import CasePath, open_existing
from clew.cli.terminal import console
from clew.entities.display import visible
from clew.errors import CaseNotFound
from clew.graph.export.folder_manifest import verify_crate
from clew.graph.export.ro_crate import CASE
from clew.graph.signing.allowed_signers import Signers
from clew.graph.signing.verification import salvage as salvage_case
from clew.graph.signing.verification import verify as verify_case
from clew.graph.store import Store

#: The exit code of a case that is not what was written.
EXIT_DIFFERENT = 3
Times = Annotated[int, typer.Option(min=1, help="how many")]


def verify(
    case: CasePath,
    salvage: Annotated[Path | None, typer.Option(help="a new file for the good steps of a damaged case")] = None,
    signer: Annotated[
        Path | None, typer.Option(help="a public key, or a list of allowed signers: one of them has to have signed")
    ] = None,
    statement: Annotated[
        Path | None, typer.Option(help="what clew sign --detached wrote: the case has to be as it was then")
    ] = None,
) -> None:
    """Check every step, all evidence, that the graph follows from them, and signatures; of a folder, every file."""
    if not case.exists():
        raise CaseNotFound("there is no such case", location=str(case))
    if salvage is not None:
        report = salvage_case(case, salvage)
        console.print(f"saved {report.steps} steps in {visible(salvage)}")
    else:
        signers = Signers.load(signer) if signer is not None else None
        with Store(_verified_case(case), migrate=False) as store:
            report = verify_case(store, signers, statement)
        console.print(str(report))
    if not report:
        raise typer.Exit(EXIT_DIFFERENT)


def _verified_case(case: Path) -> Path:
    """The case itself; of a folder whose files are all as they were written, the case in it."""
    if not case.is_dir():
        return case
    files = verify_crate(case)
    console.print(str(files))
    if not files:
        raise typer.Exit(EXIT_DIFFERENT)
    return case / CASE


def copy(case: CasePath, to: Annotated[Path, typer.Argument(help="the new file")]) -> None:
    """Write the case as it is now into a new file, while others go on working with it."""
    with open_existing(case) as investigation:
        console.print(f"wrote {visible(investigation.sharing.export_copy(to))}")


def undo(case: CasePath, times: Times = 1) -> None:
    """Take back the last thing that was done, or the last few."""
    with open_existing(case) as investigation:
        steps = investigation.undo(times)
        console.print(f"took back step {', '.join(map(str, steps))}")


def redo(case: CasePath, times: Times = 1) -> None:
    """Do again what was taken back last."""
    with open_existing(case) as investigation:
        steps = investigation.redo(times)
        console.print(f"did again step {', '.join(map(str, steps))}")


def branch(case: CasePath, name: Annotated[str, typer.Argument(help="what the branch is about")]) -> None:
    """Begin a case of its own that goes on from here; this one stays as it is."""
    with open_existing(case) as investigation, investigation.branch(name) as other:
        console.print(f"wrote {visible(other.path)}")
