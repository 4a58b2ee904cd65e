"""A request to a web service, as a value: everything about it but the secret."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from clew.providers.base import Ask, Batch

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SecretLocation:
    """Where the secret of a provider stands in a request.

    Attributes:
        kind: a header, a query parameter, or basic authentication; there the secret is `user:password`, or a user whose
            password is empty.
        name: of the header or the parameter.
        prefix: of a header's value, such as `Bearer ` with its space.
    """

    kind: Literal["header", "query", "basic"]
    name: str = ""
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class HttpRequest(Ask):
    """A request to a web service.

    Attributes:
        params: query parameters, in order.
        secret: where the provider's secret goes; the secret itself is added when sending.
        headers: others than those that every request has. None of them is secret.
        json: the body as JSON values.
        form: the body as the fields of a form.
        answers: statuses beyond 2xx that the operation reads itself, such as a 404 that says that nothing is known.
        idempotent: sending it twice does no more than sending it once; of GET and HEAD that is known.
        batch: how several of them are asked at once; None where they cannot be.
        follows: the URL comes from data, so it must not lead inside: not to loopback, private or metadata addresses.
    """

    channel: ClassVar[str] = "http"
    leaves: ClassVar[bool] = True

    method: str
    url: str
    params: Pairs = ()
    secret: SecretLocation | None = None
    headers: Pairs = ()
    json: Any = None
    form: Pairs = ()
    answers: frozenset[int] = frozenset()
    idempotent: bool = False
    follows: bool = False
    batch: Batch | None = field(default=None, compare=False, repr=False)

    def description(self) -> dict[str, Any]:
        # What is not there is not described: requests that were recorded when there was less to say stay what they are.
        optional_parts = {"headers": _table(self.headers), "json": self.json, "form": _table(self.form)}
        present_parts = {name: value for name, value in optional_parts.items() if value not in (None, {})}
        return {"method": self.method, "url": self.url, "params": _table(self.params), **present_parts}

    @property
    def batch_policy(self) -> Batch | None:
        return self.batch

    @property
    def repeatable(self) -> bool:
        """Whether it may be sent again when it is not known what became of it."""
        return self.idempotent or self.method in ("GET", "HEAD")


def _table(pairs: Pairs) -> dict[str, str] | list[list[str]]:
    """Pairs by name; as a list where a name stands more than once."""
    table = dict(pairs)
    return table if len(table) == len(pairs) else [[name, value] for name, value in pairs]
