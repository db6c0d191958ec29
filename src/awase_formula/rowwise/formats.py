"""LIKE, JSON and currency: functions on texts that have a form of their own."""

from __future__ import annotations

import json
import re
from decimal import ROUND_HALF_EVEN, Decimal

from awase_formula.values import MATH, Failure

NO_PATH = "the path of a JSONPATHVALUE has no translation"
BAD_JSON = "JSONVALUE is given no JSON"


def like(text: str | None, pattern: str | None) -> bool:
    """LIKE: ``%`` any run, ``_`` one character, ``\\`` takes the next one literally; null is the empty text."""
    text, pattern = text or "", pattern or ""
    parts: list[str | None] = []
    escaped = False
    for character in pattern:
        if not escaped and character == "\\":
            escaped = True
            continue
        parts.append(character if escaped or character not in "%_" else ("" if character == "%" else None))
        escaped = False
    reached = {0}
    for part in parts:
        if not reached:
            return False
        if part == "":
            reached = set(range(min(reached), len(text) + 1))
        else:
            reached = {at + 1 for at in reached if at < len(text) and part in (None, text[at])}
    return len(text) in reached


def json_value(text: str | None, key: str | None) -> str | None:
    """JSONVALUE: the value of a key, as text."""
    if text is None or key is None:
        return None
    document = _document(text)
    return _json_text(document.get(key)) if isinstance(document, dict) else None


_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_-]*)|\[([0-9]{1,9})\]|\['([^']*)'\]")


def json_path_value(text: str | None, path: str | None) -> str | None:
    """JSONPATHVALUE along names and indices (``$.a[0]['b']``); anything that is not there is null."""
    if text is None or path is None:
        return None
    rest = path[1:] if path.startswith("$") else f".{path}"
    try:
        found = _document(text)
    except Failure:
        return None
    while rest:
        step = _STEP.match(rest)
        if step is None:
            raise Failure(NO_PATH, failed=False)
        name, index = step[1] or step[3], step[2]
        if isinstance(found, dict) and name is not None:
            found = found.get(name)
        elif isinstance(found, list) and index is not None and int(index) < len(found):
            found = found[int(index)]
        else:
            return None
        rest = rest[step.end() :]
    return _json_text(found)


def _document(text: str) -> object:
    try:
        return json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        raise Failure(BAD_JSON) from None


def _json_text(found: object) -> str | None:
    if isinstance(found, bool):
        return "true" if found else "false"
    return found if isinstance(found, str) and found else None


_NO_DECIMALS = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
_THREE_DECIMALS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])


def format_currency(code: str | None, amount: Decimal | None) -> str | None:
    """FORMATCURRENCY, as English writes it."""
    if amount is None:
        return None
    places = 0 if code in _NO_DECIMALS else 3 if code in _THREE_DECIMALS else 2
    number = amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN, context=MATH)
    return f"{code} {number:,f}" if code else f"{number:,f}"
