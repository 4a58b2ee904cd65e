"""Formats of other packages: used by their name and ending, and told where they cannot be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.pivots.test_plugins import offer, python

MODULE = """
from clew.graph.export.exporter import Exporter

def write(source, path):
    path.write_text("\\n".join(str(node.key) for node in source.case.node_list()))

ACME = Exporter("acme", "a list of Acme's", ".acme", write, ("everything but the names of nodes",))
LONG = Exporter("long", "another list", ".acme.txt", write)
SAME = Exporter("same", "a list that ends as Acme's", ".acme.txt", write)
ENDLESS = Exporter("endless", "a list", "x/y", write)
"""
BROKEN = {
    "taken": ("prov", "acme_lists:ACME", "prov is taken by clew itself"),
    "other-name": ("other", "acme_lists:ACME", "it calls itself 'acme', its entry point calls it 'other'"),
    "no-format": ("none", "json:JSONDecoder", "it is no format: a format is an Exporter"),
    "absent": ("absent", "acme_absent:ACME", "it cannot be imported: ModuleNotFoundError"),
    "endless": ("endless", "acme_lists:ENDLESS", "'x/y' is no ending"),
    "one": ("twice", "acme_lists:ACME", "twice is offered more than once: by "),
    "two": ("twice", "acme_lists:ACME", "twice is offered more than once: by "),
}


def install(folder: Path) -> None:
    (folder / "acme_lists.py").write_text(MODULE)
    for name in ("acme", "long", "same"):
        offer(folder, f"clew-{name}", "clew.exporters", name, f"acme_lists:{name.upper()}")


def test_a_format_of_another_package_is_used_as_clews_own(tmp_path: Path):
    """Its ending chooses it, what it loses is told, and where two formats end in one way a name is asked for."""
    install(tmp_path)
    told = python(
        tmp_path,
        f"""
import json
from pathlib import Path
from clew import Investigation, IpAddress, configure
from clew.errors import ExportError
configure(offline=True)
folder = Path({str(tmp_path)!r})
with Investigation.open(folder / "ir.clew") as case:
    case.add(IpAddress("198.51.100.7"))
    export = case.sharing.export(folder / "ir.acme")
    named = case.sharing.export(folder / "ir.acme.txt", format="same")
    try:
        case.sharing.export(folder / "ir.acme.txt")
    except ExportError as error:
        print(json.dumps([export.format, *export.losses, export.path.read_text(), named.format, str(error)]))
""",
    )
    format_name, loss, text, named, error = json.loads(told)
    assert (format_name, loss, named) == ("acme", "everything but the names of nodes", "same")
    assert text == "ip:198.51.100.7"
    assert "several formats end so" in error
    assert "choose a format: long, same" in error


def test_a_format_that_cannot_be_used_breaks_nothing_else(tmp_path: Path):
    """Each is told with its package and the reason; the others are there. `clew doctor` shows them."""
    install(tmp_path)
    for package, (name, target, _) in BROKEN.items():
        offer(tmp_path, f"clew-{package}", "clew.exporters", name, target)
    told = python(
        tmp_path,
        """
import json
from clew.graph.export.registry import exporter_failures, exporters
print(json.dumps([[exporter.name for exporter in exporters()], [str(failure) for failure in exporter_failures()]]))
""",
    )
    names, failures = json.loads(told)
    assert names == ["prov", "ro-crate", "csv", "jsonl", "parquet", "acme", "long", "same"]
    assert len(failures) == len(BROKEN)
    for package, (name, _, reason) in BROKEN.items():
        assert any(f"clew-{package} 1.0" in text and f"clew.exporters {name}: {reason}" in text for text in failures)
    command = [sys.executable, "-c", "from clew.cli import main; main()", "doctor"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 1
    assert "plug-in acme" in done.stdout
    assert "prov is taken by clew itself" in done.stdout
