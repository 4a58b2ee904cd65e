"""How a command is given, for whoever names the type."""

from collections.abc import Callable

#: `clew("show", "ir.clew")`: exit code, output, errors.
Run = Callable[..., tuple[int, str, str]]
