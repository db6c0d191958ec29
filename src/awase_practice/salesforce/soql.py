"""The query language: a tokenizer and a recursive-descent parser into a small tree.

Covered: field lists with parent dots and FIELDS(), child sub-selects, COUNT(), aggregates with GROUP BY and HAVING,
parts of dates, WHERE with AND, OR, NOT and parentheses, comparisons, date literals, LIKE, IN and NOT IN (a list or a
semi-join), INCLUDES, EXCLUDES, ORDER BY, LIMIT, OFFSET, FOR VIEW. As at the vendor, AND and OR may not stand side by
side without parentheses, dates and numbers stand without quotes, and texts with them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from .date_literals import DATE_FUNCTIONS, span_of
from .errors import ApiError
from .soql_tokens import Token, excerpt, malformed, tokens, unquoted
from .soql_tree import (
    AGGREGATES,
    Among,
    Call,
    Compare,
    Expression,
    Item,
    Joined,
    Literal,
    Not,
    Order,
    Path,
    Query,
    Within,
)

LONGEST_QUERY = 100_000
_LONGEST_LITERAL = 4000
_MOST_OFFSET = 2000

_SHOWN_AS_STORED = frozenset(("tolabel", "format", "convertcurrency"))
_FUNCTIONS = AGGREGATES | DATE_FUNCTIONS.keys() | _SHOWN_AS_STORED | {"fields"}
_CLAUSES = frozenset(
    ("where", "using", "with", "group", "having", "order", "limit", "offset", "for", "all", "update")
)
_SOME_DAY = date(2000, 1, 1)
_COMPARISONS = frozenset(("=", "!=", "<>", "<", "<=", ">", ">="))


def parse(text: str) -> Query:
    """Read a query. Raises ApiError (MALFORMED_QUERY)."""
    if len(text) > LONGEST_QUERY:
        raise malformed(f"SOQL statements can not be longer than {LONGEST_QUERY} characters")
    return _Parser(text).query()


def _pattern(quoted: str) -> tuple[str, ...]:
    """A string's signs as LIKE takes them: only here does a backslash keep % and _ from standing for others."""
    signs = re.findall(r"\\(?:u[0-9A-Fa-f]{4}|.)|.", quoted[1:-1], re.DOTALL)
    return tuple(sign if sign in {r"\%", r"\_"} else unquoted(f"'{sign}'") for sign in signs)


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(tokens(text))
        self._place = 0
        self._depth = 0

    def query(self) -> Query:
        whole = self._query()
        if self._now.kind != "end":
            raise self._unexpected()
        return whole

    def _query(self) -> Query:
        self._expect("select")
        items, children = self._items()
        self._expect("from")
        object = self._path("object")
        names = {object.parts[0].lower()}
        if self._now.kind == "name" and self._word() not in _CLAUSES:
            names.add(self._word())
            self._place += 1
        if self._take("using"):
            self._expect("scope")
            self._path("object")
        where = self._expression() if self._take("where") else None
        if self._take("with"):
            self._path("object")
        groups = self._groups() if self._take("group") else ()
        having = self._expression() if groups and self._take("having") else None
        order = self._order() if self._take("order") else ()
        limit = self._whole() if self._take("limit") else None
        offset = self._whole() if self._take("offset") else 0
        if self._word() == "for" and self._word(1) in {"view", "reference"}:
            self._place += 2
        if offset > _MOST_OFFSET:
            raise ApiError(
                400, "NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {_MOST_OFFSET}"
            )
        return Query(items, object, where, order, limit, offset, children, groups, having, frozenset(names))

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

    def _items(self) -> tuple[tuple[Item, ...], tuple[Query, ...]]:
        if self._word() == "count" and self._word(1) == "(" and self._word(2) == ")":
            self._place += 3
            return (), ()
        items: list[Item] = []
        children: list[Query] = []
        while True:
            if self._word() == "(":
                children.append(self._inside())
            else:
                item = self._item()
                if self._now.kind == "name" and self._word() != "from":
                    item = replace(item, alias=self._now.text)
                    self._place += 1
                items.append(item)
            if not self._take(","):
                return tuple(items), tuple(children)

    def _item(self) -> Item:
        """A field or a function of one; a function that only changes how a value is shown is its field."""
        name, at = self._word(), self._now.at
        if self._word(1) != "(" or self._now.kind != "name":
            return self._path("field")
        if name not in _FUNCTIONS:
            raise self._unexpected()
        self._place += 2
        inner = self._item()
        path = (
            inner.path if isinstance(inner, Call) else inner
        )  # CALENDAR_YEAR(convertTimezone(f)) and its kin
        self._expect(")")
        return inner if name in _SHOWN_AS_STORED else Call(name, path, at)

    def _groups(self) -> tuple[Item, ...]:
        self._expect("by")
        groups = [self._item()]
        while self._take(","):
            groups.append(self._item())
        return tuple(groups)

    def _inside(self) -> Query:
        """A query in parentheses; those do not nest further [from memory: one level for children]."""
        self._expect("(")
        if self._depth:
            raise self._unexpected()
        self._depth += 1
        query = self._query()
        self._depth -= 1
        if not query.items or query.children or query.groups:
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
        path = self._item()
        sign = self._word()
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
        if (
            isinstance(path, Path)
            and sign in {"in", "not in"}
            and (self._word(), self._word(1)) == ("(", "select")
        ):
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
            return Literal("string", unquoted(token.text))
        if token.kind == "number":
            return Literal("number", float(token.text) if "." in token.text else int(token.text))
        if token.kind in {"date", "datetime"}:
            return Literal(token.kind, token.text)
        if token.kind == "name" and token.text.lower() in {"true", "false"}:
            return Literal("boolean", token.text.lower() == "true")
        if token.kind == "name" and token.text.lower() == "null":
            return Literal("null", None)
        if token.kind in {"name", "span"} and span_of(token.text, _SOME_DAY) is not None:
            return Literal("span", token.text)
        self._place -= 1
        raise self._unexpected()

    def _order(self) -> tuple[Order, ...]:
        self._expect("by")
        parts = [self._order_part()]
        while self._take(","):
            parts.append(self._order_part())
        return tuple(parts)

    def _order_part(self) -> Order:
        path = self._item()
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
