"""Files and folders that are written whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from clew.errors import CaseExists, CaseNotFound, CaseReadOnly, PipelineError


def atomic_write(text: str, path: Path, label: str) -> Path:
    """Write a file; one that was there is replaced in one step, or stays as it was.

    Raises:
        CaseReadOnly: `label` cannot be written there.
    """
    with atomic_file(path, label) as scratch:
        scratch.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")
    return path


@contextmanager
def atomic_file(path: Path, label: str) -> Generator[Path]:
    """A name for a file that is not there yet, to write it; it replaces `path` only when it is whole.

    Raises:
        CaseReadOnly: `label` cannot be written there.
    """
    scratch = _scratch_path(path)
    try:
        # Made here and not by whoever writes: nothing that is there already is written over or followed.
        scratch.open("xb").close()
        yield scratch
        _sync_file(scratch)
        scratch.replace(path)
    except (OSError, PipelineError) as error:
        raise _not_written(error, path, label) from None
    finally:
        scratch.unlink(missing_ok=True)


@contextmanager
def atomic_folder(folder: Path, label: str) -> Generator[Path]:
    """A scratch folder to fill, which appears under its name only when it is whole.

    Raises:
        CaseExists: the folder has files already, or there is something else of that name.
        CaseNotFound: the folder that it would be in is not there.
        CaseReadOnly: `label` cannot be written there.
    """
    target = folder.absolute()
    if not target.parent.is_dir():
        raise CaseNotFound("there is no such folder", location=str(target.parent), next_step="make it first")
    scratch = _scratch_path(target)
    try:
        _check_empty(folder)
        scratch.mkdir()
        yield scratch
        for path in scratch.rglob("*"):
            if path.is_file():
                _sync_file(path)
        with suppress(FileNotFoundError):
            target.rmdir()
        scratch.rename(target)
    except (OSError, PipelineError) as error:
        raise _not_written(error, folder, label) from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _scratch_path(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")


def _check_empty(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise CaseExists("there is something already", location=str(folder), next_step="choose a new or empty folder")


def _sync_file(path: Path) -> None:
    """Wait until a crash of the machine cannot take it away."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _not_written(error: OSError | PipelineError, path: Path, label: str) -> CaseReadOnly:
    reason = error.message if isinstance(error, PipelineError) else error.strerror
    return CaseReadOnly(f"{label} cannot be written: {reason}", location=str(path), next_step="choose another place")
