"""The ways in which the witnesses are known to differ from us. Each key stands with its reason in ``docs/reference/formula.md``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, time
from decimal import Decimal

from .formula_witnesses import FAILED, Cause

_ORDER = frozenset({"<", ">", "<=", ">="})
_DATED = frozenset({"+", "-", "ADDMONTHS", "DATE", "DATEVALUE", "DATETIMEVALUE", "YEAR", "WEEKDAY"})


def _blank(cause: Cause) -> bool:
    return None in cause.values


def _of(cause: Cause, *names: str) -> bool:
    return cause.what in names


def _fraction(cause: Cause) -> bool:
    return any(isinstance(value, Decimal) and value != value.to_integral_value() for value in cause.values)


def _below_one(cause: Cause) -> bool:
    return any(isinstance(value, Decimal) and value < 1 for value in cause.values)


def _early(cause: Cause) -> bool:
    """A year of at most two digits, which JavaScript takes for one of the twentieth century."""
    return any(isinstance(value, date) and value.year < 100 for value in (*cause.values, cause.ours))


def _outside(cause: Cause) -> bool:
    return cause.what in _DATED and cause.ours is FAILED and isinstance(cause.theirs, str | None)


def _odd_number(text: object) -> bool:
    """Blank, or with a space, a last point or digits that are not ASCII."""
    return not isinstance(text, str) or not text.isascii() or " " in text or text.endswith(".")


def _texts(cause: Cause) -> bool:
    return all(isinstance(value, str | None) for value in cause.values)


KNOWN: Mapping[str, Mapping[str, Callable[[Cause], bool]]] = {
    "sformula": {
        "blank-part": lambda cause: _of(cause, "CONTAINS", "BEGINS") and _blank(cause),
        "error-is-null": lambda cause: (
            _of(cause, "VALUE", "DATE", "/") and cause.ours is FAILED and cause.theirs is None
        ),
        "mod-zero": lambda cause: _of(cause, "MOD") and cause.ours is FAILED and cause.values[1] == 0,
        "isnumber": lambda cause: _of(cause, "ISNUMBER") and _odd_number(cause.values[0]),
        "value": lambda cause: _of(cause, "VALUE") and _odd_number(cause.values[0]),
        "picklist-blank": lambda cause: _of(cause, "ISPICKVAL") and cause.values == (None, None),
        "includes-blank": lambda cause: _of(cause, "INCLUDES") and cause.values == (None, None),
        "round-away": lambda cause: _of(cause, "ROUND") and cause.ours == 0,
        "power": lambda cause: _of(cause, "^"),
        "half": lambda cause: _of(cause, "TEXT") and str(cause.theirs).startswith((".", "-.")),
        "null-stays": lambda cause: (
            _of(cause, "AND", "OR", "&&", "||") and _blank(cause) and cause.theirs is None
        ),
        "years": lambda cause: _early(cause) or _outside(cause),
        "id-15": lambda cause: _of(cause, "field") and cause.theirs == str(cause.ours)[:15],
        "counts": lambda cause: (
            _of(cause, "LEFT", "RIGHT", "MID", "FIND", "LPAD") and (_fraction(cause) or _below_one(cause))
        ),
    },
    "formulon": {
        "null": lambda cause: _blank(cause) or cause.ours is None,
        "text-order": lambda cause: cause.what in _ORDER and _texts(cause) and cause.theirs is FAILED,
        "clock-times": lambda cause: (
            cause.theirs is FAILED
            and any(isinstance(value, date | time) for value in cause.values)
            and _of(cause, "TIMEVALUE", "HOUR", "DATETIMEVALUE")
        ),
        "infinity": lambda cause: FAILED in cause.values,
        "value": lambda cause: _of(cause, "VALUE") and (cause.ours is FAILED or _odd_number(cause.values[0])),
        "round-away": lambda cause: _of(cause, "ROUND") and cause.ours == 0,
        "power": lambda cause: _of(cause, "^"),
        "casesafeid": lambda cause: _of(cause, "CASESAFEID") and len(str(cause.ours)) not in (15, 18),
        "multi-select": lambda cause: _of(cause, "ISNULL", "ISBLANK") and cause.theirs is FAILED,
        "regex": lambda cause: _of(cause, "REGEX") and cause.theirs is FAILED,
        "dates-roll": lambda cause: _of(cause, "DATE") and (cause.ours is FAILED or _fraction(cause)),
        "date-fraction": lambda cause: _of(cause, "+", "-", "ADDMONTHS") and _fraction(cause),
        "month-ends": lambda cause: _of(cause, "ADDMONTHS") and isinstance(cause.theirs, str),
        "years": lambda cause: _early(cause) or _outside(cause),
        "id-18": lambda cause: _of(cause, "=", "<>", "CASE") and _same_id(cause),
        "padding": lambda cause: _of(cause, "LPAD"),
        "counts": lambda cause: (
            _of(cause, "LEFT", "RIGHT", "MID", "FIND") and (_fraction(cause) or _below_one(cause))
        ),
        "precedence": lambda cause: (
            _of(cause, "=", "<>", *_ORDER)
            and cause.theirs is FAILED
            and cause.text.count("=") + cause.text.count("<") + cause.text.count("&") > 1
        ),
    },
}


def _same_id(cause: Cause) -> bool:
    ids = [value[:15] for value in cause.values if isinstance(value, str) and len(value) in (15, 18)]
    return len(set(ids)) < len(ids)


def key_of(witness: str, cause: Cause) -> str | None:
    """The first kind of disagreement that this is one of; None where it is of none."""
    return next((key for key, holds in KNOWN[witness].items() if holds(cause)), None)
