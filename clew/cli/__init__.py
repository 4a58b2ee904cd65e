"""The command line: each command is a few lines over the library."""

from clew.cli.app import main

__all__ = ["main"]
