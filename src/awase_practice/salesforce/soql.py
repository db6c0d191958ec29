"""The query language: a tokenizer and a recursive-descent parser into a small tree.

Covered: field lists with parent dots, child sub-selects, COUNT(), WHERE with AND, OR, NOT and parentheses,
comparisons, LIKE, IN and NOT IN (a list or a semi-join), INCLUDES, EXCLUDES, ORDER BY, LIMIT, OFFSET. As at the vendor, AND and OR may not stand side by side
without parentheses, dates and numbers stand without quotes, and texts with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from .errors import ApiError
from .soql_tree import Among, Compare, Expression, Joined, Literal, Not, Order, Path, Query, Within

LONGEST_QUERY = 100_000
_LONGEST_LITERAL = 4000
_MOST_OFFSET = 2000

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<datetime>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2}))
    |(?P<date>\d{4}-\d{2}-\d{2})
    |(?P<number>[+-]?\d+(?:\.\d+)?)
    |(?P<string>'(?:[^'\\]|\\.)*')
    |(?P<name>[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)*)
    |(?P<sign><=|>=|!=|<>|[=<>(),])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_COMPARISONS = frozenset(("=", "!=", "<>", "<", "<=", ">", ">="))


@dataclass(frozen=True, slots=True)
class Token:
    """One word or sign; at = its place in the query, from 0."""

    kind: str
    text: str
    at: int


def malformed(text: str) -> ApiError:
    """The query cannot be read."""
    return ApiError(400, "MALFORMED_QUERY", text)


def parse(text: str) -> Query:
    """Read a query. Raises ApiError (MALFORMED_QUERY)."""
    if len(text) > LONGEST_QUERY:
        raise malformed(f"SOQL statements can not be longer than {LONGEST_QUERY} characters")
    return _Parser(text).query()


def excerpt(text: str, at: int) -> str:
    """The part of the query around a place, with a caret under it, as error messages begin."""
    start, end = max(0, at - 20), min(len(text), at + 30)
    line = text[start:end].replace("\n", " ")
    return f"\n{line}\n{' ' * (at - start)}^\nERROR at Row:1:Column:{at + 1}\n"


def _tokens(text: str) -> Iterator[Token]:
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


def _unquoted(quoted: str) -> str:
    def sign(match: re.Match[str]) -> str:
        body = match.group(1)
        if len(body) == 5:
            return chr(int(body[1:], 16))
        return _ESCAPES.get(body, body)

    return _ESCAPE.sub(sign, quoted[1:-1])


def _pattern(quoted: str) -> tuple[str, ...]:
    """A string's signs as LIKE takes them: only here does a backslash keep % and _ from standing for others."""
    signs = re.findall(r"\\(?:u[0-9A-Fa-f]{4}|.)|.", quoted[1:-1], re.DOTALL)
    return tuple(sign if sign in {r"\%", r"\_"} else _unquoted(f"'{sign}'") for sign in signs)


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._place = 0
        self._depth = 0

    def query(self) -> Query:
        whole = self._query()
        if self._now.kind != "end":
            raise self._unexpected()
        return whole

    def _query(self) -> Query:
        self._expect("select")
        fields, children = self._fields()
        self._expect("from")
        object = self._path("object")
        where = self._expression() if self._take("where") else None
        order = self._order() if self._take("order") else ()
        limit = self._whole() if self._take("limit") else None
        offset = self._whole() if self._take("offset") else 0
        if offset > _MOST_OFFSET:
            raise ApiError(
                400, "NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {_MOST_OFFSET}"
            )
        return Query(fields, object, where, order, limit, offset, children)

    @property
    def _now(self) -> Token:
        return self._tokens[self._place]

    def _word(self, ahead: int = 0) -> str:
        token = self._tokens[min(self._place + ahead, len(self._tokens) - 1)]
        return token.text.lower() if token.kind in {"name", "sign"} else ""

    def _unexpected(self) -> ApiError:
        token = self._now
        return malformed(f"{excerpt(self._text, token.at)}unexpected token: '{token.text[:40]}'")

    def _take(self, word: str) -> bool:
        if self._word() != word:
            return False
        self._place += 1
        return True

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise self._unexpected()

    def _path(self, what: str) -> Path:
        token = self._now
        if token.kind != "name" or (what == "object" and "." in token.text):
            raise self._unexpected()
        self._place += 1
        return Path(tuple(token.text.split(".")), token.at)

    def _fields(self) -> tuple[tuple[Path, ...], tuple[Query, ...]]:
        if self._word() == "count" and self._word(1) == "(" and self._word(2) == ")":
            self._place += 3
            return (), ()
        fields: list[Path] = []
        children: list[Query] = []
        while True:
            if self._word() == "(":
                children.append(self._inside())
            else:
                fields.append(self._path("field"))
            if not self._take(","):
                return tuple(fields), tuple(children)

    def _inside(self) -> Query:
        """A query in parentheses; those do not nest further [from memory: one level for children]."""
        self._expect("(")
        if self._depth:
            raise self._unexpected()
        self._depth += 1
        query = self._query()
        self._depth -= 1
        if not query.fields or query.children:
            raise self._unexpected()
        self._expect(")")
        return query

    def _expression(self) -> Expression:
        first = self._term()
        word = self._word()
        if word not in {"and", "or"}:
            return first
        terms = [first]
        while self._take(word):
            terms.append(self._term())
        if self._word() in {"and", "or"}:
            raise self._unexpected()
        return Joined(word, tuple(terms))

    def _term(self) -> Expression:
        if self._take("not"):
            return Not(self._term())
        if self._take("("):
            inside = self._expression()
            self._expect(")")
            return inside
        return self._condition()

    def _condition(self) -> Expression:
        path, sign = self._path("field"), self._word()
        if sign in _COMPARISONS or sign == "like":
            self._place += 1
            quoted, literal = self._now.text, self._literal()
            if sign == "like" and literal.kind == "string":
                literal = replace(literal, pattern=_pattern(quoted))
            return Compare(path, "!=" if sign == "<>" else sign, literal)
        if sign == "not" and self._word(1) == "in":
            self._place += 1
            sign = "not in"
        if sign not in {"in", "not in", "includes", "excludes"}:
            raise self._unexpected()
        self._place += 1
        if sign in {"in", "not in"} and self._word() == "(" and self._word(1) == "select":
            return Within(path, sign, self._inside())
        self._expect("(")
        literals = [self._literal()]
        while self._take(","):
            literals.append(self._literal())
        self._expect(")")
        return Among(path, sign, tuple(literals))

    def _literal(self) -> Literal:
        token = self._now
        self._place += 1
        if token.kind == "string":
            if len(token.text) > _LONGEST_LITERAL + 2:
                raise malformed(f"{excerpt(self._text, token.at)}string literal too long")
            return Literal("string", _unquoted(token.text))
        if token.kind == "number":
            return Literal("number", float(token.text) if "." in token.text else int(token.text))
        if token.kind in {"date", "datetime"}:
            return Literal(token.kind, token.text)
        if token.kind == "name" and token.text.lower() in {"true", "false"}:
            return Literal("boolean", token.text.lower() == "true")
        if token.kind == "name" and token.text.lower() == "null":
            return Literal("null", None)
        self._place -= 1
        raise self._unexpected()

    def _order(self) -> tuple[Order, ...]:
        self._expect("by")
        parts = [self._order_part()]
        while self._take(","):
            parts.append(self._order_part())
        return tuple(parts)

    def _order_part(self) -> Order:
        path = self._path("field")
        descending = self._take("desc")
        if not descending:
            self._take("asc")
        nulls_last = False
        if self._take("nulls"):
            nulls_last = self._take("last")
            if not nulls_last:
                self._expect("first")
        return Order(path, descending, nulls_last)

    def _whole(self) -> int:
        token = self._now
        if token.kind != "number" or not token.text.isdigit():
            raise self._unexpected()
        self._place += 1
        return int(token.text)
