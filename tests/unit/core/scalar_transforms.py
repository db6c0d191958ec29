"""The transforms once more, for one value in plain Python: what the expressions over columns must agree with."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import jaconv

from awase.core.transforms import Step, Steps
from awase.core.values import Value, as_text

BLANKS = (
    "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
)
LIMIT = Decimal(10) ** 28
EXACT = Context(prec=100)


def expected(value: Value, steps: Steps, zone: str) -> tuple[Value, bool, bool]:
    """The result, whether it was made, and whether a step could not read it."""
    now: Any = value
    made = failed = False
    for step in steps:
        if step.name == "default":
            if is_blank(now) and not failed:
                now, made = step.argument, True
            continue
        if now is None:
            continue
        if step.name == "truncate":
            made |= len(now) > step.argument  # type: ignore[operator]
        before, now = now, step_on(now, step, zone)
        failed |= now is None and not is_blank(before) and step.name != "first"
    if isinstance(now, tuple):
        now = tuple(sorted(now))
    return (None if is_blank(now) else now), made and not failed, failed


def is_blank(value: Any) -> bool:
    return value is None or value == () or (isinstance(value, str) and value.strip(BLANKS) == "")


def step_on(value: Any, step: Step, zone: str) -> Any:
    """What one step, neither default, makes of a value that is there."""
    argument: Any = step.argument
    match step.name:
        case "truncate":
            return shortened(value, argument)
        case "replace":
            return value.replace(argument.old, argument.new)
        case "split":
            parts = [part.strip(BLANKS) for part in value.split(argument)]
            return tuple(dict.fromkeys(part for part in parts if part))
        case "join":
            return argument.join(value)
        case "round":
            return rounded(value, argument)
        case "scale":
            return scaled(value, argument)
        case "half_width" | "full_width":
            return width(value, step.name, argument)
        case "boolean":
            word = unicodedata.normalize("NFKC", value).strip(BLANKS)
            return True if word in argument.true else False if word in argument.false else None
        case "start_of_day":
            return datetime(value.year, value.month, value.day, tzinfo=ZoneInfo(zone))
        case "date" if argument is None:
            return value.astimezone(ZoneInfo(zone)).date()
    return PLAIN[step.name](value)


def shortened(text: str, length: int) -> str:
    """The signs as people see them, as many as fit."""
    signs = re.findall(r"(?s).[\u0300-\u036f\u3099\u309a\uff9e\uff9f\ufe0f]*", text)
    found = ""
    for sign in signs:
        if len(found + sign) > length:
            break
        found += sign
    return found


def rounded(value: Decimal, places: int) -> Decimal | None:
    if value.copy_abs() > LIMIT - 1:
        return None
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP, context=EXACT)


def scaled(value: Decimal | int, factor: Decimal) -> Decimal | None:
    product = EXACT.multiply(Decimal(value), factor)
    if max(product.copy_abs(), Decimal(value).copy_abs()) > LIMIT - 1:
        return None
    return product.quantize(Decimal("1e-10"), rounding=ROUND_HALF_EVEN, context=EXACT)


def width(text: str, to: str, which: str) -> str:
    wanted = {
        "kana": which in ("all", "kana"),
        "ascii": which in ("all", "ascii"),
        "digit": which in ("all", "ascii", "digits"),
    }
    return (jaconv.z2h if to == "half_width" else jaconv.h2z)(text, "", **wanted)


PLAIN: dict[str, Callable[[Any], Any]] = {
    "trim": lambda text: text.strip(BLANKS),
    "collapse": lambda text: re.sub(f"[{BLANKS}]+", " ", text),
    "upper": str.upper,
    "lower": str.lower,
    "nfkc": lambda text: unicodedata.normalize("NFKC", text),
    "text": as_text,
    "first": lambda parts: parts[0] if parts else None,
}
