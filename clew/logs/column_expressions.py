"""The functions that a field map may use, as SQL over quoted column names. Values never become SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from clew.errors import QueryError

Sql = str


def quote_identifier(name: str) -> Sql:
    """An SQL identifier.

    >>> quote_identifier('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


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


def column_sql(expression: str, location: str) -> Sql:
    """SQL for `function field field ...`, or `function this that where Flag`: this if the flag is true, else that.

    Raises:
        QueryError: a function that does not exist, or no field.
    """
    function, *fields = expression.split()
    if function not in _FUNCTIONS or not fields:
        raise QueryError(
            f"{expression!r} is not a column", location=location, next_step=f"functions: {', '.join(_FUNCTIONS)}"
        )
    build = _FUNCTIONS[function]
    if "where" in fields:
        this, that, _, flag = fields
        is_false = f"lower({quote_identifier(flag)}) = 'false'"
        case_sql = f"CASE WHEN {is_false} THEN {quote_identifier(that)} ELSE {quote_identifier(this)} END"
        return build(case_sql)
    return (
        f"coalesce({', '.join(build(quote_identifier(field)) for field in fields)})"
        if len(fields) > 1
        else build(quote_identifier(fields[0]))
    )


def expression_fields(expression: str) -> list[str]:
    """The fields that a recipe reads."""
    return [field for field in expression.split()[1:] if field != "where"]
