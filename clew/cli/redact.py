"""Commands that give a case to an outsider without what is inside, and take it back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clew.cli.case import open_existing
from clew.cli.terminal import console, show_table
from clew.entities.display import visible
from clew.graph.redaction import Rules
from clew.graph.redaction import new_key as make_key

KeyFile = Annotated[Path | None, typer.Option("--key", help="the file of your key; --new-key makes one")]


def redact(  # noqa: PLR0913 - each is an option of the command
    *,
    case: Annotated[Path | None, typer.Argument(help="the case file")] = None,
    to: Annotated[Path | None, typer.Argument(metavar="OUT", help="the new case, for the outsider")] = None,
    key: KeyFile = None,
    internal: Annotated[
        list[str] | None, typer.Option(metavar="NETWORK|DOMAIN", help="a network or a domain of ours; repeatable")
    ] = None,
    word: Annotated[list[str] | None, typer.Option(help="a name to replace wherever it stands; repeatable")] = None,
    keep: Annotated[list[str] | None, typer.Option(help="a name, address or network that stays; repeatable")] = None,
    notes: Annotated[bool, typer.Option(help="what people wrote goes along, with the names in it replaced")] = True,
    preview: Annotated[bool, typer.Option("--preview", help="only say what would be replaced")] = False,
    new_key: Annotated[Path | None, typer.Option("--new-key", help="make a key in this new file, and no more")] = None,
) -> None:
    """Write a case in which internal names and addresses are replaced; your key alone leads back from them."""
    if new_key is not None:
        console.print(
            f"wrote {visible(make_key(new_key))}: keep it, and keep it to yourself; without it nothing leads back"
        )
        return
    if case is None or key is None or (to is None and not preview):
        raise typer.BadParameter("give CASE, OUT and --key FILE; or CASE, --key FILE and --preview")
    rules = Rules(tuple(internal or ()), tuple(word or ()), tuple(keep or ()), notes=notes)
    with open_existing(case) as investigation:
        if to is None or preview:
            report = investigation.sharing.redaction(rules, key=key)
            rows = [
                [replacement.kind, replacement.value, replacement.pseudonym, f"{replacement.times:,}"]
                for replacement in report.replacements
            ]
            show_table([["kind", "value", "pseudonym", "times"], *rows])
        else:
            report = investigation.sharing.redact(to, rules, key=key)
            console.print(f"wrote {visible(to)}")
    console.print(str(report))


def restore(
    *,
    case: Annotated[Path, typer.Argument(metavar="REDACTED", help="the redacted case")],
    to: Annotated[Path, typer.Argument(metavar="OUT", help="the new file for the original")],
    key: Annotated[Path, typer.Option("--key", help="the file of the key that it was redacted with")],
) -> None:
    """Write the original of a redacted case, with what was added to it since."""
    with open_existing(case) as investigation:
        console.print(f"wrote {visible(investigation.sharing.restore(to, key=key))}")
