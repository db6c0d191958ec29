"""Building SOQL: names are checked, values are quoted, and nothing else reaches a query."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from awase.errors import SchemaMismatch

MAX_QUERY = 100_000
"""Characters of one statement (confirmed)."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
# The reserved characters of a SOQL string literal (confirmed); a literal may hold all others as they are.
_ESCAPES = str.maketrans(
    {
        "\\": "\\\\",
        "'": "\\'",
        '"': '\\"',
        "\n": "\\n",
        "\r": "\\r",
        "\t": "\\t",
        "\b": "\\b",
        "\f": "\\f",
    }
)


def name(text: str) -> str:
    """``text`` if it can be the name of an object or field. Raises SchemaMismatch otherwise."""
    if not _NAME.match(text):
        raise SchemaMismatch("{name} cannot be the name of a Salesforce object or field", name=repr(text))
    return text


def is_path(text: str) -> bool:
    """Whether ``text`` can lead to a field, by names of relationships and dots."""
    return all(_NAME.match(part) for part in text.split("."))


def path(text: str) -> str:
    """``text`` if it can lead to a field, by names of relationships and dots. Raises SchemaMismatch otherwise."""
    return ".".join(name(part) for part in text.split("."))


def text(value: str) -> str:
    """``value`` as a string literal, quotes included."""
    return f"'{value.translate(_ESCAPES)}'"


def like(value: str, *, anywhere: bool) -> str:
    """A pattern that texts match which hold ``value`` (``anywhere``) or begin with it, whatever signs it is of.

    ``%`` and ``_`` stand for themselves behind a backslash; that escape is of patterns only (confirmed).
    """
    literal = value.translate(_ESCAPES).replace("%", "\\%").replace("_", "\\_")
    return f"'{'%' if anywhere else ''}{literal}%'"


def moment(value: datetime) -> str:
    """``value`` as a date-time literal: UTC, whole seconds (stamps there have no fractions), cut, never rounded up."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def one_of(field: str, values: Iterable[str]) -> str:
    """The condition that ``field`` holds one of ``values``."""
    return f"{path(field)} IN ({','.join(text(value) for value in values)})"


def at_least(field: str, value: datetime) -> str:
    """The condition that ``field`` is not earlier than ``value``."""
    return f"{name(field)} >= {moment(value)}"


def select(
    fields: Sequence[str],
    object: str,
    where: Sequence[str] = (),
    order: Sequence[str] = (),
    sub_selects: Sequence[str] = (),
) -> str:
    """A query; ``where`` and ``sub_selects`` hold finished conditions and queries; all conditions must be met."""
    chosen = [*(path(field) for field in fields), *sub_selects]
    words = ["SELECT", ", ".join(chosen), "FROM", name(object)]
    if where:
        words += ["WHERE", " AND ".join(where)]
    if order:
        words += ["ORDER BY", ", ".join(name(field) for field in order)]
    return " ".join(words)
