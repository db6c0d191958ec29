"""The words and signs of a query, and the two beginnings of every complaint about one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .errors import ApiError

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<datetime>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2}))
    |(?P<date>\d{4}-\d{2}-\d{2})
    |(?P<number>[+-]?\d+(?:\.\d+)?)
    |(?P<span>[A-Za-z][A-Za-z0-9_]*:\d+)
    |(?P<string>'(?:[^'\\]|\\.)*')
    |(?P<name>[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)*)
    |(?P<sign><=|>=|!=|<>|[=<>(),])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    """One word or sign; at = its place in the query, from 0."""

    kind: str
    text: str
    at: int


def malformed(text: str) -> ApiError:
    """The query cannot be read."""
    return ApiError(400, "MALFORMED_QUERY", text)


def excerpt(text: str, at: int) -> str:
    """The part of the query around a place, with a caret under it, as error messages begin."""
    start, end = max(0, at - 20), min(len(text), at + 30)
    line = text[start:end].replace("\n", " ")
    return f"\n{line}\n{' ' * (at - start)}^\nERROR at Row:1:Column:{at + 1}\n"


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a query, an ``end`` last. Raises ApiError."""
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise malformed(f"{excerpt(text, place)}unexpected token: '{text[place]}'")
        kind = match.lastgroup or ""
        if kind != "space":
            yield Token(kind, match.group(), place)
        place = match.end()
    yield Token("end", "<EOF>", len(text))


def unquoted(quoted: str) -> str:
    """A text without its quotes and escapes."""

    def sign(match: re.Match[str]) -> str:
        body = match.group(1)
        if len(body) == 5:
            return chr(int(body[1:], 16))
        return _ESCAPES.get(body, body)

    return _ESCAPE.sub(sign, quoted[1:-1])
