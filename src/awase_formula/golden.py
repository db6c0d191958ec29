"""Published cases: formulas with rows of inputs and the result that Salesforce's own engine gives, in both null modes.

The form, one JSON object a line: ``name``, ``formula``, ``returns`` (Double, Currency, Percent, Text, Boolean, DateOnly, DateTime,
TimeOnly), ``fields`` (each ``name``, ``type``; one with ``formula`` has its own ``fields``) and ``rows`` with ``inputs`` (depth
first, in the order of the fields) and the results ``blank_as_zero`` and ``null_as_null``. Zone and clock are GMT.

The published harness also runs some cases with operands and inputs swapped, and keeps the list of fields as it was: a later
case of the same name and fields whose formula reads them in another order has its inputs in that order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from awase_formula.errors import FormulaError, UnreadableFile
from awase_formula.evaluating import Evaluator
from awase_formula.files import json_of, text_of
from awase_formula.kinds import Blanks, Field, Kind, Schema
from awase_formula.parser import parse
from awase_formula.tree import Reference, postorder
from awase_formula.values import MATH, Context, Result, Row, Trouble, plain

_KINDS = {
    "double": Kind.NUMBER,
    "number": Kind.NUMBER,
    "currency": Kind.NUMBER,
    "percent": Kind.NUMBER,
    "integer": Kind.NUMBER,
    "boolean": Kind.BOOLEAN,
    "dateonly": Kind.DATE,
    "date": Kind.DATE,
    "datetime": Kind.DATETIME,
    "timeonly": Kind.TIME,
    "time": Kind.TIME,
    "multienum": Kind.MULTIPICKLIST,
    "staticenum": Kind.PICKLIST,
    "dynamicenum": Kind.PICKLIST,
    "entityid": Kind.ID,
}
_MODES: tuple[tuple[str, Blanks], ...] = (("blank_as_zero", "zero"), ("null_as_null", "null"))
_PARTS = ("name", "formula", "returns", "fields", "rows")
_FORM = "a case is one JSON object with name, formula, returns, fields and rows"
_WRONG_PART = (
    "its fields or rows are not of the golden form; each of fields has name and type,"
    " each of rows has inputs (a list), blank_as_zero and null_as_null (texts, numbers, true, false or null)"
)
_ZONES = {"PST": "America/Los_Angeles", "EST": "America/New_York", "JST": "Asia/Tokyo"}
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_JAVA = re.compile(r"\w{3} (\w{3}) (\d{2}) (\d{2}):(\d{2}):(\d{2}) (?:GMT|UTC) (\d+)")


@dataclass(frozen=True, slots=True)
class Miss:
    """One row that does not agree: both modes' expected and actual results, as text."""

    case: str
    formula: str
    inputs: tuple[str | None, ...]
    expected: tuple[str | None, ...]
    actual: tuple[str | None, ...]


@dataclass(slots=True)
class Outcome:
    """What a file of cases gave. A row agrees when both modes do."""

    cases: int = 0
    rows: int = 0
    agreed: int = 0
    misses: list[Miss] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """As the command writes it."""
        misses = [
            {
                "case": miss.case,
                "formula": miss.formula,
                "inputs": miss.inputs,
                "expected": miss.expected,
                "actual": miss.actual,
            }
            for miss in self.misses
        ]
        return {"cases": self.cases, "rows": self.rows, "agreed": self.agreed, "misses": misses}


def run_file(path: Path, now: datetime) -> Outcome:
    """Run every case of a file. Raises ``UnreadableFile`` with the line that is not of the form."""
    outcome = Outcome()
    seen: set[str] = set()
    for number, line in enumerate(text_of(path).split("\n"), 1):
        if line.strip():
            try:
                case = _case(json_of(line))
            except ValueError as error:
                raise UnreadableFile(f"{path}:{number}: {error}") from None
            try:
                _run(_unswapped(case, seen), outcome, now)
            except (ValueError, KeyError, TypeError, IndexError, AttributeError):
                raise UnreadableFile(f"{path}:{number}: {_WRONG_PART}") from None
    return outcome


def _case(document: Any) -> dict[str, Any]:
    """A case that has all its parts. Raises ``ValueError`` with what it lacks."""
    if not isinstance(document, dict):
        raise ValueError(f"is no JSON object; {_FORM}")  # noqa: TRY004 what is told of the line, not of a caller
    lacking = next((part for part in _PARTS if part not in document), None)
    if lacking is not None:
        raise ValueError(f'has no "{lacking}"; {_FORM}')
    return document


def _unswapped(case: dict[str, Any], seen: set[str]) -> dict[str, Any]:
    """The case with its fields in the order of its inputs. ``seen``: names and fields of the cases before it."""
    key = json.dumps([case["name"], case["fields"]])
    if key not in seen:
        seen.add(key)
        return case
    try:
        nodes = postorder(parse(case["formula"]).root)
    except FormulaError:
        return case
    read = list(dict.fromkeys(node.name for node in nodes if isinstance(node, Reference)))
    by_name = {one["name"]: one for one in case["fields"] if "formula" not in one}
    if len(by_name) != len(case["fields"]) or set(read) != set(by_name):
        return case
    return {**case, "fields": [by_name[name] for name in read]}


def _run(case: Mapping[str, Any], outcome: Outcome, now: datetime) -> None:
    outcome.cases += 1
    context = Context(now=now)
    returns = case["returns"].casefold()
    ready = [_ready(case, blanks) for _, blanks in _MODES]
    leaves = tuple(_leaves(case["fields"]))
    for row in case["rows"]:
        outcome.rows += 1
        inputs = tuple(map(_as_text, row["inputs"]))
        values = _values(leaves, inputs)
        actual = [_result(evaluator, values, context) for evaluator in ready]
        expected = [_as_text(row[mode]) for mode, _ in _MODES]
        if all(_agrees(returns, *pair) for pair in zip(expected, actual, strict=True)):
            outcome.agreed += 1
        else:
            shown = tuple(_shown(returns, result) for result in actual)
            outcome.misses.append(Miss(case["name"], case["formula"], inputs, tuple(expected), shown))


def _as_text(value: object) -> str | None:
    """An input or result as the form writes it; JSON's own numbers and truths are taken too. Raises ``TypeError``."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal)):
        return str(value)
    if value is None or isinstance(value, str):
        return value
    raise TypeError


def _leaves(fields: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in fields:
        if "formula" in one:
            yield from _leaves(one.get("fields", []))
        else:
            yield one


def _values(leaves: tuple[dict[str, Any], ...], inputs: tuple[str | None, ...]) -> dict[str, object] | None:
    values: dict[str, object] = {leaf["name"]: None for leaf in leaves}
    for leaf, text in zip(leaves, inputs, strict=False):
        try:
            values[leaf["name"]] = None if text is None else _input(_kind(leaf), text)
        except (ValueError, InvalidOperation, OverflowError):
            return None
    return values


def _kind(field: Mapping[str, Any]) -> Kind:
    return _KINDS.get(field["type"].casefold(), Kind.TEXT)


def _input(kind: Kind, text: str) -> object:
    match kind:
        case Kind.NUMBER:
            return Decimal(text.strip())
        case Kind.BOOLEAN:
            return text.strip().casefold() in ("true", "1")
        case Kind.DATE:
            return date(*map(int, text.strip().split(":")[:3])) if _real(text) else _lenient(text).date()
        case Kind.DATETIME:
            return _lenient(text)
        case Kind.TIME:
            return time.fromisoformat(text.strip())
        case _:
            return text


def _real(text: str) -> bool:
    year, month, day = map(int, text.strip().split(":")[:3])
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _lenient(text: str) -> datetime:
    """A calendar that counts on: hour 24 is the next day's hour 0, November 31st is December 1st."""
    parts = text.strip().split(":")
    zone = _ZONES.get(parts.pop(), "UTC") if not parts[-1].isdigit() else "UTC"
    year, month, day, hour, minute, second = (*map(int, parts), *(0,) * (6 - len(parts)))
    local = datetime(year + (month - 1) // 12, (month - 1) % 12 + 1, 1, tzinfo=ZoneInfo(zone))
    return (local + timedelta(days=day - 1, hours=hour, minutes=minute, seconds=second)).astimezone(UTC)


def _ready(case: Mapping[str, Any], blanks: Blanks) -> Evaluator | FormulaError:
    try:
        schema = Schema(dict(_fields(case["fields"], blanks)))
        return Evaluator(parse(case["formula"]), schema, blanks)
    except FormulaError as error:
        return error


def _fields(fields: list[dict[str, Any]], blanks: Blanks) -> Iterator[tuple[str, Field]]:
    for one in fields:
        if "formula" in one:
            yield from _fields(one.get("fields", []), blanks)
            yield one["name"], Field(_kind(one), formula=parse(one["formula"]), blanks=blanks)
        else:
            yield one["name"], Field(_kind(one), percent=one["type"].casefold() == "percent")


def _result(
    evaluator: Evaluator | FormulaError, values: dict[str, object] | None, context: Context
) -> Result:
    if isinstance(evaluator, FormulaError):
        return Trouble(str(evaluator), failed=True)
    if values is None:
        return Trouble("an input is not of its field's type", failed=True)
    return evaluator.result(Row(values), context)


# --- comparing -------------------------------------------------------------------------------------------------


def _agrees(returns: str, expected: str | None, actual: Result) -> bool:
    if isinstance(actual, Trouble):
        return expected is not None and expected.startswith("Error")
    if returns == "boolean":
        return (expected or "false").strip().casefold() == ("true" if actual else "false")
    if expected is None or actual is None:
        return (expected or None) is None and (actual or None) is None
    if isinstance(actual, Decimal):
        return _same_number(expected, actual.scaleb(2, context=MATH) if returns == "percent" else actual)
    if isinstance(actual, time):
        return _same_time(expected, actual)
    if isinstance(actual, date):
        return _same_moment(returns, expected, actual)
    return str(actual).strip() == expected.strip()


def _same_number(expected: str, actual: Decimal) -> bool:
    try:
        return Decimal(expected) == actual
    except InvalidOperation:
        return False


def _same_time(expected: str, actual: time) -> bool:
    try:
        return time.fromisoformat(expected) == actual
    except ValueError:
        return False


def _same_moment(returns: str, expected: str, actual: date) -> bool:
    match = _JAVA.fullmatch(expected)
    if match is None or match[1] not in _MONTHS:
        return False
    wanted = (int(match[6]), _MONTHS.index(match[1]) + 1, int(match[2]))
    if (actual.year, actual.month, actual.day) != wanted:
        return False
    if returns == "dateonly" or not isinstance(actual, datetime):
        return True
    return (actual.hour, actual.minute, actual.second) == tuple(map(int, match.group(3, 4, 5)))


def _shown(returns: str, result: Result) -> str | None:
    if isinstance(result, Trouble):
        return f"Error: {result.reason}" if result.failed else f"Unknown: {result.reason}"
    if isinstance(result, Decimal):
        return plain(result.scaleb(2, context=MATH) if returns == "percent" else result)
    return None if result is None else str(result)
