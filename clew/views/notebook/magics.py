"""`%load_ext clew`: the cell magics `%%ioc` and `%%b64`, and `df.clew`."""

from __future__ import annotations

import keyword
import shlex
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from clew.entities import Entity, entity_type
from clew.errors import ClewError, QueryError
from clew.transforms.encodings import find_layers
from clew.transforms.indicators import FOUND_IN_TEXT, extract
from clew.views.notebook.accessor import extend_pandas

if TYPE_CHECKING:
    import pandas as pd


class Shell(Protocol):
    """What is needed of IPython."""

    user_ns: dict[str, Any]

    def register_magic_function(
        self, func: Callable[[str, str], object], magic_kind: str, magic_name: str | None
    ) -> None:
        """Make a function a magic."""
        ...


def load_ipython_extension(shell: Shell) -> None:
    """What `%load_ext clew` calls."""
    extend_pandas()
    shell.register_magic_function(_make_magic(shell, ioc, ("types",)), "cell", "ioc")
    shell.register_magic_function(_make_magic(shell, b64, ()), "cell", "b64")


def ioc(text: str, types: str = "") -> pd.DataFrame:
    """`%%ioc [--out NAME] [--types ip,domain]`: the indicators that the cell names, each once, ready for pivots.

    `entity` is the column to run pivots over; `count` says how often the cell names it.

    Raises:
        QueryError: a type that is not looked for.
    """
    import pandas as pd

    kinds = _kinds(types)
    mentions = [mention for mention in extract(text) if type(mention.entity) in kinds]
    return pd.DataFrame(
        {
            "kind": pd.Series([mention.entity.kind for mention in mentions], dtype=object),
            "value": pd.Series([mention.entity.key.value for mention in mentions], dtype=object),
            "count": pd.Series([mention.count for mention in mentions], dtype="int64"),
            "entity": pd.Series([mention.entity for mention in mentions], dtype=object),
        }
    )


def b64(text: str) -> pd.DataFrame:
    """`%%b64 [--out NAME]`: the base64 in the cell, decoded, with what is encoded in that on the rows below it.

    `attrs["cut"]` of the frame says what cut it, if something did.
    """
    import pandas as pd

    tree = find_layers(text)
    layers = [*tree.walk()]
    frame = pd.DataFrame(
        {
            "layer": pd.Series([depth for depth, _ in layers], dtype="int64"),
            "text": pd.Series([layer.text for _, layer in layers], dtype=object),
            "encoded": pd.Series([layer.encoded_text for _, layer in layers], dtype=object),
        }
    )
    if tree.cut_reason:
        frame.attrs["cut"] = tree.cut_reason
    return frame


def _kinds(types: str) -> Collection[type[Entity]]:
    if not types:
        return FOUND_IN_TEXT
    kinds = [entity_type(name.strip()) for name in types.split(",")]
    for kind in kinds:
        if kind not in FOUND_IN_TEXT:
            choices = ", ".join(cls.kind for cls in FOUND_IN_TEXT)
            raise QueryError(f"no text says what is a {kind.kind}", next_step=f"there are {choices}")
    return kinds


def _make_magic(
    shell: Shell, work: Callable[..., pd.DataFrame], takes: tuple[str, ...]
) -> Callable[[str, str], object]:
    """A magic: what it gives is shown, or kept under the name after `--out`."""

    def magic(line: str, cell: str) -> pd.DataFrame | None:
        # A wrong line is a line of text in the notebook, not a traceback of somebody else's code.
        from IPython.core.error import UsageError

        try:
            options = _options(line, ("out", *takes))
            name = options.pop("out", "")
            frame = work(cell, **options)
        except (ClewError, ValueError) as error:
            raise UsageError(str(error)) from None
        if not name:
            return frame
        shell.user_ns[name] = frame
        return None

    magic.__doc__ = work.__doc__
    return magic


def _options(line: str, takes: tuple[str, ...]) -> dict[str, str]:
    """`--out found --types ip` by name. Raises QueryError or ValueError for anything else."""
    choices = ", ".join(f"--{name}" for name in takes)
    words = iter(shlex.split(line))
    options: Mapping[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        value = value if equals else next(words, "")
        if name.removeprefix("--") not in takes or not name.startswith("--") or not value:
            raise QueryError(f"{word!r} is no option with a value", next_step=f"there are {choices}")
        options = {**options, name.removeprefix("--"): value}
    variable = options.get("out", "name")
    if not variable.isidentifier() or keyword.iskeyword(variable):
        raise QueryError(f"{variable!r} is no name of a variable", next_step="--out found")
    return dict(options)
