"""Writing TOML: a document as people would write it, short tables on one line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")
_WIDTH = 100


def toml_text(content: Mapping[str, Any]) -> str:
    """``content`` (texts, numbers, booleans, lists, tables) as a TOML document."""
    return "\n".join(_table(content, "")).strip("\n") + "\n"


def inline(value: object) -> str:
    """``value`` on one line."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            # A JSON text is a TOML text, but for one control character that JSON leaves as it is.
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case list() | tuple():
            return f"[{', '.join(inline(part) for part in value)}]"
        case Mapping():
            parts = ", ".join(f"{_key(name)} = {inline(part)}" for name, part in value.items())
            return f"{{ {parts} }}" if parts else "{}"
    return str(value)


def _key(name: str) -> str:
    return name if _BARE.match(name) else inline(name)


def _table(content: Mapping[str, Any], path: str) -> Iterator[str]:
    apart = {name: value for name, value in content.items() if _stands_apart(name, value, top=not path)}
    for name, value in content.items():
        if name not in apart:
            yield f"{_key(name)} = {inline(value)}"
    for name, value in apart.items():
        here = f"{path}.{_key(name)}" if path else _key(name)
        brackets = "[[{}]]" if isinstance(value, list) else "[{}]"
        for table in value if isinstance(value, list) else [value]:
            # A table that only holds tables needs no line of its own.
            if isinstance(value, list) or not table or not _only_tables(table, top=False):
                yield ""
                yield brackets.format(here)
            yield from _table(table, here)


def _only_tables(content: Mapping[str, Any], *, top: bool) -> bool:
    return all(_stands_apart(name, value, top=top) for name, value in content.items())


def _stands_apart(name: str, value: object, *, top: bool) -> bool:
    is_table = isinstance(value, Mapping)
    are_tables = isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)
    return (is_table or are_tables) and (top or len(f"{name} = {inline(value)}") > _WIDTH)
