"""Named SQL: every statement lives in ``queries/<topic>.sql`` under ``-- name:``; values are always bound."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_HEADING = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def statements(topic: str) -> Mapping[str, bytes]:
    """The statements of ``queries/<topic>.sql`` by name."""
    text = (files("awase.store") / "queries" / f"{topic}.sql").read_text(encoding="utf-8")
    parts = _HEADING.split(text)
    names, bodies = parts[1::2], parts[2::2]
    if parts[0].strip() or len(set(names)) != len(names):
        raise ValueError(f"queries/{topic}.sql: text before the first name, or a name used twice")
    return {name: _code(body) for name, body in zip(names, bodies, strict=True)}


def _code(body: str) -> bytes:
    """A statement without its leading comment lines and its last semicolon."""
    lines = [line for line in body.splitlines() if not line.startswith("--")]
    return "\n".join(lines).strip().removesuffix(";").encode()
