"""Text search (SOSL): ``FIND {term} IN EMAIL FIELDS RETURNING Contact(Id, Name WHERE … LIMIT n), Lead``.

A term matches the beginning of no word but whole words, unless it holds ``*`` or ``?`` [from memory; relevance is not
imitated: rows come oldest first].
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from ..kernel.http import HttpResponse, json_response
from ..kernel.rows import Row
from .data import OrgData
from .errors import ApiError
from .fields import TEXT_TYPES, ObjectType
from .querying import Plan
from .records import reader_of
from .soql import parse

_FIND = re.compile(
    r"\s*FIND\s*(?:\{(?P<term>(?:[^{}\\]|\\.)*)\}|'(?P<quoted>(?:[^'\\]|\\.)*)')"
    r"(?:\s+IN\s+(?P<scope>ALL|NAME|EMAIL|PHONE|SIDEBAR)\s+FIELDS)?"
    r"(?:\s+RETURNING\s+(?P<returning>.*?))?(?:\s+LIMIT\s+(?P<limit>\d+))?\s*",
    re.IGNORECASE | re.DOTALL,
)
_RETURNED = re.compile(r"\s*(\w+)\s*(?:\(((?:[^()]|\([^()]*\))*)\))?\s*(?:,|$)", re.DOTALL)
_INNER = re.compile(
    r"(?P<fields>.*?)(?P<rest>\s+(?:WHERE|ORDER|LIMIT|OFFSET)\b.*)?", re.IGNORECASE | re.DOTALL
)
_SEARCHED: Final = ("Account", "Contact", "Lead", "Opportunity")
_MOST: Final = 2000
_SHORTEST: Final = 2


class Search:
    """Searches one org. Raises ApiError."""

    def __init__(self, data: OrgData) -> None:
        self._data = data

    def answer(self, text: str, version: str) -> HttpResponse:
        """``/search?q=…``."""
        match = _FIND.fullmatch(text)
        if match is None:
            raise ApiError(400, "MALFORMED_SEARCH", f"unexpected token: '{text.strip()[:40]}'")
        term = re.sub(r"\\(.)", r"\1", match["term"] if match["term"] is not None else match["quoted"])
        wanted = _returned(match["returning"] or "") or [(name, "") for name in _SEARCHED]
        return self.search(term, match["scope"] or "ALL", wanted, version, int(match["limit"] or _MOST))

    def search(
        self, term: str, scope: str, wanted: Sequence[tuple[str, str]], version: str, limit: int = _MOST
    ) -> HttpResponse:
        """wanted: objects with what stands in their parentheses."""
        if len(term.strip(" *?")) < _SHORTEST:
            raise ApiError(400, "MALFORMED_SEARCH", "search term must be longer than one character: " + term)
        test = _test(term)
        records: list[dict[str, Any]] = []
        for name, inside in wanted:
            parts = _INNER.fullmatch(inside)
            fields = (parts["fields"] if parts else "").strip() or "Id"
            soql = f"SELECT {fields} FROM {name} {(parts['rest'] or '') if parts else ''}"  # noqa: S608
            plan = Plan(self._data, soql, parse(soql), version, deleted=False)
            reads = self._read(plan.kind, scope.upper())
            hits = (
                row
                for row in self._data.tables[plan.kind.name].live()
                if any(test(read(row)) for read in reads)
            )
            records += [plan.shape.show(row) for row in plan.choose(hits)]
        return json_response(200, {"searchRecords": records[:limit]})

    def _read(self, kind: ObjectType, scope: str) -> list[Callable[[Row], Any]]:
        types = {"EMAIL": {"email"}, "PHONE": {"phone"}}.get(scope, TEXT_TYPES)
        fields = [field for field in kind.fields if field.type in types]
        if scope == "NAME":
            fields = [field for field in fields if field.name_field or field.compound == "Name"]
        return [reader_of(self._data, field) for field in fields]


def _returned(text: str) -> list[tuple[str, str]]:
    wanted, place = [], 0
    while text[place:].strip():
        match = _RETURNED.match(text, place)
        if match is None or match.end() == place:
            raise ApiError(400, "MALFORMED_SEARCH", f"unexpected token: '{text[place:][:40]}'")
        wanted.append((match[1], match[2] or ""))
        place = match.end()
    return wanted


def _test(term: str) -> Callable[[Any], bool]:
    words = [re.escape(word).replace(r"\*", r"\S*").replace(r"\?", r"\S") for word in term.split()]
    patterns = [re.compile(rf"(?:^|[^\w]){word}(?:$|[^\w])", re.IGNORECASE) for word in words]

    def matches(value: Any) -> bool:
        return isinstance(value, str) and all(pattern.search(value) for pattern in patterns)

    return matches
