"""Text files that are written whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from clew.errors import CaseReadOnly


def atomic_write(text: str, path: Path, label: str) -> Path:
    """Write a file; one that was there is replaced in one step, or stays as it was.

    Raises:
        CaseReadOnly: `label` cannot be written there.
    """
    return atomic_write_lines((text,), path, label)


def atomic_write_lines(lines: Iterable[str], path: Path, label: str) -> Path:
    """Write a file of lines, each with its break, as `atomic_write` does; they are not held in memory together."""
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with scratch.open("x", encoding="utf-8", errors="backslashreplace", newline="") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
    except OSError as error:
        scratch.unlink(missing_ok=True)
        raise CaseReadOnly(
            f"{label} cannot be written: {error.strerror}", location=str(path), next_step="choose another place"
        ) from None
    return path
