"""Rows of bulk jobs as text: reading what was uploaded, and writing results.

An empty cell leaves a field as it is and ``#N/A`` empties it, unlike in JSON.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from ..kernel.rows import Row
from .errors import ApiError, RowRefused, refused
from .fields import NUMBER_TYPES, Field, ObjectType
from .values import is_date, read_datetime

DELIMITERS: Final = {"BACKQUOTE": "`", "CARET": "^", "COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "TAB": "\t"}
LINE_ENDINGS: Final = {"LF": "\n", "CRLF": "\r\n"}
_EMPTIED: Final = "#N/A"
_TRUTH: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_XSD: Final = {"boolean": "xsd:boolean", "int": "xsd:int", "date": "xsd:date", "datetime": "xsd:dateTime"}


class BadHeader(Exception):
    """The first line of an upload names something that is no field; the text is the job's error message."""


def read_csv(content: bytes, delimiter: str) -> tuple[list[str], list[list[str]]]:
    """Header and rows of an upload; lines without anything are left out. Raises BadHeader."""
    csv.field_size_limit(2**31 - 1)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadHeader("InvalidBatch : Failed to parse CSV. The file is not UTF-8") from error
    lines = [line for line in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if line]
    if not lines:
        raise BadHeader("InvalidBatch : Failed to parse CSV header. The file is empty")
    return lines[0], lines[1:]


def columns_of(kind: ObjectType, header: Sequence[str]) -> list[Callable[[str, int], tuple[str, Any]]]:
    """How each column's cell becomes a name and a value of a record. Raises BadHeader."""
    return [_column(kind, name.strip()) for name in header]


def record_of(
    columns: Sequence[Callable[[str, int], tuple[str, Any]]], cells: Sequence[str]
) -> dict[str, Any]:
    """One row as a record. Raises RowRefused."""
    if len(cells) != len(columns):
        raise refused("INVALID_FIELD", f"Found {len(cells)} columns in row, expected {len(columns)}")
    pairs = (column(cell, place) for place, (column, cell) in enumerate(zip(columns, cells, strict=True)))
    return {name: None if value == _EMPTIED else value for name, value in pairs if value != ""}


def _column(kind: ObjectType, name: str) -> Callable[[str, int], tuple[str, Any]]:
    relationship, _, key = name.partition(".")
    through = kind.by_relationship.get(relationship.lower()) if key else None
    if through is not None:
        whole = through.relationship or ""
        return lambda cell, _place: (whole, {key: cell}) if cell not in {"", _EMPTIED} else (whole, cell)
    field = kind.find(name)
    if field is None:
        raise BadHeader(f"InvalidBatch : Field name not found : {name}")
    shown = field.name
    return lambda cell, place: (shown, _value(field, cell, place))


def _value(field: Field, cell: str, place: int) -> Any:
    """A cell in its field's JSON type. Raises RowRefused."""
    if cell in {"", _EMPTIED}:
        return cell
    kind = field.type
    value: Any = None
    try:
        if kind == "boolean":
            value = _TRUTH[cell.strip().lower()]
        elif kind == "int":
            value = int(cell)
        elif kind in NUMBER_TYPES:
            value = float(cell)
        elif kind == "date":
            value = cell.strip()[:10] if is_date(cell.strip()[:10]) else None
        elif kind == "datetime":
            # A date alone is the beginning of that day [from memory].
            whole = f"{cell.strip()}T00:00:00Z" if is_date(cell.strip()) else cell.strip()
            value = whole if read_datetime(whole) else None
        else:
            value = cell
    except (KeyError, ValueError):
        value = None
    if value is None:
        xsd = _XSD.get(kind, "xsd:double")
        text = f"Failed to deserialize field at col {place}. Due to, '{cell}' is not a valid value for the type {xsd}"
        raise refused("INVALID_FIELD", text, field.name)
    return value


def error_text(refusal: RowRefused) -> str:
    """Why a row was refused, as ``sf__Error`` says it; several reasons follow each other [from memory]."""
    return "".join(f"{each.code}:{each.message}:{_ending(each.fields)}" for each in refusal.errors)


def _ending(fields: Sequence[str]) -> str:
    return f"{','.join(fields)} --" if fields else "--"


def written(
    header: Sequence[str], rows: Iterable[Sequence[Any]], delimiter: str = ",", line_ending: str = "\n"
) -> bytes:
    """Rows as CSV with everything in quotes."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=line_ending, quoting=csv.QUOTE_ALL)
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode()


def shown(read: Callable[[Row], Any], type: str) -> Callable[[Row], Any]:
    """How a value of a row is written: truth in words, nothing as an empty cell (which the writer does by itself)."""
    if type == "boolean":
        return lambda row: "true" if read(row) else "false"
    return read


def choice_of(given: Any, choices: Mapping[str, str], name: str, otherwise: str) -> str:
    """A setting of a job that is one of a few words. Raises ApiError."""
    chosen = str(given or otherwise).upper()
    if chosen not in choices:
        raise ApiError(400, "INVALIDJOB", f"{name} must be one of {', '.join(choices)}")
    return chosen
