"""The functions that a schema may use, as canonical SQL over quoted column names. Values never become SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from clew.errors import QueryError
from clew.logs.dialects import CANONICAL

Sql = str


def _text(field: Sql) -> Sql:
    return f"nullif(nullif(trim({field}), ''), '-')"


def _number(field: Sql) -> Sql:
    # Process ids are decimal in Sysmon and hexadecimal in Security events; the cast reads both.
    return f"TRY_CAST({_text(field)} AS BIGINT)"


def _time(field: Sql) -> Sql:
    # Through TIMESTAMPTZ, because a cast to TIMESTAMP drops an offset instead of applying it.
    return f"(TRY_CAST({_text(field)} AS TIMESTAMPTZ) AT TIME ZONE 'UTC')"


def _guid(field: Sql) -> Sql:
    return f"nullif(lower(trim({_text(field)}, '{{}}')), '00000000-0000-0000-0000-000000000000')"


def _ip(field: Sql) -> Sql:
    return f"nullif(regexp_replace(lower({_text(field)}), '^::ffff:(\\d)', '\\1'), '0.0.0.0')"


def _digest(algorithm: str) -> Callable[[Sql], Sql]:
    return lambda field: f"nullif(lower(regexp_extract({field}, '{algorithm}=([0-9A-Fa-f]+)', 1)), '')"


_FUNCTIONS: Mapping[str, Callable[[Sql], Sql]] = MappingProxyType(
    {
        "text": _text,
        "lower": lambda field: f"lower({_text(field)})",
        "number": _number,
        "time": _time,
        "guid": _guid,
        "ip": _ip,
        "sid": lambda field: f"nullif({_text(field)}, 'S-1-0-0')",
        "sha256": _digest("SHA256"),
        "sha1": _digest("SHA1"),
        "md5": _digest("MD5"),
        "before_backslash": lambda field: f"nullif(regexp_extract({field}, '^([^\\\\]+)\\\\', 1), '')",
        "after_backslash": lambda field: f"nullif(regexp_extract({field}, '([^\\\\]+)$', 1), '')",
        "yes": lambda field: f"lower({field}) = 'true'",
        "outbound": lambda field: f"{field} = '%%14593'",
        "transport": lambda field: f"CASE {field} WHEN '6' THEN 'tcp' WHEN '17' THEN 'udp' ELSE {field} END",
        "logon_outcome": lambda field: f"CASE {field} WHEN '4624' THEN 'success' ELSE 'failure' END",
    }
)


def column_sql(expression: str, location: str, quote_field: Callable[[str], Sql] = CANONICAL.quote) -> Sql:
    """SQL for `function field field ...`, or `function this that where Flag`: this if the flag is true, else that.

    Args:
        quote_field: what a field is called in the SQL.

    Raises:
        QueryError: a function that does not exist, or no field.
    """
    function, *fields = expression.split() or [""]
    if function not in _FUNCTIONS or not fields:
        raise QueryError(
            f"{expression!r} is not a column", location=location, next_step=f"functions: {', '.join(_FUNCTIONS)}"
        )
    build = _FUNCTIONS[function]
    if "where" in fields:
        return build(_choice_sql(expression, location, fields, quote_field))
    columns = [build(quote_field(field)) for field in fields]
    return f"coalesce({', '.join(columns)})" if len(columns) > 1 else columns[0]


def _choice_sql(expression: str, location: str, fields: list[str], quote_field: Callable[[str], Sql]) -> Sql:
    if len(fields) != 4 or fields[2] != "where":
        raise QueryError(f"{expression!r} is not a column", location=location, next_step="write: this that where Flag")
    this, that, flag = fields[0], fields[1], fields[3]
    is_false = f"lower({quote_field(flag)}) = 'false'"
    return f"CASE WHEN {is_false} THEN {quote_field(that)} ELSE {quote_field(this)} END"


def expression_fields(expression: str) -> list[str]:
    """The fields that an expression reads."""
    return [field for field in expression.split()[1:] if field != "where"]
