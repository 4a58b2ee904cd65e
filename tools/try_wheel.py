"""Install the wheel in a fresh environment and run the tests against it, in a folder where the checkout is not seen."""

import os
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# What the tests need beside the installed package; never `clew` itself.
BESIDE = ("tests", "tools", "docs", "pyproject.toml", "README.md", "CHANGELOG.md")


def missing(wheel: Path) -> list[str]:
    """Files of the package that did not get into the wheel."""
    inside = set(zipfile.ZipFile(wheel).namelist())
    files = (path.relative_to(ROOT).as_posix() for path in (ROOT / "clew").rglob("*") if path.is_file())
    return sorted(name for name in files if "__pycache__" not in name and name not in inside)


def main(wheel: Path) -> int:
    """Returns the exit code of pytest."""
    lost = missing(wheel)
    if lost:
        print(f"{wheel.name} lacks {', '.join(lost)}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="clew-wheel-") as folder:
        scratch = Path(folder)
        venv.create(scratch / "venv", with_pip=True)
        python = scratch / "venv" / "bin" / "python"
        # From the root: PIP_CONSTRAINT is relative to it.
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", f"{wheel.resolve()}[all,test]"], cwd=ROOT, check=True
        )
        work = scratch / "work"
        work.mkdir()
        for name in BESIDE:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, work / name, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.exists():
                shutil.copy(source, work / name)
        environment = {"CLEW_SHARED_DATA": str(ROOT.parent / "shared" / "data"), **os.environ}
        where = subprocess.run(
            [python, "-c", "import clew; print(clew.__file__)"], cwd=work, capture_output=True, text=True, check=True
        ).stdout.strip()
        if not Path(where).is_relative_to(scratch / "venv"):
            print(f"the tests would see {where}, not the wheel", file=sys.stderr)
            return 1
        command = [python, "-m", "pytest", "-n", "auto", "tests", "--pyargs", "clew"]
        return subprocess.run(command, cwd=work, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
